"""Long lists, whose middle kevy keeps compressed, answer as those of the references."""

import random

import pytest
from compare import check_on_both
from doors import make_fresh

COUNT = 8_000
SEED = random.Random(1)
KINDS = {  # 400 KB of the first, so that it is compressed without being asked for
    "alike": [b"value:%042d" % (n * 7919 % COUNT) for n in range(COUNT)],
    "numbers": [b"%d" % (n * n) for n in range(COUNT)],
    "random": [SEED.randbytes(16) for _ in range(COUNT)],
    "mixed": [b"" if n % 50 == 0 else b"job:%d" % (n % 90) for n in range(COUNT)],
}
for number in range(0, COUNT, 500):
    KINDS["mixed"][number] = b"x" * 9000  # more than a chunk


@pytest.fixture(params=[b"0", b"1"])
def doors(request, reference, kevy):
    make_fresh(reference, kevy)
    for door in (reference, kevy):
        door.run([b"CONFIG", b"SET", b"list-compress-depth", request.param])
    return reference, kevy


def check(doors, *words):
    assert not check_on_both(doors, *words).startswith(b"-"), "there is nothing to compare"


def fill(doors, values, verb="RPUSH"):
    for at in range(0, len(values), 500):
        check(doors, verb, "list", *values[at : at + 500])


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_list_is_read_everywhere(doors, kind):
    values = KINDS[kind]
    fill(doors, values)
    check(doors, "LRANGE", "list", 0, -1)
    check(doors, "LRANGE", "list", COUNT // 3, COUNT // 2)
    for index in range(-COUNT, COUNT, 397):
        check(doors, "LINDEX", "list", index)
    for value in values[:: COUNT // 5]:
        check(doors, "LPOS", "list", value, "COUNT", 0)
        check(doors, "LPOS", "list", value, "RANK", -1)
    check(doors, "SORT", "list", "ALPHA", "LIMIT", 0, 500)
    check(doors, "COPY", "list", "copy")
    check(doors, "LRANGE", "copy", 0, -1)
    check(doors, "OBJECT", "ENCODING", "copy")


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_list_is_changed_in_its_middle(doors, kind):
    values = KINDS[kind]
    fill(doors, values)
    draw = random.Random(2)
    for n in range(200):
        check(doors, "LSET", "list", draw.randrange(COUNT // 2), b"set:%d" % n)
        check(doors, "LINSERT", "list", "AFTER", b"set:%d" % n, b"inserted:%d" % n)
        check(doors, "LREM", "list", draw.choice((-1, 0, 1)), draw.choice(values))
    check(doors, "LRANGE", "list", 0, -1)
    check(doors, "LTRIM", "list", COUNT // 10, -COUNT // 10)
    check(doors, "LRANGE", "list", 0, -1)
    check(doors, "LREM", "list", 0, "inserted:7")
    check(doors, "LLEN", "list")


@pytest.mark.parametrize("push, pop", [("RPUSH", "LPOP"), ("LPUSH", "RPOP"), ("LPUSH", "LPOP")])
def test_what_was_pushed_is_popped(doors, push, pop):
    fill(doors, KINDS["mixed"], push)
    for count in (1, 10, 1000, 3000):
        check(doors, pop, "list", count)
        check(doors, "LMOVE", "list", "other", "LEFT", "RIGHT")
        check(doors, "LMPOP", 1, "list", "RIGHT", "COUNT", count)
    fill(doors, KINDS["alike"], push)
    while doors[0].run([b"LLEN", b"list"]) != b":0\r\n":
        check(doors, pop, "list", 700)
    check(doors, "EXISTS", "list")
