"""CLIENT REPLY: which bytes a client gets while it is off, skipped, and on again, beside
Valkey. Each script is sent as one pipeline, and everything up to its last echo is compared."""

import socket
import time

import pytest
from servers import WAIT, ask, command, receive_until

END = b"the last of it"

SCRIPTS = [
    ["CLIENT REPLY OFF", "PING", "CLIENT REPLY ON", "PING"],
    ["CLIENT REPLY OFF", "GET", "NOSUCH", "CLIENT REPLY ON", "PING"],
    ["CLIENT REPLY OFF", "RESET", "PING"],
    ["CLIENT REPLY OFF", "RESET x", "CLIENT REPLY ON", "PING"],
    ["CLIENT REPLY SKIP", "RESET", "PING"],
    ["CLIENT REPLY SKIP", "RESET x", "PING"],
    ["SUBSCRIBE c", "CLIENT REPLY SKIP", "RESET", "PUBLISH c x", "PING"],
    ["CLIENT REPLY SKIP", "PING", "PING"],
    ["CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "PING", "PING"],
    ["CLIENT REPLY SKIP", "CLIENT REPLY ON", "PING"],
    ["CLIENT REPLY SKIP", "CLIENT REPLY OFF", "PING", "CLIENT REPLY ON"],
    ["CLIENT REPLY OFF", "CLIENT REPLY SKIP", "PING", "CLIENT REPLY ON"],
    ["CLIENT REPLY SKIP", "CLIENT REPLY nonsense", "PING"],
    ["CLIENT REPLY nonsense", "PING"],
    ["MULTI", "CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "EXEC", "ECHO skipped",
     "PING"],
    ["MULTI", "PING", "CLIENT REPLY OFF", "PING", "CLIENT REPLY ON", "ECHO a", "EXEC", "PING"],
    ["CLIENT REPLY OFF", "MULTI", "PING", "CLIENT REPLY ON", "ECHO a", "EXEC", "CLIENT REPLY ON"],
    ["CLIENT REPLY OFF", "MULTI", "PING", "EXEC", "CLIENT REPLY ON"],
    ["MULTI", "CLIENT REPLY SKIP", "ECHO b", "EXEC", "ECHO skipped", "PING"],
    ["CLIENT REPLY OFF", "SUBSCRIBE a b", "UNSUBSCRIBE a b", "CLIENT REPLY ON", "PING"],
    ["CLIENT REPLY SKIP", "PSUBSCRIBE a* b*", "PUNSUBSCRIBE", "PING"],
    ["CLIENT REPLY OFF", "SSUBSCRIBE a", "SUNSUBSCRIBE", "SUNSUBSCRIBE", "CLIENT REPLY ON", "PING"],
    ["CLIENT REPLY OFF", "MULTI", "SUBSCRIBE a", "UNSUBSCRIBE", "EXEC", "CLIENT REPLY ON"],
    ["CLIENT REPLY OFF", "SUBSCRIBE a", "PUBLISH a x", "UNSUBSCRIBE", "CLIENT REPLY ON"],
    ["CLIENT REPLY OFF", "HELLO 3", "CLIENT REPLY ON", "PING"],
]


def answered(server, protocol, script):
    with server.connect() as connection:
        words = [line.split() for line in script]
        # The answer of HELLO differs from server to server.
        opening = [["CLIENT", "REPLY", "SKIP"], ["HELLO", "3"]] if protocol == 3 else []
        connection.sendall(b"".join(command(*each) for each in [*opening, *words, ["ECHO", END]]))
        data = b""
        while not data.endswith(b"\r\n%s\r\n" % END):
            piece = connection.recv(1 << 16)
            assert piece, data
            data += piece
        return data


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("script", SCRIPTS, ids=" / ".join)
def test_what_is_answered_is_what_valkey_answers(kevy, valkey, protocol, script):
    assert answered(kevy, protocol, script) == answered(valkey, protocol, script)


@pytest.mark.parametrize("off", ["OFF", "SKIP"])
def test_B34_a_protocol_error_of_a_silenced_client_is_not_answered_and_closes(kevy, off):
    """Valkey answers nothing either, but leaves the connection open."""
    with kevy.connect() as connection:
        connection.sendall(command("CLIENT", "REPLY", off) + b"*x\r\n")
        assert connection.recv(100) == b""


def clients_of(connection):
    connection.sendall(command("CLIENT", "LIST"))
    return receive_until(connection, b"\n\r\n").count(b"id=")


@pytest.mark.parametrize("which", ["kevy", "valkey"])
def test_what_a_client_sent_is_run_though_it_has_left(which, request):
    """More than one round of a reactor runs, in one piece that the socket takes at once."""
    server = request.getfixturevalue(which)
    count = 7000
    with server.connect() as reader:
        for i in range(20):
            with server.connect("unix") as leaving:
                leaving.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 400_000)
                ask(leaving, "PING", reply=b"+PONG\r\n")
                leaving.sendall(command("CLIENT", "REPLY", "OFF") + command("INCR", f"left{i}") * count)
            deadline = time.monotonic() + WAIT
            while clients_of(reader) != 1:
                assert time.monotonic() < deadline
            ask(reader, "GET", f"left{i}", reply=b"$4\r\n%d\r\n" % count)
