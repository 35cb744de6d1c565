"""The verbs of strings."""
# mypy: no-warn-return-any

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, overload

from libkevy._types import V, Word
from libkevy._verbs import (
    Verbs,
    Words,
    chosen,
    expiry,
    given,
    is_done,
    milliseconds,
    pairs_of,
    seconds,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


class Strings(Verbs[V]):
    """Strings and counters."""

    __slots__ = ()

    def get(self, name: Word) -> V | None:
        """The string at a key, None when there is no such key."""
        return self._command("GET", name)

    @overload
    def set(
        self,
        name: Word,
        value: Word,
        ex: int | timedelta | None = None,
        px: int | timedelta | None = None,
        nx: bool = False,
        xx: bool = False,
        keepttl: bool = False,
        get: Literal[False] = False,
        exat: int | datetime | None = None,
        pxat: int | datetime | None = None,
        ifeq: Word | None = None,
        ifne: Word | None = None,
        ifdeq: Word | None = None,
        ifdne: Word | None = None,
    ) -> bool | None: ...
    @overload
    def set(
        self,
        name: Word,
        value: Word,
        ex: int | timedelta | None = None,
        px: int | timedelta | None = None,
        nx: bool = False,
        xx: bool = False,
        keepttl: bool = False,
        *,
        get: Literal[True],
        exat: int | datetime | None = None,
        pxat: int | datetime | None = None,
        ifeq: Word | None = None,
        ifne: Word | None = None,
        ifdeq: Word | None = None,
        ifdne: Word | None = None,
    ) -> V | None: ...
    def set(
        self,
        name: Word,
        value: Word,
        ex: int | timedelta | None = None,
        px: int | timedelta | None = None,
        nx: bool = False,
        xx: bool = False,
        keepttl: bool = False,
        get: bool = False,
        exat: int | datetime | None = None,
        pxat: int | datetime | None = None,
        ifeq: Word | None = None,
        ifne: Word | None = None,
        ifdeq: Word | None = None,
        ifdne: Word | None = None,
    ) -> Any:
        """Stores a string: True, None if a condition forbids it; the old one with ``get``."""
        words = ["SET", name, value, *chosen(nx=nx, xx=xx)]
        words += given(ifeq=ifeq, ifne=ifne, ifdeq=ifdeq, ifdne=ifdne)
        words += [*chosen(get=get), *expiry(ex, px, exat, pxat), *chosen(keepttl=keepttl)]
        return self._command(*words) if get else self._converted(is_done, *words)

    def mget(self, keys: Words, *args: Word) -> list[V | None]:
        """The strings at several keys; None for what is missing or no string."""
        return self._command("MGET", *words_of(keys, args))

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

    def msetex(
        self,
        mapping: Mapping[Any, Word],
        data_persist_option: Word | Enum | None = None,
        ex: int | timedelta | None = None,
        px: int | timedelta | None = None,
        exat: int | datetime | None = None,
        pxat: int | datetime | None = None,
        keepttl: bool = False,
    ) -> int:
        """As ``mset``, with a time to live; 1, or 0 if ``data_persist_option`` forbids it."""
        condition: Any = data_persist_option
        if isinstance(condition, Enum):
            condition = condition.value
        options = [] if condition is None else [condition]
        options += [*expiry(ex, px, exat, pxat), *chosen(keepttl=keepttl)]
        return self._command("MSETEX", len(mapping), *pairs_of(mapping), *options)

    def delex(
        self,
        name: Word,
        ifeq: Word | None = None,
        ifne: Word | None = None,
        ifdeq: Word | None = None,
        ifdne: Word | None = None,
    ) -> int:
        """Deletes a string if it equals or differs, itself or by its digest; 1 if it did."""
        options = given(ifeq=ifeq, ifne=ifne, ifdeq=ifdeq, ifdne=ifdne)
        return self._command("DELEX", name, *options)

    def digest(self, name: Word) -> V | None:
        """The digest of a string, 16 hexadecimal digits; None when there is no such key."""
        return self._command("DIGEST", name)

    def getset(self, name: Word, value: Word) -> V | None:
        """Stores a string and gives the one before."""
        return self._command("GETSET", name, value)

    def getdel(self, name: Word) -> V | None:
        """The string, which is deleted."""
        return self._command("GETDEL", name)

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
        options = [*expiry(ex, px, exat, pxat), *chosen(persist=persist)]
        return self._command("GETEX", name, *options)

    def append(self, key: Word, value: Word) -> int:
        """Adds to the end of a string; its new length."""
        return self._command("APPEND", key, value)

    def strlen(self, name: Word) -> int:
        """How many bytes a string has."""
        return self._command("STRLEN", name)

    def getrange(self, key: Word, start: int, end: int) -> V:
        """The bytes from ``start`` to ``end``, which is included; negative from the end."""
        return self._command("GETRANGE", key, start, end)

    def setrange(self, name: Word, offset: int, value: Word) -> int:
        """Overwrites a string from ``offset`` on; its new length."""
        return self._command("SETRANGE", name, offset, value)

    def incr(self, name: Word, amount: int = 1) -> int:
        """Adds to an integer; the sum."""
        return self._command("INCRBY", name, amount)

    def incrby(self, name: Word, amount: int = 1) -> int:
        """Adds to an integer; the sum."""
        return self._command("INCRBY", name, amount)

    def incrbyfloat(self, name: Word, amount: float = 1.0) -> float:
        """Adds to a number; the sum."""
        return self._converted(float, "INCRBYFLOAT", name, amount)

    def increx(
        self,
        name: Word,
        *,
        byfloat: Word | None = None,
        byint: Word | None = None,
        lbound: Word | None = None,
        ubound: Word | None = None,
        saturate: bool = False,
        ex: int | timedelta | None = None,
        px: int | timedelta | None = None,
        exat: int | datetime | None = None,
        pxat: int | datetime | None = None,
        persist: bool = False,
        enx: bool = False,
    ) -> list[Any]:
        """Adds within bounds, and sets a time to live; the sum, and what was really added."""
        options = given(byfloat=byfloat, byint=byint, lbound=lbound, ubound=ubound)
        options += [*chosen(saturate=saturate), *expiry(ex, px, exat, pxat)]
        options += chosen(persist=persist, enx=enx)
        return self._command("INCREX", name, *options)

    def decr(self, name: Word, amount: int = 1) -> int:
        """Takes from an integer; the difference."""
        return self._command("DECRBY", name, amount)

    def decrby(self, name: Word, amount: int = 1) -> int:
        """Takes from an integer; the difference."""
        return self._command("DECRBY", name, amount)
