"""Two reactors whose clients all want the same shards: nobody waits for ever, every session's commands
are carried out in order, and each client gets the replies to its own."""

import threading

import pytest
from servers import command, receive_exactly

CLIENTS = 12
ROUNDS = 60


@pytest.fixture
def server(start):
    return start("--threads", "2", "--shards", "4")


class Client(threading.Thread):
    """Counts on a key that all clients share, and stores and reads back what carries its name."""

    def __init__(self, server, number):
        super().__init__()
        self.server, self.number, self.counted, self.failed = server, number, [], ""
        self.start()

    def pipeline(self, i):
        mine = b"of-%d-%d" % (self.number, i)
        burst = b"".join([
            command("INCR", "hot"), command("ECHO", mine), command("ZADD", "zset", i, mine),
            command("MSET", *[w for k in range(10) for w in (f"hot:{k}", mine)]),
            command("INCR", "hot"), command("SET", mine, mine), command("GET", mine),
            command("MGET", mine, "nothing"), command("INCR", "hot")])
        return burst, b"$%d\r\n%s\r\n" % (len(mine), mine)

    def integer(self, connection):
        line = b""
        while not line.endswith(b"\r\n"):
            line += receive_exactly(connection, 1)
        assert line[:1] == b":"
        return int(line[1:])

    def run(self):
        try:
            with self.server.connect() as connection:
                for i in range(ROUNDS):
                    self.round(connection, i)
        except (AssertionError, OSError) as error:
            self.failed = repr(error)

    def round(self, connection, i):
        burst, mine = self.pipeline(i)
        connection.sendall(burst * 8)
        for repeated in range(8):
            self.counted.append(self.integer(connection))
            added = b":1\r\n" if repeated == 0 else b":0\r\n"
            expected = mine + added + b"+OK\r\n"
            assert receive_exactly(connection, len(expected)) == expected
            self.counted.append(self.integer(connection))
            expected = b"+OK\r\n" + mine + b"*2\r\n" + mine + b"$-1\r\n"
            assert receive_exactly(connection, len(expected)) == expected
            self.counted.append(self.integer(connection))


def test_who_shares_keys_gets_its_own_replies_in_order(server):
    clients = [Client(server, number) for number in range(CLIENTS)]
    for client in clients:
        client.join()
    assert [client.failed for client in clients] == [""] * CLIENTS
    assert all(client.counted == sorted(client.counted) for client in clients)
    counts = sorted(count for client in clients for count in client.counted)
    assert counts == list(range(1, CLIENTS * ROUNDS * 8 * 3 + 1))


def test_a_short_pipeline_is_answered_beside_endless_ones(server):
    over = threading.Event()

    def flood():
        with server.connect() as connection:
            burst = command("INCR", "hot") * 20_000
            while not over.is_set():
                connection.sendall(burst)
                seen = 0
                while seen < 20_000:
                    seen += connection.recv(1 << 20).count(b"\n")

    floods = [threading.Thread(target=flood) for _ in range(6)]
    for thread in floods:
        thread.start()
    try:
        answered = 0
        for i in range(200):
            with server.connect() as connection:  # on either reactor
                connection.sendall(command("MSET", "hot:own", i) + command("GET", "hot:own"))
                expected = b"+OK\r\n$%d\r\n%d\r\n" % (len(str(i)), i)
                assert receive_exactly(connection, len(expected)) == expected
                answered += 1
        assert answered == 200
    finally:
        over.set()
        for thread in floods:
            thread.join()
