"""B18 G3: sets of hundreds and thousands of members, in each form, answer as those of the references."""

import itertools

import pytest
from compare import check_on_both as check
from doors import make_fresh, parse

FORMS = {
    "numbers": [b"%d" % (n * 3 - 300) for n in range(500)],
    "wide": [b"%d" % (n * 10**16 - 10**18) for n in range(400)],
    "mixed": [b"%d" % n for n in range(60)] + [b"m%d" % n for n in range(60)],
    "big": [b"%d" % n for n in range(700)] + [b"m%d" % n for n in range(1500)],
    "long": [b"x" * n for n in range(300)] + [b"%d" % n for n in range(0, 900, 7)],
    "one": [b"42"],
    "none": [],
}


@pytest.fixture
def doors(reference, kevy):
    make_fresh(reference, kevy)
    for door in (reference, kevy):
        for name, members in FORMS.items():
            for at in range(0, len(members), 100):
                door.run([b"SADD", name.encode(), *members[at : at + 100]])
    return reference, kevy


def test_B18_every_operation_on_every_pair(doors):
    for one, other in itertools.product(FORMS, FORMS):
        for operation in ("SINTER", "SUNION", "SDIFF"):
            check(doors, operation, one, other)
            check(doors, operation + "STORE", "stored", one, other)
            check(doors, "SMEMBERS", "stored")
            check(doors, "OBJECT", "ENCODING", "stored")
        check(doors, "SINTERCARD", 2, one, other)
        check(doors, "SINTERCARD", 2, one, other, "LIMIT", 10)


def test_B18_every_operation_on_three(doors):
    for names in itertools.permutations(FORMS, 3):
        for operation in ("SINTER", "SUNION", "SDIFF"):
            check(doors, operation, *names)
        check(doors, "SINTERCARD", 3, *names)


def test_members_of_big_sets_are_found_picked_and_scanned(doors):
    for name, members in FORMS.items():
        check(doors, "SCARD", name)
        check(doors, "SMISMEMBER", name, *members[:50], b"no", b"7", b"m7", b"-300")
        check(doors, "SSCAN", name, 0)
        check(doors, "SSCAN", name, 0, "COUNT", 100, "MATCH", "*7*")
        for count in (1, 20, len(members) // 2, len(members), 5000, -20, -3000):
            check(doors, "SRANDMEMBER", name, count)
        for member in members[:30]:
            check(doors, "SMOVE", name, "moved", member)
        for count in (10, len(members) // 2, 5000):
            check(doors, "SPOP", name, count)
            check(doors, "SMEMBERS", name)
        check(doors, "SMEMBERS", "moved")


@pytest.mark.parametrize("prefix, limit, small, big", [
    (b"", 512, b"intset", b"hashtable"), (b"m", 128, b"listpack", b"hashtable")])
def test_a_set_changes_its_form_where_redis_7_2_does_and_never_back(kevy, prefix, limit, small, big):
    kevy.run([b"FLUSHALL"])
    members = [prefix + b"%d" % n for n in range(limit + 1)]
    kevy.run([b"SADD", b"s", *members[:limit]])
    assert parse(kevy.run([b"OBJECT", b"ENCODING", b"s"])) == small
    kevy.run([b"SADD", b"s", members[0]])
    assert parse(kevy.run([b"OBJECT", b"ENCODING", b"s"])) == small
    kevy.run([b"SADD", b"s", members[limit]])
    assert parse(kevy.run([b"OBJECT", b"ENCODING", b"s"])) == big
    kevy.run([b"SREM", b"s", *members[1:]])
    assert parse(kevy.run([b"OBJECT", b"ENCODING", b"s"])) == big


@pytest.mark.parametrize("numbers, added, form", [
    (127, b"x", b"listpack"), (128, b"x", b"hashtable"), (3, b"x" * 64, b"listpack"),
    (3, b"x" * 65, b"hashtable")])
def test_an_intset_with_another_member_is_packed_if_that_fits(kevy, numbers, added, form):
    kevy.run([b"FLUSHALL"])
    kevy.run([b"SADD", b"s", *(b"%d" % n for n in range(numbers))])
    assert parse(kevy.run([b"OBJECT", b"ENCODING", b"s"])) == b"intset"
    kevy.run([b"SADD", b"s", added])
    assert parse(kevy.run([b"OBJECT", b"ENCODING", b"s"])) == form
    assert len(parse(kevy.run([b"SMEMBERS", b"s"]))) == numbers + 1
