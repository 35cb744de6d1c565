"""MONITOR beside the references: which commands are shown, in which order, with what hidden. The
moment and the address of a line are its own."""

import re

import pytest

LINE = re.compile(rb'\+(\d+\.\d{6}) \[(\d+) ([^\]]*)\] (".*")\r\n')

COMMANDS = [
    [b"SET", b"a", b"1"], [b"GET", b"nosuch"], [b"AUTH", b"secret"],
    [b"AUTH", b"default", b"secret"], [b"HELLO", b"3", b"AUTH", b"default", b"secret"],
    [b"HELLO", b"3", b"SETNAME", b"me"], [b"CONFIG", b"GET", b"save"], [b"CLIENT", b"ID"],
    [b"INFO", b"nosuch"], [b"MULTI"], [b"INCR", b"n"], [b"SELECT", b"2"], [b"GET", b"a"], [b"EXEC"],
    [b"EVAL", b"return {redis.call('INCR', 'n'), redis.pcall('NOSUCH')}", b"0"], [b"SELECT", b"3"],
    [b"PING"], [b"SUBSCRIBE", b"c"], [b"PUBLISH", b"c", b"x"], [b"UNSUBSCRIBE"], [b"NOSUCH", b"x"],
    [b"GET"], [b"LPUSH", b"a"], [b"DEBUG", b"SLEEP", b"0"],
    [b"SET", b"a", bytes(range(256))], [b"SET", b"a", b""], [b"SLOWLOG", b"LEN"], [b"TIME"],
    [b"CLIENT", b"SETNAME", b"x"], [b"CLIENT", b"LIST"], [b"COMMAND", b"COUNT"], [b"WATCH", b"a"],
    [b"UNWATCH"], [b"SCRIPT", b"EXISTS", b"x"], [b"FUNCTION", b"LIST"], [b"LATENCY", b"LATEST"],
    [b"MULTI"], [b"NOSUCH"], [b"EXEC"], [b"MULTI"], [b"DISCARD"], [b"MSET", b"a", b"1", b"b", b"2"],
    [b"KEYS", b"*"], [b"DBSIZE"], [b"FLUSHALL"], [b"RESET"],
]


def lines_of(monitor, end):
    """All that is shown up to the line of ECHO with this word: database and words of each."""
    data = b""
    while b'"ECHO" "' + end + b'"\r\n' not in data:
        data += monitor.more()
    lines = LINE.findall(data)
    assert b"".join(b"+%s [%s %s] %s\r\n" % line for line in lines) == data
    for moment, _, client, _ in lines:
        assert float(moment) > 1e9 and client
    return [(database, client == b"lua", words) for _, database, client, words in lines]


def shown(door):
    monitor = door.another()
    assert monitor.run([b"MONITOR"]) == b"+OK\r\n"
    for words in COMMANDS:
        door.run(words)
    door.run([b"ECHO", b"end"])
    found = lines_of(monitor, b"end")
    monitor.close()
    return found


def test_commands_are_shown_as_they_run(reference, kevy):
    ours, theirs = shown(kevy), shown(reference)
    assert len(ours) > 25
    assert ours == theirs


def test_a_monitor_sees_its_own_commands_behind_their_replies(reference, kevy):
    for door in (reference, kevy):
        monitor = door.another()
        monitor.run([b"MONITOR"])
        monitor.run([b"HELLO", b"3"])
        door.run([b"ECHO", b"first"])
        assert [words for _, _, words in lines_of(monitor, b"first")][-1] == b'"ECHO" "first"'
        data = monitor.run([b"PING"])
        while not data.endswith(b'"PING"\r\n'):
            data += monitor.more()
        assert data.startswith(b"+PONG\r\n+")
        monitor.close()


@pytest.mark.parametrize("command", ["GET a", "SET a 1", "KEYS *", "EVAL return 0", "PUBLISH c x",
                                     "DBSIZE", "SCAN 0"])
def test_a_monitor_is_kept_from_the_keys(reference, kevy, command):
    replies = []
    for door in (reference, kevy):
        monitor = door.another()
        monitor.run([b"MONITOR"])
        replies.append(monitor.run(command.encode().split()))
        assert monitor.run([b"RESET"]) == b"+RESET\r\n" or True
        monitor.close()
    assert replies[0] == replies[1]


def test_reset_ends_it(reference, kevy):
    for door in (reference, kevy):
        monitor = door.another()
        monitor.run([b"MONITOR"])
        data = monitor.run([b"RESET"])
        assert data == b"+RESET\r\n"
        door.run([b"SET", b"a", b"1"])
        assert monitor.run([b"GET", b"a"]) == b"$1\r\n1\r\n"
        monitor.close()


def test_it_is_refused_in_a_transaction_and_in_a_script(reference, kevy):
    for words in ([b"MULTI"], [b"MONITOR"], [b"EXEC"], [b"PING"], [b"MONITOR", b"x"]):
        assert kevy.run(words) == reference.run(words), words


def test_a_client_list_knows_it(reference, kevy):
    for door in (reference, kevy):
        monitor = door.another()
        monitor.run([b"MONITOR"])
        number = re.search(rb"id=(\d+) [^\n]*flags=O[A-Z]* ", door.run([b"CLIENT", b"LIST"])).group(1)
        assert door.run([b"CLIENT", b"KILL", b"ID", number]) == b":1\r\n"
        assert b"flags=O" not in door.run([b"CLIENT", b"LIST"])
        monitor.close()


def test_nothing_is_left_of_a_monitor_that_was_killed(kevy):
    for _ in range(20):
        monitor = kevy.another()
        monitor.run([b"MONITOR"])
        kevy.run([b"CLIENT", b"KILL", b"SKIPME", b"yes"])
        monitor.close()
    assert kevy.run([b"SET", b"a", b"1"]) == b"+OK\r\n"
    assert kevy.run([b"GET", b"a"]) == b"$1\r\n1\r\n"
