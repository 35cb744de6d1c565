"""The arguments that COMMAND DOCS tells of every command, beside those of Valkey.

Compared is the tree: types, tokens, flags and key specifications. Names are free, and differ between
versions of Redis too; so does a block around a single argument, which says nothing.
"""

import pytest

from differences import VALKEY
from doors import Kevy, Reference, as_text, parse

# Where kevy means to differ from Valkey, and why.
DIFFERENT = {
    "bitop": "has the operations of Redis 8 too",
    "migrate": "the empty string is the token \"\", of which Valkey leaves nothing",
    "set": "has the other conditions of Redis 8 beside IFEQ",
    **dict.fromkeys(["hexpireat", "hexpiretime", "hgetdel", "hgetex", "hpersist", "hpexpire",
                     "hpexpireat", "hpexpiretime", "hpttl", "hsetex", "httl"],
                    "Valkey says that the number of fields is a key"),
    **dict.fromkeys(["xadd", "xtrim"], "say what becomes of references, as Redis 8 does"),
    **dict.fromkeys(["xread", "xreadgroup", "xinfo|stream"],
                    "the same words, of which Valkey makes other blocks"),
}


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))


def tree(arguments):
    """The arguments without their names, and without blocks of one."""
    result = []
    for flat in arguments:
        fields = pairs(flat)
        inner = tree(fields.get("arguments", []))
        flags = set(fields.get("flags", []))
        token = fields.get("token")
        if fields["type"] == "block" and token and inner and inner[0][1] is None:
            # A word before a block is as well one before the block's first argument.
            inner[0], token = (inner[0][0], token, *inner[0][2:]), None
        node = (fields["type"], token, fields.get("key_spec_index"), flags, inner)
        if fields["type"] == "block" and len(inner) == 1:
            kind, token, key, inner_flags, innermost = inner[0]
            node = (kind, token or fields.get("token"), key, flags | inner_flags, innermost)
        result.append(node)
    return result


def documents(door):
    """Name (with the parent's, for a subcommand) to document, of every command."""
    found = {}
    for name, flat in pairs(as_text(parse(door.run([b"COMMAND", b"DOCS"])))).items():
        fields = pairs(flat)
        found[name] = fields
        for sub, sub_flat in pairs(fields.get("subcommands", [])).items():
            found[sub] = pairs(sub_flat)
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    ours, theirs = Kevy(1), Reference(VALKEY, tmp_path_factory.mktemp("reference"))
    yield documents(ours), documents(theirs)
    ours.close()
    theirs.close()


def test_every_argument_is_described_as_redis_does(both):
    ours, theirs = both
    compared, differences = 0, {}
    for name in sorted(ours.keys() & theirs.keys() - DIFFERENT.keys()):
        compared += 1
        mine, reference = (tree(docs[name].get("arguments", [])) for docs in both)
        if mine != reference:
            differences[name] = (mine, reference)
    assert compared > 80
    assert differences == {}


def test_what_is_said_to_differ_does(both):
    ours, theirs = both
    for name in DIFFERENT:
        assert name in ours, name
        reference = tree(theirs.get(name, {}).get("arguments", []))
        assert tree(ours[name].get("arguments", [])) != reference, name


def test_fields_are_those_of_redis(both):
    ours, _ = both
    fields = {field for document in ours.values() for field in document}
    assert fields == {"summary", "since", "group", "complexity", "arguments", "subcommands"}
    for name, document in ours.items():
        for flat in document.get("arguments", []):
            assert list(pairs(flat))[:2] == ["name", "type"], name
