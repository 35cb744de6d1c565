"""What a target may do to kevy, and what others may do while MIGRATE waits: nobody else is held up, no key
is lost, and none is deleted that the target does not have as it is."""

import os
import socket
import threading
import time

import pytest
from conversation import Talk
from servers import eventually, kevy_server
from targets import target

LOOPBACK = "127.0.0.1"
OK = b"+OK\r\n"
CHANGED = b"-IOERR a key was changed while it was migrated: it was not deleted here\r\n"
SEED = int(os.environ.get("KEVY_SEED", "1"))


@pytest.fixture
def door(kevy):
    made = Talk(kevy)
    made("FLUSHALL")
    yield made
    made.close()


@pytest.fixture
def second(kevy):
    made = Talk(kevy)
    yield made
    made.close()


class Waiting:
    """A target that answers when it is told to; and a MIGRATE of keys on its way to it."""

    def __init__(self, door, keys, options=(), answer=None):
        self.door, self.keys = door, keys
        self.answer = OK * (1 + len(keys)) if answer is None else answer
        self.listener = socket.create_server((LOOPBACK, 0))
        door.send("MIGRATE", LOOPBACK, self.listener.getsockname()[1], "", "0", "20000", *options,
                  "KEYS", *keys)
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(20)
        heard = b""
        while heard.count(b"RESTORE") < len(keys):
            heard += self.connection.recv(1 << 16)

    def go_on(self):
        self.connection.sendall(self.answer)
        reply = self.door.reply()
        self.close()
        return reply

    def close(self):
        self.connection.close()
        self.listener.close()


def test_nobody_is_held_up_meanwhile(door, second):
    door("MSET", "a", "1", "b", "2")
    waiting = Waiting(door, ["a", "b"])
    for i in range(100):
        assert second("SET", f"other{i}", "x") == OK
    assert second("GET", "a") == b"$1\r\n1\r\n"
    assert second("DBSIZE") == b":102\r\n"
    assert second("EVAL", "return redis.call('GET', KEYS[1])", "1", "b") == b"$1\r\n2\r\n"
    assert waiting.go_on() == OK
    assert second("MGET", "a", "b") == b"*2\r\n$-1\r\n$-1\r\n"


CHANGES = [
    ["SET", "a", "3"], ["APPEND", "a", "x"], ["DEL", "a"], ["PEXPIRE", "a", "100000"], ["FLUSHALL"],
    ["FLUSHDB"], ["SWAPDB", "0", "1"], ["RENAME", "a", "c"], ["RENAME", "b", "a"], ["SETRANGE", "a", "0", "1"],
    ["COPY", "b", "a", "REPLACE"], ["MOVE", "a", "1"], ["PERSIST", "a"], ["GETDEL", "a"],
    ["INCR", "a"], ["EVAL", "redis.call('INCR', KEYS[1])", "1", "a"],
]


@pytest.mark.parametrize("change", CHANGES, ids=" ".join)
def test_a_key_that_is_changed_meanwhile_stays_as_it_is(door, second, change):
    door("MSET", "a", "1", "b", "2")
    door("PEXPIRE", "a", "90000")
    waiting = Waiting(door, ["a"])
    second(*change)
    before = second("GET", "a"), second("PEXPIRETIME", "a")
    assert waiting.go_on() == CHANGED
    assert (second("GET", "a"), second("PEXPIRETIME", "a")) == before


@pytest.mark.parametrize("change", [
    ["XADD", "a", "2-1", "f", "v"], ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "a", ">"],
    ["XSETID", "a", "9-9"], ["XGROUP", "CREATE", "a", "h", "0"], ["XDEL", "a", "1-1"],
    ["XGROUP", "CREATECONSUMER", "a", "g", "d"], ["XCLAIM", "a", "g", "d", "0", "1-1", "FORCE"]], ids=" ".join)
def test_a_stream_whose_readers_go_on_is_changed(door, second, change):
    door("XADD", "a", "1-1", "f", "v")
    door("XGROUP", "CREATE", "a", "g", "0")
    waiting = Waiting(door, ["a"])
    second(*change)
    assert waiting.go_on() == CHANGED
    assert second("EXISTS", "a") == b":1\r\n"


def test_what_only_reads_changes_nothing(door, second):
    door("RPUSH", "a", "1", "2")
    waiting = Waiting(door, ["a"])
    second("LRANGE", "a", "0", "-1")
    second("TOUCH", "a")
    second("WATCH", "a")
    second("COPY", "a", "b")
    assert waiting.go_on() == OK
    second("MULTI")
    assert second("EXEC") == b"*-1\r\n"  # the watched key is gone


def test_the_other_keys_go_when_one_is_changed(door, second):
    door("MSET", "a", "1", "b", "2", "c", "3")
    waiting = Waiting(door, ["a", "b", "c"])
    second("SET", "b", "new")
    assert waiting.go_on() == CHANGED
    assert second("MGET", "a", "b", "c") == b"*3\r\n$-1\r\n$3\r\nnew\r\n$-1\r\n"


def test_with_copy_a_change_is_no_matter(door, second):
    door("SET", "a", "1")
    waiting = Waiting(door, ["a"], ["COPY"])
    second("SET", "a", "2")
    assert waiting.go_on() == OK
    assert second("GET", "a") == b"$1\r\n2\r\n"


def test_a_key_whose_time_comes_meanwhile_is_not_missed(door, second):
    door("SET", "a", "1", "PX", "150")
    waiting = Waiting(door, ["a"])
    eventually(lambda: second("EXISTS", "a") == b":0\r\n")
    assert waiting.go_on() == OK


def test_who_waits_for_a_key_that_goes_is_served(door, second, kevy):
    door("XADD", "a", "1-1", "f", "v")
    door("XGROUP", "CREATE", "a", "g", "$")
    second.send("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "a", "nosuch", ">", ">")
    assert second.reply().startswith(b"-NOGROUP")
    second.send("XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "a", ">")
    third = Talk(kevy)
    eventually(lambda: b"blocked_clients:1" in third("INFO", "clients"))
    waiting = Waiting(door, ["a"])
    assert waiting.go_on() == OK
    assert second.reply().startswith(b"-")
    third.close()


def test_who_listens_to_events_is_told(door, second, kevy):
    second("CONFIG", "SET", "notify-keyspace-events", "KEA")
    try:
        listener = Talk(kevy)
        listener("SUBSCRIBE", "__keyevent@0__:del")
        door("MSET", "a", "1", "b", "2")
        waiting = Waiting(door, ["a", "b"])
        assert waiting.go_on() == OK
        messages = [listener.reply(), listener.reply()]
        assert [message[-3:-2] for message in messages] == [b"a", b"b"]
        listener.close()
    finally:
        second("CONFIG", "SET", "notify-keyspace-events", "")


def test_the_log_has_the_keys_deleted(tmp_path):
    arguments = ["--appendonly", "yes", "--appendfsync", "always", "--dir", str(tmp_path / "data")]
    for name in ("data", "first", "again"):
        (tmp_path / name).mkdir()
    server = kevy_server(tmp_path / "first", arguments)
    door = Talk(server)
    door("MSET", "a", "1", "b", "2", "c", "3")
    waiting = Waiting(door, ["a", "b"])
    assert waiting.go_on() == OK
    door.close()
    server.process.kill()
    server.process.wait(20)
    log = b"".join(path.read_bytes() for path in (tmp_path / "data/appendonlydir").iterdir())
    assert b"DEL" in log and b"MIGRATE" not in log.upper()
    server = kevy_server(tmp_path / "again", arguments)
    door = Talk(server)
    assert door("MGET", "a", "b", "c") == b"*3\r\n$-1\r\n$-1\r\n$1\r\n3\r\n"
    door.close()
    assert server.stop() == 0


def test_not_in_a_transaction_nor_in_a_script(door, second):
    refused = (b"-ERR MIGRATE waits for another server: it can not be run in a transaction or a "
               b"script\r\n")
    door("SET", "a", "1")
    with target(OK * 2) as asked:
        words = ["MIGRATE", LOOPBACK, str(asked.port), "a", "0", "100"]
        door("MULTI")
        assert door(*words) == b"+QUEUED\r\n"
        door("MIGRATE", LOOPBACK, asked.port, "nosuch", "0", "100")
        assert door("EXEC") == b"*2\r\n" + refused + b"+NOKEY\r\n"
        script = "return redis.pcall(unpack(ARGV))"
        assert b"can not be run in a transaction or a script" in door("EVAL", script, "1", "a", *words)
        assert asked.heard == []
    assert door("GET", "a") == b"$1\r\n1\r\n"


def test_to_itself(door, kevy, second):
    door("SET", "a", "1")
    assert door("MIGRATE", LOOPBACK, kevy.port, "a", "1", "5000") == OK
    door("SELECT", "1")
    assert door("GET", "a") == b"$1\r\n1\r\n"
    assert door("MIGRATE", LOOPBACK, kevy.port, "a", "1", "5000") == (
        b"-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n")
    # It takes the place of itself, which is a change.
    assert door("MIGRATE", LOOPBACK, kevy.port, "a", "1", "5000", "REPLACE") == CHANGED
    assert door("GET", "a") == b"$1\r\n1\r\n"


def test_a_password_is_shown_to_nobody(door, second, kevy):
    door("SET", "a", "1")
    door("CONFIG", "SET", "slowlog-log-slower-than", "0")
    monitor = Talk(kevy)
    monitor("MONITOR")
    with target(OK * 3, wait_for=3) as asked:
        door("MIGRATE", LOOPBACK, asked.port, "a", "0", "1000", "AUTH2", "me", "secret", "REPLACE")
    shown = monitor.reply()
    while b"igrate" not in shown.lower():
        shown = monitor.reply()
    logged = door("SLOWLOG", "GET", "10")
    door("CONFIG", "SET", "slowlog-log-slower-than", "10000")
    monitor.close()
    for text in (shown, logged):
        assert b"MIGRATE" in text and b"(redacted)" in text and b"REPLACE" in text
        assert b"secret" not in text and b'"me"' not in text


def test_a_client_that_is_killed_or_goes_leaves_the_keys(door, second, kevy):
    door("SET", "a", "1")
    for ends in ("KILL", "close"):
        client = Talk(kevy)
        identity = client("CLIENT", "ID")[1:-2]
        waiting = Waiting(client, ["a"])
        assert second("CLIENT", "UNBLOCK", identity) == b":0\r\n"
        if ends == "KILL":
            assert second("CLIENT", "KILL", "ID", identity) == b":1\r\n"
        else:
            client.close()
        # The connection to the target is closed, which is how it learns of it.
        assert waiting.connection.recv(1) == b""
        waiting.close()
        assert second("GET", "a") == b"$1\r\n1\r\n"
    eventually(lambda: b"blocked_clients:0" in second("INFO", "clients"))


def test_a_pause_holds_the_end_up(door, second, kevy):
    door("SET", "a", "1")
    waiting = Waiting(door, ["a"])
    second("CLIENT", "PAUSE", "100000", "WRITE")
    waiting.connection.sendall(OK * 2)
    # When another migration has come to its end, this one's reply has been read.
    third = Talk(kevy)
    for _ in range(200):
        assert third("GET", "a") == b"$1\r\n1\r\n"
    assert second("CLIENT", "UNPAUSE") == OK
    assert door.reply() == OK
    assert second("EXISTS", "a") == b":0\r\n"
    waiting.close()
    third.close()


def test_commands_behind_it_wait(door):
    door("SET", "a", "1")
    waiting = Waiting(door, ["a"])
    door.send("GET", "a")
    door.send("PING")
    assert waiting.go_on() == OK
    assert door.reply() == b"$-1\r\n"
    assert door.reply() == b"+PONG\r\n"


def test_a_server_stops_with_migrations_under_way(tmp_path):
    server = kevy_server(tmp_path)
    doors = [Talk(server) for _ in range(5)]
    for i, door in enumerate(doors):
        door("SET", f"k{i}", "1")
    waiting = [Waiting(door, [f"k{i}"]) for i, door in enumerate(doors)]
    assert server.stop() == 0
    for one, door in zip(waiting, doors):
        one.close()
        door.close()


def test_many_at_once_do_not_wait_for_each_other(kevy, second):
    second("FLUSHALL")
    doors = [Talk(kevy) for _ in range(20)]
    for i, door in enumerate(doors):
        door("SET", f"k{i}", "1")
    waiting = [Waiting(door, [f"k{i}"]) for i, door in enumerate(doors)]
    for one in reversed(waiting):
        assert one.go_on() == OK
    for door in doors:
        door.close()
    assert second("DBSIZE") == b":0\r\n"


HOSTILE = [
    b":1\r\n" * 3, b"$2\r\nOK\r\n" * 3, b"*3\r\n" + OK * 3, b"+ok\r\n" * 3, b"+OK \r\n" * 3, b"\r\n" * 3,
    b"\n" * 3, b"\0" * 100 + b"\r\n", b"+OK\r" * 3, b"OK\r\n" * 3, b"+PONG\r\n" * 3, b"HTTP/1.1 400\r\n\r\n\r\n\r\n",
]


@pytest.mark.parametrize("answer", HOSTILE)
def test_nothing_but_ok_counts(door, answer):
    door("MSET", "a", "1", "b", "2")
    with target(answer, wait_for=3) as asked:
        reply = door("MIGRATE", LOOPBACK, asked.port, "", "0", "1000", "KEYS", "a", "b")
    assert reply.startswith(b"-IOERR error or timeout reading to")
    assert door("MGET", "a", "b") == b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n"


def test_an_answer_without_end_is_not_kept(door, kevy):
    def endless():
        while True:
            yield b"x" * 65536

    class Endless:
        def __iter__(self):
            return endless()

    door("SET", "a", "1")
    with target(Endless(), wait_for=2) as asked:
        assert door("MIGRATE", LOOPBACK, asked.port, "a", "0", "5000").startswith(b"-IOERR")
    with target(b"-" + b"y" * 16_000 + b"\r\n" + OK, wait_for=2) as asked:
        reply = door("MIGRATE", LOOPBACK, asked.port, "a", "0", "5000")
        assert reply == b"-ERR Target instance replied with error: " + b"y" * 16_000 + b"\r\n"
    assert door("GET", "a") == b"$1\r\n1\r\n"


def test_an_answer_that_comes_too_soon_counts_for_nothing(door):
    """Before the request could be there: the target does not read."""
    door("SET", "a", os.urandom(30_000_000))
    with target(OK * 2, holds=True, wait_for=1) as asked:
        assert door("MIGRATE", LOOPBACK, asked.port, "a", "0", "5000").startswith(b"-IOERR")
    assert door("STRLEN", "a") == b":30000000\r\n"


def test_an_error_of_many_lines_is_one(door):
    door("SET", "a", "1")
    with target(OK + b"-ERR one\rtwo\r\n", wait_for=2) as asked:
        assert door("MIGRATE", LOOPBACK, asked.port, "a", "0", "1000") == (
            b"-ERR Target instance replied with error: ERR one two\r\n")


def test_a_target_that_drips_is_waited_for(door):
    door("SET", "a", "1")

    class Dripping:
        def __iter__(self):
            for byte in OK * 2:
                time.sleep(0.03)  # as long as it takes, less than the timeout for each
                yield bytes([byte])

    with target(Dripping(), wait_for=2) as asked:
        assert door("MIGRATE", LOOPBACK, asked.port, "a", "0", "200") == OK


def test_idle_again_it_takes_no_time(door, kevy):
    door("SET", "a", "1")
    with target(OK * 2, holds=True, wait_for=2) as asked:
        assert door("MIGRATE", LOOPBACK, asked.port, "a", "0", "1000") == OK
        eventually(kevy.all_threads_sleep)
        before = kevy.cpu_ns()
        time.sleep(1)  # of which the thread is to use nothing
        assert kevy.cpu_ns() - before < 100_000_000


def test_keys_go_to_and_fro_between_many_threads(kevy, tmp_path):
    """Every key is on one side at least, with its value, whatever happens to whom at the same time."""
    other = kevy_server(tmp_path)
    servers, keys = [kevy, other], [f"k{i}" for i in range(30)]
    setter = Talk(kevy)
    setter("FLUSHALL")
    for key in keys:
        setter("SET", key, "of " + key)
    end = time.monotonic() + 3
    failures = []

    def move(number):
        doors = [Talk(server) for server in servers]
        side = number
        while time.monotonic() < end:
            side += 1
            here, there = doors[side % 2], servers[(side + 1) % 2]
            some = [keys[(side * 7 + i * number) % len(keys)] for i in range(4)]
            reply = here("MIGRATE", LOOPBACK, there.port, "", "0", "5000", "REPLACE", "KEYS", *some)
            if not reply.startswith((b"+OK", b"+NOKEY", b"-IOERR")):
                failures.append(reply)
        for door in doors:
            door.close()

    threads = [threading.Thread(target=move, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    getter = Talk(other)
    for key in keys:
        wanted = b"$%d\r\nof %s\r\n" % (3 + len(key), key.encode())
        assert wanted in (setter("GET", key), getter("GET", key)), key
    assert failures == []
    setter.close()
    getter.close()
    assert other.stop() == 0
