"""rdb_changes_since_last_save grows with every command as the references count it, and falls with what was
saved."""

import re
from pathlib import Path

import pytest
from compare import run_on_both
from differences import REDIS, VALKEY, words_of
from doors import Kevy, Reference, make_fresh, parse

PROGRAMS = [line for line in Path(__file__).with_name("change_counts.txt").read_text().splitlines()
            if line and line[0] != "#"]

def run(door, *words):
    return parse(door.run([word.encode() if isinstance(word, str) else word for word in words]))


def changes(door):
    return int(re.search(rb"rdb_changes_since_last_save:(-?\d+)\r\n", run(door, "INFO", "persistence"))[1])


@pytest.mark.parametrize("program", PROGRAMS, ids=[line[:50] for line in PROGRAMS])
def test_changes_are_counted_as_by_the_reference(reference, kevy, program):
    make_fresh(reference, kevy)
    assert len(PROGRAMS) >= 20
    before = queued = None
    for command in program.split("; "):
        words = words_of(command)
        if queued is None:
            before = changes(reference), changes(kevy)
        theirs, ours, agree, apart = run_on_both(reference, kevy, words)
        assert agree, f"{command}\nkevy: {ours!r}\n{reference.version}: {theirs!r}"
        if apart or theirs[:1] != ours[:1]:
            break
        queued = reference.queueing or None
        if queued is None:
            grown = changes(reference) - before[0], changes(kevy) - before[1]
            assert grown[1] == grown[0], f"{command}: kevy {grown[1]}, {reference.version} {grown[0]}"


@pytest.mark.parametrize("version", [VALKEY, REDIS])
def test_what_was_saved_is_counted_no_more(version, tmp_path_factory):
    reference = Reference(version, tmp_path_factory.mktemp("reference"))
    folder = tmp_path_factory.mktemp("kevy")
    kevy = Kevy(2, ["dir", str(folder)])
    try:
        for words in (["SET", "a", "b"], ["RPUSH", "l", "a", "b"], ["SAVE"], ["SET", "c", "d"],
                      ["SAVE"], ["DEL", "nope"], ["FLUSHALL"], ["SAVE"]):
            assert run(kevy, *words) == run(reference, *words), words
            assert changes(kevy) == changes(reference), words
    finally:
        reference.close()
        kevy.close()


def test_a_snapshot_that_fails_leaves_the_count(tmp_path):
    (tmp_path / "dump.rdb").mkdir()
    (tmp_path / "dump.rdb" / "occupied").touch()
    kevy = Kevy(2, ["dir", str(tmp_path), "dbfilename", "other.rdb"])
    run(kevy, "SET", "a", "b")
    assert run(kevy, "SAVE") == b"OK" and changes(kevy) == 0
    (tmp_path / "other.rdb").unlink()
    (tmp_path / "other.rdb").mkdir()
    (tmp_path / "other.rdb" / "occupied").touch()
    run(kevy, "SET", "a", "c")
    assert run(kevy, "SAVE").startswith(b"ERR ")
    assert changes(kevy) == 1
    kevy.close()
