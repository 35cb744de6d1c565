"""SLOWLOG and COMMANDLOG beside the references: which commands are logged, in which order, and how
their words are shown. Identifiers count on, moments and durations differ, and so do addresses."""

import pytest
from differences import VALKEY
from doors import Kevy, Reference, parse

# What is logged, in this order, where everything is.
COMMANDS = [
    [b"CLIENT", b"SETNAME", b"me"], [b"SET", b"a", b"1"], [b"GET"], [b"NOSUCH", b"x"],
    [b"INCR", b"a"], [b"LPUSH", b"a", b"x"], [b"MULTI"], [b"INCR", b"n"], [b"GET", b"a"],
    [b"EXEC"], [b"MULTI"], [b"DISCARD"], [b"AUTH", b"secret"], [b"AUTH", b"default", b"secret"],
    [b"HELLO", b"2", b"AUTH", b"default", b"secret", b"SETNAME", b"me"], [b"HELLO", b"2"],
    [b"HELLO", b"2", b"SETNAME", b"you"], [b"CONFIG", b"GET", b"save"],
    [b"CONFIG", b"SET", b"requirepass", b"", b"maxclients", b"100"], [b"CLIENT", b"ID"],
    [b"SLOWLOG", b"LEN"], [b"PING"], [b"ECHO", b"x" * 128], [b"ECHO", b"x" * 129],
    [b"ECHO", b"x" * 1000], *([b"MGET"] + [b"k%d" % i for i in range(n)] for n in (31, 32, 99)),
    [b"SUBSCRIBE", b"x"], [b"UNSUBSCRIBE", b"x"], [b"SELECT", b"1"], [b"SELECT", b"0"],
    [b"WATCH", b"a"], [b"UNWATCH"], [b"SLOWLOG", b"GET", b"x"], [b"SLOWLOG", b"HELP", b"x"],
    [b"RESET"], [b"EVAL", b"return 1", b"0"], [b"SCRIPT", b"EXISTS", b"x"],
]


@pytest.fixture(scope="module")
def valkey(tmp_path_factory):
    server = Reference(VALKEY, tmp_path_factory.mktemp("reference"))
    yield server
    server.close()


def configure(door, **directives):
    for name, value in directives.items():
        words = [b"CONFIG", b"SET", name.replace("_", "-").encode(), b"%d" % value]
        assert door.run(words) == b"+OK\r\n", name


def shown(door, what=(b"SLOWLOG", b"GET", b"-1")):
    """Words and client's name of every entry, the oldest first; their identifiers are in order."""
    entries = parse(door.run(list(what)))[::-1]
    numbers = [entry[0] for entry in entries]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if entries else True
    for _, unix_s, value, _, _, _ in entries:
        assert unix_s > 1_000_000_000 and value >= 0
    return [(entry[3], entry[5]) for entry in entries]


def logged(door):
    configure(door, slowlog_max_len=1000, slowlog_log_slower_than=0)
    door.run([b"SLOWLOG", b"RESET"])
    for words in COMMANDS:
        door.run(words)
    found = shown(door)
    configure(door, slowlog_log_slower_than=10000, slowlog_max_len=128)
    return found


def test_every_command_is_logged_with_its_words(reference, kevy):
    ours, theirs = logged(kevy), logged(reference)
    assert len(ours) > 30
    assert ours == theirs


def test_a_log_keeps_its_newest_entries(reference, kevy):
    for door in (reference, kevy):
        configure(door, slowlog_log_slower_than=0, slowlog_max_len=2)
        door.run([b"SLOWLOG", b"RESET"])
        for i in range(5):
            door.run([b"ECHO", b"%d" % i])
        assert [words for words, _ in shown(door)] == [[b"ECHO", b"3"], [b"ECHO", b"4"]]
        assert door.run([b"SLOWLOG", b"LEN"]) == b":2\r\n"
        assert len(parse(door.run([b"SLOWLOG", b"GET", b"1"]))) == 1
        assert door.run([b"SLOWLOG", b"GET", b"0"]) == b"*0\r\n"
        configure(door, slowlog_log_slower_than=-1)
        door.run([b"SLOWLOG", b"RESET"])
        door.run([b"DEBUG", b"SLEEP", b"0.002"])
        assert door.run([b"SLOWLOG", b"LEN"]) == b":0\r\n"
        configure(door, slowlog_log_slower_than=10000, slowlog_max_len=128)


@pytest.mark.parametrize("threshold", [0, 1000, 10000])
def test_what_took_long_is_logged_with_its_time(reference, kevy, threshold):
    for door in (reference, kevy):
        configure(door, slowlog_log_slower_than=threshold)
        door.run([b"SLOWLOG", b"RESET"])
        door.run([b"DEBUG", b"SLEEP", b"0.02"])
        took = [entry[2] for entry in parse(door.run([b"SLOWLOG", b"GET", b"-1"]))
                if entry[3][0] == b"DEBUG"]
        assert len(took) == 1 and 20_000 <= took[0] < 10_000_000
        configure(door, slowlog_log_slower_than=10000)


def test_what_a_command_does_to_many_elements_is_logged(kevy):
    words = [b"%d" % i for i in range(300_000)]
    configure(kevy, slowlog_log_slower_than=1000)
    kevy.run([b"SLOWLOG", b"RESET"])
    kevy.run([b"SADD", b"s", *words])
    kevy.run([b"RPUSH", b"l", *words])
    kevy.run([b"GET", b"s"])
    kevy.run([b"LPOP", b"l", b"300000"])
    kevy.run([b"SMEMBERS", b"s"])
    names = [words[0] for words, _ in shown(kevy)]
    assert names == [b"SADD", b"RPUSH", b"LPOP", b"SMEMBERS"]


def test_a_script_and_what_it_calls_are_logged(valkey, kevy):
    for door in (valkey, kevy):
        configure(door, slowlog_log_slower_than=0)
        door.run([b"SLOWLOG", b"RESET"])
        door.run([b"EVAL", b"return {redis.call('SET', KEYS[1], 'v'), redis.call('GET', KEYS[1])}",
                  b"1", b"k"])
        assert [words[:2] for words, _ in shown(door)[1:]] == [
            [b"SET", b"k"], [b"GET", b"k"],
            [b"EVAL", b"return {redis.call('SET', KEYS[1], 'v'), redis.call('GET', KEYS[1])}"]]
        configure(door, slowlog_log_slower_than=10000)


@pytest.mark.parametrize("size", [1, 900_000, 1_100_000, 3_000_000])
@pytest.mark.parametrize("words", [1, 3, 40])
def test_large_requests_are_logged(valkey, kevy, size, words):
    sizes = []
    for door in (valkey, kevy):
        door.run([b"COMMANDLOG", b"RESET", b"LARGE-REQUEST"])
        door.run([b"EXISTS", *[b"x" * (size // words)] * words])
        entries = parse(door.run([b"COMMANDLOG", b"GET", b"-1", b"large-request"]))
        sizes.append([(entry[2], entry[3]) for entry in entries])
    assert sizes[0] == sizes[1]
    assert len(sizes[1]) == (size > 1_000_000)


@pytest.mark.parametrize("size", [1, 900_000, 1_100_000, 3_000_000])
def test_large_replies_are_logged(valkey, kevy, size):
    sizes = []
    for door in (valkey, kevy):
        door.run([b"COMMANDLOG", b"RESET", b"large-reply"])
        door.run([b"SETRANGE", b"big", b"%d" % (size - 1), b"x"])
        door.run([b"GET", b"big"])
        door.run([b"RPUSH", b"l", *[b"x" * (size // 10)] * 10])
        door.run([b"LRANGE", b"l", b"0", b"-1"])
        door.run([b"DEL", b"big", b"l"])
        entries = parse(door.run([b"COMMANDLOG", b"GET", b"-1", b"large-reply"]))
        sizes.append([(entry[2], entry[3]) for entry in entries])
    assert sizes[0] == sizes[1]
    assert len(sizes[1]) == 2 * (size > 1_000_000)


def test_sizes_are_those_of_resp(valkey, kevy):
    found = []
    for door in (valkey, kevy):
        configure(door, commandlog_request_larger_than=0, commandlog_reply_larger_than=0)
        for kind in (b"large-request", b"large-reply"):
            door.run([b"COMMANDLOG", b"RESET", kind])
        for words in ([b"SET", b"a", b"b"], [b"GET", b"a"], [b"NOSUCH"], [b"GET"],
                      [b"LPUSH", b"l", b"1", b"2"], [b"LRANGE", b"l", b"0", b"-1"], [b"PING"],
                      [b"ECHO", b"x" * 1000], [b"INCR", b"a"], [b"DEL", b"a", b"l"]):
            door.run(words)
        entries = [parse(door.run([b"COMMANDLOG", b"GET", b"-1", kind]))
                   for kind in (b"large-request", b"large-reply")]
        found.append([[(entry[2], entry[3]) for entry in log if entry[3][0] != b"COMMANDLOG"]
                      for log in entries])
        configure(door, commandlog_request_larger_than=1 << 20, commandlog_reply_larger_than=1 << 20)
    assert found[0] == found[1]
    assert len(found[1][0]) == 8


def test_replies_of_errors_and_settings(valkey, kevy):
    for command in ["COMMANDLOG RESET large-request", "COMMANDLOG GET x slow", "COMMANDLOG GET 1 x", "COMMANDLOG GET -2 slow", "COMMANDLOG GET",
                    "COMMANDLOG LEN x", "COMMANDLOG RESET x", "COMMANDLOG LEN", "COMMANDLOG", "COMMANDLOG X",
                    "COMMANDLOG GET 0 slow", "COMMANDLOG LEN large-request", "COMMANDLOG RESET slow",
                    "SLOWLOG", "SLOWLOG GET -2", "SLOWLOG GET x", "SLOWLOG GET 1 2", "SLOWLOG LEN x",
                    "SLOWLOG RESET x", "SLOWLOG RESET", "SLOWLOG LEN", "SLOWLOG X",
                    "CONFIG SET slowlog-log-slower-than -2", "CONFIG SET slowlog-max-len -1",
                    "CONFIG SET slowlog-max-len x", "CONFIG SET commandlog-reply-larger-than -2",
                    "CONFIG SET commandlog-request-larger-than 1mb",
                    "CONFIG SET commandlog-execution-slower-than 77", "CONFIG GET slowlog-*",
                    "CONFIG SET slowlog-log-slower-than 10000", "CONFIG GET commandlog-reply-larger-than"]:
        words = command.encode().split()
        ours, theirs = kevy.run(words), valkey.run(words)
        if words[:2] == [b"CONFIG", b"GET"]:
            ours, theirs = sorted(parse(ours)), sorted(parse(theirs))
        assert ours == theirs, command


def test_another_instance_has_a_log_of_its_own(kevy):
    other = Kevy(1)
    configure(kevy, slowlog_log_slower_than=0)
    kevy.run([b"PING"])
    assert other.run([b"SLOWLOG", b"LEN"]) == b":0\r\n"
    assert len(shown(kevy)) > 0
    other.close()
