"""Counts the words of the files given, in a kevy instance inside this process."""

import re
import sys
import time
from pathlib import Path

import libkevy as kevy


def words_of(path: Path) -> list[str]:
    return re.findall(r"[a-z]+", path.read_text(errors="replace").lower())


def main(paths: list[Path]) -> None:
    with kevy.start(decode=True) as db:
        begin = time.perf_counter()
        total = 0
        for path in paths:
            for word in words_of(path):
                db.incr(word)
                total += 1
        seconds = time.perf_counter() - begin

        words = db.keys()
        counts = zip(words, map(int, filter(None, db.get_many(words))))
        for word, times in sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:10]:
            print(f"{times:8}  {word}")
        each = seconds * 1e9 / max(total, 1)
        print(f"{total} words, {len(words)} different, {each:.0f} ns each, reading included")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} FILE...")
    main([Path(name) for name in sys.argv[1:]])
