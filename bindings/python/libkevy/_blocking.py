"""The verbs that wait until there is something to take.

They wait on the calling thread, which lets others run; Ctrl-C ends the wait, and what was taken is
given all the same. In a transaction and in a pipeline that is atomic they do not wait.
"""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any

from libkevy._types import V, Word
from libkevy._verbs import Verbs, Words, chosen, words_of


class Blocking(Verbs[V]):
    """Lists and sorted sets as queues. A ``timeout`` is in seconds; 0 waits for ever."""

    __slots__ = ()

    def blpop(self, keys: Words, timeout: float | None = 0) -> tuple[V, V] | None:
        """Takes the first element of the first list that has any: the list's key, and it."""
        return self._converted(tuple, "BLPOP", *words_of(keys), timeout or 0)

    def brpop(self, keys: Words, timeout: float | None = 0) -> tuple[V, V] | None:
        """Takes the last element of the first list that has any: the list's key, and it."""
        return self._converted(tuple, "BRPOP", *words_of(keys), timeout or 0)

    def brpoplpush(self, src: Word, dst: Word, timeout: float | None = 0) -> V | None:
        """Moves the last element of a list to the front of another; the element."""
        return self._command("BRPOPLPUSH", src, dst, timeout or 0)

    def blmove(
        self,
        first_list: Word,
        second_list: Word,
        timeout: float,
        src: str = "LEFT",
        dest: str = "RIGHT",
    ) -> V | None:
        """Moves an element from one end of a list to an end of another; the element."""
        return self._command("BLMOVE", first_list, second_list, src, dest, timeout)

    def blmpop(
        self, timeout: float, numkeys: int, *args: Word, direction: str, count: int | None = 1
    ) -> list[Any] | None:
        """Takes up to ``count`` elements of the first list that has any: its key, and they."""
        words: list[Word] = [
            timeout,
            numkeys,
            *args,
            direction,
            "COUNT",
            1 if count is None else count,
        ]
        return self._command("BLMPOP", *words)

    def bzpopmin(self, keys: Words, timeout: float = 0) -> tuple[V, V, float] | None:
        """Takes the lowest member of the first set that has any: its key, the member, its score."""
        return self._converted(_with_score, "BZPOPMIN", *words_of(keys), timeout or 0)

    def bzpopmax(self, keys: Words, timeout: float = 0) -> tuple[V, V, float] | None:
        """The same for the highest score."""
        return self._converted(_with_score, "BZPOPMAX", *words_of(keys), timeout or 0)

    def bzmpop(
        self,
        timeout: float,
        numkeys: int,
        keys: list[Word],
        min: bool | None = False,  # noqa: A002
        max: bool | None = False,  # noqa: A002
        count: int | None = 1,
    ) -> list[Any] | None:
        """Takes up to ``count`` members of the first set that has any: its key, they and scores."""
        end: list[Word] = chosen(min=bool(min), max=bool(max))
        words: list[Word] = [timeout, numkeys, *keys, *end, "COUNT", 1 if count is None else count]
        return self._converted(_with_scores, "BZMPOP", *words)


def _with_score(reply: list[Any]) -> tuple[Any, ...]:
    return reply[0], reply[1], float(reply[2])


def _with_scores(reply: list[Any]) -> list[Any]:
    return [reply[0], [[member, float(score)] for member, score in reply[1]]]
