"""G3: glob patterns choose the keys that the references' choose, valid or not."""

import os
import random

from doors import make_fresh, parse

PATTERNS = 3000


def test_random_patterns_choose_the_same_keys(reference, kevy):
    seed = int(os.environ.get("KEVY_SEED", "1"))  # another one: other patterns
    choose = random.Random(seed)

    def text(alphabet, longest):
        return "".join(choose.choices(alphabet, k=choose.randint(1, longest)))

    make_fresh(reference, kevy)
    for key in {text("aAbB-]\\^", 5) for _ in range(300)}:
        for door in (kevy, reference):
            door.run([b"SET", key.encode(), b"v"])
    chosen = 0
    for _ in range(PATTERNS):
        pattern = text("aAbB--**?[[]]^\\", 9).encode()
        ours, theirs = (sorted(parse(door.run([b"KEYS", pattern]))) for door in (kevy, reference))
        assert ours == theirs, f"KEVY_SEED={seed}: {pattern!r}"
        chosen += len(theirs)
    assert chosen > PATTERNS
