"""Clients that go in the moment in which they are served: an element is with one who received it, or in
the list; only what was on its way to a client that has broken its connection is gone with that."""

import itertools
import random
import select
import socket
import struct
from contextlib import ExitStack

import pytest
from servers import (
    WAIT,
    ask,
    command,
    eventually,
    receive_exactly,
    receive_to_end,
    receive_until,
)

ROUNDS = 150
CLIENTS = 6
NEVER = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


@pytest.fixture(scope="module")
def observer(kevy):
    with kevy.connect() as made:
        yield made


def answer(connection, *words):
    """The reply to a command that answers a number or a bulk string."""
    connection.sendall(command(*words))
    head = b""
    while not head.endswith(b"\r\n"):
        head += connection.recv(1)
    if head[:1] != b"$":
        return head[1:-2]
    return receive_until(connection, b"\r\n")[:-2]


def blocked(observer):
    observer.sendall(command("INFO", "clients") + b"PING\r\n")
    text = receive_until(observer, b"+PONG\r\n")
    return int(text.split(b"blocked_clients:")[1].split(b"\r\n")[0])


def wait(server, over):
    made = server.connect(over)
    made.sendall(command("BLPOP", "none", "queue", 0))
    return made


def served_with(reply):
    """The element of a BLPOP's reply, or None."""
    return reply.split(b"\r\n")[4] if reply else None


def half_close(client):
    client.shutdown(socket.SHUT_WR)


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NEVER)
    client.close()


@pytest.mark.parametrize("over", ["unix", "tcp"])
@pytest.mark.parametrize("leaves", [half_close, reset])
def test_what_clients_that_leave_are_not_given_is_still_there(kevy, observer, leaves, over):
    chance = random.Random(f"{leaves.__name__} {over}")
    pushed, received, gone_with_clients, served_in_time = set(), [], 0, 0
    with kevy.connect() as pusher:
        for i in range(ROUNDS):
            clients = [wait(kevy, over) for _ in range(CLIENTS)]
            eventually(lambda: blocked(observer) == CLIENTS)
            leaving = chance.sample(clients, 3)
            values = [b"%d.%d" % (i, n) for n in range(4)]
            pushed.update(values)
            steps = [lambda c=client: leaves(c) for client in leaving]
            steps += [lambda v=value: pusher.sendall(command("RPUSH", "queue", v)) for value in values]
            chance.shuffle(steps)
            for step in steps:
                step()
            receive_exactly(pusher, len(b":1\r\n") * len(values))
            # Those who stay are served, or wait; a half-closed one gets what it was served with.
            left = int(answer(observer, "LLEN", "queue"))
            got = [receive_to_end(client) for client in leaving if client.fileno() != -1]
            served_in_time += sum(1 for reply in got if reply)
            eventually(lambda: blocked(observer) <= 3)
            for client in (client for client in clients if client not in leaving):
                client.shutdown(socket.SHUT_WR)
                got.append(receive_to_end(client))
            elements = [served_with(reply) for reply in got if reply]
            received += elements
            for client in clients:
                client.close()
            eventually(lambda: blocked(observer) == 0)
            while int(answer(observer, "LLEN", "queue")) != 0:
                elements.append(answer(observer, "LPOP", "queue"))
                received.append(elements[-1])
            assert left <= len(values)
            missing = len(values) - len(elements)
            assert 0 <= missing <= (len(leaving) if leaves is reset else 0)
            gone_with_clients += missing
    assert len(received) == len(set(received)) == len(pushed) - gone_with_clients
    assert set(received) <= pushed
    if leaves is half_close:
        assert 0 < served_in_time < len(pushed)  # some went before they were served, some behind


def test_a_half_closed_client_gets_what_it_is_being_served_with(kevy, observer):
    """Serving takes a while, so that the client's end is seen in the midst of it."""
    for i in range(60):
        stock = [b"%d.%d" % (i, n) for n in range(20_000)]
        with kevy.connect() as pusher, kevy.connect() as client:
            pusher.sendall(command("RPUSH", "stock", *stock))
            receive_exactly(pusher, len(b":20000\r\n"))
            client.sendall(command("BLMPOP", 0, 1, "queue", "LEFT", "COUNT", len(stock)))
            eventually(lambda: blocked(observer) == 1)
            pusher.sendall(command("RENAME", "stock", "queue"))
            half_close(client)
            received = receive_to_end(client)
            receive_exactly(pusher, len(b"+OK\r\n"))
            left = int(answer(observer, "LLEN", "queue"))
            assert (received.count(b".") == len(stock)) == (left == 0)
            if left != 0:
                assert received == b"" and left == len(stock)
                answer(observer, "DEL", "queue")


def send_until_full(client, data):
    """As much as goes on its way while nobody reads it to the end."""
    client.setblocking(False)
    sent = 0
    while sent < len(data) and select.select([], [client], [], 0.2)[1]:
        sent += client.send(data[sent:sent + 65536])
    client.settimeout(WAIT)
    return sent


def test_all_that_a_half_closed_client_has_sent_is_run_when_it_was_served_before(start):
    """Of what it sends behind the command that waits much is still in the socket. The thread it is
    served by is busy meanwhile, and sees both at once: that it was served, and its end."""
    server = start("--threads", "2")
    while_others_are_pushed_to = "local n = 0 for i = 1, 10000000 do n = n + i end return 1"
    with ExitStack() as closing:
        others = [closing.enter_context(server.connect()) for _ in range(4)]
        for each in others:
            ask(each, "PING", reply=b"+PONG\r\n")
        for i, (busy, pusher) in enumerate(2 * [*itertools.permutations(others[:3], 2)]):
            with server.connect() as client:
                one = command("INCR", f"counter {i}")
                client.sendall(command("BLPOP", "queue", 0))
                eventually(lambda: blocked(others[3]) == 1)
                sent = send_until_full(client, one * 200_000) // len(one)
                busy.sendall(command("EVAL", while_others_are_pushed_to, 1, "other"))
                ask(pusher, "RPUSH", "queue", "served", reply=b":1\r\n")
                half_close(client)
                head, *replies = receive_to_end(client).split(b"\r\n:")
                assert served_with(head + b"\r\n") == b"served"
                assert len(replies) == sent and replies[-1] == b"%d\r\n" % sent
                receive_exactly(busy, len(b":1\r\n"))


def test_nothing_is_run_for_a_client_that_has_left_while_it_was_served_in_vain(kevy, observer):
    later = command("XREAD", "BLOCK", 0, "STREAMS", *["stream"] * 500, *["9000000-0"] * 500)
    with kevy.connect() as adder:
        for i in range(60):
            with kevy.connect() as client:
                client.sendall(later + command("INCR", "ran"))
                eventually(lambda: blocked(observer) == 1)
                earlier = (f"{i + 1}-{n + 1}" for n in range(100))
                adder.sendall(b"".join(command("XADD", "stream", "MAXLEN", 1, e, "f", "v")
                                       for e in earlier))
                half_close(client)
                assert receive_to_end(client) == b""
                adder.sendall(command("ECHO", "end"))
                receive_until(adder, b"$3\r\nend\r\n")
    assert answer(observer, "EXISTS", "ran") == b"0"
