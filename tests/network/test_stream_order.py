"""What a client sees, in order, while two others publish: messages, the reply of its own command, and
nothing of a channel after it has left it."""

import threading

import pytest
from servers import command, receive_exactly, receive_until

ROUNDS = 3000
LEAVING = {
    2: {"UNSUBSCRIBE": b"*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n", "RESET": b"+RESET\r\n"},
    3: {"UNSUBSCRIBE": b">3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n", "RESET": b"+RESET\r\n"},
}


class Publisher(threading.Thread):
    """Publishes to `c` over a connection of its own until told to stop, and counts receivers."""

    def __init__(self, server, name):
        super().__init__()
        self.server, self.text, self.received = server, name, 0
        self.over = threading.Event()
        self.start()

    def run(self):
        with self.server.connect() as connection:
            burst = command("PUBLISH", "c", self.text) * 20
            while not self.over.is_set():
                connection.sendall(burst)
                said = receive_exactly(connection, 20 * len(b":0\r\n"))
                self.received += said.count(b":1\r\n")

    def stop(self):
        self.over.set()
        self.join()
        return self.received


@pytest.mark.parametrize("which", ["kevy", "redis"])
@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("leaving", ["UNSUBSCRIBE", "RESET"])
def test_nothing_of_a_channel_comes_after_leaving_it(which, protocol, leaving, request):
    server = request.getfixturevalue(which)
    mark = b"*3\r\n" if protocol == 2 else b">3\r\n"
    publishers = [Publisher(server, name) for name in ("of-left", "of-right")]
    messages = [mark + b"$7\r\nmessage\r\n$1\r\nc\r\n$%d\r\n%s\r\n" % (len(p.text), p.text.encode())
                for p in publishers]
    received = 0
    try:
        with server.connect() as connection:
            for i in range(ROUNDS):
                if protocol == 3 and (i == 0 or leaving == "RESET"):
                    connection.sendall(command("HELLO", 3) + command("PING"))
                    receive_until(connection, b"+PONG\r\n")
                mine = b"mine-%d" % i
                connection.sendall(command("SET", "mine", mine) + command("SUBSCRIBE", "c"))
                joined = b"+OK\r\n" + mark + b"$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                assert receive_exactly(connection, len(joined)) == joined
                connection.sendall(command(leaving) + command("GET", "mine"))
                end = LEAVING[protocol][leaving] + b"$%d\r\n%s\r\n" % (len(mine), mine)
                heard = receive_until(connection, b"\r\n%s\r\n" % mine)
                assert heard.endswith(end), heard[-300:]
                heard = heard[: -len(end)]
                for message in messages:
                    received += heard.count(message)
                    heard = heard.replace(message, b"")
                assert heard == b""
    finally:
        counted = sum(publisher.stop() for publisher in publishers)
    assert received == counted > ROUNDS / 100


def test_a_subscriber_of_RESP3_that_sends_a_long_pipeline_before_it_reads_is_answered(kevy):
    """Its sending and its reading go on beside each other, as the kernel's buffers let them; all that
    matters is that it may send everything first."""
    count = 1_000_000
    with kevy.connect() as subscriber, kevy.connect() as publisher:
        subscriber.sendall(command("SET", "k", "own") + command("HELLO", 3) + command("SUBSCRIBE", "p")
                           + command("PING"))
        receive_until(subscriber, b"+PONG\r\n")
        publisher.sendall(command("PUBLISH", "p", b"x" * 2_000_000))
        assert receive_exactly(publisher, 4) == b":1\r\n"
        subscriber.sendall(b"GET k\r\n" * count)
        message = b">3\r\n$7\r\nmessage\r\n$1\r\np\r\n$2000000\r\n" + b"x" * 2_000_000 + b"\r\n"
        assert receive_exactly(subscriber, len(message)) == message
        assert receive_exactly(subscriber, 9 * count) == b"$3\r\nown\r\n" * count
