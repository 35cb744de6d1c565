"""The verbs of sets."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from libkevy._types import V, Word
from libkevy._verbs import Verbs, Words, bools_of, chosen, list_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable


class Sets(Verbs[V]):
    """Sets: members, and what several sets have together."""

    __slots__ = ()

    def sadd(self, name: Word, *values: Word) -> int:
        """Adds members; how many are new."""
        return self._command("SADD", name, *values)

    def srem(self, name: Word, *values: Word) -> int:
        """Removes members; how many there were."""
        return self._command("SREM", name, *values)

    def sismember(self, name: Word, value: Word) -> bool:
        """Whether it is a member."""
        return self._converted(bool, "SISMEMBER", name, value)

    def smismember(self, name: Word, values: Words, *args: Word) -> list[bool]:
        """Whether each of several is a member."""
        return self._converted(bools_of, "SMISMEMBER", name, *words_of(values, args))

    def scard(self, name: Word) -> int:
        """How many members there are."""
        return self._command("SCARD", name)

    def smembers(self, name: Word) -> set[V]:
        """All members."""
        return self._converted(set, "SMEMBERS", name)

    @overload
    def spop(self, name: Word) -> V | None: ...
    @overload
    def spop(self, name: Word, count: None) -> V | None: ...
    @overload
    def spop(self, name: Word, count: int) -> list[V]: ...
    def spop(self, name: Word, count: int | None = None) -> Any:
        """Takes any member, or a list of ``count``."""
        return self._converted(list_of, "SPOP", name, *(() if count is None else (count,)))

    @overload
    def srandmember(self, name: Word) -> V | None: ...
    @overload
    def srandmember(self, name: Word, number: None) -> V | None: ...
    @overload
    def srandmember(self, name: Word, number: int) -> list[V]: ...
    def srandmember(self, name: Word, number: int | None = None) -> Any:
        """Any member, or a list of ``number``, in which one may come again when it is negative."""
        return self._converted(list_of, "SRANDMEMBER", name, *(() if number is None else (number,)))

    def smove(self, src: Word, dst: Word, value: Word) -> bool:
        """Moves a member to another set; whether it was there."""
        return self._converted(bool, "SMOVE", src, dst, value)

    def sinter(self, keys: Words, *args: Word) -> set[V]:
        """The members that all of the sets have."""
        return self._converted(set, "SINTER", *words_of(keys, args))

    def sunion(self, keys: Words, *args: Word) -> set[V]:
        """The members that any of the sets has."""
        return self._converted(set, "SUNION", *words_of(keys, args))

    def sdiff(self, keys: Words, *args: Word) -> set[V]:
        """The members of the first set that no other has."""
        return self._converted(set, "SDIFF", *words_of(keys, args))

    def sinterstore(self, dest: Word, keys: Words, *args: Word) -> int:
        """Stores what ``sinter`` gives as a set; its size."""
        return self._command("SINTERSTORE", dest, *words_of(keys, args))

    def sunionstore(self, dest: Word, keys: Words, *args: Word) -> int:
        """Stores what ``sunion`` gives as a set; its size."""
        return self._command("SUNIONSTORE", dest, *words_of(keys, args))

    def sdiffstore(self, dest: Word, keys: Words, *args: Word) -> int:
        """Stores what ``sdiff`` gives as a set; its size."""
        return self._command("SDIFFSTORE", dest, *words_of(keys, args))

    def sintercard(self, numkeys: int, keys: Iterable[Word], limit: int = 0) -> int:
        """How many members all of the sets have; counts no further than ``limit`` above 0."""
        return self._command("SINTERCARD", numkeys, *words_of(keys), "LIMIT", limit)

    def sunioncard(
        self, numkeys: int, keys: Iterable[Word], limit: int = 0, approx: bool = False
    ) -> int:
        """How many members any of the sets has, or about so many; at most ``limit`` above 0."""
        options = [*chosen(approx=approx), "LIMIT", limit]
        return self._command("SUNIONCARD", numkeys, *words_of(keys), *options)

    def sdiffcard(self, numkeys: int, keys: Iterable[Word], limit: int = 0) -> int:
        """How many members the first set has that no other has; at most ``limit`` above 0."""
        return self._command("SDIFFCARD", numkeys, *words_of(keys), "LIMIT", limit)
