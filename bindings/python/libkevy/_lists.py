"""The verbs of lists."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any, Literal, overload

from libkevy._types import V, Word
from libkevy._verbs import Verbs, given, is_done


class Lists(Verbs[V]):
    """Lists: from both ends, by index, by value."""

    __slots__ = ()

    def lpush(self, name: Word, *values: Word) -> int:
        """Adds values at the head, one after the other; the new length."""
        return self._command("LPUSH", name, *values)

    def rpush(self, name: Word, *values: Word) -> int:
        """Adds values at the tail; the new length."""
        return self._command("RPUSH", name, *values)

    def lpushx(self, name: Word, *values: Word) -> int:
        """As ``lpush``, if there is such a list; the new length, 0 without one."""
        return self._command("LPUSHX", name, *values)

    def rpushx(self, name: Word, *values: Word) -> int:
        """As ``rpush``, if there is such a list; the new length, 0 without one."""
        return self._command("RPUSHX", name, *values)

    @overload
    def lpop(self, name: Word) -> V | None: ...
    @overload
    def lpop(self, name: Word, count: None) -> V | None: ...
    @overload
    def lpop(self, name: Word, count: int) -> list[V] | None: ...
    def lpop(self, name: Word, count: int | None = None) -> Any:
        """Takes the first element, or a list of the first ``count``; None when there is none."""
        return self._command("LPOP", name, *(() if count is None else (count,)))

    @overload
    def rpop(self, name: Word) -> V | None: ...
    @overload
    def rpop(self, name: Word, count: None) -> V | None: ...
    @overload
    def rpop(self, name: Word, count: int) -> list[V] | None: ...
    def rpop(self, name: Word, count: int | None = None) -> Any:
        """Takes the last element, or a list of the last ``count``; None when there is none."""
        return self._command("RPOP", name, *(() if count is None else (count,)))

    def llen(self, name: Word) -> int:
        """How many elements there are."""
        return self._command("LLEN", name)

    def lrange(self, name: Word, start: int, end: int) -> list[V]:
        """The elements from ``start`` to ``end``, which is included; negative from the end."""
        return self._command("LRANGE", name, start, end)

    def lindex(self, name: Word, index: int) -> V | None:
        """The element at an index, None beyond the ends."""
        return self._command("LINDEX", name, index)

    def lset(self, name: Word, index: int, value: Word) -> bool:
        """Overwrites the element at an index."""
        return self._converted(is_done, "LSET", name, index, value)

    def linsert(self, name: Word, where: Word, refvalue: Word, value: Word) -> int:
        """Inserts ``BEFORE`` or ``AFTER`` the first ``refvalue``; the new length, -1 without it."""
        return self._command("LINSERT", name, where, refvalue, value)

    def lrem(self, name: Word, count: int, value: Word) -> int:
        """Removes ``count`` equal elements, from the tail when negative, all for 0; how many."""
        return self._command("LREM", name, count, value)

    def ltrim(self, name: Word, start: int, end: int) -> bool:
        """Keeps only the elements from ``start`` to ``end``."""
        return self._converted(is_done, "LTRIM", name, start, end)

    @overload
    def lpos(
        self,
        name: Word,
        value: Word,
        rank: int | None = None,
        count: None = None,
        maxlen: int | None = None,
    ) -> int | None: ...
    @overload
    def lpos(
        self,
        name: Word,
        value: Word,
        rank: int | None = None,
        *,
        count: int,
        maxlen: int | None = None,
    ) -> list[int]: ...
    def lpos(
        self,
        name: Word,
        value: Word,
        rank: int | None = None,
        count: int | None = None,
        maxlen: int | None = None,
    ) -> Any:
        """The index of an equal element, or a list of ``count`` of them, all for 0."""
        return self._command("LPOS", name, value, *given(rank=rank, count=count, maxlen=maxlen))

    def lmove(
        self, first_list: Word, second_list: Word, src: Word = "LEFT", dest: Word = "RIGHT"
    ) -> V | None:
        """Moves the element at one end of a list to an end of another, and gives it."""
        return self._command("LMOVE", first_list, second_list, src, dest)

    def lmovem(
        self,
        first_list: Word,
        second_list: Word,
        src: Word = "LEFT",
        dest: Word = "RIGHT",
        count: int | None = None,
        mode: Literal["COUNT", "EXACTLY"] | None = None,
        ordering: Literal["OBO", "BULK"] | None = None,
    ) -> list[V] | None:
        """As ``lmove`` for ``count`` elements, one by one or as a block; those that were moved."""
        options: list[Word] = []
        if count is not None or mode is not None or ordering is not None:
            options = [mode or "COUNT", *(() if count is None else (count,))]
            options += () if ordering is None else (ordering,)
        return self._command("LMOVEM", first_list, second_list, src, dest, *options)

    def rpoplpush(self, src: Word, dst: Word) -> V | None:
        """Moves the last element of a list to the head of another, and gives it."""
        return self._command("RPOPLPUSH", src, dst)
