"""The verbs of sorted sets."""
# mypy: no-warn-return-any
# ruff: noqa: A002 - min and max are what redis-py calls the ends of a range

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Union, overload

from libkevy._types import V, Word
from libkevy._verbs import (
    Verbs,
    chosen,
    floats_of,
    given,
    limit,
    rank_and_score,
    scored,
    words_of,
)

#: Sorted sets to join: their keys, or a mapping of keys to weights.
Sources = Union[Iterable[Word], Mapping[Any, float]]


def _sources(keys: Sources, aggregate: Word | None) -> list[Word]:
    names = words_of(keys)
    weights = ["WEIGHTS", *keys.values()] if isinstance(keys, Mapping) else []
    return [len(names), *names, *weights, *given(aggregate=aggregate)]


class SortedSets(Verbs[V]):
    """Sorted sets: members with scores, in the order of these.

    Ends of ranges are numbers or Redis' own words, such as ``"(1"``, ``"-inf"`` and ``"[a"``.
    """

    __slots__ = ()

    @overload
    def zadd(
        self,
        name: Word,
        mapping: Mapping[Any, float],
        nx: bool = False,
        xx: bool = False,
        ch: bool = False,
        incr: Literal[False] = False,
        gt: bool = False,
        lt: bool = False,
    ) -> int: ...
    @overload
    def zadd(
        self,
        name: Word,
        mapping: Mapping[Any, float],
        nx: bool = False,
        xx: bool = False,
        ch: bool = False,
        *,
        incr: Literal[True],
        gt: bool = False,
        lt: bool = False,
    ) -> float | None: ...
    def zadd(
        self,
        name: Word,
        mapping: Mapping[Any, float],
        nx: bool = False,
        xx: bool = False,
        ch: bool = False,
        incr: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> Any:
        """Adds members with scores; how many are new, with ``incr`` the score of the only one."""
        words = ["ZADD", name, *chosen(nx=nx, xx=xx, gt=gt, lt=lt, ch=ch, incr=incr)]
        for member, score in mapping.items():
            words += [score, member]
        return self._converted(float, *words) if incr else self._command(*words)

    def zrem(self, name: Word, *values: Word) -> int:
        """Removes members; how many there were."""
        return self._command("ZREM", name, *values)

    def zscore(self, name: Word, value: Word) -> float | None:
        """The score of a member."""
        return self._converted(float, "ZSCORE", name, value)

    def zmscore(self, key: Word, members: Iterable[Word]) -> list[float | None]:
        """The scores of several members."""
        return self._converted(floats_of, "ZMSCORE", key, *words_of(members))

    def zincrby(self, name: Word, amount: float, value: Word) -> float:
        """Adds to the score of a member; the sum."""
        return self._converted(float, "ZINCRBY", name, amount, value)

    def zcard(self, name: Word) -> int:
        """How many members there are."""
        return self._command("ZCARD", name)

    def zcount(self, name: Word, min: Word, max: Word) -> int:
        """How many members have scores within a range."""
        return self._command("ZCOUNT", name, min, max)

    def zlexcount(self, name: Word, min: Word, max: Word) -> int:
        """How many members lie within a range of names, when all scores are equal."""
        return self._command("ZLEXCOUNT", name, min, max)

    @overload
    def zrank(self, name: Word, value: Word, withscore: Literal[False] = False) -> int | None: ...
    @overload
    def zrank(self, name: Word, value: Word, withscore: Literal[True]) -> list[Any] | None: ...
    def zrank(self, name: Word, value: Word, withscore: bool = False) -> Any:
        """How many members come before a member, and with ``withscore`` its score."""
        return self._rank("ZRANK", name, value, withscore)

    @overload
    def zrevrank(
        self, name: Word, value: Word, withscore: Literal[False] = False
    ) -> int | None: ...
    @overload
    def zrevrank(self, name: Word, value: Word, withscore: Literal[True]) -> list[Any] | None: ...
    def zrevrank(self, name: Word, value: Word, withscore: bool = False) -> Any:
        """How many members come after a member, and with ``withscore`` its score."""
        return self._rank("ZREVRANK", name, value, withscore)

    def _rank(self, verb: str, name: Word, value: Word, withscore: bool) -> Any:
        if not withscore:
            return self._command(verb, name, value)
        return self._converted(rank_and_score, verb, name, value, "WITHSCORE")

    @overload
    def zrange(
        self,
        name: Word,
        start: Word,
        end: Word,
        desc: bool = False,
        withscores: Literal[False] = False,
        *,
        byscore: bool = False,
        bylex: bool = False,
        offset: int | None = None,
        num: int | None = None,
    ) -> list[V]: ...
    @overload
    def zrange(
        self,
        name: Word,
        start: Word,
        end: Word,
        desc: bool = False,
        *,
        withscores: Literal[True],
        byscore: bool = False,
        bylex: bool = False,
        offset: int | None = None,
        num: int | None = None,
    ) -> list[tuple[V, float]]: ...
    def zrange(
        self,
        name: Word,
        start: Word,
        end: Word,
        desc: bool = False,
        withscores: bool = False,
        *,
        byscore: bool = False,
        bylex: bool = False,
        offset: int | None = None,
        num: int | None = None,
    ) -> Any:
        """The members of a range of ranks, scores or names; with ``withscores`` as pairs."""
        options = [*chosen(byscore=byscore, bylex=bylex, rev=desc), *limit(offset, num)]
        return self._range("ZRANGE", name, start, end, *options, withscores=withscores)

    @overload
    def zrevrange(
        self, name: Word, start: int, end: int, withscores: Literal[False] = False
    ) -> list[V]: ...
    @overload
    def zrevrange(
        self, name: Word, start: int, end: int, withscores: Literal[True]
    ) -> list[tuple[V, float]]: ...
    def zrevrange(self, name: Word, start: int, end: int, withscores: bool = False) -> Any:
        """The members of a range of ranks, the highest score first."""
        return self._range("ZREVRANGE", name, start, end, withscores=withscores)

    def zrangestore(
        self,
        dest: Word,
        name: Word,
        start: Word,
        end: Word,
        byscore: bool = False,
        bylex: bool = False,
        desc: bool = False,
        offset: int | None = None,
        num: int | None = None,
    ) -> int:
        """Stores what ``zrange`` gives as a sorted set; its size."""
        options = [*chosen(byscore=byscore, bylex=bylex, rev=desc), *limit(offset, num)]
        return self._command("ZRANGESTORE", dest, name, start, end, *options)

    @overload
    def zrangebyscore(
        self,
        name: Word,
        min: Word,
        max: Word,
        start: int | None = None,
        num: int | None = None,
        withscores: Literal[False] = False,
    ) -> list[V]: ...
    @overload
    def zrangebyscore(
        self,
        name: Word,
        min: Word,
        max: Word,
        start: int | None = None,
        num: int | None = None,
        *,
        withscores: Literal[True],
    ) -> list[tuple[V, float]]: ...
    def zrangebyscore(
        self,
        name: Word,
        min: Word,
        max: Word,
        start: int | None = None,
        num: int | None = None,
        withscores: bool = False,
    ) -> Any:
        """The members with scores within a range, the lowest first."""
        options = limit(start, num)
        return self._range("ZRANGEBYSCORE", name, min, max, *options, withscores=withscores)

    @overload
    def zrevrangebyscore(
        self,
        name: Word,
        max: Word,
        min: Word,
        start: int | None = None,
        num: int | None = None,
        withscores: Literal[False] = False,
    ) -> list[V]: ...
    @overload
    def zrevrangebyscore(
        self,
        name: Word,
        max: Word,
        min: Word,
        start: int | None = None,
        num: int | None = None,
        *,
        withscores: Literal[True],
    ) -> list[tuple[V, float]]: ...
    def zrevrangebyscore(
        self,
        name: Word,
        max: Word,
        min: Word,
        start: int | None = None,
        num: int | None = None,
        withscores: bool = False,
    ) -> Any:
        """The members with scores within a range, the highest first."""
        options = limit(start, num)
        return self._range("ZREVRANGEBYSCORE", name, max, min, *options, withscores=withscores)

    def zrangebylex(
        self, name: Word, min: Word, max: Word, start: int | None = None, num: int | None = None
    ) -> list[V]:
        """The members within a range of names, when all scores are equal."""
        return self._command("ZRANGEBYLEX", name, min, max, *limit(start, num))

    def zrevrangebylex(
        self, name: Word, max: Word, min: Word, start: int | None = None, num: int | None = None
    ) -> list[V]:
        """As ``zrangebylex``, the last name first."""
        return self._command("ZREVRANGEBYLEX", name, max, min, *limit(start, num))

    def zremrangebyrank(self, name: Word, min: int, max: int) -> int:
        """Removes the members of a range of ranks; how many."""
        return self._command("ZREMRANGEBYRANK", name, min, max)

    def zremrangebyscore(self, name: Word, min: Word, max: Word) -> int:
        """Removes the members with scores within a range; how many."""
        return self._command("ZREMRANGEBYSCORE", name, min, max)

    def zremrangebylex(self, name: Word, min: Word, max: Word) -> int:
        """Removes the members within a range of names, when all scores are equal; how many."""
        return self._command("ZREMRANGEBYLEX", name, min, max)

    def zpopmin(self, name: Word, count: int | None = None) -> list[tuple[V, float]]:
        """Takes the member with the lowest score, or ``count`` of them, with their scores."""
        return self._converted(scored, "ZPOPMIN", name, *(() if count is None else (count,)))

    def zpopmax(self, name: Word, count: int | None = None) -> list[tuple[V, float]]:
        """Takes the member with the highest score, or ``count`` of them, with their scores."""
        return self._converted(scored, "ZPOPMAX", name, *(() if count is None else (count,)))

    def zunionstore(self, dest: Word, keys: Sources, aggregate: Word | None = None) -> int:
        """Stores the members that any of the sorted sets has; how many."""
        return self._command("ZUNIONSTORE", dest, *_sources(keys, aggregate))

    def zinterstore(self, dest: Word, keys: Sources, aggregate: Word | None = None) -> int:
        """Stores the members that all of the sorted sets have; how many."""
        return self._command("ZINTERSTORE", dest, *_sources(keys, aggregate))

    def zdiffstore(self, dest: Word, keys: Iterable[Word]) -> int:
        """Stores the members of the first sorted set that no other has; how many."""
        return self._command("ZDIFFSTORE", dest, *_sources(keys, None))

    def _range(self, *words: Word, withscores: bool) -> Any:
        if withscores:
            return self._converted(scored, *words, "WITHSCORES")
        return self._command(*words)
