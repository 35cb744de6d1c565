"""The rows of the command table (COMMAND INFO) beside those of Valkey: arity, flags, the places
of keys, ACL categories and key specifications."""

import pytest
from differences import VALKEY
from doors import Kevy, Reference, parse

FIELDS = ["arity", "flags", "first key", "last key", "step", "categories", "key specifications"]


def row(reply):
    """The fields to compare, sets in an order of their own."""
    arity, flags, first, last, step, categories, _tips, specs = reply[1:9]
    return [arity, sorted(flags), first, last, step, sorted(categories), [spec(s) for s in specs]]


def spec(flat):
    fields = dict(zip(flat[::2], flat[1::2]))
    fields.pop(b"notes", None)
    fields[b"flags"] = sorted(fields[b"flags"])
    return fields


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    ours, theirs = Kevy(1), Reference(VALKEY, tmp_path_factory.mktemp("reference"))
    yield ours, theirs
    ours.close()
    theirs.close()


def rows_of(door):
    found = {}
    for reply in parse(door.run([b"COMMAND"])):
        found[reply[0].lower()] = row(reply)
        for sub in reply[9]:
            found[sub[0].lower()] = row(sub)
    return found


def test_every_row_is_that_of_redis(both):
    ours, theirs = (rows_of(door) for door in both)
    common = ours.keys() & theirs.keys()
    assert len(common) > 150
    differences = {}
    for name in sorted(common):
        for field, mine, reference in zip(FIELDS, ours[name], theirs[name]):
            if mine != reference:
                differences[name, field] = (mine, reference)
    assert differences == {}


# What kevy has none of: access lists, clusters, modules, servers that follow one another.
NOT_HERE = {"acl", "cluster", "clusterscan", "failover", "module", "psync", "replconf", "replicaof",
            "restore-asking", "slaveof", "sync"}
# What came with Redis 8, and LMOVEM and BLMOVEM, which go with its SUNIONCARD.
NOT_THERE = {"blmovem", "delex", "digest", "increx", "lmovem", "sdiffcard", "sunioncard", "xackdel", "xcfgset",
             "xdelex", "xidmprecord", "xnack"}


def test_no_other_command_is_missing(both):
    """COMMAND LIST of both, and their subcommands."""
    ours, theirs = (rows_of(door).keys() for door in both)
    assert {name.split(b"|")[0].decode() for name in theirs - ours} == NOT_HERE
    assert {name.decode() for name in ours - theirs} == NOT_THERE
