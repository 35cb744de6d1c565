"""G3: numbers and their texts are those of the references: scores in every verb that answers them, and
texts that are numbers or nearly so in every verb that takes them."""

import os
import random
import struct

import pytest
from compare import run_on_both
from doors import make_fresh

SEED = int(os.environ.get("KEVY_SEED", "1"))  # another one: other numbers
SCORES, TEXTS = 4000, 4000
PIECES = ["0", "1", "9", "25", ".", ".", "e", "E-", "e+", "-", "+", "0x", "inf", "nan", " ", "00", "e30",
          "e308", "e-323", "INF", "infinity", "p3", "_", ",", "\0", "9007199254740993", "0" * 300]
TAKE_TEXTS = ["ZADD z {} m", "ZADD z INCR {} m", "ZINCRBY z {} m", "ZCOUNT z {} +inf", "ZCOUNT z ({} inf",
              "ZRANGEBYSCORE z -inf {}", "ZUNION 1 z WEIGHTS {} WITHSCORES", "INCRBYFLOAT n {}",
              "HINCRBYFLOAT h f {}", "SORT l BY w{}", "SET n {}", "HSET h f {}", "RPUSH l {}"]


def doubles(rng):
    """All kinds: of any bits, decimal, short, near the borders of integers, powers of two and ten."""
    yield from (0.0, -0.0, 0.1, 1e17, 1e20, 1e21, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308)
    for power in range(40, 70):
        for near in (-1024, -1, 0, 1, 1024):
            yield 2.0**power + near
    for power in range(-30, 30):
        yield float(f"{rng.choice(['', '-'])}1e{power}")
    while True:
        yield struct.unpack("d", rng.randbytes(8))[0]
        yield rng.uniform(-1, 1) * 10 ** rng.randint(-12, 25)
        yield round(rng.uniform(-1000, 1000), rng.randint(0, 6))


def chosen_doubles(rng):
    found = []
    for number in doubles(rng):
        if number == number:
            found.append(number)
        if len(found) == SCORES:
            return found


@pytest.fixture
def both(reference, kevy):
    make_fresh(reference, kevy)

    def check(*words):
        words = [word if isinstance(word, bytes) else word.encode() for word in words]
        if reference.differences.unknown(words):
            return b""
        theirs, ours, agree, apart = run_on_both(reference, kevy, words)
        assert agree, f"KEVY_SEED={SEED} {words}\nkevy: {ours!r}\n{reference.version}: {theirs!r}"
        if apart:
            make_fresh(reference, kevy)
        return theirs
    return check


@pytest.mark.parametrize("entries", [b"0", b"128"])
@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_every_verb_answers_the_shortest_text(both, reference, kevy, protocol, entries):
    for door in (reference, kevy):
        door.run([b"HELLO", protocol])
        door.run([b"CONFIG", b"SET", b"zset-max-listpack-entries", entries])
    rng = random.Random(SEED)
    numbers = chosen_doubles(rng)
    for at in range(0, len(numbers), 50):
        pairs = [word for number in numbers[at : at + 50]
                 for word in (repr(number), f"m{number!r}")]
        assert both("ZADD", "z", *pairs).startswith(b":")
        one = f"m{rng.choice(numbers[at : at + 50])!r}"
        for words in (["ZRANGE", "z", "0", "-1", "WITHSCORES"], ["ZSCORE", "z", one],
                      ["ZMSCORE", "z", *pairs[1::2]], ["ZADD", "z", "INCR", "0", one],
                      ["ZINCRBY", "z", "0.1", one], ["ZRANK", "z", one, "WITHSCORE"],
                      ["ZREVRANK", "z", one, "WITHSCORE"], ["ZRANDMEMBER", "z", "-3", "WITHSCORES"],
                      ["ZSCAN", "z", "0", "COUNT", "1000"], ["ZUNION", "1", "z", "WITHSCORES"],
                      ["ZINTER", "1", "z", "WEIGHTS", "0.3", "WITHSCORES"],
                      ["ZRANGEBYSCORE", "z", "-inf", "inf", "WITHSCORES"],
                      ["ZMPOP", "1", "z", "MIN"], ["ZPOPMAX", "z"], ["ZPOPMIN", "z", "2"],
                      ["INCRBYFLOAT", "n", repr(numbers[at])],
                      ["HINCRBYFLOAT", "h", "f", repr(numbers[at])], ["DEL", "z", "n", "h"]):
            both(*words)


def test_sums_of_a_key_that_is_named_often(both):
    """Whole numbers may be summed in any order, others not: 0.1 ten times is not 1."""
    scores = ["0", "-0", "1", "-7", "0.1", "3.7", str(2**53 - 1), str(2**53), str(2**52 // 3), "1e300", "inf", "-inf"]
    for weights in (["1"] * 10, ["2", "3"] * 5, ["1", "-1"] * 5, ["0"] * 10, ["0.1"] * 10, ["1e10"] * 10,
                    ["inf"] * 10):
        for shift in range(len(scores)):
            both("DEL", "a", "b", "out")
            both("ZADD", "a", *(word for i, score in enumerate(scores) for word in (score, f"m{i}")))
            turned = scores[shift:] + scores[:shift]
            both("ZADD", "b", *(word for i, score in enumerate(turned) for word in (score, f"m{i}")))
            for keys in (["a"] * 10, ["a", "b"] * 5, ["a", "a", "b", "a", "b", "b", "b", "b", "b", "b"]):
                for aggregate in ("SUM", "MIN", "MAX"):
                    both("ZINTERSTORE", "out", "10", *keys, "WEIGHTS", *weights, "AGGREGATE", aggregate)
                    assert both("ZRANGE", "out", "0", "-1", "WITHSCORES").startswith(b"*24")


def test_every_verb_takes_the_same_texts_for_numbers(both):
    rng = random.Random(SEED)
    accepted = 0
    for _ in range(TEXTS):
        text = "".join(rng.choices(PIECES, k=rng.randint(1, 4)))
        command = [word.replace("{}", text) for word in rng.choice(TAKE_TEXTS).split()]
        accepted += not both(*command).startswith(b"-")
        if rng.random() < 0.1:
            both("SORT", "l")
            both("DEL", *rng.choices(["z", "n", "h", "l"], k=2))
    assert TEXTS / 10 < accepted < TEXTS


def test_a_number_may_have_hundreds_of_digits(both):
    for text in ("1" + "0" * 308, "0." + "0" * 330 + "1e331", "1" * 400, "1." + "0" * 5000 + "1"):
        for command in (["ZADD", "z", text, "m"], ["ZSCORE", "z", "m"], ["ZCOUNT", "z", text, "inf"],
                        ["INCRBYFLOAT", "n", text], ["HINCRBYFLOAT", "h", "f", text]):
            both(*command)
