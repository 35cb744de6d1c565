"""A snapshot in the background, and a new base, are of one moment, whatever is written meanwhile."""

import random
import signal
import threading

import pytest
from appending import KEVY_SERVER, Client
from servers import Server, eventually

KEYS, PAIRS, LARGE = 150_000, 200, 3_000


class Writer(threading.Thread):
    """Gives pairs of keys, whose two lie anywhere, the same number in one command, and one number after
    another to `first` and then to `second`; deletes, extends and renames what else there is."""

    def __init__(self, server, seed):
        super().__init__()
        self.client, self.random, self.over, self.rounds = Client(server), random.Random(seed), False, 0

    def run(self):
        number = 0
        while not self.over:
            number += 1
            pair, other = self.random.randrange(PAIRS), self.random.randrange(KEYS)
            commands = [("MSET", f"a{pair}", number, f"b{pair}", number),
                        ("SET", "first", number), ("SET", "second", number),
                        ("HSET", "hash", f"f{pair}", number, f"g{pair}", number),
                        ("ZADD", "zset", number, f"f{pair}", number, f"g{pair}"),
                        ("LPUSH", "list", number, number), ("LTRIM", "list", 0, 2 * PAIRS - 1),
                        ("RPUSH", "queue", number, number), ("LPOP", "queue", 2),
                        ("LSET", "marks", pair, number), ("LSET", "marks", -1 - pair, number),
                        ("XADD", "stream", "MAXLEN", LARGE, "*", "number", number),
                        ("SMOVE", "left", "right", self.random.randrange(LARGE)),
                        ("SMOVE", "right", "left", self.random.randrange(LARGE)),
                        ("DEL", f"key:{other}"), ("APPEND", f"key:{other + 1}", "x"),
                        ("SET", f"new:{other}", number)]
            for words in commands:
                self.client.send(*words)
            for _ in commands:
                self.client.read()
            self.rounds = number
        self.client.close()


def start(folder, *arguments):
    return Server(KEVY_SERVER, folder, ["--dir", str(folder), "--dbfilename", "dump.rdb", *arguments])


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(20)


def fill(client):
    for at in range(0, KEYS, 1000):
        client.run("MSET", *[word for i in range(at, at + 1000) for word in (f"key:{i}", "value")])
    for i in range(PAIRS):
        client.run("MSET", f"a{i}", 0, f"b{i}", 0)
    client.run("SADD", "left", *range(LARGE))
    client.run("RPUSH", "queue", *[0] * 2 * LARGE)
    client.run("RPUSH", "marks", *[0] * LARGE)
    for _ in range(LARGE):
        client.run("XADD", "stream", "*", "number", 0)
    client.run("MSET", "first", 0, "second", 0)
    client.run("HSET", "hash", *[word for i in range(LARGE) for word in (f"more{i}", "v")])
    client.run("ZADD", "zset", *[word for i in range(LARGE) for word in (-1, f"more{i}")])


def check(client):
    for i in range(PAIRS):
        assert client.run("GET", f"a{i}") == client.run("GET", f"b{i}")
        assert client.run("HGET", "hash", f"f{i}") == client.run("HGET", "hash", f"g{i}")
        assert client.run("ZSCORE", "zset", f"f{i}") == client.run("ZSCORE", "zset", f"g{i}")
    first, second = int(client.run("GET", "first")), int(client.run("GET", "second"))
    assert first - second in (0, 1)
    assert client.run("SCARD", "left") + client.run("SCARD", "right") == LARGE
    assert client.run("SINTERCARD", 2, "left", "right") == 0
    numbers = client.run("LRANGE", "list", 0, 2 * PAIRS - 1)
    assert numbers[0::2] == numbers[1::2]
    queue = client.run("LRANGE", "queue", 0, -1)
    assert queue[0::2] == queue[1::2] and len(queue) - 2 * LARGE in (0, 2)
    assert_ends_in_a_row(queue[0::2])
    marks = client.run("LRANGE", "marks", 0, -1)
    assert len(marks) == LARGE
    assert sum(marks[i] != marks[-1 - i] for i in range(PAIRS)) <= 1
    stream = [fields[1] for _, fields in client.run("XRANGE", "stream", "-", "+")]
    assert len(stream) == LARGE
    assert_ends_in_a_row(stream)


def assert_ends_in_a_row(numbers):
    """Zeros, and then one number after the other."""
    last = int(numbers[-1])
    assert last > 20
    assert [int(number) for number in numbers[-20:]] == list(range(last - 19, last + 1))


@pytest.mark.parametrize("how", ["BGSAVE", "BGREWRITEAOF"])
def test_what_is_written_meanwhile_is_all_there_or_not_at_all(folder, how):
    arguments = ("--appendonly", "yes", "--appendfsync", "no") if how == "BGREWRITEAOF" else ()
    progress = {"BGSAVE": "rdb_bgsave_in_progress", "BGREWRITEAOF": "aof_rewrite_in_progress"}[how]
    server = start(folder, *arguments)
    client = Client(server)
    fill(client)
    writer = Writer(server, 5)
    writer.start()
    eventually(lambda: writer.rounds > 20)
    rounds = writer.rounds
    assert not client.run(how).startswith("-")
    eventually(lambda: client.info("persistence")[progress] == "0")
    meanwhile = writer.rounds - rounds
    assert client.info("persistence")["rdb_last_bgsave_status"] == "ok"
    assert client.info("persistence")["aof_last_bgrewrite_status"] == "ok"
    writer.over = True
    writer.join()
    client.close()
    kill(server)
    assert meanwhile > 5, "nothing was written while it was made"
    server = start(folder, *arguments)
    client = Client(server)
    check(client)
    client.close()
    kill(server)


def test_how_far_it_is_is_told(folder):
    server = start(folder)
    client = Client(server)
    fill(client)
    keys = client.run("DBSIZE")
    assert client.run("BGSAVE") == "Background saving started"
    seen = {}
    while True:
        info = client.info("persistence")
        if info["rdb_bgsave_in_progress"] == "0":
            break
        if info["current_save_keys_total"] != "0":
            seen = info
    assert seen["current_save_keys_total"] == str(keys)
    assert 0 <= int(seen["current_save_keys_processed"]) <= keys
    assert 0 <= float(seen["current_fork_perc"]) <= 100
    assert client.info("persistence")["current_save_keys_total"] == "0"
    client.close()
    kill(server)
