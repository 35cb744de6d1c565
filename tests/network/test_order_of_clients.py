"""Among the clients of one reactor, whom a command serves or tells something is sent that before the client
that ran it gets its reply: who waits for both is woken once, and an element is not kept longer than need be."""

import select

import pytest
from servers import KEVY_SERVER, Server, command, receive_exactly, receive_until

ROUNDS = 300


@pytest.fixture(scope="module")
def one_reactor(tmp_path_factory):
    server = Server(KEVY_SERVER, tmp_path_factory.mktemp("order"), ["--threads", "1"])
    yield server
    server.stop()


def has_come(connection):
    return bool(select.select([connection], [], [], 0)[0])


def until_wait(count, asking):
    text = b""
    while b"blocked_clients:%d\r\n" % count not in text:
        asking.sendall(command("INFO", "clients") + b"PING\r\n")
        text = receive_until(asking, b"+PONG\r\n")


def until_one_waits(asking):
    until_wait(1, asking)


def test_who_waits_has_its_element_when_who_pushed_it_has_its_reply(one_reactor):
    with one_reactor.connect() as waiting, one_reactor.connect() as pushing:
        for i in range(ROUNDS):
            served = b"*2\r\n$5\r\nqueue\r\n$3\r\n%03d\r\n" % i
            waiting.sendall(command("BLPOP", "queue", 0))
            until_one_waits(pushing)
            pushing.sendall(command("RPUSH", "queue", f"{i:03}") + command("ECHO", "pushed"))
            assert receive_exactly(pushing, 16) == b":1\r\n$6\r\npushed\r\n"
            assert has_come(waiting)
            assert receive_exactly(waiting, len(served)) == served


def test_a_subscriber_has_its_message_when_the_publisher_has_its_reply(one_reactor):
    with one_reactor.connect() as subscriber, one_reactor.connect() as publisher:
        subscriber.sendall(command("SUBSCRIBE", "news"))
        receive_exactly(subscriber, len(b"*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"))
        for i in range(ROUNDS):
            message = b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$3\r\n%03d\r\n" % i
            publisher.sendall(command("PUBLISH", "news", f"{i:03}"))
            assert receive_exactly(publisher, 4) == b":1\r\n"
            assert has_come(subscriber)
            assert receive_exactly(subscriber, len(message)) == message


def test_two_that_tell_each_other_things_both_get_their_replies(one_reactor):
    with one_reactor.connect() as left, one_reactor.connect() as right:
        both = {"left": left, "right": right}
        for name, connection in both.items():
            connection.sendall(b"HELLO 3\r\nSUBSCRIBE " + name.encode() + b"\r\nECHO begun\r\n")
            text = b""
            while not text.endswith(b"$5\r\nbegun\r\n"):
                text += connection.recv(1)
        words = b"".join(command("PUBLISH", other, "from") for other in ("right", "left"))
        for connection in both.values():
            connection.sendall(words * ROUNDS)
        for name, connection in both.items():
            push = b">3\r\n$7\r\nmessage\r\n$%d\r\n%s\r\n$4\r\nfrom\r\n" % (len(name), name.encode())
            text = receive_exactly(connection, 2 * ROUNDS * (len(push) + 4))
            assert text.count(push) == 2 * ROUNDS
            assert text.replace(push, b"") == b":1\r\n" * (2 * ROUNDS)


def test_the_same_behind_a_command_that_has_waited_itself(one_reactor):
    with one_reactor.connect() as last, one_reactor.connect() as middle, one_reactor.connect() as first:
        for _ in range(ROUNDS):
            last.sendall(command("BLPOP", "last", 0))
            until_one_waits(first)
            middle.sendall(command("BLPOP", "middle", 0) + command("RPUSH", "last", "of middle"))
            until_wait(2, first)
            first.sendall(command("RPUSH", "middle", "of first"))
            assert receive_exactly(first, 4) == b":1\r\n"
            served = b"*2\r\n$6\r\nmiddle\r\n$8\r\nof first\r\n:1\r\n"
            assert receive_exactly(middle, len(served)) == served
            assert has_come(last)
            served = b"*2\r\n$4\r\nlast\r\n$9\r\nof middle\r\n"
            assert receive_exactly(last, len(served)) == served


def test_others_are_answered_at_once_while_a_script_runs_for_long(one_reactor):
    with one_reactor.connect() as waiting, one_reactor.connect() as running, one_reactor.connect() as other:
        other.sendall(command("CONFIG", "SET", "busy-reply-threshold", 50))
        assert receive_exactly(other, 5) == b"+OK\r\n"
        waiting.sendall(command("BLPOP", "queue", 0))
        until_one_waits(other)
        running.sendall(command("RPUSH", "queue", "of running") + command("EVAL", "while true do end", 0))
        for _ in range(4):
            other.sendall(b"PING\r\n")
            answer = receive_until(other, b"\r\n")
            assert answer.startswith((b"-BUSY", b"+PONG"))
        while not answer.startswith(b"-BUSY"):
            other.sendall(b"PING\r\n")
            answer = receive_until(other, b"\r\n")
        other.sendall(command("SCRIPT", "KILL"))
        assert receive_exactly(other, 5) == b"+OK\r\n"
        assert receive_exactly(running, 4) == b":1\r\n"
        assert receive_until(running, b"\r\n").startswith(b"-ERR Script killed")
        served = b"*2\r\n$5\r\nqueue\r\n$10\r\nof running\r\n"
        assert receive_exactly(waiting, len(served)) == served
