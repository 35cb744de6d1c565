"""Long words that arrive in pieces: whose they are, what they cost while they come, and what is left
when their client goes."""

import random
import threading

import pytest
from servers import ask, command, receive_exactly
from test_client_memory import MB, Watcher, eventually, number_of

SIZES = [32 * 1024 - 1, 32 * 1024, 100_000, MB, 4 * MB - 1, 4 * MB, 9 * MB + 17]


@pytest.fixture
def server(start):
    return start("--threads", "2")


def text_of(owner, size):
    unit = b"of-%s;" % owner.encode()
    return (unit * (size // len(unit) + 1))[:size]


class Writer(threading.Thread):
    """Stores values that carry its name, in pieces of many sizes, and reads them back."""

    def __init__(self, server, name):
        super().__init__()
        self.server, self.name_of, self.checked = server, name, 0
        self.random = random.Random(name)
        self.start()

    def send(self, connection, data):
        view = memoryview(data)
        while view:
            piece = self.random.choice([1, 100, 5_000, 16_384, 300_000, 2 * MB])
            connection.sendall(view[:piece])
            view = view[piece:]

    def run(self):
        with self.server.connect() as connection:
            for size in SIZES * 2:
                text = text_of(self.name_of, size)
                one, two = self.name_of + ":1", self.name_of + ":2"
                head = command("SET", one, text) + command("APPEND", two, text[:50_000])
                multi = command("MSET", two, text, self.name_of + ":small", "x")
                self.send(connection, head + multi + command("APPEND", two, "end") +
                          command("GET", one) + command("GET", two) + command("DEL", one, two))
                expected = b"+OK\r\n:%d\r\n+OK\r\n:%d\r\n" % (len(text[:50_000]), size + 3)
                for kept in text, text + b"end":
                    expected += b"$%d\r\n%s\r\n" % (len(kept), kept)
                expected += b":2\r\n"
                assert receive_exactly(connection, len(expected)) == expected
                self.checked += 1


def test_every_client_stores_its_own_bytes(server):
    writers = [Writer(server, name) for name in ("left", "right", "third")]
    for writer in writers:
        writer.join()
    assert [writer.checked for writer in writers] == [2 * len(SIZES)] * 3


def test_a_word_that_is_announced_takes_memory_as_it_comes(server):
    watcher = Watcher(server)
    before = watcher.resident()
    clients = [server.connect() for _ in range(10)]
    numbers = [number_of(client) for client in clients]
    for client in clients:
        client.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nx")
    for number in numbers:
        eventually(lambda number=number: watcher.of(number, "qbuf") > 20)
        assert watcher.of(number, "tot-mem") < 64 * 1024
    assert watcher.resident() - before < 10 * 4 * MB
    for client in clients:
        client.close()
    eventually(lambda: watcher.resident() - before < 4 * MB)


def test_half_a_word_counts_as_its_clients_and_goes_with_it(server):
    watcher = Watcher(server)
    before = watcher.resident()
    with server.connect() as client:
        number = number_of(client)
        client.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$67108864\r\n" + b"x" * (32 * MB))
        eventually(lambda: watcher.of(number, "qbuf") > 32 * MB)
        assert 32 * MB < watcher.of(number, "tot-mem") < 33 * MB
        assert watcher.info("mem_clients_normal") > 32 * MB
        assert watcher.resident() - before > 31 * MB
    eventually(lambda: watcher.resident() - before < 8 * MB)
    assert watcher.info("mem_clients_normal") < MB
    ask(watcher.connection, "EXISTS", "k", reply=b":0\r\n")


def test_the_words_of_one_command_count_together(server):
    watcher = Watcher(server)
    ask(watcher.connection, "CONFIG", "SET", "client-query-buffer-limit", "20mb", reply=b"+OK\r\n")
    with server.connect() as client:
        number = number_of(client)
        word = b"$4194304\r\n" + b"w" * (4 * MB) + b"\r\n"
        client.sendall(b"*9\r\n$4\r\nECHO\r\n" + word * 4)
        eventually(lambda: watcher.of(number, "qbuf") > 16 * MB)
        try:
            client.sendall(word * 4)
            assert client.recv(1) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass
    eventually(lambda: watcher.info("connected_clients") == 1)
