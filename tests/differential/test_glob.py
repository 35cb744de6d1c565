"""G3: glob patterns choose the keys that redis-server's choose, valid or not."""

import os
import random

import pytest

from doors import Kevy, Redis, parse

PATTERNS = 3000


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    ours, theirs = Kevy(4), Redis(tmp_path_factory.mktemp("redis"))
    yield ours, theirs
    ours.close()
    theirs.close()


def test_random_patterns_choose_the_same_keys(doors):
    seed = int(os.environ.get("KEVY_SEED", "1"))  # another one: other patterns
    choose = random.Random(seed)

    def text(alphabet, longest):
        return "".join(choose.choices(alphabet, k=choose.randint(1, longest)))

    for key in {text("aAbB-]\\^", 5) for _ in range(300)}:
        for door in doors:
            door.run([b"SET", key.encode(), b"v"])
    chosen = 0
    for _ in range(PATTERNS):
        pattern = text("aAbB--**?[[]]^\\", 9).encode()
        ours, theirs = (sorted(parse(door.run([b"KEYS", pattern]))) for door in doors)
        assert ours == theirs, f"KEVY_SEED={seed}: {pattern!r}"
        chosen += len(theirs)
    assert chosen > PATTERNS
