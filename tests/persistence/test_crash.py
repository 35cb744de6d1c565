"""A server with an append-only file that is killed at any moment: with appendfsync always nothing that
was answered is gone, neither what was written nor what was read, and no step is there by half.
KEVY_CRASHES says how often (50), half of them while it is made anew again and again."""

import os
import random
import signal
import threading

import pytest
from appending import Client, start

CRASHES = int(os.environ.get("KEVY_CRASHES", "50"))
WRITERS = 4


class Writer(threading.Thread):
    """Counts up: in a key of its own, in two keys by MULTI and EXEC, and in a list. Every value has the
    writer's name in it. `acknowledged` is the last number for which there was an answer, at the start what
    is in all of the keys; in some there may be more."""

    def __init__(self, server, number, first, there, depth):
        super().__init__()
        self.client, self.name, self.next, self.depth = Client(server), f"writer{number}", first, depth
        self.first, self.acknowledged = first, there
        self.wrong = None

    def commands(self, i):
        value = f"{self.name}:{i}"
        return [["SET", f"{self.name}:one", value], ["MULTI"],
                ["SET", f"{self.name}:left", value], ["SET", f"{self.name}:right", value], ["EXEC"],
                ["EVAL", "redis.call('set',KEYS[1],ARGV[1]) redis.call('set',KEYS[2],ARGV[1])", "2",
                 f"{self.name}:first", f"{self.name}:second", value],
                ["RPUSH", f"{self.name}:list", value]]

    def run(self):
        try:
            while True:
                batch = range(self.next, self.next + self.depth)
                for i in batch:
                    for words in self.commands(i):
                        self.client.send(*words)
                for i in batch:
                    replies = [self.client.read() for _ in self.commands(i)]
                    if replies[4] != ["OK", "OK"] or not isinstance(replies[6], int):
                        self.wrong = replies
                    self.acknowledged = i
                self.next += self.depth
        except (ConnectionError, OSError):
            self.client.close()


class Reader(threading.Thread):
    """Reads what the writers write; `seen` is the highest number of each key."""

    def __init__(self, server):
        super().__init__()
        self.client, self.seen, self.wrong = Client(server), {}, None

    def run(self):
        try:
            while True:
                for number in range(WRITERS):
                    name = f"writer{number}"
                    keys = [f"{name}:{part}" for part in ("one", "left", "right", "first", "second")]
                    values = self.client.run("MGET", *keys)
                    if values[1] != values[2] or values[3] != values[4]:
                        self.wrong = values
                    for key, value in zip(keys, values):
                        if value is not None:
                            self.seen[key] = max(self.seen.get(key, 0), number_in(value, name))
        except (ConnectionError, OSError):
            self.client.close()


def number_in(value, name):
    owner, number = value.decode().split(":")
    assert owner == name
    return int(number)


def check(server, writers, reader):
    """What is there after the crash; for each writer the number to go on from, and what is in all its keys."""
    client = Client(server)
    first = []
    for writer in writers:
        name = writer.name
        keys = [f"{name}:{part}" for part in ("one", "left", "right", "first", "second")]
        values = client.run("MGET", *keys)
        numbers = [0 if value is None else number_in(value, name) for value in values]
        assert numbers[1] == numbers[2] and numbers[3] == numbers[4], (name, numbers)
        assert min(numbers) >= writer.acknowledged, (name, numbers, writer.acknowledged)
        for key, number in zip(keys, numbers):
            assert number >= reader.seen.get(key, 0), (key, number, reader.seen[key])
        listed = [number_in(value, name) for value in client.run("LRANGE", f"{name}:list", -3, -1)]
        assert not listed or listed == list(range(listed[0], listed[0] + len(listed)))
        assert writer.acknowledged < writer.first or listed[-1] >= writer.acknowledged, (name, listed)
        # Those that come next are above everything that is there.
        first.append((max(numbers + listed) + 1, min(numbers)))
        client.run("DEL", f"{name}:list")
    client.close()
    return first


@pytest.mark.parametrize("rewrites", [False, True])
def test_nothing_that_was_answered_or_read_is_lost_by_a_kill(folder, rewrites):
    """B44 G5 B31: with rewrites under way the same."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    first = [(1, 0)] * WRITERS
    acknowledged = 0
    # A size that is passed again and again.
    options = ["--threads", 2, "--auto-aof-rewrite-min-size", "4kb" if rewrites else "1gb",
               "--auto-aof-rewrite-percentage", "20"]
    server = start("kevy", folder, *options)
    for crash in range(CRASHES // 2):
        writers = [Writer(server, i, *first[i], chance.choice([1, 1, 4, 16])) for i in range(WRITERS)]
        reader = Reader(server)
        for thread in [*writers, reader]:
            thread.start()
        # The moment of the crash is what is tested.
        threading.Event().wait(chance.uniform(0.001, 0.15))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(20)
        for thread in [*writers, reader]:
            thread.join()
            assert thread.wrong is None, (seed, crash, thread.wrong)
        server = start("kevy", folder, *options)
        try:
            first = check(server, writers, reader)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, crash {crash}: {error}") from error
        acknowledged += sum(max(writer.acknowledged, 0) for writer in writers)
    assert server.stop() == 0
    assert acknowledged > CRASHES // 2
