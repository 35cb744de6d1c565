"""kevy_backup and kevy_load: a backup is what the references load, and what they write is loaded into an
instance that is in use, with the same digest; into an append-only file, too."""

import ctypes
import random

import pytest
from differences import REDIS, VALKEY
from doors import Reference
from test_snapshots import check_with_tool, digest, open_kevy, populate, run

OTHER_LIBRARY = "#!lua name=other\nredis.register_function('other', function() return 1 end)"


def backup(door, path):
    assert door.library.kevy_backup(door.instance, str(path).encode(), None) == 0


def load(door, path):
    """The status, and what was wrong."""
    status = door.library.kevy_load(door.instance, str(path).encode(), None)
    door.library.kevy_last_error.restype = ctypes.c_char_p
    return status, door.library.kevy_last_error().decode()


@pytest.mark.parametrize("version", [VALKEY, REDIS])
def test_the_references_load_a_backup(version, kevy, tmp_path):
    populate(kevy, fields_expire=version == VALKEY)
    before = digest(kevy)
    backup(kevy, tmp_path / "dump.rdb")
    check_with_tool(version, tmp_path)
    reference = Reference(version, tmp_path)
    try:
        assert digest(reference) == before
        assert run(reference, "FCALL", "answer", "0") == 42
    finally:
        reference.close()


@pytest.mark.parametrize("version", [VALKEY, REDIS])
@pytest.mark.parametrize("directives", [(), ("appendonly", "yes", "appendfsync", "always")])
def test_what_the_references_save_is_loaded(version, directives, tmp_path):
    folder = tmp_path / "reference"
    folder.mkdir()
    reference = Reference(version, folder)
    try:
        populate(reference, fields_expire=version == VALKEY)
        assert run(reference, "SAVE") == b"OK"
        before = digest(reference)
    finally:
        reference.close()
    door = open_kevy(tmp_path, *directives)
    for database in ("0", "1", "15"):
        run(door, "SELECT", database)
        run(door, "SET", "of-before", "x")
    run(door, "FUNCTION", "LOAD", OTHER_LIBRARY)
    assert load(door, folder / "dump.rdb")[0] == 0
    assert digest(door) == before
    assert run(door, "FCALL", "answer", "0") == 42
    assert run(door, "FCALL", "other", "0").startswith(b"ERR")
    run(door, "SELECT", "3")
    assert run(door, "INCR", "later") == 1
    door.close()
    if not directives:
        return
    door = open_kevy(tmp_path, *directives)
    run(door, "SELECT", "3")
    assert run(door, "GETDEL", "later") == b"1"
    assert digest(door) == before
    assert run(door, "FCALL", "answer", "0") == 42
    door.close()


@pytest.mark.parametrize("directives", [(), ("appendonly", "yes")])
def test_a_damaged_file_changes_nothing(directives, tmp_path):
    source = open_kevy(tmp_path)
    populate(source)
    backup(source, tmp_path / "whole.rdb")
    source.close()
    whole = (tmp_path / "whole.rdb").read_bytes()
    door = open_kevy(tmp_path / "", *directives)
    run(door, "SET", "mine", "kept")
    run(door, "FUNCTION", "LOAD", OTHER_LIBRARY)
    before, seed = digest(door), random.Random(3)
    for _ in range(100):
        damaged = bytearray(whole)
        damaged[seed.randrange(len(damaged))] ^= 1 << seed.randrange(8)
        if seed.random() < 0.3:
            del damaged[seed.randrange(len(damaged)):]
        (tmp_path / "damaged.rdb").write_bytes(bytes(damaged))
        status, error = load(door, tmp_path / "damaged.rdb")
        assert status == 1 and "damaged.rdb: at byte " in error, (status, error)
        assert digest(door) == before
        assert run(door, "FCALL", "other", "0") == 1
    door.close()
    door = open_kevy(tmp_path / "", *directives)
    if directives:
        assert digest(door) == before
    door.close()
