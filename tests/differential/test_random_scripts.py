"""Random commands that scripts call, alone and inside transactions: what a script gives back of them, by
each conversion of replies to Lua's values and back, is what the reference gives."""

import os
import random
import shlex

import pytest
from compare import (CHANCE, CLOCKS, FIELD_CLOCKS, MIXED, SORTS, STREAM_CLOCKS, UNORDERED,
                     UNORDERED_PAIRS)
from differences import VALKEY
from doors import as_text, make_fresh, parse
from grammar import Grammar

SEED = int(os.environ.get("KEVY_SEED", "1"))  # another one: other programs
COMMANDS = int(os.environ.get("KEVY_COMMANDS", "4000"))  # of each of the six programs
PROGRAM = 200  # scripts between two fresh starts

# Whose replies the references do not settle, or that tell of a clock.
OPEN = {*CHANCE, *CLOCKS, *FIELD_CLOCKS, *MIXED, *SORTS, *STREAM_CLOCKS, *UNORDERED, *UNORDERED_PAIRS,
        b"OBJECT", b"CLIENT"}
ONE = ["return redis.pcall(unpack(ARGV))",
       "return redis.call(unpack(ARGV))",
       "redis.setresp(3); return redis.pcall(unpack(ARGV))",
       "redis.setresp(3); return {map = {told = redis.pcall(unpack(ARGV))}}",
       "return cjson.encode(redis.pcall(unpack(ARGV)))",
       "return cmsgpack.pack(redis.pcall(unpack(ARGV)))"]
# The first argument says how many words the first command has.
TWO = ["return {redis.pcall(unpack(ARGV, 2, ARGV[1] + 1)), redis.pcall(unpack(ARGV, ARGV[1] + 2))}",
       "redis.call(unpack(ARGV, 2, ARGV[1] + 1)); return redis.call(unpack(ARGV, ARGV[1] + 2))"]


def settled(grammar, differences, rng):
    """A command whose reply is known to be the same."""
    while True:
        words = grammar.command(rng)
        is_open = words[0].upper() in OPEN or differences.possible(words) or differences.unknown(words)
        if not is_open:
            return words


def script(grammar, differences, rng):
    words = settled(grammar, differences, rng)
    if rng.random() < 0.1:
        return [b"EVAL_RO", rng.choice(ONE).encode(), b"0", *words]
    if rng.random() < 0.7:
        return [b"EVAL", rng.choice(ONE).encode(), b"0", *words]
    return [b"EVAL", rng.choice(TWO).encode(), b"0", b"%d" % len(words), *words,
            *settled(grammar, differences, rng)]


def any_order(reply):
    """A table of Lua's has no order, and so a map that went through one."""
    return sorted(map(repr, map(any_order, reply))) if isinstance(reply, list) else reply


def same(words, ours, theirs):
    of_maps = b"setresp" in b" ".join(words) or words == [b"EXEC"]
    return ours == theirs or (of_maps and any_order(parse(ours)) == any_order(parse(theirs)))


def program(grammar, differences, rng):
    """Scripts, some of them in transactions."""
    commands = []
    while len(commands) < PROGRAM:
        scripts = [script(grammar, differences, rng) for _ in range(rng.randint(1, 4))]
        commands += [[b"MULTI"], *scripts, [b"EXEC"]] if rng.random() < 0.2 else scripts
    return commands


@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_random_commands_of_scripts_answer_as_in_the_reference(reference, kevy, protocol):
    if reference.version != VALKEY:
        pytest.skip("scripts' errors have other words there")
    kevy.run([b"HELLO", b"2"])
    grammar = Grammar(as_text(parse(kevy.run([b"COMMAND", b"DOCS"]))))
    rng = random.Random(SEED)
    for _ in range(0, COMMANDS, PROGRAM):
        make_fresh(reference, kevy)
        for door in (reference, kevy):
            door.run([b"HELLO", protocol])
        done = []
        for words in program(grammar, reference.differences, rng):
            done.append(words)
            theirs, ours = reference.run(words), kevy.run(words)
            assert same(words, ours, theirs), (
                f"KEVY_SEED={SEED}, RESP{protocol.decode()}, after {len(done)} commands:\n"
                f"{shlex.join(word.decode('latin-1') for word in words)}\n"
                f"kevy: {ours!r}\n{reference.version}: {theirs!r}")
