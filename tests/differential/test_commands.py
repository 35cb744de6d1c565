"""G3: the same commands on kevy and on redis-server, replies compared byte for byte (B03-B09, B15-B21).

The scripts are in scripts/, a file for each kind of data.
"""

import shlex
from pathlib import Path

import pytest
from compare import run_on_both

FILES = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


def scripts():
    for path in FILES:
        lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
        assert len(lines) > 5, path
        for line in lines:
            yield pytest.param(line, id=f"{path.stem}: {line[:60]}")


def reset(*doors):
    for door in doors:
        door.run([b"RESET"])
        door.run([b"FLUSHALL"])


@pytest.mark.parametrize("script", list(scripts()))
@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_script_answers_as_redis(redis, kevy, script, protocol):
    reset(redis, kevy)
    for door in (redis, kevy):
        door.run([b"HELLO", protocol])
    for command in script.split(";"):
        words = [word.encode().decode("unicode_escape").encode("latin-1")
                 for word in shlex.split(command)]
        theirs, ours, agree = run_on_both(redis, kevy, words)
        assert agree, f"{command}\nkevy: {ours!r}\nredis: {theirs!r}"


def test_a_verb_with_a_nul_behind_it_is_another_verb(kevy):
    """Redis finds GET here or not: by chance, as its hash secret puts the two in one bucket or not."""
    reset(kevy)
    assert kevy.run([b"GET\0", b"a"]).startswith(b"-ERR unknown command 'GET', with args")
