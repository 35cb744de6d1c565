"""CLIENT TRACKING under random programs: three sessions read, change and track keys in all modes, and what
each is told, and behind which of its replies, is the same as beside Valkey.

KEVY_TRACKING_PROGRAMS=1000 runs so many.
"""

import os
import random

import pytest
from differences import REDIS
from doors import Kevy, parse_all
from waiting import kevy_side, reference_side

COUNT = int(os.environ.get("KEVY_TRACKING_PROGRAMS", "40"))
SEED = int(os.environ.get("KEVY_TRACKING_SEED", "1"))
STEPS = 60
SESSIONS = 3  # of those there are
KEYS = [b"a", b"b", b"ab", b"abc", b"b1", b"{a}x", b"user:1", b"user:2"]
PREFIXES = [b"a", b"b", b"user:", b"abc", b"{", b"none"]
HEARS = b"__redis__:invalidate"
READS = b"redis.pcall('GET', KEYS[1])"
WRITES = b"redis.call('SET', KEYS[1], 's') redis.pcall('GET', KEYS[2])"
# Words in capitals are a command's own; k is a key.
COMMANDS = """
GET k; GET k; MGET k k k; STRLEN k; TTL k; TYPE k; EXISTS k k; TOUCH k; OBJECT ENCODING k; LCS k k
LRANGE k 0 -1; SMEMBERS k; SCARD k; SINTER k k; SDIFF k k; HGETALL k; ZRANGE k 0 -1; XRANGE k - +
GETBIT k 3; BITCOUNT k; PFCOUNT k; DBSIZE; SPUBLISH k 1
SET k 1; SET k x PX 100000; SETRANGE k 1 q; APPEND k z; INCR k; GETSET k n; GETDEL k; GETEX k PERSIST
MSET k 1 k 2; DEL k k; UNLINK k; EXPIRE k 100; PERSIST k; PEXPIREAT k 1; SETBIT k 3 1; PFADD k q
LPUSH k 1 2; LPOP k; LMOVE k k LEFT RIGHT; LINSERT k BEFORE 1 0; SADD k 1; SADD k 2; SREM k 1; SMOVE k k 1
SUNIONSTORE k k k; HSET k f v; HINCRBY k n 1; HDEL k f; ZADD k 1 m; ZREM k m; ZUNIONSTORE k 2 k k
ZRANGESTORE k k 0 -1; XADD k 1-* f v; SORT k STORE k; RENAME k k; RENAMENX k k; COPY k k REPLACE; MOVE k 1
SELECT 0; SELECT 0; SELECT 1; SWAPDB 0 1; FLUSHDB
"""
COMMANDS = [command.split() for command in COMMANDS.replace("\n", ";").split(";") if command.strip()]


@pytest.fixture(scope="module", params=[1, 16])
def sides(request, reference):
    kevy = Kevy(request.param)
    both = reference_side(reference), kevy_side(kevy)
    yield both
    for side in both:
        side.close()
    kevy.close()


class Program:
    """Random steps: the session, and what it sends at once."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        # What a script changes is told to its own session by both references, though that says NOLOOP, where
        # it has asked for prefixes; kevy does as it was asked.
        self.has_no_loop = self.random.random() < 0.5

    def steps(self):
        for session in range(SESSIONS):
            yield session, [[b"HELLO", b"3" if self.chance(0.7) else b"2"], self.tracking()]
        for _ in range(STEPS):
            session, chance = self.random.randrange(SESSIONS), self.random.random()
            if chance < 0.1:
                yield session, [self.tracking()]
            elif chance < 0.14:
                yield session, [[b"CLIENT", b"CACHING", self.random.choice([b"YES", b"NO"])]]
            elif chance < 0.16:
                yield session, [[b"HELLO", self.random.choice([b"2", b"3"])]]
            elif chance < 0.18:
                yield session, [self.random.choice([
                    [b"CLIENT", b"TRACKINGINFO"], [b"CLIENT", b"GETREDIR"], [b"RESET"],
                    [b"SUBSCRIBE", HEARS], [b"UNSUBSCRIBE"], [b"SUBSCRIBE", HEARS]])]
            elif chance < 0.24:
                yield session, [[b"MULTI"], *(self.command() for _ in range(3)), [b"EXEC"]]
            else:
                yield session, [self.command()]

    def tracking(self):
        if self.chance(0.15):
            return [b"CLIENT", b"TRACKING", b"OFF"]
        words = [b"CLIENT", b"TRACKING", b"ON"]
        if self.chance(0.35):
            words += [b"REDIRECT", b"{%d}" % self.random.randrange(SESSIONS)]
        if self.chance(0.35):
            words.append(b"BCAST")
            for prefix in self.random.sample(PREFIXES, self.random.randrange(3)):
                words += [b"PREFIX", prefix]
        words += [option for option in (b"OPTIN", b"OPTOUT") if self.chance(0.2)]
        if self.has_no_loop and self.chance(0.4):
            words.append(b"NOLOOP")
        return words

    def command(self):
        key = lambda: self.random.choice(KEYS)
        if self.chance(0.05):
            writes = not self.has_no_loop and self.chance(0.5)
            return [b"EVAL", WRITES if writes else READS, b"2", key(), key()]
        return [key() if word == "k" else word.encode() for word in self.random.choice(COMMANDS)]

    def chance(self, probability):
        return self.random.random() < probability


def in_any_order(replies):
    """Replies in their order, and what was pushed behind them: of that the order among several is left open,
    and so is that of the keys that are told at once."""
    def is_push(reply):
        return isinstance(reply, list) and reply[:1] != [b"subscribe"] and HEARS in reply[1:2] or (
            isinstance(reply, list) and reply[:1] in ([b"invalidate"], [b"tracking-redir-broken"]))

    def plain(push):
        return [sorted(item) if isinstance(item, list) else item for item in push]

    return ([reply for reply in replies if not is_push(reply)],
            sorted((plain(reply) for reply in replies if is_push(reply)), key=repr))


def heard(side, session, words):
    """What each session is told in a step; what HELLO says of a server is its own, as are numbers of
    sessions."""
    told = [parse_all(data) for data in side.step_all(session, words)]
    if words[0][0] == b"HELLO":
        told = [[reply for reply in replies if not isinstance(reply, list) or len(reply) < 6]
                for replies in told]
    if words[0][0] == b"CLIENT":
        names = {peer.id: f"session {i}" for i, peer in enumerate(side.peers)}
        told = named(told, names)
    return [in_any_order(replies) for replies in told]


def named(value, names):
    if isinstance(value, list):
        return [named(item, names) for item in value]
    return names.get(value, value) if isinstance(value, int) else value


def compare(sides, steps, log):
    for side in sides:
        side.begin()
    pushes = 0
    for session, words in steps:
        log.append(b"%d: %s" % (session, b"; ".join(b" ".join(each) for each in words)))
        expected, got = (heard(side, session, words) for side in sides)
        assert got == expected
        pushes += sum(len(pushed) for _, pushed in expected)
    return pushes


def test_who_is_told_of_which_key_is_as_beside_the_reference(sides, reference):
    if reference.version == REDIS:
        pytest.skip("it writes what it tells into the midst of EXEC's reply, and tells scripts' keys twice")
    pushes = 0
    for seed in range(SEED, SEED + COUNT):
        log = []
        try:
            pushes += compare(sides, Program(seed).steps(), log)
        except AssertionError as error:
            text = b"\n".join(log).decode("latin-1")
            raise AssertionError(f"program {seed}\n{text}\n{error}") from None
    assert pushes > COUNT * 5
