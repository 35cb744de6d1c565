"""What one client may cost: output that is not read, input that does not end, silence, floods."""

import socket
import subprocess
import threading
import time

import pytest
from servers import ask, command, receive_exactly, receive_to_end, receive_until

SUBSCRIBED = b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"


def is_closed(connection):
    """Waits until the server closes the connection; False when it does not in time."""
    try:
        receive_to_end(connection)
        return True
    except TimeoutError:
        return False


def publish_until_left(publisher, payload, attempts):
    """Publishes until nobody receives it; how many were received."""
    for i in range(attempts):
        publisher.sendall(command("PUBLISH", "c", payload))
        if receive_exactly(publisher, 4) == b":0\r\n":
            return i
    raise AssertionError("the slow subscriber was never closed")


def test_a_reply_over_the_hard_limit_closes_the_client(start):
    server = start("--client-output-buffer-limit", "normal", "1mb", "0", "0")
    with server.connect() as connection:
        value = b"x" * (2 << 20)
        ask(connection, "SET", "big", value, reply=b"+OK\r\n")
        ask(connection, "SET", "small", value[: 1 << 19], reply=b"+OK\r\n")
        ask(connection, "GET", "small", reply=b"$524288\r\n%s\r\n" % value[: 1 << 19])
        connection.sendall(command("GET", "big"))
        assert len(receive_to_end(connection)) < len(value)


@pytest.mark.parametrize("over", ["unix", "tcp"])
def test_B36_a_subscriber_that_does_not_read_is_closed_and_costs_no_more(start, over):
    server = start("--client-output-buffer-limit", "pubsub", "4mb", "0", "0")
    with server.connect(over) as slow, server.connect() as publisher:
        ask(slow, "SUBSCRIBE", "c", reply=SUBSCRIBED)
        received = publish_until_left(publisher, b"x" * 100_000, 1000)
        assert received >= 40
        assert is_closed(slow)


def test_a_subscriber_over_the_soft_limit_for_too_long_is_closed(start):
    server = start("--client-output-buffer-limit", "pubsub", "0", "100kb", "1")
    with server.connect() as slow, server.connect() as publisher:
        ask(slow, "SUBSCRIBE", "c", reply=SUBSCRIBED)
        for _ in range(20):
            ask(publisher, "PUBLISH", "c", b"x" * 100_000, reply=b":1\r\n")
        publisher.settimeout(10)
        deadline = time.monotonic() + 10
        while True:
            publisher.sendall(command("PUBSUB", "NUMSUB", "c"))
            if receive_exactly(publisher, len(b"*2\r\n$1\r\nc\r\n:1\r\n")).endswith(b":0\r\n"):
                break
            assert time.monotonic() < deadline


def test_messages_that_wait_behind_unread_output_count_against_the_soft_limit(start):
    server = start("--client-output-buffer-limit", "pubsub", "0", "6mb", "1")
    with server.connect() as slow, server.connect() as publisher:
        ask(slow, "SUBSCRIBE", "c", reply=SUBSCRIBED)
        for _ in range(250):
            ask(publisher, "PUBLISH", "c", b"x" * 100_000, reply=b":1\r\n")
        assert len(receive_to_end_late(slow, publisher)) < 25_000_000


def receive_to_end_late(slow, publisher):
    """What the slow one gets when it reads only after the server has given it up."""
    deadline = time.monotonic() + 10
    while True:
        publisher.sendall(command("PUBSUB", "NUMSUB", "c"))
        if receive_exactly(publisher, len(b"*2\r\n$1\r\nc\r\n:1\r\n")).endswith(b":0\r\n"):
            return receive_to_end(slow)
        assert time.monotonic() < deadline


@pytest.mark.parametrize("kind", ["normal", "pubsub"])
def test_a_lowered_limit_reaches_connections_that_are_open(start, kind):
    server = start()
    with server.connect() as slow, server.connect() as other:
        if kind == "pubsub":
            ask(slow, "SUBSCRIBE", "c", reply=SUBSCRIBED)
            for _ in range(50):
                ask(other, "PUBLISH", "c", b"x" * 100_000, reply=b":1\r\n")
        else:
            ask(slow, "SET", "mb", b"x" * (1 << 20), reply=b"+OK\r\n")
            slow.sendall(command("GET", "mb") * 20)
            assert receive_exactly(slow, 1) == b"$"
        ask(other, "CONFIG", "SET", "client-output-buffer-limit", f"{kind} 1mb 0 0",
            reply=b"+OK\r\n")
        # The server gives it up by itself, before it reads.
        deadline = time.monotonic() + 10
        while clients(other) != 1:
            assert time.monotonic() < deadline
        received = len(receive_to_end(slow))
        assert received < (5_000_000 if kind == "pubsub" else 20_000_000)


def clients(connection):
    """How many clients there are, the one that asks included."""
    connection.sendall(command("CLIENT", "LIST"))
    size = b""
    while not size.endswith(b"\r\n"):
        size += receive_exactly(connection, 1)
    return receive_exactly(connection, int(size[1:-2]) + 2).count(b"id=")


@pytest.mark.parametrize("which", ["kevy", "redis"])
def test_replies_that_fit_the_buffer_given_beforehand_are_within_any_limit(which, request):
    server = request.getfixturevalue(which)
    with server.connect() as connection, server.connect() as other:
        ask(connection, "SET", "small", b"x" * 5000, reply=b"+OK\r\n")
        ask(connection, "SET", "large", b"x" * 40_000, reply=b"+OK\r\n")
        ask(other, "CONFIG", "SET", "client-output-buffer-limit", "normal 1000 0 0",
            reply=b"+OK\r\n")
        try:
            ask(connection, "GET", "small", reply=b"$5000\r\n" + b"x" * 5000 + b"\r\n")
            connection.sendall(command("GET", "large"))
            assert len(receive_to_end(connection)) < 40_000
        finally:
            ask(other, "CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0",
                reply=b"+OK\r\n")


def test_a_reader_of_a_pipeline_that_stops_does_not_stop_others(kevy):
    with kevy.connect() as slow, kevy.connect() as other:
        ask(other, "SET", "mb", b"x" * (1 << 20), reply=b"+OK\r\n")
        slow.sendall(command("GET", "mb") * 300)
        for _ in range(100):
            ask(other, "PING", reply=b"+PONG\r\n")
        one = len(b"$1048576\r\n\r\n") + (1 << 20)
        assert len(receive_exactly(slow, 300 * one)) == 300 * one


def test_a_request_over_the_query_buffer_limit_closes_the_client(start):
    server = start("--client-query-buffer-limit", "1mb")
    with server.connect() as connection:
        try:
            connection.sendall(b"*2\r\n$3\r\nGET\r\n$4000000\r\n" + b"k" * 3_000_000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert receive_to_end(connection) == b""
    with server.connect() as connection:
        ask(connection, "PING", reply=b"+PONG\r\n")


def welcomed(server):
    """A connection that was not turned away. One that was closed before may still count, so it tries
    again for a while."""
    deadline = time.monotonic() + 10
    while True:
        connection = server.connect()
        try:
            ask(connection, "PING", reply=b"+PONG\r\n")
            return connection
        except (AssertionError, OSError):
            connection.close()
            assert time.monotonic() < deadline


def test_maxclients_turns_the_next_one_away(start):
    server = start("--maxclients", "3")
    kept = [welcomed(server) for _ in range(3)]
    with server.connect() as refused:
        assert receive_to_end(refused) == b"-ERR max number of clients reached\r\n"
    kept[0].sendall(command("QUIT"))
    assert receive_to_end(kept[0]) == b"+OK\r\n"
    kept.append(welcomed(server))
    for connection in kept:
        connection.close()


def test_out_of_descriptors_closes_the_next_client_and_burns_no_time(start):
    server = start()
    subprocess.run(["prlimit", "--pid", str(server.process.pid), "--nofile=40:40"], check=True)
    crowd, refused = [], None
    for _ in range(60):
        connection = server.connect()
        try:
            connection.sendall(command("PING"))
            answered = connection.recv(7) == b"+PONG\r\n"
        except (BrokenPipeError, ConnectionResetError):
            answered = False
        if not answered:
            refused = connection
            break
        crowd.append(connection)
    assert refused is not None and len(crowd) > 20
    ask(crowd[0], "PING", reply=b"+PONG\r\n")
    for connection in crowd:
        connection.close()


def test_timeout_closes_the_silent_but_not_subscribers_and_who_waits(start):
    server = start()
    with (
        server.connect() as silent,
        server.connect() as subscriber,
        server.connect() as waiter,
        server.connect() as busy,
    ):
        ask(silent, "PING", reply=b"+PONG\r\n")
        ask(subscriber, "SUBSCRIBE", "c", reply=SUBSCRIBED)
        waiter.sendall(command("BLPOP", "l", "0"))
        ask(busy, "CONFIG", "SET", "timeout", "1", reply=b"+OK\r\n")
        started = time.monotonic()
        assert is_closed(silent)
        assert time.monotonic() - started < 10
        with server.connect() as publisher:
            ask(publisher, "PUBLISH", "c", "still there", reply=b":1\r\n")
            ask(publisher, "RPUSH", "l", "x", reply=b":1\r\n")
        served = b"*2\r\n$1\r\nl\r\n$1\r\nx\r\n"
        assert receive_exactly(waiter, len(served)) == served


def test_timeout_does_not_cut_a_transfer_that_is_under_way(start):
    """A request and a reply that each take longer than the timeout, but never stop."""
    server = start("--timeout", "1")
    size = 30_000_000
    value = b"x" * size
    with server.connect() as reader, server.connect() as writer:
        ask(reader, "SET", "big", value, reply=b"+OK\r\n")
        reader.sendall(command("GET", "big"))
        head = b"$%d\r\n" % size
        assert receive_exactly(reader, len(head)) == head
        request = command("SET", "slow", b"y" * 40)
        left, started = size, time.monotonic()
        for i in range(len(request)):
            writer.sendall(request[i : i + 1])
            left -= len(receive_exactly(reader, min(200_000, left - 2_000_000)))
            time.sleep(0.05)  # slowness is what is tested
        assert time.monotonic() - started > 3
        assert receive_exactly(writer, 5) == b"+OK\r\n"
        assert len(receive_exactly(reader, left + 2)) == left + 2


def test_CLIENT_KILL_closes_another_connection(kevy):
    with kevy.connect("tcp") as victim, kevy.connect("tcp") as killer:
        victim.sendall(command("CLIENT", "ID"))
        number = victim.recv(100)[1:-2]
        ask(killer, "CLIENT", "KILL", "ID", number, reply=b":1\r\n")
        assert is_closed(victim)


def test_B36_a_flood_on_one_connection_leaves_the_others_served(start):
    server = start("--threads", "1")
    flood_over = threading.Event()
    with server.connect() as flooder, server.connect() as other:
        burst = command("INCR", "flooded") * 20_000

        def flood():
            while not flood_over.is_set():
                flooder.sendall(burst)

        def drain():
            receive_to_end(flooder)

        threads = [threading.Thread(target=flood), threading.Thread(target=drain)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(200):
                ask(other, "PING", reply=b"+PONG\r\n")
        finally:
            flood_over.set()
            threads[0].join()
            flooder.shutdown(socket.SHUT_RDWR)
            threads[1].join()


def test_idle_connections_cost_no_time_at_all(start):
    server = start()
    connections = [server.connect(over) for over in ["unix", "tcp"] * 25]
    for connection in connections:
        ask(connection, "PING", reply=b"+PONG\r\n")
    # The last reply may be out before its thread sleeps again.
    deadline = time.monotonic() + 10
    while not server.all_threads_sleep():
        assert time.monotonic() < deadline
    before = server.cpu_ns()
    time.sleep(1)  # what is measured is what happens in a second
    assert server.cpu_ns() == before
    for connection in connections:
        connection.close()


def test_a_client_that_leaves_and_reads_nothing_costs_no_time_for_what_is_published(kevy):
    with kevy.connect() as slow, kevy.connect() as publisher:
        ask(slow, "SUBSCRIBE", "c", reply=SUBSCRIBED)
        for _ in range(6):  # more than the kernel takes, and less than has to wait in the outbox
            ask(publisher, "PUBLISH", "c", b"x" * 100_000, reply=b":1\r\n")
        slow.sendall(command("QUIT"))
        wait_until(lambda: b"cmd=quit" in ask_clients(publisher))
        ask(publisher, "PUBLISH", "c", "late", reply=b":1\r\n")
        ask(publisher, "PING", reply=b"+PONG\r\n")
        wait_until(kevy.all_threads_sleep)
        before = kevy.cpu_ns()
        time.sleep(1)  # what is measured is what happens in a second
        assert kevy.cpu_ns() - before < 50_000_000
        assert b"late" not in receive_to_end(slow)


def ask_clients(connection):
    connection.sendall(command("CLIENT", "LIST"))
    return receive_until(connection, b"\n\r\n")


def wait_until(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline


SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
static int sends;
ssize_t send(int fd, const void* data, size_t size, int flags) {
  ++sends;
  return ((ssize_t (*)(int, const void*, size_t, int))dlsym(RTLD_NEXT, "send"))(fd, data, size, flags);
}
ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  ++sends;
  return ((ssize_t (*)(int, const struct msghdr*, int))dlsym(RTLD_NEXT, "sendmsg"))(fd, message, flags);
}
__attribute__((destructor)) static void report(void) {
  FILE* file = fopen(getenv("SENDS_FILE"), "w");
  fprintf(file, "%d", sends);
  fclose(file);
}
"""


def test_B37_a_burst_of_commands_costs_one_system_call_for_its_replies(start, tmp_path):
    source, shim, report = tmp_path / "shim.c", tmp_path / "shim.so", tmp_path / "sends"
    source.write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source], check=True)
    server = start("--threads", "1",
                   environment={"LD_PRELOAD": str(shim), "SENDS_FILE": str(report)})
    with server.connect() as connection:
        for _ in range(10):
            connection.sendall(command("PING") * 100)
            assert receive_exactly(connection, 700) == b"+PONG\r\n" * 100
    assert server.stop() == 0
    assert int(report.read_text()) == 10
