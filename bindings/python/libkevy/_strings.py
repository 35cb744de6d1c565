"""The verbs of strings."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libkevy._types import V, Word
from libkevy._verbs import (
    Verbs,
    Words,
    chosen,
    given,
    is_done,
    milliseconds,
    pairs_of,
    seconds,
    unix_milliseconds,
    unix_seconds,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


class Strings(Verbs[V]):
    """Strings and counters. ``get`` and ``set`` are of the classes that have these verbs."""

    __slots__ = ()

    def mget(self, keys: Words, *args: Word) -> list[V | None]:
        """The strings at several keys; None for what is missing or no string."""
        return self.execute("MGET", *words_of(keys, args))

    def mset(self, mapping: Mapping[Any, Word]) -> bool:
        """Stores strings at several keys, in one step."""
        return self._converted(is_done, "MSET", *pairs_of(mapping))

    def msetnx(self, mapping: Mapping[Any, Word]) -> bool:
        """As ``mset``, if none of the keys exists; whether it stored them."""
        return self._converted(bool, "MSETNX", *pairs_of(mapping))

    def setnx(self, name: Word, value: Word) -> bool:
        """Stores a string if there is no such key; whether it did."""
        return self._converted(bool, "SETNX", name, value)

    def setex(self, name: Word, time: int | timedelta, value: Word) -> bool:
        """Stores a string for so many seconds."""
        return self._converted(is_done, "SETEX", name, seconds(time), value)

    def psetex(self, name: Word, time_ms: int | timedelta, value: Word) -> bool:
        """Stores a string for so many milliseconds."""
        return self._converted(bool, "PSETEX", name, milliseconds(time_ms), value)

    def getset(self, name: Word, value: Word) -> V | None:
        """Stores a string and gives the one before."""
        return self.execute("GETSET", name, value)

    def getdel(self, name: Word) -> V | None:
        """The string, which is deleted."""
        return self.execute("GETDEL", name)

    def getex(
        self,
        name: Word,
        ex: int | timedelta | None = None,
        px: int | timedelta | None = None,
        exat: int | datetime | None = None,
        pxat: int | datetime | None = None,
        persist: bool = False,
    ) -> V | None:
        """The string, whose time to live is set, or with ``persist`` taken away."""
        options = given(
            ex=None if ex is None else seconds(ex),
            px=None if px is None else milliseconds(px),
            exat=None if exat is None else unix_seconds(exat),
            pxat=None if pxat is None else unix_milliseconds(pxat),
        )
        return self.execute("GETEX", name, *options, *chosen(persist=persist))

    def append(self, key: Word, value: Word) -> int:
        """Adds to the end of a string; its new length."""
        return self.execute("APPEND", key, value)

    def strlen(self, name: Word) -> int:
        """How many bytes a string has."""
        return self.execute("STRLEN", name)

    def getrange(self, key: Word, start: int, end: int) -> V:
        """The bytes from ``start`` to ``end``, which is included; negative from the end."""
        return self.execute("GETRANGE", key, start, end)

    def setrange(self, name: Word, offset: int, value: Word) -> int:
        """Overwrites a string from ``offset`` on; its new length."""
        return self.execute("SETRANGE", name, offset, value)

    def incr(self, name: Word, amount: int = 1) -> int:
        """Adds to an integer; the sum."""
        return self.execute("INCRBY", name, amount)

    def incrby(self, name: Word, amount: int = 1) -> int:
        """Adds to an integer; the sum."""
        return self.execute("INCRBY", name, amount)

    def incrbyfloat(self, name: Word, amount: float = 1.0) -> float:
        """Adds to a number; the sum."""
        return self._converted(float, "INCRBYFLOAT", name, amount)

    def decr(self, name: Word, amount: int = 1) -> int:
        """Takes from an integer; the difference."""
        return self.execute("DECRBY", name, amount)

    def decrby(self, name: Word, amount: int = 1) -> int:
        """Takes from an integer; the difference."""
        return self.execute("DECRBY", name, amount)
