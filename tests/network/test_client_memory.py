"""What a connection holds: given back when it is idle, shown in CLIENT LIST and INFO, and bounded by
maxmemory-clients."""

import re
from pathlib import Path

import pytest
from servers import ask, command, eventually, receive_exactly, receive_to_end

MB = 1 << 20


def number_of(connection):
    connection.sendall(command("CLIENT", "ID"))
    return int(connection.recv(100)[1:-2])


def bulk(connection, *words):
    connection.sendall(command(*words))
    head = b""
    while not head.endswith(b"\r\n"):
        head += receive_exactly(connection, 1)
    return receive_exactly(connection, int(head[1:-2]) + 2)[:-2].decode()


class Watcher:
    """A client that looks at others."""

    def __init__(self, server):
        self.server = server
        self.connection = server.connect()

    def of(self, number, field):
        line = bulk(self.connection, "CLIENT", "LIST", "ID", number)
        return int(re.search(rf" {field}=(\d+)", line)[1])

    def largest(self):
        """The number of the client that holds more than 6 MB, once there is one."""
        while True:
            for line in bulk(self.connection, "CLIENT", "LIST").splitlines():
                if int(re.search(r" tot-mem=(\d+)", line)[1]) > 6 * MB:
                    return int(re.search(r"^id=(\d+)", line)[1])

    def info(self, field):
        return int(re.search(rf"^{field}:(\d+)", bulk(self.connection, "INFO"), re.M)[1])

    def resident(self):
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


@pytest.fixture
def server(start):
    return start("--threads", "1")


def drain(connection, size):
    while size:
        size -= len(connection.recv(min(size, MB)))


def test_a_command_of_many_words_leaves_nothing_behind(server):
    watcher = Watcher(server)
    clients = [server.connect() for _ in range(5)]
    numbers = [number_of(client) for client in clients]
    before = watcher.resident()
    for client in clients:
        client.sendall(command("EXISTS", *["k"] * 300_000))
        assert receive_exactly(client, 4) == b":0\r\n"
    for number in numbers:
        eventually(lambda number=number: watcher.of(number, "tot-mem") < 64 * 1024)
        assert watcher.of(number, "argv-mem") <= 16 * 1024
    assert watcher.resident() - before < 16 * MB


def test_the_buffer_of_a_long_command_goes_though_the_next_one_has_begun(server):
    watcher = Watcher(server)
    clients = [server.connect() for _ in range(5)]
    numbers = [number_of(client) for client in clients]
    before = watcher.resident()
    for client in clients:
        client.sendall(command("GET", b"k" * (20 * MB)) + b"*")
        assert receive_exactly(client, 5) == b"$-1\r\n"
    for number in numbers:
        eventually(lambda number=number: watcher.of(number, "tot-mem") < 64 * 1024)
        assert watcher.of(number, "qbuf") == 1
    assert watcher.resident() - before < 16 * MB
    for client in clients:  # and what has begun goes on
        client.sendall(b"1\r\n$4\r\nPING\r\n")
        assert receive_exactly(client, 7) == b"+PONG\r\n"


def test_replies_that_waited_long_leave_nothing_behind(server):
    watcher = Watcher(server)
    clients = [server.connect() for _ in range(5)]
    numbers = [number_of(client) for client in clients]
    ask(watcher.connection, "RPUSH", "list", *["%0100d" % i for i in range(10_000)],
        reply=b":10000\r\n")
    size = 20 * (8 + 10_000 * 108)
    before = watcher.resident()
    for client in clients:
        client.sendall(command("LRANGE", "list", "0", "-1") * 20)
    for number in numbers:
        eventually(lambda number=number: watcher.of(number, "omem") > 15 * MB)
    assert watcher.info("mem_clients_normal") > 75 * MB
    assert watcher.info("used_memory") > 75 * MB
    for client in clients:
        drain(client, size)
    for number in numbers:
        eventually(lambda number=number: watcher.of(number, "tot-mem") < 64 * 1024)
    assert watcher.info("mem_clients_normal") < MB
    assert watcher.resident() - before < 16 * MB


def test_queued_commands_and_watches_are_shown(server):
    watcher = Watcher(server)
    with server.connect() as client:
        number = number_of(client)
        ask(client, "WATCH", "w" * 1000, reply=b"+OK\r\n")
        ask(client, "MULTI", reply=b"+OK\r\n")
        ask(client, "SET", "k", b"v" * 100_000, reply=b"+QUEUED\r\n")
        eventually(lambda: 101_000 < watcher.of(number, "multi-mem") < 110_000)
        ask(client, "DISCARD", reply=b"+OK\r\n")
        eventually(lambda: watcher.of(number, "multi-mem") == 0)


@pytest.mark.parametrize("limit", ["10mb", str(10 * MB)])
@pytest.mark.parametrize("which", ["kevy", "redis"])
def test_the_largest_clients_go_when_all_hold_too_much(request, which, limit):
    server = request.getfixturevalue(which)
    watcher = Watcher(server)
    evicted = watcher.info("evicted_clients")
    small, large, exempt = (server.connect() for _ in range(3))
    ask(exempt, "CLIENT", "NO-EVICT", "ON", reply=b"+OK\r\n")
    ask(small, "PING", reply=b"+PONG\r\n")
    ask(watcher.connection, "CONFIG", "SET", "maxmemory-clients", limit, reply=b"+OK\r\n")
    try:
        exempt.sendall(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % (7 * MB) + b"e" * (7 * MB))
        exempt_number = watcher.largest()
        try:
            large.sendall(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % (5 * MB) + b"x" * (5 * MB))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was closed before it had sent all
        assert receive_to_end(large) == b""
        ask(small, "PING", reply=b"+PONG\r\n")
        assert watcher.info("evicted_clients") == evicted + 1
        assert watcher.largest() == exempt_number
    finally:
        ask(watcher.connection, "CONFIG", "SET", "maxmemory-clients", "0", reply=b"+OK\r\n")
    # Its reply beside what it sent would be too much again, and all others would go.
    exempt.sendall(b"\r\n")
    assert receive_exactly(exempt, 10 + 7 * MB + 2).endswith(b"e\r\n")


def test_a_limit_that_is_lowered_reaches_those_that_hold_too_much_already(server):
    watcher = Watcher(server)
    with server.connect() as large:
        number = number_of(large)
        large.sendall(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % (20 * MB) + b"x" * (12 * MB))
        eventually(lambda: watcher.of(number, "tot-mem") > 12 * MB)
        ask(watcher.connection, "CONFIG", "SET", "maxmemory-clients", "5mb", reply=b"+OK\r\n")
        assert receive_to_end(large) == b""
