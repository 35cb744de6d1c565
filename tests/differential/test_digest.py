"""DEBUG DIGEST and DEBUG DIGEST-VALUE: the same data have the same digest as in the references, in all
forms, databases and numbers of shards. It is what shows that data were taken over whole."""

import random

from compare import check_on_both
from differences import VALKEY
from doors import make_fresh

ELEMENTS = ["", "a", "b", "0", "12", "-7", "9223372036854775807", "1.5", "\x00\xff", "x" * 64, "y" * 65,
            "z" * 5000]
# Redis 7.0 takes scores into the digest with up to 17 digits, Valkey with as few as are needed.
SCORES_OF_ALL = ["0", "1", "-3", "1.5", "-2.25", "inf", "-inf", "123456789012"]
SCORES = [*SCORES_OF_ALL, "0.1", "1e15", "1e16", "1e17", "1e300", "-2.5e-7", "3.3333333333333335",
          "5e-324", "9007199254740993", "1e20"]
ZEROS = b"+" + b"0" * 40 + b"\r\n"


def word(rng):
    text = rng.choice(ELEMENTS) if rng.random() < 0.5 else str(rng.randrange(2000))
    return text.encode("latin-1")


def change(rng, scores):
    """A command that makes or changes a value of one of the five types."""
    many = rng.choice([1, 1, 2, 5, 200])
    number = rng.randrange(4)
    kind = rng.randrange(7)
    if kind == 0:
        return ["SET", f"k{number}", word(rng)]
    if kind == 1:
        return ["RPUSH", f"l{number}", *(word(rng) for _ in range(many))]
    if kind == 2:
        return ["SADD", f"s{number}", *(word(rng) for _ in range(many))]
    if kind == 3:
        pairs = [[rng.choice(scores), word(rng)] for _ in range(many)]
        return ["ZADD", f"z{number}", *sum(pairs, [])]
    if kind == 4:
        return ["HSET", f"h{number}", *(word(rng) for _ in range(2 * many))]
    if kind == 5:
        return ["EXPIREAT", f"{rng.choice('klszh')}{number}", rng.choice([4_000_000_000, 5_000_000_000])]
    return rng.choice([["SELECT", rng.choice([0, 1, 9])], ["INCR", "n"], ["APPEND", f"k{number}", "x"],
                       ["LPOP", f"l{number}", 3], ["DEL", f"{rng.choice('klszh')}{number}"],
                       ["SUNIONSTORE", f"s{number}", "s0", "s1"]])


def test_digests_are_those_of_the_reference(reference, kevy):
    doors, digests = (reference, kevy), set()
    scores = SCORES if reference.version == VALKEY else SCORES_OF_ALL
    keys = [f"{kind}{number}" for kind in "klszh" for number in range(4)]
    for seed in range(12):
        rng = random.Random(seed)
        make_fresh(*doors)
        assert check_on_both(doors, "DEBUG", "DIGEST") == ZEROS
        for _ in range(150):
            check_on_both(doors, *change(rng, scores))
            if rng.random() < 0.1:
                digests.add(check_on_both(doors, "DEBUG", "DIGEST"))
                check_on_both(doors, "DEBUG", "DIGEST-VALUE", *keys, "nosuch")
    assert len(digests) > 100


def test_digests_do_not_follow_the_form(reference, kevy):
    """What was big and is small again, and what was made in another order."""
    doors, seen = (reference, kevy), set()
    for order in (range(300), reversed(range(300))):
        make_fresh(*doors)
        for i in order:
            check_on_both(doors, "SADD", "s", f"m{i}")
            check_on_both(doors, "HSET", "h", f"f{i}", i)
            check_on_both(doors, "ZADD", "z", i, f"m{i}")
        seen.add(check_on_both(doors, "DEBUG", "DIGEST"))
        check_on_both(doors, "SREM", "s", *(f"m{i}" for i in range(299)))
        check_on_both(doors, "DEBUG", "DIGEST-VALUE", "s", "h", "z")
    assert len(seen) == 1


def test_digests_see_times_to_live_and_names(reference, kevy):
    doors = (reference, kevy)
    make_fresh(*doors)
    digests = []
    for words in (["SET", "a", "v"], ["EXPIRE", "a", 1000], ["PERSIST", "a"], ["RENAME", "a", "b"],
                  ["SELECT", 1], ["SET", "a", "v"], ["SWAPDB", 0, 1], ["FLUSHALL"]):
        check_on_both(doors, *words)
        digests.append(check_on_both(doors, "DEBUG", "DIGEST"))
    assert len(set(digests)) == 6 and digests[0] == digests[2] and digests[-1] == ZEROS
