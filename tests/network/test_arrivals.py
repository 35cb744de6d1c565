"""A client subscribes on one connection, does not wait for the answer, and has something published over
another: it receives that, whichever threads serve the two (B25)."""

import contextlib
import hashlib
import itertools
import select
import socket

import pytest
from servers import ask, command, eventually, receive_exactly, receive_to_end, receive_until

ROUNDS = 400
LONG = b"long" * 50_000
SCRIPT = "return redis.call('{}', KEYS[1], ARGV[1])"
SHA1 = hashlib.sha1(SCRIPT.format("Publish").encode()).hexdigest()
LIBRARY = "#!lua name=of_far\nredis.register_function('tell', function(keys, args) " \
    "return redis.call('PUBLISH', keys[1], args[1]) end)"


@pytest.fixture(scope="module")
def server(kevy):
    """Of two threads."""
    with kevy.connect() as connection:
        ask(connection, "CONFIG", "SET", "notify-keyspace-events", "KE$", reply=b"+OK\r\n")
    yield kevy
    with kevy.connect() as connection:
        ask(connection, "CONFIG", "SET", "notify-keyspace-events", "", reply=b"+OK\r\n")


def held_up(connections, sleeper):
    """Those that are not answered while `sleeper` keeps its thread to itself: the same thread serves
    them."""
    sleeper.sendall(command("DEBUG", "SLEEP", "0.2"))
    for connection in connections:
        connection.sendall(command("PING"))
    answered = set()
    while sleeper not in (ready := select.select([sleeper, *set(connections) - answered], [], [])[0]):
        answered.update(ready)
    receive_exactly(sleeper, len(b"+OK\r\n"))
    for connection in connections:
        receive_exactly(connection, len(b"+PONG\r\n"))
    return [connection for connection in connections if connection not in answered]


@pytest.fixture
def sides(server):
    """One connection that can hold up its thread, another of the same thread, and two of the other one."""
    with sides_of(server) as found:
        yield found


@contextlib.contextmanager
def sides_of(server):
    connections = [server.connect() for _ in range(8)]
    sleeper, *others = connections
    found = {}

    def look():
        near = held_up(others, sleeper)
        far = [other for other in others if other not in near]
        found.update(near=near, far=far)
        return near and len(far) > 1

    eventually(look)
    yield sleeper, found["near"][0], *found["far"][:2]
    for connection in connections:
        connection.close()


PUBLISHING = {
    "PUBLISH": (("SUBSCRIBE",), [("PUBLISH", "ch", "of-far")], b":1\r\n", b"of-far"),
    "a pattern": (("PSUBSCRIBE",), [("PUBLISH", "ch", "of-far")], b":1\r\n", b"of-far"),
    "SPUBLISH": (("SSUBSCRIBE",), [("SPUBLISH", "ch", "of-far")], b":1\r\n", b"of-far"),
    "behind others": (("SUBSCRIBE",), [("SET", "a", 1), ("PUBLISH", "ch", "of-far"), ("GET", "a")],
                      b"+OK\r\n:1\r\n$1\r\n1\r\n", b"of-far"),
    "a long one": (("SUBSCRIBE",), [("PUBLISH", "ch", LONG)], b":1\r\n", LONG),
    "EXEC": (("SUBSCRIBE",), [("MULTI",), ("SET", "a", 1), ("PUBLISH", "ch", "of-far"), ("EXEC",)],
             b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n", b"of-far"),
    "a script": (("SUBSCRIBE",), [("EVAL", SCRIPT.format("publish"), 1, "ch", "of-far")], b":1\r\n", b"of-far"),
    "a script sent before": (("SUBSCRIBE",),
                             [("SCRIPT", "LOAD", SCRIPT.format("Publish")), ("EVALSHA", SHA1, 1, "ch", "of-far")],
                             b"$40\r\n%s\r\n:1\r\n" % SHA1.encode(), b"of-far"),
    "a script of EXEC": (("SUBSCRIBE",),
                         [("MULTI",), ("EVAL", SCRIPT.format("SPUBLISH"), 1, "other", "of-far"),
                          ("EVAL", SCRIPT.format("PUBLISH"), 1, "ch", "of-far"), ("EXEC",)],
                         b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:0\r\n:1\r\n", b"of-far"),
    "a function": (("SUBSCRIBE",),
                   [("FUNCTION", "LOAD", "REPLACE", LIBRARY), ("FCALL", "tell", 1, "ch", "of-far")],
                   b"$6\r\nof_far\r\n:1\r\n", b"of-far"),
    "an event of a script": (("SUBSCRIBE", "__keyspace@0__:ch"), [("EVAL", SCRIPT.format("SET"), 1, "ch", "of-far")],
                             b"+OK\r\n", b"set"),
    "not answered": (("SUBSCRIBE",),
                     [("CLIENT", "REPLY", "SKIP"), ("PUBLISH", "ch", "of-far"), ("PING",)],
                     b"+PONG\r\n", b"of-far"),
    "an event": (("SUBSCRIBE", "__keyspace@0__:ch"), [("SET", "ch", "of-far")], b"+OK\r\n", b"set"),
    "an event of EXEC": (("SUBSCRIBE", "__keyspace@0__:ch"), [("MULTI",), ("SET", "ch", 1), ("EXEC",)],
                         b"+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n", b"set"),
}


@pytest.mark.parametrize("case", PUBLISHING)
def test_what_was_sent_to_another_thread_before_is_looked_at_first(sides, case):
    sleeper, near, far, _ = sides
    verb, commands, replies, payload = PUBLISHING[case]
    sleeper.sendall(command("DEBUG", "SLEEP", "0.3"))
    near.sendall(command(*verb, *(["ch"] if len(verb) == 1 else [])))
    far.sendall(b"".join(command(*words) for words in commands))
    assert receive_exactly(far, len(replies)) == replies
    message = b"$%d\r\n%s\r\n" % (len(payload), payload)
    received = receive_until(near, message)
    assert received.count(b"subscribe") == 1
    receive_exactly(sleeper, len(b"+OK\r\n"))


@pytest.mark.parametrize("how", ["SCRIPT LOAD", "FUNCTION LOAD"])
def test_a_script_that_the_same_EXEC_brings_waits_too(start, how):
    """On a server that knows of no script that publishes."""
    brings, calls, replies = {
        "SCRIPT LOAD": (("SCRIPT", "LOAD", SCRIPT.format("Publish")), ("EVALSHA", SHA1, 1, "ch", "of-far"),
                        b"$40\r\n%s\r\n:1\r\n" % SHA1.encode()),
        "FUNCTION LOAD": (("FUNCTION", "LOAD", LIBRARY), ("FCALL", "tell", 1, "ch", "of-far"),
                          b"$6\r\nof_far\r\n:1\r\n"),
    }[how]
    with sides_of(start("--threads", "2")) as (sleeper, near, far, _):
        sleeper.sendall(command("DEBUG", "SLEEP", "0.3"))
        near.sendall(command("SUBSCRIBE", "ch"))
        far.sendall(command("MULTI") + command(*brings) + command(*calls) + command("EXEC"))
        wanted = b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n" + replies
        assert receive_exactly(far, len(wanted)) == wanted
        receive_until(near, b"$6\r\nof-far\r\n")
        receive_exactly(sleeper, len(b"+OK\r\n"))


def test_others_are_served_while_a_publisher_waits(sides):
    sleeper, near, far, other = sides
    sleeper.sendall(command("DEBUG", "SLEEP", "0.5"))
    near.sendall(command("SUBSCRIBE", "ch"))
    far.sendall(command("PUBLISH", "ch", "of-far"))
    for i in range(100):
        ask(other, "ECHO", f"mine-{i}", reply=b"$%d\r\nmine-%d\r\n" % (len(f"mine-{i}"), i))
    assert not select.select([sleeper], [], [], 0)[0]
    assert receive_exactly(far, len(b":1\r\n")) == b":1\r\n"
    receive_exactly(sleeper, len(b"+OK\r\n"))


@pytest.mark.parametrize("how", ["closed", "killed"])
def test_a_publisher_that_goes_while_it_waits_has_published_unless_it_was_killed(server, sides, how):
    sleeper, near, far, other = sides
    ask(far, "CLIENT", "SETNAME", "of-far", reply=b"+OK\r\n")
    far.sendall(command("CLIENT", "ID"))
    number = receive_until(far, b"\r\n")[1:-2]
    ask(other, "SUBSCRIBE", "ch", reply=b"*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n")
    with server.connect() as first, server.connect() as second:
        # Whichever of the two is served by the far thread.
        killer = second if first in held_up([first, second], sleeper) else first
        sleeper.sendall(command("DEBUG", "SLEEP", "0.5"))
        near.sendall(command("PING"))
        far.sendall(command("PUBLISH", "ch", "of-far"))
        if how == "closed":
            far.close()
        else:
            ask(killer, "CLIENT", "KILL", "ID", number, reply=b":1\r\n")
            assert far.recv(100) == b""
        receive_exactly(sleeper, len(b"+OK\r\n"))
        receive_exactly(near, len(b"+PONG\r\n"))

        def gone():
            killer.sendall(command("CLIENT", "LIST", "ID", number) + command("PING"))
            return b"of-far" not in receive_until(killer, b"+PONG\r\n")

        eventually(gone)
        ask(killer, "PUBLISH", "ch", "of-killer", reply=b":1\r\n")
    message = b"*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$%d\r\n%s\r\n"
    wanted = message % (9, b"of-killer")
    before = message % (6, b"of-far") if how == "closed" else b""
    assert receive_until(other, wanted) == before + wanted


def test_what_was_sent_before_closing_is_run_to_its_end(server, sides):
    sleeper, near, far, other = sides
    ask(other, "SUBSCRIBE", "ch", reply=b"*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n")
    ask(near, "DEL", "ran", reply=b":0\r\n")
    for i in range(50):
        with server.connect() as going:
            going.sendall(command("PUBLISH", "ch", f"of-{i:02}") + command("INCR", "ran") * 20)
        message = b"*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$5\r\nof-%02d\r\n" % i
        assert receive_exactly(other, len(message)) == message

    def all_ran():
        near.sendall(command("GET", "ran") + command("PING"))
        return b"\r\n1000\r\n" in receive_until(near, b"+PONG\r\n")

    eventually(all_ran)
    ask(near, "DEL", "ran", reply=b":1\r\n")
    # And a client that only stops sending gets its reply.
    far.sendall(command("PUBLISH", "ch", "of-far") + command("ECHO", "of-far"))
    far.shutdown(socket.SHUT_WR)
    assert receive_to_end(far) == b":1\r\n$6\r\nof-far\r\n"


def test_what_is_behind_a_command_that_waited_is_looked_for_anew(server, sides):
    sleeper, near, far, other = sides
    far.sendall(command("PUBLISH", "elsewhere", "x") + command("BLPOP", "queue", "0") +
                command("PUBLISH", "ch", "of-far"))
    assert receive_exactly(far, len(b":0\r\n")) == b":0\r\n"
    sleeper.sendall(command("DEBUG", "SLEEP", "0.3"))
    near.sendall(command("SUBSCRIBE", "ch"))
    ask(other, "LPUSH", "queue", "of-other", reply=b":1\r\n")
    popped = b"*2\r\n$5\r\nqueue\r\n$8\r\nof-other\r\n:1\r\n"
    assert receive_exactly(far, len(popped)) == popped
    receive_until(near, b"$6\r\nof-far\r\n")
    receive_exactly(sleeper, len(b"+OK\r\n"))


@pytest.mark.parametrize("threads", [2, 3])
def test_every_pair_of_connections_keeps_the_order_of_a_client(start, threads):
    server = start("--threads", str(threads))
    subscribers = [server.connect() for _ in range(threads + 1)]
    publishers = [server.connect("tcp") for _ in range(threads + 1)]
    for connection in subscribers + publishers:
        ask(connection, "PING", reply=b"+PONG\r\n")  # is served by a thread
    pairs = itertools.cycle(itertools.product(range(len(subscribers)), range(len(publishers))))
    for i, (s, p) in zip(range(ROUNDS), pairs):
        channel = f"ch-{s}-{p}-{i}"
        subscribers[s].sendall(command("SUBSCRIBE", channel))
        ask(publishers[p], "PUBLISH", channel, f"of-{p}", reply=b":1\r\n")
        subscribers[s].sendall(command("UNSUBSCRIBE"))
        got = receive_until(subscribers[s], b":0\r\n")
        assert b"message\r\n$%d\r\n%s\r\n" % (len(channel), channel.encode()) in got
    for connection in subscribers + publishers:
        connection.close()


def test_publishers_on_all_threads_are_all_answered(start):
    """Each waits for the looks of the others, who wait for its own."""
    server = start("--threads", "3")
    connections = [server.connect() for _ in range(24)]
    for i in range(100):
        for number, connection in enumerate(connections):
            connection.sendall(command("PUBLISH", "ch", f"of-{number}") +
                               command("ECHO", f"of-{number}-{i}"))
        for number, connection in enumerate(connections):
            text = b"of-%d-%d" % (number, i)
            wanted = b":0\r\n$%d\r\n%s\r\n" % (len(text), text)
            assert receive_exactly(connection, len(wanted)) == wanted
    for connection in connections:
        connection.close()


def test_a_server_that_ends_leaves_no_publisher_waiting(start):
    server = start("--threads", "2")
    connections = [server.connect() for _ in range(8)]
    connections[0].sendall(command("DEBUG", "SLEEP", "0.3"))
    for connection in connections[1:]:
        connection.sendall(command("PUBLISH", "ch", "x"))
    assert server.stop() == 0
    for connection in connections:
        connection.close()
