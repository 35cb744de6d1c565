"""MIGRATE, beside Valkey and redis-server: what it answers, what it sends, and which keys are where
afterwards. From each to each."""

import os
import time

import pytest
from conversation import Talk
from servers import kevy_server
from targets import target

KEYS = {
    "string": ["SET", "string", "x" * 1000],
    "number": ["SET", "number", "12"],
    "large": ["SET", "large", "v" * 3_000_000],
    "list": ["RPUSH", "list", *map(str, range(600))],
    "set": ["SADD", "set", *"abcdefg"],
    "zset": ["ZADD", "zset", "1", "a", "2.5", "b"],
    "hash": ["HSET", "hash", "f", "v", "g", "w" * 100],
    "stream": ["XADD", "stream", "1-1", "f", "v"],
    "": ["SET", "", "of no name"],
    "bin\r\n\0": ["SET", "bin\r\n\0", "odd"],
}
READS = {"list": ["LRANGE", "list", "0", "-1"], "set": ["SORT", "set", "ALPHA"],
         "zset": ["ZRANGE", "zset", "0", "-1", "WITHSCORES"], "hash": ["HMGET", "hash", "f", "g"],
         "stream": ["XRANGE", "stream", "-", "+"]}
LOOPBACK = "127.0.0.1"


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The kevy-server that keys are taken to."""
    server = kevy_server(tmp_path_factory.mktemp("other"))
    yield server
    assert server.stop() == 0


@pytest.fixture
def talk(kevy, valkey, redis, other):
    """A fresh connection to one of the servers, by its name."""
    servers = {"kevy": kevy, "valkey": valkey, "redis": redis, "other": other}
    opened = []

    def connect(name):
        made = Talk(servers[name])
        assert made("FLUSHALL") == b"+OK\r\n"
        opened.append(made)
        return made

    yield connect
    for made in opened:
        made.close()


def read_all(door):
    return {key: door(*READS.get(key, ["GET", key])) for key in KEYS}


@pytest.mark.parametrize(("source", "destination"), [
    ("kevy", "other"), ("kevy", "valkey"), ("kevy", "redis"), ("valkey", "kevy"), ("redis", "kevy")])
def test_keys_of_every_type_arrive_and_are_gone(talk, source, destination):
    source, destination = talk(source), talk(destination)
    for words in KEYS.values():
        source(*words)
    source("PEXPIRE", "hash", "500000")
    before = read_all(source)
    assert source("MIGRATE", LOOPBACK, destination.server.port, "", "0", "9000", "KEYS",
                  *KEYS) == b"+OK\r\n"
    assert read_all(destination) == before
    assert source("DBSIZE") == b":0\r\n"
    assert 400_000 < int(destination("PTTL", "hash")[1:]) <= 500_000
    assert destination("PTTL", "list") == b":-1\r\n"


# Steps with what they begin with, on the server that takes keys away and on the one that is to get them.
# {port} is that of the latter, {closed} one where nobody listens.
MOVE = "MIGRATE 127.0.0.1 {port} "
CASES = [
    # Which keys.
    ("", "", MOVE + "a 0 1000"),
    ("", "", MOVE + '"" 0 1000'),
    ("SET a 1", "", MOVE + "a 0 1000"),
    ("SET a 1", "", MOVE + "a 3 1000"),
    ("SET a 1 PX 100000", "", MOVE + '"" 0 1000 KEYS nosuch neither'),
    ("SET a 1; SET b 2", "", MOVE + '"" 0 1000 KEYS nosuch a b'),
    ("SET a 1", "", MOVE + '"" 0 1000 KEYS'),
    ("SET a 1", "", MOVE + '"" 0 1000 COPY KEYS'),
    ("SET a 1", "", MOVE + '"" 0 1000 KEYS a a'),
    ("SET a 1", "", MOVE + '"" 0 1000 REPLACE KEYS a a'),
    ("SET a 1; SET copy 2; SET keys 3", "", MOVE + '"" 0 1000 KEYS copy keys a'),
    ("SET a 1", "", MOVE + '"" 0 1000 copy keys a'),
    ("SET a 1", "", MOVE + "a 0 1000 KEYS a"),
    ("SET a 1", "", MOVE + "b 0 1000 KEYS a"),
    # What is there already.
    ("SET a 1", "SET a 2", MOVE + "a 0 1000"),
    ("SET a 1", "SET a 2", MOVE + "a 0 1000 REPLACE"),
    ("SET a 1", "SET a 2", MOVE + "a 0 1000 COPY"),
    ("SET a 1", "SET a 2", MOVE + "a 0 1000 COPY REPLACE"),
    ("SET a 1", "", MOVE + "a 0 1000 COPY"),
    ("SET a 1; SET b 2; SET c 3", "SET b 4", MOVE + '"" 0 1000 KEYS a b c'),
    ("SET a 1; SET b 2; SET c 3", "SET a 4; SET b 4", MOVE + '"" 0 1000 KEYS a b c'),
    # Numbers.
    ("SET a 1", "", MOVE + "a 99 1000"),
    ("SET a 1", "", MOVE + "a x 1000"),
    ("SET a 1", "", MOVE + "a 0 x"),
    ("SET a 1", "", MOVE + "a x y"),
    ("SET a 1", "", MOVE + "a 0 0"),
    ("SET a 1", "", MOVE + "a 0 -5"),
    ("SET a 1", "", MOVE + "a 0 1.5"),
    ("SET a 1", "", MOVE + "a 99999999999999999999 1"),
    ("SET a 1", "", MOVE + "a 0 9223372036854775807"),
    ("", "", MOVE + "a x 1000"),
    # Options.
    ("SET a 1", "", MOVE + "a 0 1000 NX"),
    ("SET a 1", "", MOVE + "a 0 1000 COPY COPY"),
    ("SET a 1", "", MOVE + "a 0 1000 AUTH"),
    ("SET a 1", "", MOVE + "a 0 1000 AUTH2 user"),
    ("SET a 1", "", MOVE + "a 0 1000 AUTH2"),
    ("SET a 1", "", MOVE + "a 0 1000 AUTH secret"),
    ("SET a 1", "", MOVE + "a 0 1000 AUTH2 default secret"),
    ("SET a 1", "", MOVE + "a 0 1000 AUTH one AUTH two REPLACE"),
    ("SET a 1", "", MOVE + '"" 0 1000 AUTH keys KEYS a'),
    ("SET a 1; SET b 2", "", MOVE + '"" 0 1000 AUTH one KEYS a b'),
    ("SET a 1", "", "MIGRATE 127.0.0.1 {port} a 0"),
    ("SET a 1", "", "MIGRATE"),
    # Where to.
    ("SET a 1", "", "MIGRATE 127.0.0.1 {closed} a 0 1000"),
    ("SET a 1", "", "MIGRATE localhost {port} a 0 1000"),
    ("SET a 1", "", "MIGRATE nosuch.invalid {port} a 0 1000"),
    ("SET a 1", "", 'MIGRATE "" {closed} a 0 1000'),
    ("SET a 1", "", "MIGRATE ::1 {closed} a 0 1000"),
    ("SET a 1", "", "MIGRATE 300.1.1.1 {port} a 0 1000"),
    ("SET a 1", "", "MIGRATE 127.0.0.1 x a 0 1000"),
    ("SET a 1", "", "MIGRATE 127.0.0.1 -1 a 0 1000"),
    ("", "", "MIGRATE 127.0.0.1 x a 0 1000"),
    # What is said of it.
    ("", "", "COMMAND GETKEYS MIGRATE h 1 k 0 9"),
    ("", "", "COMMAND GETKEYS MIGRATE h 1 k 0 9 COPY KEYS a"),
    ("", "", 'COMMAND GETKEYS MIGRATE h 1 "" 0 9'),
    ("", "", 'COMMAND GETKEYS MIGRATE h 1 "" 0 9 COPY'),
    ("", "", 'COMMAND GETKEYS MIGRATE h 1 "" 0 9 KEYS a b c'),
    ("", "", 'COMMAND GETKEYS MIGRATE h 1 "" 0 9 KEYS'),
    ("", "", 'COMMAND GETKEYS MIGRATE h 1 "" 0 9 AUTH keys KEYS a b'),
    ("", "", 'COMMAND GETKEYS MIGRATE h 1 "" 0 9 AUTH2 keys keys keys a b'),
    ("", "", 'COMMAND GETKEYS MIGRATE h 1 "" 0 9 what KEYS a b'),
    ("", "", 'COMMAND GETKEYSANDFLAGS MIGRATE h 1 "" 0 9 KEYS a b'),
    ("", "", "COMMAND GETKEYSANDFLAGS MIGRATE h 1 a 0 9 COPY"),
]


def words_of(line, destination, closed):
    line = line.replace("{port}", str(destination.server.port)).replace("{closed}", str(closed))
    return [word if word != '""' else "" for word in line.split()]


def run_case(door, destination, case, closed):
    """What the command answers, and then both sides' keys."""
    before, there, line = case
    for one, lines in ((door, before), (destination, there)):
        one("FLUSHALL")
        for step in filter(None, lines.split("; ")):
            one(*step.split())
    reply = door(*words_of(line, destination, closed))
    keys = [[one("MGET", *"abc", "copy", "keys") for one in (door, destination)]]
    destination("SELECT", "3")
    keys.append(destination("MGET", "a"))
    destination("SELECT", "0")
    return reply, keys


@pytest.fixture(scope="module")
def closed():
    """A port that is taken, and where nobody listens."""
    import socket
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("name", ["valkey", "redis"])
def test_every_answer_is_that_of_the_reference(talk, closed, name):
    kevy, reference, destination = talk("kevy"), talk(name), talk("other")
    wrong = {}
    for case in CASES:
        ours, theirs = (run_case(door, destination, case, closed) for door in (kevy, reference))
        if ours != theirs:
            wrong[case] = (ours, theirs)
    assert wrong == {}
    assert len(CASES) > 60


def test_a_database_below_zero_is_refused_by_the_target(talk):
    """The references leave SELECT out, so that the key comes to the database 0."""
    door, destination = talk("kevy"), talk("other")
    door("SET", "a", "1")
    assert door("MIGRATE", LOOPBACK, destination.server.port, "a", "-1", "1000") == (
        b"-ERR Target instance replied with error: ERR DB index is out of range\r\n")
    assert door("GET", "a") == b"$1\r\n1\r\n"


@pytest.mark.parametrize("name", ["valkey", "redis"])
def test_a_login_is_as_with_the_reference(talk, tmp_path, name, start):
    locked = start("--requirepass", "secret")
    destination = Talk(locked)
    assert destination("AUTH", "secret") == b"+OK\r\n"
    try:
        for words in ([], ["AUTH", "secret"], ["AUTH", "wrong"], ["AUTH2", "default", "secret"],
                      ["AUTH2", "nobody", "secret"], ["AUTH", "secret", "COPY"]):
            answers = []
            for door in (talk("kevy"), talk(name)):
                destination("FLUSHALL")
                door("SET", "a", "1")
                reply = door("MIGRATE", LOOPBACK, locked.port, "a", "0", "1000", *words)
                answers.append((reply, door("GET", "a")))
            assert answers[0] == answers[1], words
    finally:
        destination.close()


@pytest.mark.parametrize("name", ["valkey", "redis"])
def test_the_same_is_sent(talk, name):
    for words in ([], ["COPY"], ["REPLACE"], ["AUTH", "pw"], ["AUTH2", "me", "pw", "REPLACE"]):
        heard = []
        for door in (talk("kevy"), talk(name)):
            door("SET", "a", "1")
            with target(b"", wait_for=2 + ("AUTH" in "".join(words))) as asked:
                door("MIGRATE", LOOPBACK, asked.port, "a", "7", "1000", *words)
            sent = asked.heard[0]
            # The payload ends with a version and a checksum, which each has of its own.
            at = sent.index(b"$13\r\n") if b"$13\r\n" in sent else None
            heard.append(sent if at is None else sent[:at] + sent[at + 20 :])
        assert heard[0].split(b"RESTORE")[0] == heard[1].split(b"RESTORE")[0], words
        assert (b"REPLACE" in heard[0]) == (b"REPLACE" in heard[1])


OK = b"+OK\r\n"
ANSWERS = [
    b"", OK, OK * 2, OK * 3, OK * 3 + b"-ERR late\r\n", OK + b"-BUSYKEY taken\r\n" + OK,
    b"-ERR no such database\r\n" + OK * 2, b"-ERR no\r\n-ERR\r\n-ERR\r\n", OK + b"-\r\n" + OK,
    OK + b"-" + b"x" * 500 + b"\r\n" + OK, OK * 2 + b"-LAST one\r\n", b"-ERR max number of clients\r\n",
    b"+OK\n" * 3, OK + b"-A\r\n-B\r\n",
]


@pytest.mark.parametrize("name", ["valkey", "redis"])
def test_what_a_target_answers_is_understood_as_by_the_reference(talk, name):
    """Also when it is cut anywhere: then the connection is closed."""
    answers = [answer[:cut] for answer in (OK * 3, OK + b"-ERR a\r\n" + OK)
               for cut in range(len(answer))]
    kevy, reference = talk("kevy"), talk(name)
    wrong = {}
    for answer in answers + ANSWERS:
        results = []
        for door in (kevy, reference):
            door("MSET", "a", "1", "b", "2")
            with target(answer, wait_for=3) as asked:
                reply = door("MIGRATE", LOOPBACK, asked.port, "", "0", "5000", "KEYS", "a", "b")
            results.append((reply, door("MGET", "a", "b")))
        if results[0] != results[1]:
            wrong[answer] = results
    assert wrong == {}


@pytest.mark.parametrize("name", ["valkey", "redis"])
@pytest.mark.parametrize("said", [b"", b"+O", OK, OK * 2, OK * 2 + b"-ER"])
def test_a_target_that_falls_silent_is_given_up(talk, name, said):
    results = []
    for door in (talk("kevy"), talk(name)):
        door("MSET", "a", "1", "b", "2")
        with target(said, holds=True, wait_for=3) as asked:
            start = time.monotonic()
            reply = door("MIGRATE", LOOPBACK, asked.port, "", "0", "150", "KEYS", "a", "b")
            took = time.monotonic() - start
        assert 0.1 < took < 20
        results.append((reply, door("MGET", "a", "b")))
    assert results[0] == results[1]
    assert b"IOERR" in results[0][0]


@pytest.mark.parametrize("name", ["valkey", "redis"])
def test_a_target_that_accepts_nothing_is_given_up(talk, name):
    """One that does not read, for a value that does not fit into the kernel."""
    results = []
    for door in (talk("kevy"), talk(name)):
        door("SET", "a", os.urandom(30_000_000))
        with target(b"", holds=True, wait_for=1) as asked:
            results.append((door("MIGRATE", LOOPBACK, asked.port, "a", "0", "200"),
                            door("STRLEN", "a")))
    assert results[0] == results[1]


def test_over_ipv6_too(talk):
    try:
        with target(OK * 2, wait_for=2, host="::1") as asked:
            door = talk("kevy")
            door("SET", "a", "1")
            assert door("MIGRATE", "::1", asked.port, "a", "0", "1000") == OK
    except OSError:
        pytest.skip("there is no IPv6 here")


def test_connections_are_used_again_and_given_up(talk):
    door = talk("kevy")
    with target([OK * 2], holds=True, wait_for=2) as asked:
        # The first is answered, and stays open; nobody answers the second over it.
        door("MSET", "a", "1", "b", "2")
        assert door("MIGRATE", LOOPBACK, asked.port, "a", "0", "1000") == OK
        assert b"reading to" in door("MIGRATE", LOOPBACK, asked.port, "b", "0", "100")
        assert len(asked.heard) == 1
    with target([OK * 2], wait_for=2) as asked:
        # Each is closed behind its answer, which is no matter.
        for _ in range(20):
            door("SET", "a", "1")
            assert door("MIGRATE", LOOPBACK, asked.port, "a", "0", "1000") == OK
        assert len(asked.heard) == 20
    with target([OK * 2 + b"+OK"], holds=False, wait_for=2) as asked:
        # What says more than it was asked is not asked again.
        for _ in range(3):
            door("SET", "a", "1")
            assert door("MIGRATE", LOOPBACK, asked.port, "a", "0", "1000") == OK
        assert len(asked.heard) == 3
