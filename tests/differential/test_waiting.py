"""Commands that wait, as a schedule: sessions that wait, push, run transactions, rename, swap databases,
time out, are unblocked and killed; who gets what, in which order, beside the references.

KEVY_WAITING_SCENARIOS=20000 runs so many random ones.
"""

import os
import random
from pathlib import Path

import pytest
from differences import REDIS, words_of
from doors import Kevy, parse_all
from waiting import ENDED, SESSIONS, kevy_side, reference_side

COUNT = int(os.environ.get("KEVY_WAITING_SCENARIOS", "100"))
SEED = int(os.environ.get("KEVY_WAITING_SEED", "1"))
KEYS = [b"k1", b"k2", b"k3", b"k4"]
# Pushes to its key, and to another that it does not declare.
SCRIPT = b"redis.pcall('RPUSH', KEYS[1], ARGV[2]) redis.pcall('RPUSH', ARGV[1], ARGV[3])"
SCRIPTS = Path(__file__).parent / "waiting.txt"


@pytest.fixture(scope="module", params=[1, 3, 16])
def sides(request, reference):
    kevy = Kevy(request.param)
    both = reference_side(reference), kevy_side(kevy)
    yield both
    for side in both:
        side.close()
    kevy.close()


class Scenario:
    """Random steps. Values carry their session's number, so that each is there once."""

    def __init__(self, seed, valkey):
        self.random = random.Random(seed)
        self.valkey = valkey
        self.values = 0
        # In which order the keys of a swapped database are served is left open: one is waited for then.
        self.swaps = self.random.random() < 0.2
        self.queueing = [False] * SESSIONS
        self.unanswered = [0] * SESSIONS  # commands of each, as the comparison found
        self.follows = None  # the one session that was sent more behind a command that waits
        self.paused = False

    def may_send(self, session):
        """The order in which two sessions that were served at once go on is left open."""
        if not self.unanswered[session]:
            return True
        if self.follows is None or not self.unanswered[self.follows]:
            self.follows = session
        return self.follows == session

    def key(self):
        return self.random.choice(KEYS)

    def awaited_key(self):
        return KEYS[0] if self.swaps else self.key()

    def some_keys(self):
        if self.swaps:
            return [KEYS[0]]
        # The older reference looks only at the key that was pushed to, the newer at all in their order.
        count = self.random.choice([1, 1, 2, 3]) if self.valkey else 1
        return [self.key() for _ in range(count)]

    def value(self, session):
        self.values += 1
        return b"s%d.%d" % (session, self.values)

    def values_of(self, session):
        return [self.value(session) for _ in range(self.random.choice([1, 1, 1, 2, 3]))]

    def end(self):
        return self.random.choice([b"LEFT", b"RIGHT"])

    def waiting_command(self, timeout):
        pick = self.random.randrange(8)
        if pick < 2:
            return [self.random.choice([b"BLPOP", b"BRPOP"]), *self.some_keys(), timeout]
        if pick < 4:
            return [b"BLMOVE", self.awaited_key(), self.key(), self.end(), self.end(), timeout]
        if pick == 4:
            return [b"BRPOPLPUSH", self.awaited_key(), self.key(), timeout]
        keys = self.some_keys()
        count = [b"COUNT", b"%d" % self.random.randint(1, 3)] if self.random.random() < 0.5 else []
        if pick == 5:
            return [b"BLMPOP", timeout, b"%d" % len(keys), *keys, self.end(), *count]
        if pick == 6:
            return [self.random.choice([b"BZPOPMIN", b"BZPOPMAX"]), *keys, timeout]
        return [b"BZMPOP", timeout, b"%d" % len(keys), *keys,
                self.random.choice([b"MIN", b"MAX"]), *count]

    def changing_command(self, session):
        r = self.random
        verbs = {
            "push": lambda: [r.choice([b"LPUSH", b"RPUSH"]), self.key(), *self.values_of(session)],
            "zadd": lambda: [b"ZADD", self.key(), *[word for value in self.values_of(session)
                                                    for word in (b"%d" % r.randint(0, 3), value)]],
            "pop": lambda: [r.choice([b"LPOP", b"RPOP", b"ZPOPMIN"]), self.key()],
            "move": lambda: [b"LMOVE", self.key(), self.key(), self.end(), self.end()],
            "rename": lambda: [r.choice([b"RENAME", b"RENAMENX"]), self.key(), self.key()],
            "copy": lambda: [b"COPY", self.key(), self.key(), *r.choice([[], [b"REPLACE"]])],
            "copydb": lambda: [b"COPY", self.key(), self.key(), b"DB", b"1"],
            "movedb": lambda: [b"MOVE", self.key(), r.choice([b"0", b"1"])],
            "sort": lambda: [b"SORT", self.key(), b"ALPHA", b"STORE", self.key()],
            "set": lambda: [b"SET", self.key(), self.value(session)],
            "del": lambda: [b"DEL", *self.some_keys()],
            "swap": lambda: [b"SWAPDB", b"0", b"1"],
            "flush": lambda: [r.choice([b"FLUSHALL", b"FLUSHDB"])],
            "zstore": lambda: [b"ZUNIONSTORE", self.key(), b"2", self.key(), self.key()],
            "expire": lambda: [b"PEXPIRE", self.key(), b"0"],
            "script": lambda: [b"EVAL", SCRIPT, b"1", self.key(), self.key(), self.value(session), self.value(session)],
            "linsert": lambda: [r.choice([b"LPUSHX", b"RPUSHX"]), self.key(), self.value(session)],
        }
        weights = {"push": 10, "zadd": 4, "pop": 2, "move": 2, "rename": 3, "del": 2, "script": 2}
        names = [name for name in verbs if name != "swap" or self.swaps]
        return verbs[r.choices(names, [weights.get(name, 1) for name in names])[0]]()

    def steps(self):
        """(session, words, whether its reply is waited for)"""
        r = self.random
        for _ in range(r.randint(6, 24)):
            session = r.randrange(SESSIONS)
            if not self.may_send(session):
                continue
            pick = r.random()
            if pick < 0.38:
                yield session, self.waiting_command(b"0"), False
            elif pick < 0.40 and not self.queueing[session] and not self.unanswered[session]:
                yield session, self.waiting_command(b"0.01"), True
            elif pick < 0.46:
                self.queueing[session] = not self.queueing[session]
                yield session, [b"MULTI" if self.queueing[session] else b"EXEC"], False
            elif pick < 0.49:
                reason = r.choice([[], [b"TIMEOUT"], [b"ERROR"]])
                yield session, [b"CLIENT", b"UNBLOCK", b"{%d}" % r.randrange(SESSIONS), *reason], False
            elif pick < 0.50 and not self.unanswered[session]:  # else it may hit one whose reply is on its way
                yield session, [b"CLIENT", b"KILL", b"ID", b"{%d}" % r.randrange(SESSIONS)], False
            elif pick < 0.52:
                yield session, [b"SELECT", r.choice([b"0", b"1"])], False
            else:
                yield session, self.changing_command(session), False


def told(log, expected, got):
    return b"\n".join(log).decode() + f"\nreference: {expected}\nkevy:      {got}"


def compare(sides, steps, unanswered):
    theirs, ours = sides
    for side in sides:
        side.begin()
    log = []
    for session, words, awaits in steps:
        log.append(b"%d: %s" % (session, b" ".join(words)))
        expected, got = (side.step(session, words) for side in sides)
        if awaits and not unanswered[session]:
            expected = theirs.await_reply(session, expected)
            got = ours.await_reply(session, got)
        unanswered[session] += 1
        assert got == expected, told(log, expected, got)
        for i, reply in enumerate(expected):
            if reply:
                ended = reply.endswith(ENDED)
                count = len(parse_all(reply.removesuffix(ENDED)))
                unanswered[i] = 0 if ended else unanswered[i] - count
                log.append(b"   %d gets %r" % (i, reply))
    assert ours.blocked() == theirs.blocked(), told(log, theirs.blocked(), ours.blocked())
    expected, got = theirs.data(), ours.data()
    assert got == expected, told(log, expected, got)
    return len(log)


def test_random_scenarios_go_as_beside_the_reference(sides, reference):
    compared = 0
    for seed in range(SEED, SEED + COUNT):
        scenario = Scenario(seed, reference.version != REDIS)
        try:
            compared += compare(sides, scenario.steps(), scenario.unanswered)
        except AssertionError as error:
            raise AssertionError(f"scenario {seed}\n{error}") from None
    assert compared >= COUNT * 6


def scripts():
    text = SCRIPTS.read_text().split("\n\n")
    for block in text:
        lines = [line for line in block.splitlines() if line and line[0] != "#"]
        if lines:
            yield pytest.param(lines, id=block.splitlines()[0].lstrip("# "))


@pytest.mark.parametrize("lines", list(scripts()))
def test_script_goes_as_beside_the_reference(sides, reference, lines):
    """A line: the session, then its command."""
    if lines[0] == "valkey":
        if reference.version == REDIS:
            pytest.skip("what the older one does otherwise, or does not know")
        lines = lines[1:]
    def steps():
        for line in lines:
            session, command = line.split(" ", 1)
            awaits = command.startswith("~")
            yield int(session), words_of(command.lstrip("~")), awaits
    assert compare(sides, steps(), [0] * SESSIONS) >= len(lines)
