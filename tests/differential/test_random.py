"""Random programs on kevy and on a reference: every reply is the same, on any number of shards."""

import os
import random
import shlex

import pytest
from compare import CHANCE, run_on_both
from doors import as_text, make_fresh, parse
from grammar import Grammar

SEED = int(os.environ.get("KEVY_SEED", "1"))  # another one: other programs
COMMANDS = int(os.environ.get("KEVY_COMMANDS", "25000"))  # of each of the twelve programs
PROGRAM = 500  # commands between two fresh starts, so that what fails can be made short


def first_difference(reference, kevy, protocol, program):
    """Runs a program on both from an empty start: the index of the first command whose replies
    differ, and the replies, or None."""
    make_fresh(reference, kevy)
    for door in (reference, kevy):
        door.run([b"HELLO", protocol])
    queueing = False
    for index, words in enumerate(program):
        verb = words[0].upper()
        if queueing and verb != b"EXEC" and (
                verb in CHANCE or reference.differences.possible(words)):
            continue  # the reply of EXEC could not be compared
        if reference.differences.unknown(words):
            continue
        theirs, ours, agree, apart = run_on_both(reference, kevy, words)
        if not agree:
            return index, ours, theirs
        if apart:
            break
        queueing = (queueing or verb == b"MULTI") and verb not in (b"EXEC", b"DISCARD")
    return None


def shortened(reference, kevy, protocol, program):
    """The program without the commands that the difference does not need."""
    step = max(1, len(program) // 2)
    while True:
        at = 0
        while at < len(program) - 1:
            shorter = program[:at] + program[at + step :]
            found = first_difference(reference, kevy, protocol, shorter)
            if found is not None:
                program = shorter[: found[0] + 1]
            else:
                at += step
        if step == 1:
            return program
        step //= 2


def explain(reference, kevy, protocol, program):
    program = shortened(reference, kevy, protocol, program)
    found = first_difference(reference, kevy, protocol, program)
    script = "\n".join(shlex.join(word.decode("latin-1") for word in words) for words in program)
    replies = f"kevy: {found[1]!r}\n{reference.version}: {found[2]!r}" if found else "(not reproduced)"
    return f"KEVY_SEED={SEED}, RESP{protocol.decode()}, shortest script:\n{script}\n{replies}"


@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_G3_B21_random_programs_answer_as_the_reference(reference, kevy, protocol):
    kevy.run([b"HELLO", b"2"])
    grammar = Grammar(as_text(parse(kevy.run([b"COMMAND", b"DOCS"]))))
    assert len(grammar.commands) > 50
    rng = random.Random(SEED)
    for _ in range(0, COMMANDS, PROGRAM):
        program = [grammar.command(rng) for _ in range(PROGRAM)]
        found = first_difference(reference, kevy, protocol, program)
        if found is not None:
            pytest.fail(explain(reference, kevy, protocol, program[: found[0] + 1]), pytrace=False)
