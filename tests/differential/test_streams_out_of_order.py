"""Streams whose pieces the references hold, dump and save out of order, since ids have begun at lower ones
again: kevy takes all their entries and has them in order."""

import time

import pytest
from compare import check_on_both
from differences import REDIS, VALKEY
from doors import Kevy, Reference, parse

NODE_MAX = "stream-node-max-entries"


def run(door, *words):
    return parse(door.run([word.encode() if isinstance(word, str) else word for word in words]))


def adds(first, last, field="f", key="k"):
    return [["XADD", key, f"{ms}-0", field, f"v{ms}", *(["other", "x"] if ms % 7 == 0 else [])]
            for ms in range(first, last)]


# A last piece without an entry that is not deleted, behind which ids begin at 501.
EMPTY_PIECE = [*adds(901, 941), ["XGROUP", "CREATE", "k", "g", "0"],
               ["XREADGROUP", "GROUP", "g", "c", "COUNT", "5", "STREAMS", "k", ">"],
               *(["XDEL", "k", f"{ms}-0"] for ms in range(921, 941)), ["XTRIM", "k", "MINID", "921"],
               ["XSETID", "k", "940-0", "ENTRIESADDED", "40", "MAXDELETEDID", "1-0"], ["XSETID", "k", "500-0"]]
# Entries 511 to 515 in pieces in front of the one of 501 to 510, and the last id is one of the latter.
LAST_IS_LOWER = [*EMPTY_PIECE, ["CONFIG", "SET", NODE_MAX, "50"], *adds(501, 516), ["XSETID", "k", "510-0"]]
MORE_ROOM = ["CONFIG", "SET", NODE_MAX, "100"]
# What is done, the ids that there are then, and the last id.
CASES = {
    "pieces in front": ([*EMPTY_PIECE, *adds(501, 601)], range(501, 601), 600),
    "another name in front": ([*EMPTY_PIECE, *adds(501, 571), *adds(571, 601, "g")], range(501, 601), 600),
    "groups": ([*EMPTY_PIECE, *adds(501, 601), ["XGROUP", "CREATE", "k", "h", "530"],
                ["XREADGROUP", "GROUP", "h", "c", "COUNT", "20", "STREAMS", "k", ">"]],
               range(501, 601), 600),
    "the last id is lower": (LAST_IS_LOWER, range(501, 516), 515),
    "an id twice": ([*LAST_IS_LOWER, MORE_ROOM, *adds(511, 513, "second")], range(501, 516), 515),
    "a piece that was replaced": ([*LAST_IS_LOWER, *adds(511, 512, "second")], range(501, 516), 515),
    "the highest deleted id is higher": ([*LAST_IS_LOWER, ["XDEL", "k", "514-0", "515-0"],
                                          ["XDEL", "k", "511-0", "512-0", "513-0"]], range(501, 511), 510),
}


def make(reference, case):
    run(reference, "FLUSHALL")
    run(reference, *MORE_ROOM)
    for command in CASES[case][0]:
        reply = run(reference, *command)
        assert not (isinstance(reply, bytes) and reply.startswith(b"ERR")), (command, reply)


def groups_of(door):
    groups = [dict(zip(group[::2], group[1::2])) for group in run(door, "XINFO", "GROUPS", "k")]
    known = (b"name", b"consumers", b"pending", b"last-delivered-id", b"entries-read")
    pending = [[entry[:2] + entry[3:] for entry in run(door, "XPENDING", "k", group[b"name"], "-", "+", "100")]
               for group in groups]
    return [[group.get(name) for name in known] for group in groups], pending


def check(reference, kevy, case):
    _, ids, last = CASES[case]
    there = run(reference, "XRANGE", "k", "-", "+")
    entries = run(kevy, "XRANGE", "k", "-", "+")
    assert [entry[0] for entry in entries] == [f"{ms}-0".encode() for ms in ids]
    for entry in entries:  # the one that the reference finds by the id, if it finds any
        found = run(reference, "XRANGE", "k", entry[0], entry[0])
        assert entry in (found or there)
    assert entries == run(kevy, "XREVRANGE", "k", "+", "-")[::-1]
    assert run(kevy, "XLEN", "k") == len(ids)
    lacking = [entry for entry in there if entry not in entries]
    assert not lacking or case == "an id twice"
    assert groups_of(kevy) == groups_of(reference)
    assert "ERR The ID specified in XADD is equal or smaller" in run(
        kevy, "XADD", "k", f"{last}-0", "f", "v").decode()
    return entries


@pytest.mark.parametrize("case", CASES)
def test_a_payload_has_all_entries(reference, kevy, case):
    make(reference, case)
    assert run(kevy, "RESTORE", "k", "0", run(reference, "DUMP", "k")) == b"OK"
    entries = check(reference, kevy, case)
    back = run(kevy, "DUMP", "k")
    assert run(kevy, "RESTORE", "again", "0", back) == b"OK"
    assert run(kevy, "XRANGE", "again", "-", "+") == entries
    if reference.version == VALKEY:  # the other one does not know the version of what kevy dumps
        run(reference, "DEL", "k")
        assert run(reference, "RESTORE", "k", "0", back) == b"OK"
        assert run(reference, "XRANGE", "k", "-", "+") == entries
        check_on_both((reference, kevy), "XADD", "k", "700-0", "f", "v")
        check_on_both((reference, kevy), "XDEL", "k", "505-0", "512-0")
        check_on_both((reference, kevy), "XRANGE", "k", "-", "+")


@pytest.mark.parametrize("version", [VALKEY, REDIS])
@pytest.mark.parametrize("case", CASES)
def test_a_file_has_all_entries_both_ways(version, case, tmp_path):
    reference = Reference(version, tmp_path)
    make(reference, case)
    assert run(reference, "SAVE") == b"OK"
    kevy = Kevy(2, ["dir", str(tmp_path)])
    try:
        entries = check(reference, kevy, case)
        reference.close()
        assert run(kevy, "SAVE") == b"OK"
        reference = Reference(version, tmp_path)
        assert run(reference, "XRANGE", "k", "-", "+") == entries
    finally:
        kevy.close()
        reference.close()


@pytest.mark.parametrize("version", [VALKEY, REDIS])
def test_an_append_only_file_that_was_rewritten_has_them(version, tmp_path):
    reference = Reference(version, tmp_path)
    case = "pieces in front"
    try:
        make(reference, case)
        assert run(reference, "CONFIG", "SET", "appendonly", "yes") == b"OK"
        deadline = time.monotonic() + 60
        while {b"aof_rewrite_in_progress:1", b"aof_rewrite_scheduled:1"} & set(
                run(reference, "INFO", "persistence").splitlines()):
            assert time.monotonic() < deadline
        kevy = Kevy(1, ["dir", str(tmp_path), "appendonly", "yes"])
        check(reference, kevy, case)
        kevy.close()
    finally:
        reference.close()
