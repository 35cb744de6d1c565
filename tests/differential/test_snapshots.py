"""Snapshots: what kevy saves the references load, their checking tool finds nothing, and what they save kevy
loads, with the same digest; what is damaged is refused with the reason, and nothing of the old file is
lost."""

import os
import shutil
import stat
import subprocess
import time

import pytest
from differences import REDIS, VALKEY
from doors import SERVERS, Kevy, NoStart, Reference, parse

LIBRARY = "#!lua name=lib\nredis.register_function('answer', function() return 42 end)"
FUTURE = "4000000000000"


def run(door, *words):
    return parse(door.run([word.encode() if isinstance(word, str) else word for word in words]))


def populate(door, fields_expire=False):
    """Some of everything, in three databases; scores that all write with the same digits."""
    for database in ("0", "3", "15"):
        run(door, "SELECT", database)
        for i in range(200):
            run(door, "SET", f"string:{i}", "x" * i)
        run(door, "SET", "number", "12345678901")
        run(door, "SET", "expiring", "value", "PXAT", FUTURE)
        run(door, "RPUSH", "list", *(f"element:{i}" for i in range(3000)), "y" * 20000)
        run(door, "RPUSH", "short-list", "1", "two", "-3")
        run(door, "SADD", "set", *(f"member:{i}" for i in range(1000)))
        run(door, "SADD", "numbers", "1", "70000", "-5000000000")
        run(door, "SADD", "short-set", "a", "b")
        run(door, "ZADD", "zset", *(word for i in range(700) for word in (str(i), f"m{i}")))
        run(door, "ZADD", "short-zset", "1", "a", "2.5", "b", "-inf", "c")
        run(door, "HSET", "hash", *(f"w{i}" for i in range(2000)))
        run(door, "HSET", "short-hash", "f", "v", "g", "7")
        run(door, "PEXPIREAT", "short-hash", FUTURE)
        run(door, "RPUSH", "mixed-list", *("x" * (16378 if i % 50 == 0 else i % 50) for i in range(1200)))
        for i in range(1, 600):
            run(door, "XADD", "stream", f"{i}-1", "field", f"value:{i}")
        run(door, "XDEL", "stream", "7-1")
        run(door, "XGROUP", "CREATE", "stream", "group", "0")
        run(door, "XREADGROUP", "GROUP", "group", "consumer", "COUNT", "3", "STREAMS", "stream", ">")
    run(door, "SELECT", "0")
    if fields_expire:
        assert run(door, "HPEXPIREAT", "hash", FUTURE, "FIELDS", "1", "w0") == [1]
    assert run(door, "FUNCTION", "LOAD", LIBRARY) == b"lib"


def send_messages(door):
    """What the references know nothing of: in fields of kevy's own between the keys."""
    for i in range(1500):
        run(door, "XADD", "sent", "IDMP", "a-producer", f"a-message-with-the-number-{i}", "*", "f", "v")
    run(door, "PEXPIREAT", "sent", FUTURE)
    run(door, "XADD", "sent-too", "IDMP", b"\x00\xff\r\n", b"\xfa\x00", "*", "f", "v")


def digest(door):
    return run(door, "DEBUG", "DIGEST")


def open_kevy(directory, *directives, shards=2):
    return Kevy(shards, ["dir", str(directory), *directives])


@pytest.fixture
def saved(tmp_path):
    """A directory with a small snapshot, and its bytes."""
    door = open_kevy(tmp_path)
    run(door, "RPUSH", "list", "a", "b", "c" * 100)
    run(door, "SET", "key", "value", "PXAT", FUTURE)
    run(door, "HSET", "hash", "f", "v")
    run(door, "ZADD", "zset", "1.5", "m")
    run(door, "XADD", "stream", "1-1", "f", "v")
    assert run(door, "SAVE") == b"OK"
    door.close()
    file = tmp_path / "dump.rdb"
    return file, file.read_bytes()


def check_with_tool(version, directory):
    """The servers are their own tools, under another name."""
    tool = directory / ("valkey-check-rdb" if version == VALKEY else "redis-check-rdb")
    tool.symlink_to(shutil.which(SERVERS[version]))
    check = subprocess.run([tool, directory / "dump.rdb"], capture_output=True, text=True)
    assert check.returncode == 0 and "RDB looks OK" in check.stdout, check.stdout
    tool.unlink()


@pytest.mark.parametrize("version", [VALKEY, REDIS])
@pytest.mark.parametrize("options", [(), ("rdbcompression", "no"), ("rdbchecksum", "no"),
                                     ("list-max-listpack-size", "-5"),
                                     ("maxmemory-policy", "allkeys-lfu"),
                                     ("maxmemory-policy", "allkeys-lru")])
@pytest.mark.parametrize("how", ["SAVE", "BGSAVE"])
def test_the_references_load_what_kevy_saves(version, options, how, tmp_path):
    door = open_kevy(tmp_path, *options, "stream-idmp-maxsize", "2000")
    populate(door, fields_expire=version == VALKEY)
    send_messages(door)
    assert run(door, how) in (b"OK", b"Background saving started")
    wait_for_the_background(door)
    before = digest(door)
    door.close()
    check_with_tool(version, tmp_path)
    reference = Reference(version, tmp_path)
    try:
        assert run(reference, "DBSIZE") > 200
        assert digest(reference) == before
        assert run(reference, "PEXPIRETIME", "expiring") == int(FUTURE)
        assert run(reference, "FCALL", "answer", "0") == 42
        if version == VALKEY:
            assert run(reference, "HPEXPIRETIME", "hash", "FIELDS", "2", "w0", "w2") == [int(FUTURE), -1]
    finally:
        reference.close()


@pytest.mark.parametrize("version", [VALKEY, REDIS])
@pytest.mark.parametrize("shards", [1, 8])
def test_kevy_loads_what_the_references_save(version, shards, tmp_path):
    reference = Reference(version, tmp_path)
    try:
        populate(reference, fields_expire=version == VALKEY)
        assert run(reference, "SAVE") == b"OK"
        before = digest(reference)
    finally:
        reference.close()
    door = open_kevy(tmp_path, shards=shards)
    assert digest(door) == before
    assert run(door, "FCALL", "answer", "0") == 42
    assert run(door, "PEXPIRETIME", "expiring") == int(FUTURE)
    if version == VALKEY:
        assert run(door, "HPEXPIRETIME", "hash", "FIELDS", "2", "w0", "w2") == [int(FUTURE), -1]
    info = run(door, "INFO", "persistence")
    size = sum(run(door, "SELECT", str(i)) == b"OK" and run(door, "DBSIZE") for i in range(16))
    assert b"rdb_last_load_keys_loaded:%d\r\n" % size in info, info
    door.close()


def test_keys_whose_time_is_over_are_not_loaded(tmp_path):
    door = open_kevy(tmp_path)
    run(door, "SET", "gone", "x", "PX", "1")
    run(door, "SET", "stays", "x")
    run(door, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
    assert run(door, "SAVE") == b"OK"
    deadline = time.time() + 20
    while run(door, "EXISTS", "gone"):
        assert time.time() < deadline
    door.close()
    door = open_kevy(tmp_path)
    assert run(door, "KEYS", "*") == [b"stays"]
    door.close()


def test_a_file_that_was_cut_is_refused_and_stays(saved):
    file, whole = saved
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        with pytest.raises(NoStart, match="dump.rdb: at byte [0-9]+: "):
            open_kevy(file.parent)
        assert file.read_bytes() == whole[:size]


def test_a_file_with_a_flipped_bit_is_refused(saved):
    file, whole = saved
    for at in range(len(whole)):
        for bit in (0, 3, 7):
            flipped = bytearray(whole)
            flipped[at] ^= 1 << bit
            file.write_bytes(flipped)
            with pytest.raises(NoStart, match="dump.rdb: "):
                open_kevy(file.parent)


def test_what_is_no_snapshot_is_refused(tmp_path):
    file = tmp_path / "dump.rdb"
    for text in (b"something else altogether", b"REDIS9999" + b"\xff" * 9, b"VALKEY999", b"REDISxxxx"):
        file.write_bytes(text)
        with pytest.raises(NoStart, match="at byte 9: (this is no RDB file|it is of version)"):
            open_kevy(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(NoStart, match="can not be read"):
        open_kevy(tmp_path)


def test_more_databases_than_there_are_is_an_error(tmp_path):
    door = open_kevy(tmp_path)
    run(door, "SELECT", "15")
    run(door, "SET", "a", "b")
    assert run(door, "SAVE") == b"OK"
    door.close()
    with pytest.raises(NoStart, match="start with more"):
        Kevy(2, ["dir", str(tmp_path)], databases=8)


def test_without_a_directory_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    door = Kevy(2)
    run(door, "SET", "a", "b")
    for words in (["SAVE"], ["BGSAVE"], ["DEBUG", "RELOAD"]):
        assert run(door, *words) == b"ERR there is no directory for snapshots: start with `dir`"
    assert run(door, "BGSAVE", "CANCEL") == b"ERR Background saving is currently not in progress or scheduled"
    assert run(door, "GET", "a") == b"b"
    door.close()
    assert list(tmp_path.iterdir()) == []


def wait_for_the_background(door):
    deadline = time.time() + 60
    while b"rdb_bgsave_in_progress:1" in run(door, "INFO", "persistence"):
        assert time.time() < deadline


def test_a_snapshot_in_the_background(tmp_path):
    door = open_kevy(tmp_path)
    started = run(door, "LASTSAVE")
    assert abs(started - time.time()) < 60
    for i in range(20):
        run(door, "SET", f"key:{i}", "x" * 1000)
    for words in (["BGSAVE"], ["BGSAVE", "SCHEDULE"]):
        assert run(door, *words) == b"Background saving started"
        wait_for_the_background(door)
    info = run(door, "INFO", "persistence")
    assert b"rdb_last_bgsave_status:ok\r\n" in info and b"rdb_saves:2\r\n" in info, info
    assert run(door, "BGSAVE", "NONSENSE") == b"ERR syntax error"
    assert run(door, "LASTSAVE") >= started
    before = digest(door)
    door.close()
    assert [file.name for file in tmp_path.iterdir()] == ["dump.rdb"]
    door = open_kevy(tmp_path)
    assert digest(door) == before
    door.close()


def test_only_one_writes_and_it_can_be_cancelled(tmp_path):
    door = open_kevy(tmp_path)
    for i in range(40):
        run(door, "SETRANGE", f"key:{i}", "1000000", "x")
    run(door, "CONFIG", "SET", "rdbcompression", "no")
    busy = cancelled = 0
    deadline = time.time() + 60
    while (busy == 0 or cancelled == 0) and time.time() < deadline:
        assert run(door, "MULTI") == b"OK"
        for words in (["BGSAVE"], ["BGSAVE"], ["BGSAVE", "CANCEL"]):
            run(door, *words)
        _, second, cancel = run(door, "EXEC")
        busy += second == b"ERR Background save already in progress"
        cancelled += cancel == b"Background saving cancelled"
        wait_for_the_background(door)
        assert [file for file in tmp_path.iterdir() if file.name != "dump.rdb"] == []
    assert busy and cancelled
    assert b"rdb_last_bgsave_status:ok\r\n" in run(door, "INFO", "persistence")
    door.close()


def test_reload_reads_back_what_was_written(tmp_path):
    door = open_kevy(tmp_path)
    populate(door, fields_expire=True)
    before = digest(door)
    assert run(door, "DEBUG", "RELOAD") == b"OK"
    assert digest(door) == before
    run(door, "SET", "later", "x")
    assert run(door, "DEBUG", "RELOAD", "NOSAVE", "NOFLUSH").endswith(b"comes twice")
    assert run(door, "DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE") == b"OK"
    assert run(door, "GET", "later") == b"x"
    assert run(door, "DEBUG", "RELOAD", "NOSAVE") == b"OK"
    assert digest(door) == before
    (tmp_path / "dump.rdb").write_bytes((tmp_path / "dump.rdb").read_bytes()[:-9])
    assert b": at byte " in run(door, "DEBUG", "RELOAD", "NOSAVE")
    assert digest(door) == before
    door.close()


def test_a_snapshot_that_can_not_be_written_leaves_the_old_one(saved):
    file, whole = saved
    door = open_kevy(file.parent)
    run(door, "SET", "another", "x")
    moved = file.parent.with_name("moved")
    file.parent.rename(moved)
    answer = run(door, "SAVE")
    assert answer.startswith(b"ERR ") and b"dump.rdb: it can not be made: No such file" in answer, answer
    run(door, "BGSAVE")
    wait_for_the_background(door)
    assert b"rdb_last_bgsave_status:err" in run(door, "INFO", "persistence")
    moved.rename(file.parent)
    assert file.read_bytes() == whole
    assert run(door, "SAVE") == b"OK"
    assert b"rdb_last_bgsave_status:ok" in run(door, "INFO", "persistence")
    door.close()
    assert file.read_bytes() != whole


def test_where_files_are_is_fixed_once_it_has_started(tmp_path):
    door = open_kevy(tmp_path, "dbfilename", "other.rdb")
    assert run(door, "SAVE") == b"OK"
    assert [file.name for file in tmp_path.iterdir()] == ["other.rdb"]
    assert stat.S_IMODE(os.stat(tmp_path / "other.rdb").st_mode) == 0o644 & ~_umask()
    assert run(door, "CONFIG", "GET", "dir") == [b"dir", str(tmp_path.resolve()).encode()]
    for name, value in (("dir", "/"), ("dbfilename", "x")):
        assert b"can't set " in run(door, "CONFIG", "SET", name, value)
    door.close()
    with pytest.raises(NoStart, match="can't be a path"):
        open_kevy(tmp_path, "dbfilename", "../x")


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
