"""SLOWLOG of commands that wait: each stands there when it is over, behind what has served it, as in the
references."""

import re

import pytest
from servers import command, eventually, receive_until


def ask_for_text(connection, *words):
    """A bulk string, or the text of an array, as bytes: up to an answer to PING behind it."""
    connection.sendall(command(*words) + command("PING"))
    return receive_until(connection, b"+PONG\r\n")


def verbs(connection):
    """The verbs in the log, the oldest first."""
    text = ask_for_text(connection, "SLOWLOG", "GET", "50")
    return re.findall(rb"\r\n\$\d+\r\n(MULTI|SET|RPUSH|BLPOP|BLMOVE)\r\n", text)[::-1]


def waits(connection, count):
    eventually(lambda: b"blocked_clients:%d\r\n" % count in ask_for_text(connection, "INFO", "clients"))


@pytest.fixture(params=["kevy", "valkey", "redis"])
def server(request):
    return request.getfixturevalue(request.param)


def test_it_stands_behind_what_served_it(server):
    with server.connect() as first, server.connect() as second, server.connect() as other:
        ask_for_text(other, "FLUSHALL")
        ask_for_text(other, "CONFIG", "SET", "slowlog-log-slower-than", "0")
        ask_for_text(other, "SLOWLOG", "RESET")
        first.sendall(command("BLPOP", "of alice", "0"))
        waits(other, 1)
        assert b"BLPOP" not in verbs(other)
        ask_for_text(other, "RPUSH", "of alice", "x")
        receive_until(first, b"x\r\n")
        assert verbs(other) == [b"RPUSH", b"BLPOP"]
        ask_for_text(other, "SLOWLOG", "RESET")
        first.sendall(command("BLMOVE", "of alice", "of bob", "LEFT", "LEFT", "0"))
        waits(other, 1)
        second.sendall(command("BLPOP", "of bob", "0"))
        waits(other, 2)
        other.sendall(command("MULTI") + command("RPUSH", "of alice", "y") + command("SET", "a", "b") +
                      command("EXEC"))
        receive_until(first, b"y\r\n")
        receive_until(second, b"y\r\n")
        receive_until(other, b"*2\r\n:1\r\n+OK\r\n")
        assert verbs(other) == [b"MULTI", b"RPUSH", b"SET", b"BLMOVE", b"BLPOP"]
        ask_for_text(other, "CONFIG", "SET", "slowlog-log-slower-than", "10000")


@pytest.mark.parametrize("name", ["kevy", "valkey"])  # redis-server 7.0 does not tell of it
def test_it_stands_there_when_its_time_is_up(name, request):
    server = request.getfixturevalue(name)
    with server.connect() as waiting, server.connect() as other:
        ask_for_text(other, "FLUSHALL")
        ask_for_text(other, "CONFIG", "SET", "slowlog-log-slower-than", "0")
        ask_for_text(other, "SLOWLOG", "RESET")
        waiting.sendall(command("BLPOP", "of alice", "0.05"))
        receive_until(waiting, b"*-1\r\n")
        assert verbs(other) == [b"BLPOP"]
        ask_for_text(other, "CONFIG", "SET", "slowlog-log-slower-than", "10000")
