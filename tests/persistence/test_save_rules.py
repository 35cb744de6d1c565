"""`save` rules: how CONFIG says and takes them, when a snapshot is made by itself, and what becomes of writes
when it can not be."""

import ctypes
import re
import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "differential"))
from differences import REDIS, VALKEY  # noqa: E402
from doors import Kevy, NoStart, Reference, parse  # noqa: E402

WAIT = 60


def run(door, *words):
    return parse(door.run([str(word).encode() for word in words]))


def info(door):
    return dict(re.findall(r"(\w+):(\S*)\r\n", run(door, "INFO", "persistence").decode()))


def advance(door, seconds):
    assert door.library.kevy_clock_advance(door.instance, ctypes.c_int64(seconds * 1000)) == 0


def freeze(door):
    assert door.library.kevy_clock_freeze(door.instance, ctypes.c_int64(-1)) == 0


def eventually(condition):
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)  # between two looks


def open_kevy(directory, *directives, shards=2):
    return Kevy(shards, ["dir", str(directory), *directives])


def block(file):
    """Nothing can take the place of the file from now on."""
    if file.exists():
        file.unlink()
    file.mkdir()
    (file / "occupied").touch()


VALUES = ["", "900 1", "900 1 300 10", "900", "900 x", "0 1", "1 0", "-1 1", "1 -1", "  900   1 ", "900 1 ",
          "900\t1", "'900' 1", '"900 1"', "2147483647 2147483647", "9223372036854775807 1",
          "9223372036854775808 1", "1 1 1 1", "+5 1", "05 1", "5 1a", "300 10 900 1", '""', "1.5 2", "0x10 1"]


@pytest.mark.parametrize("version", [VALKEY, REDIS])
def test_config_answers_as_the_references(version, tmp_path):
    reference, kevy = Reference(version, tmp_path), open_kevy(tmp_path)
    try:
        assert run(kevy, "CONFIG", "GET", "save") == [b"save", b""]
        for value in VALUES:
            for words in (["CONFIG", "SET", "save", value], ["CONFIG", "GET", "save"]):
                assert run(kevy, *words) == run(reference, *words), (value, words)
        for words in (["CONFIG", "SET", "save", "900 1", "save", "300 1"], ["CONFIG", "GET", "save"],
                      ["CONFIG", "GET", "stop-writes-on-bgsave-error"],
                      ["CONFIG", "SET", "stop-writes-on-bgsave-error", "maybe"],
                      ["CONFIG", "SET", "dir", "/"], ["CONFIG", "SET", "dbfilename", "x"],
                      ["CONFIG", "SET", "save", "900 1", "stop-writes-on-bgsave-error", "maybe"],
                      ["CONFIG", "GET", "save"]):
            assert run(kevy, *words) == run(reference, *words), words
    finally:
        reference.close()
        kevy.close()


def test_rules_need_a_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoStart, match="save: it needs a directory: set dir"):
        Kevy(1, ["save", "900 1"])
    door = Kevy(1, ["save", ""])
    answer = run(door, "CONFIG", "SET", "save", "900 1")
    assert answer.endswith(b"there is no directory for snapshots: start with `dir`"), answer
    assert run(door, "CONFIG", "GET", "save") == [b"save", b""]
    run(door, "SET", "a", "b")
    door.close()
    assert list(tmp_path.iterdir()) == []


def test_lines_of_rules_add_up_at_the_start(tmp_path):
    door = open_kevy(tmp_path, "save", "900 1", "save", "300 10")
    assert run(door, "CONFIG", "GET", "save") == [b"save", b"900 1 300 10"]
    door.close()
    door = open_kevy(tmp_path, "save", "900 1", "save", "", "save", "300 10")
    assert run(door, "CONFIG", "GET", "save") == [b"save", b"300 10"]
    door.close()


def test_a_snapshot_is_made_when_a_rule_says_so(tmp_path):
    door = open_kevy(tmp_path, "save", "100 3")
    freeze(door)
    run(door, "RPUSH", "list of alice", "a", "b")
    advance(door, 101)
    run(door, "CONFIG", "SET", "save", "100 3")  # has the rules looked at
    assert info(door)["rdb_saves"] == "0" and info(door)["rdb_changes_since_last_save"] == "2"
    run(door, "SET", "key of alice", "x")
    eventually(lambda: info(door)["rdb_saves"] == "1")
    assert info(door)["rdb_changes_since_last_save"] == "0"
    run(door, "MSET", "a", "1", "b", "2", "c", "3", "d", "4")
    run(door, "CONFIG", "SET", "save", "100 3")
    assert info(door)["rdb_saves"] == "1"  # the last one is too young
    advance(door, 100)
    run(door, "CONFIG", "SET", "save", "100 3")
    assert info(door)["rdb_saves"] == "1"
    advance(door, 1)
    eventually(lambda: info(door)["rdb_saves"] == "2")
    door.close()
    door = open_kevy(tmp_path)
    assert run(door, "DBSIZE") == 6
    door.close()


def test_time_that_passes_by_itself_counts_too(tmp_path):
    door = open_kevy(tmp_path, "save", "1 1")
    run(door, "SET", "a", "b")
    eventually(lambda: info(door)["rdb_saves"] == "1")
    door.close()


def test_what_comes_while_it_is_written_is_counted_on(tmp_path):
    door = open_kevy(tmp_path)
    run(door, "CONFIG", "SET", "rdbcompression", "no")
    for i in range(60):
        run(door, "SETRANGE", f"key:{i}", "1000000", "x")
    seen = False
    deadline = time.monotonic() + WAIT
    while not seen and time.monotonic() < deadline:
        assert run(door, "BGSAVE") == b"Background saving started"
        later = 0
        while info(door)["rdb_bgsave_in_progress"] == "1":
            # The moment is there once some keys are told of.
            if info(door)["current_save_keys_total"] != "0" and later < 5:
                run(door, "SET", f"later:{later}", "x")
                later += info(door)["rdb_bgsave_in_progress"] == "1"
        left = int(info(door)["rdb_changes_since_last_save"])
        assert left >= later
        seen = later > 0
    assert seen
    door.close()


@contextmanager
def refusing_writes(version, tmp_path, first, reply):
    """kevy and a reference, each with its folder, where the first command was run and a snapshot has
    failed since."""
    ours, theirs = tmp_path / "kevy", tmp_path / "reference"
    for folder in (ours, theirs):
        folder.mkdir()
    kevy, reference = open_kevy(ours, "save", "900 1"), Reference(version, theirs)
    try:
        run(reference, "CONFIG", "SET", "save", "900 1")
        doors = (kevy, ours), (reference, theirs)
        for door, folder in doors:
            block(folder / "dump.rdb")
            assert run(door, *first) == reply
            assert run(door, "BGSAVE") == b"Background saving started"
            eventually(lambda door=door: info(door)["rdb_last_bgsave_status"] == "err")
        yield doors
    finally:
        reference.close()
        kevy.close()


def assert_alike(doors, *words):
    kevy, reference = (door for door, _ in doors)
    expected = run(reference, *words)
    if isinstance(expected, bytes):
        expected = expected.replace(b"Redis", b"Valkey")
    assert run(kevy, *words) == expected, words


@pytest.mark.parametrize("version", [VALKEY, REDIS])
def test_writes_are_refused_after_one_that_failed(version, tmp_path):
    with refusing_writes(version, tmp_path, ("SET", "a", "b"), b"OK") as doors:
        for words in (["SET", "a", "c"], ["PING"], ["GET", "a"], ["MULTI"], ["SET", "a", "c"], ["EXEC"],
                      ["MULTI"], ["GET", "a"], ["EXEC"], ["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"],
                      ["SET", "a", "d"], ["PING"], ["CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"],
                      ["SET", "a", "e"], ["CONFIG", "SET", "save", ""], ["SET", "a", "f"],
                      ["CONFIG", "SET", "save", "900 1"], ["SET", "a", "g"]):
            assert_alike(doors, *words)
        for door, folder in doors:
            shutil.rmtree(folder / "dump.rdb")
            assert run(door, "SAVE") == b"OK" and run(door, "SET", "a", "h") == b"OK"


LIBRARY = """#!lua name=lib
redis.register_function('writes', function() return redis.call('SET', 'a', 'x') end)
redis.register_function{function_name='reads', callback=function() return 5 end, flags={'no-writes'}}
"""


@pytest.mark.parametrize("version", [VALKEY, REDIS])
def test_scripts_that_may_write_are_refused_before_they_run(version, tmp_path):
    with refusing_writes(version, tmp_path, ("FUNCTION", "LOAD", LIBRARY), b"lib") as doors:
        for words in (["EVAL", "#!lua\nreturn 1", 0], ["EVAL", "#!lua flags=no-writes\nreturn 1", 0],
                      ["EVAL", "return 1", 0], ["EVAL_RO", "#!lua\nreturn 1", 0], ["EVAL_RO", "return 1", 0],
                      ["FCALL", "writes", 0], ["FCALL_RO", "writes", 0], ["FCALL", "reads", 0],
                      ["FCALL_RO", "reads", 0], ["CONFIG", "SET", "save", ""], ["EVAL", "#!lua\nreturn 1", 0],
                      ["EVAL_RO", "#!lua\nreturn 1", 0], ["FCALL", "writes", 0], ["FCALL_RO", "writes", 0]):
            assert_alike(doors, *words)


def test_one_that_failed_is_tried_again_after_five_seconds(tmp_path):
    door = open_kevy(tmp_path, "save", "10 1")
    freeze(door)
    block(tmp_path / "dump.rdb")
    run(door, "SET", "a", "b")
    advance(door, 11)
    eventually(lambda: info(door)["rdb_last_bgsave_status"] == "err")
    shutil.rmtree(tmp_path / "dump.rdb")
    advance(door, 5)
    run(door, "CONFIG", "SET", "save", "10 1")
    assert info(door)["rdb_last_bgsave_status"] == "err"
    advance(door, 1)
    eventually(lambda: info(door)["rdb_last_bgsave_status"] == "ok")
    assert run(door, "SET", "a", "c") == b"OK"
    door.close()


def stop(door):
    """What kevy_stop returns."""
    door.library.kevy_session_close(door.session)
    return door.library.kevy_stop(door.instance)


def test_an_instance_with_rules_saves_when_it_is_stopped(tmp_path):
    door = open_kevy(tmp_path, "save", "900 1")
    assert stop(door) == 0
    assert list(tmp_path.iterdir()) == []  # nothing has changed
    door = open_kevy(tmp_path, "save", "900 1")
    run(door, "SET", "a", "b")
    assert stop(door) == 0
    door = open_kevy(tmp_path, "save", "900 1")
    assert run(door, "GET", "a") == b"b"
    run(door, "CONFIG", "SET", "save", "")
    run(door, "SET", "a", "c")
    assert stop(door) == 0
    door = open_kevy(tmp_path)
    assert run(door, "GET", "a") == b"b"
    door.close()


def test_what_is_read_at_the_start_has_not_changed(tmp_path):
    door = open_kevy(tmp_path, "save", "900 1")
    run(door, "SET", "a", "b")
    assert run(door, "FUNCTION", "LOAD", LIBRARY) == b"lib"
    assert stop(door) == 0
    before = (tmp_path / "dump.rdb").stat()
    door = open_kevy(tmp_path, "save", "900 1")
    assert run(door, "FCALL", "reads", 0) == 5
    assert info(door)["rdb_changes_since_last_save"] == "0"
    assert stop(door) == 0
    after = (tmp_path / "dump.rdb").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_stopping_tells_when_it_could_not_save(tmp_path):
    door = open_kevy(tmp_path, "save", "900 1")
    run(door, "SET", "a", "b")
    block(tmp_path / "dump.rdb")
    door.library.kevy_last_error.restype = ctypes.c_char_p
    assert stop(door) == 3
    assert b"dump.rdb: " in door.library.kevy_last_error()


FLUSHES = [["FLUSHALL"], ["FLUSHALL", "SYNC"], ["FLUSHALL", "ASYNC"]]


@pytest.fixture(params=[None, VALKEY, REDIS], ids=["kevy", "valkey", "redis"])
def door(request, tmp_path):
    opened = open_kevy(tmp_path) if request.param is None else Reference(request.param, tmp_path)
    yield opened
    opened.close()


def saved_keys(folder):
    """What a start with a copy of the snapshot finds; nothing: there is none."""
    if not (folder / "dump.rdb").exists():
        return None
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    shutil.copy(folder / "dump.rdb", copy)
    opened = open_kevy(copy)
    keys = sorted(run(opened, "KEYS", "*"))
    opened.close()
    return keys


@pytest.mark.parametrize("words", [*FLUSHES, ["FLUSHDB"]], ids=" ".join)
@pytest.mark.parametrize("rules", ["", "900 1"])
def test_flushall_puts_an_empty_file_there_if_there_are_rules(door, tmp_path, rules, words):
    run(door, "CONFIG", "SET", "save", rules)
    run(door, "MSET", "of alice", 1, "of bob", 2)
    assert run(door, "SAVE") == b"OK"
    run(door, "SET", "later", 1)
    saved_at = run(door, "LASTSAVE")
    eventually(lambda: time.time() > saved_at + 1.5)  # the references look at the clock now and then
    assert run(door, *words) == b"OK"
    told = info(door)
    if rules and words[0] == "FLUSHALL":
        assert saved_keys(tmp_path) == []
        assert run(door, "LASTSAVE") > saved_at
        assert told["rdb_changes_since_last_save"] == "0"
    else:
        assert saved_keys(tmp_path) == [b"of alice", b"of bob"]
        assert run(door, "LASTSAVE") == saved_at
        assert int(told["rdb_changes_since_last_save"]) > 1
    assert told["rdb_saves"] == "1"
    assert run(door, "SET", "after", 1) == b"OK"
    if told["rdb_changes_since_last_save"] == "0":
        assert info(door)["rdb_changes_since_last_save"] == "1"


def test_flushall_inside_of_something_puts_it_there_too(door, tmp_path):
    run(door, "CONFIG", "SET", "save", "900 1")
    assert run(door, "FLUSHALL") == b"OK"  # of nothing
    assert saved_keys(tmp_path) == []
    (tmp_path / "dump.rdb").unlink()
    run(door, "SET", "a", 1)
    one = door.another()
    for words in (["MULTI"], ["SET", "b", 1], ["FLUSHALL"], ["SET", "c", 1]):
        run(one, *words)
    assert run(one, "EXEC") == [b"OK", b"OK", b"OK"]
    one.close()
    assert saved_keys(tmp_path) == []
    assert info(door)["rdb_changes_since_last_save"] == "1"
    (tmp_path / "dump.rdb").unlink()
    assert run(door, "EVAL", "redis.call('flushall') return redis.call('set', 'x', 1)", 0) == b"OK"
    assert saved_keys(tmp_path) == []
    assert info(door)["rdb_changes_since_last_save"] == "1"


def test_flushall_answers_ok_where_the_file_can_not_be_written(door, tmp_path):
    run(door, "CONFIG", "SET", "save", "900 1")
    block(tmp_path / "dump.rdb")
    run(door, "SET", "a", 1)
    assert run(door, "FLUSHALL") == b"OK"
    assert run(door, "SET", "a", 1) == b"OK"
    assert int(info(door)["rdb_changes_since_last_save"]) >= 2
    assert info(door)["rdb_last_bgsave_status"] == "ok"
    assert not list(tmp_path.glob("temp*"))
    run(door, "CONFIG", "SET", "save", "")


@pytest.mark.parametrize("rules", ["", "900 1"])
def test_flushall_ends_a_snapshot_in_the_background(door, tmp_path, rules):
    big = 1_000_000 if isinstance(door, Kevy) else 10
    run(door, "CONFIG", "SET", "save", rules, "rdbcompression", "no")
    for i in range(200):
        run(door, "SETRANGE", f"key:{i}", big, "x")
    if not isinstance(door, Kevy):
        run(door, "CONFIG", "SET", "rdb-key-save-delay", 20000)
    assert run(door, "BGSAVE") == b"Background saving started"
    assert run(door, "FLUSHALL") == b"OK"
    eventually(lambda: info(door)["rdb_bgsave_in_progress"] == "0")
    assert saved_keys(tmp_path) == ([] if rules else None)
    assert info(door)["rdb_last_bgsave_status"] == "ok"
    assert info(door)["rdb_changes_since_last_save"] == ("0" if rules else "400")
    assert not list(tmp_path.glob("temp*"))
    assert run(door, "BGSAVE") == b"Background saving started"
    eventually(lambda: info(door)["rdb_bgsave_in_progress"] == "0")
    assert saved_keys(tmp_path) == []
