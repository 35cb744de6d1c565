"""The everyday verbs of all types, as methods with the names and shapes of redis-py's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from libkevy._bitmaps import Bitmaps
from libkevy._blocking import Blocking
from libkevy._geo import Geo
from libkevy._hash_expiry import HashExpiry
from libkevy._hashes import Hashes
from libkevy._keys import Keys
from libkevy._lists import Lists
from libkevy._scripts import Scripts
from libkevy._server import Server
from libkevy._sets import Sets
from libkevy._sorted_sets import SortedSets
from libkevy._stream_groups import StreamGroups
from libkevy._streams import Streams
from libkevy._strings import Strings
from libkevy._types import V, Word
from libkevy._verbs import Verbs, dict_of, given, scored

if TYPE_CHECKING:
    from collections.abc import Iterator


class Commands(
    Strings[V],
    Keys[V],
    Lists[V],
    Hashes[V],
    HashExpiry[V],
    Sets[V],
    SortedSets[V],
    Blocking[V],
    Streams[V],
    StreamGroups[V],
    Bitmaps[V],
    Geo[V],
    Scripts[V],
    Server[V],
):
    """The verbs that are one command each: what a pipeline has, too."""

    __slots__ = ()


class Iterators(Verbs[V]):
    """The verbs that are a command over and over, while they are iterated over.

    What is there from the first step to the last comes at least once; what was added or removed
    meanwhile may come.
    """

    __slots__ = ()

    def scan_iter(
        self,
        match: Word | None = None,
        count: int | None = None,
        _type: Word | None = None,
    ) -> Iterator[V]:
        """The keys, of those that match a pattern and have a type."""
        for batch in self._batches("SCAN", options=given(match=match, count=count, type=_type)):
            yield from batch

    @overload
    def hscan_iter(
        self,
        name: Word,
        match: Word | None = None,
        count: int | None = None,
        no_values: Literal[False] | None = None,
    ) -> Iterator[tuple[V, V]]: ...
    @overload
    def hscan_iter(
        self,
        name: Word,
        match: Word | None = None,
        count: int | None = None,
        *,
        no_values: Literal[True],
    ) -> Iterator[V]: ...
    def hscan_iter(
        self,
        name: Word,
        match: Word | None = None,
        count: int | None = None,
        no_values: bool | None = None,
    ) -> Iterator[Any]:
        """The fields of a hash that match a pattern, with their values unless ``no_values``."""
        options = given(match=match, count=count) + ["NOVALUES"] * bool(no_values)
        for batch in self._batches("HSCAN", name, options=options):
            yield from batch if no_values else dict_of(batch).items()

    def sscan_iter(
        self, name: Word, match: Word | None = None, count: int | None = None
    ) -> Iterator[V]:
        """The members of a set, of those that match a pattern."""
        for batch in self._batches("SSCAN", name, options=given(match=match, count=count)):
            yield from batch

    def zscan_iter(
        self, name: Word, match: Word | None = None, count: int | None = None
    ) -> Iterator[tuple[V, float]]:
        """The members of a sorted set and their scores, of members that match a pattern."""
        for batch in self._batches("ZSCAN", name, options=given(match=match, count=count)):
            yield from scored(batch)

    def _batches(self, *words: Word, options: list[Word]) -> Iterator[list[Any]]:
        cursor: Word = 0
        while True:
            cursor, batch = self._command(*words, cursor, *options)
            yield batch
            if int(cursor) == 0:
                return
