"""SORT of many elements, more than are compared one with another, answers as the references."""

import random

import pytest
from compare import check_on_both
from doors import make_fresh

# Numbers that are written in several ways, so that many are equal and their order is by their text.
TEXTS = [b"%d" % (n % 700 - 350) for n in range(1500)]
TEXTS += [b"%d.0" % (n - 50) for n in range(100)] + [b"0%d" % n for n in range(100)]
TEXTS += [b"-0", b"0", b"-0.0", b"1e3", b"inf", b"-inf", b"7.", b".7", b"+10", b"4.5"]


@pytest.fixture
def doors(reference, kevy):
    make_fresh(reference, kevy)
    for door in (reference, kevy):
        texts = TEXTS.copy()
        random.Random(1).shuffle(texts)
        for key, verb in ((b"list", b"RPUSH"), (b"set", b"SADD")):
            for at in range(0, len(texts), 100):
                door.run([verb, key, *texts[at : at + 100]])
    return reference, kevy


@pytest.mark.parametrize("key", [b"list", b"set"])
@pytest.mark.parametrize(
    "options",
    ["", "DESC", "LIMIT 0 -1", "LIMIT 3 700", "LIMIT 0 5 DESC", "ALPHA", "ALPHA DESC", "BY nosuch_*",
     "BY # DESC", "STORE stored", "DESC STORE stored"],
)
def test_sort_of_many(doors, key, options):
    for words in [b"SORT", key, *options.encode().split()], [b"LRANGE", b"stored", b"0", b"-1"]:
        theirs = check_on_both(doors, *words)
        assert not theirs.startswith(b"-"), "there is nothing to compare"


def test_one_that_is_no_number(doors):
    for words in [b"RPUSH", b"list", b"nan"], [b"SORT", b"list"], [b"SORT", b"list", b"DESC"]:
        check_on_both(doors, *words)
