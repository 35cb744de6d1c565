"""The verbs of strings as rows of bits, and of HyperLogLogs, which are strings too."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any

from libkevy._types import V, Word
from libkevy._verbs import Verbs, is_done


class Bitmaps(Verbs[V]):
    """Bits of a string, by their offset from its left."""

    __slots__ = ()

    def setbit(self, name: Word, offset: int, value: int) -> int:
        """Sets a bit to 0 or 1; what it was."""
        return self._command("SETBIT", name, offset, value)

    def getbit(self, name: Word, offset: int) -> int:
        """A bit."""
        return self._command("GETBIT", name, offset)

    def bitcount(
        self,
        key: Word,
        start: int | None = None,
        end: int | None = None,
        mode: str | None = None,
    ) -> int:
        """How many bits are set, in a range of bytes, or of bits with the mode ``"BIT"``."""
        return self._command("BITCOUNT", key, *_present(start, end, mode))

    def bitpos(
        self,
        key: Word,
        bit: int,
        start: int | None = None,
        end: int | None = None,
        mode: str | None = None,
    ) -> int:
        """Where the first 0 or 1 is, in a range of bytes, or of bits; -1 when there is none."""
        return self._command("BITPOS", key, bit, *_present(start, end, mode))

    def bitop(self, operation: str, dest: Word, *keys: Word) -> int:
        """Stores what an operation (``AND``, ``OR``, ``XOR``, ``NOT`` ...) makes of strings."""
        return self._command("BITOP", operation, dest, *keys)

    def bitfield_ro(
        self,
        key: Word,
        encoding: str,
        offset: int | str,
        items: list[tuple[str, int | str]] | None = None,
    ) -> list[int]:
        """Integers inside a string, by their encoding (such as ``u8``) and offset."""
        words: list[Word] = ["GET", encoding, offset]
        for encoding, offset in items or ():
            words += ["GET", encoding, offset]
        return self._command("BITFIELD_RO", key, *words)

    def pfadd(self, name: Word, *values: Word) -> int:
        """Counts elements; 1 when the estimate has changed."""
        return self._command("PFADD", name, *values)

    def pfcount(self, *sources: Word) -> int:
        """About how many different elements were counted, by all sources together."""
        return self._command("PFCOUNT", *sources)

    def pfmerge(self, dest: Word, *sources: Word) -> bool:
        """Has one count what others have counted."""
        return self._converted(is_done, "PFMERGE", dest, *sources)


def _present(*words: Any) -> list[Word]:
    return [word for word in words if word is not None]
