"""G3: the same commands on kevy and on the references, replies compared byte for byte (B03-B09,
B15-B21).

The scripts are in scripts/, a file for each kind of data. Beside a version that does not know a
command, as differences.txt says, a script is compared up to there.
"""

from pathlib import Path

import pytest
from compare import run_on_both
from differences import words_of
from doors import make_fresh

FILES = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


def scripts():
    for path in FILES:
        lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
        assert len(lines) > 5, path
        for line in lines:
            yield pytest.param(line, id=f"{path.stem}: {line[:60]}")


@pytest.mark.parametrize("script", list(scripts()))
@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_script_answers_as_the_reference(reference, kevy, script, protocol):
    make_fresh(reference, kevy)
    for door in (reference, kevy):
        door.run([b"HELLO", protocol])
    for command in script.split(";"):
        theirs, ours, agree, apart = run_on_both(reference, kevy, words_of(command))
        assert agree, f"{command}\nkevy: {ours!r}\n{reference.version}: {theirs!r}"
        if apart:
            break


def test_a_verb_with_a_nul_behind_it_is_another_verb(kevy):
    """Redis finds GET here or not: by chance, as its hash secret puts the two in one bucket or not."""
    make_fresh(kevy)
    assert kevy.run([b"GET\0", b"a"]).startswith(b"-ERR unknown command 'GET', with args")
