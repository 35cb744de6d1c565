"""A subscriber that has sent the beginning of a command and no more, and does not read: it is what one is
that has sent nothing, and its messages come before the reply of the command once that is whole."""

import re
from pathlib import Path

import pytest
from servers import ask, command, eventually, receive_exactly, receive_to_end

MB = 1 << 20
MARK = {2: b"*3\r\n", 3: b">3\r\n"}
BEGINNINGS = {
    "nothing": b"",
    "an array": b"*1\r\n$4\r\nPI",
    "a header": b"*1\r",
    "a line": b"PI",
}
REST = {"nothing": b"PING\r\n", "an array": b"NG\r\n", "a header": b"\n$4\r\nPING\r\n", "a line": b"NG\r\n"}
PONG = {2: b"*2\r\n$4\r\npong\r\n$0\r\n\r\n", 3: b"+PONG\r\n"}
PAYLOAD = 200  # bytes; so small that each output has a copy of its own
MESSAGES = 30_000


def subscriber(server, protocol, sends=b""):
    made = server.connect()
    made.sendall(command("HELLO", protocol) + command("ECHO", "said hello"))
    head = b""
    while not head.endswith(b"said hello\r\n"):
        head += made.recv(10_000)
    ask(made, "SUBSCRIBE", "c", reply=MARK[protocol] + b"$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
    made.sendall(sends)
    return made


def payload(i):
    return b"message-%d-" % i + b"x" * (PAYLOAD - 20)


def message(protocol, i):
    return MARK[protocol] + command("message", "c", payload(i))[len(b"*3\r\n"):]


def publish(server, count, receivers, first=0):
    with server.connect() as publisher:
        for i in range(first, first + count, 100):
            publisher.sendall(b"".join(command("PUBLISH", "c", payload(i + j)) for j in range(100)))
            said = b":%d\r\n" % receivers * 100
            assert receive_exactly(publisher, len(said)) == said


def resident(server):
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_messages_that_nobody_reads_are_held_once_for_all(start, protocol, beginning):
    server = start("--threads", "1")
    crowd = [subscriber(server, protocol, BEGINNINGS[beginning]) for _ in range(40)]
    before = resident(server)
    publish(server, MESSAGES, len(crowd))
    grown = resident(server) - before
    assert grown < 40 * 2 * MB + 20 * MB, f"{grown:,} bytes, {MESSAGES * PAYLOAD:,} published"
    for connection in crowd:
        connection.close()


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("which", ["kevy", "redis"])
def test_they_come_before_the_reply_of_the_command_once_it_is_whole(which, protocol, beginning, request):
    server = request.getfixturevalue(which)
    with subscriber(server, protocol, BEGINNINGS[beginning]) as slow:
        publish(server, MESSAGES, 1)
        slow.sendall(REST[beginning])
        for i in range(MESSAGES):
            expected = message(protocol, i)
            assert receive_exactly(slow, len(expected)) == expected
        assert receive_exactly(slow, len(PONG[protocol])) == PONG[protocol]
        publish(server, 100, 1, MESSAGES)
        for i in range(MESSAGES, MESSAGES + 100):
            expected = message(protocol, i)
            assert receive_exactly(slow, len(expected)) == expected


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("which", ["kevy", "redis"])
def test_the_limit_of_output_holds(which, beginning, request):
    server = request.getfixturevalue(which)
    with server.connect() as other, subscriber(server, 2, BEGINNINGS[beginning]) as slow:
        ask(other, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 2mb 0 0", reply=b"+OK\r\n")
        try:
            received = 0
            while True:
                other.sendall(command("PUBLISH", "c", payload(received)))
                if receive_exactly(other, 4) == b":0\r\n":
                    break
                received += 1
                assert received < 10 * MB // PAYLOAD
            assert len(receive_to_end(slow)) < received * len(message(2, 10_000))
        finally:
            ask(other, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60",
                reply=b"+OK\r\n")
    eventually(lambda: number_of_subscribers(server) == 0)


def number_of_subscribers(server):
    with server.connect() as asking:
        asking.sendall(command("PUBSUB", "NUMSUB", "c"))
        return int(receive_exactly(asking, len(b"*2\r\n$1\r\nc\r\n:1\r\n"))[-3:-2])
