"""The verbs of keys of any type."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from libkevy._types import V, Word
from libkevy._verbs import (
    Verbs,
    Words,
    chosen,
    given,
    grouped,
    is_done,
    limit,
    milliseconds,
    seconds,
    unix_milliseconds,
    unix_seconds,
    words_of,
)
from libkevy.errors import InvalidError

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class Keys(Verbs[V]):
    """Keys: whether they exist, how long they live, their names, and SORT."""

    __slots__ = ()

    def delete(self, *names: Word) -> int:
        """Deletes keys; how many there were."""
        return self._command("DEL", *names)

    def unlink(self, *names: Word) -> int:
        """Deletes keys and frees big values later; how many keys there were."""
        return self._command("UNLINK", *names)

    def exists(self, *names: Word) -> int:
        """How many of the keys exist."""
        return self._command("EXISTS", *names)

    def touch(self, *args: Word) -> int:
        """Marks keys as used just now; how many there are."""
        return self._command("TOUCH", *args)

    def type(self, name: Word) -> V:
        """The type of the value: ``string``, ``list``, ``hash``, ``set``, ``zset`` or ``none``."""
        return self._command("TYPE", name)

    def keys(self, pattern: Word = "*") -> list[V]:
        """The keys that match a pattern; ``scan_iter`` does not hold others up meanwhile."""
        return self._command("KEYS", pattern)

    def randomkey(self) -> V | None:
        """Any key."""
        return self._command("RANDOMKEY")

    def rename(self, src: Word, dst: Word) -> bool:
        """Gives a key another name, in the place of what has it."""
        return self._converted(is_done, "RENAME", src, dst)

    def renamenx(self, src: Word, dst: Word) -> bool:
        """Gives a key another name if that is free; whether it was."""
        return self._converted(bool, "RENAMENX", src, dst)

    def copy(
        self,
        source: Word,
        destination: Word,
        destination_db: int | None = None,
        replace: bool = False,
    ) -> bool:
        """Copies a value to another key, that is free unless ``replace``; whether it did."""
        options = [*given(db=destination_db), *chosen(replace=replace)]
        return self._converted(bool, "COPY", source, destination, *options)

    def expire(
        self,
        name: Word,
        time: int | timedelta,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> bool:
        """Lets a key live for so many seconds; whether it is there and the options allow it."""
        return self._expiring_key("EXPIRE", name, seconds(time), nx, xx, gt, lt)

    def pexpire(
        self,
        name: Word,
        time: int | timedelta,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> bool:
        """As ``expire``, in milliseconds."""
        return self._expiring_key("PEXPIRE", name, milliseconds(time), nx, xx, gt, lt)

    def expireat(
        self,
        name: Word,
        when: int | datetime,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> bool:
        """As ``expire``, until a moment: a datetime, or seconds since the Unix epoch."""
        return self._expiring_key("EXPIREAT", name, unix_seconds(when), nx, xx, gt, lt)

    def pexpireat(
        self,
        name: Word,
        when: int | datetime,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> bool:
        """As ``expireat``, in milliseconds since the Unix epoch."""
        return self._expiring_key("PEXPIREAT", name, unix_milliseconds(when), nx, xx, gt, lt)

    def _expiring_key(
        self, verb: str, name: Word, time: int, nx: bool, xx: bool, gt: bool, lt: bool
    ) -> bool:
        options = chosen(nx=nx, xx=xx, gt=gt, lt=lt)
        return self._converted(bool, verb, name, time, *options)

    def persist(self, name: Word) -> bool:
        """Takes a key's time to live away; whether it had one."""
        return self._converted(bool, "PERSIST", name)

    def ttl(self, name: Word) -> int:
        """How many seconds a key has left; -1 for good, -2 when there is no such key."""
        return self._command("TTL", name)

    def pttl(self, name: Word) -> int:
        """As ``ttl``, in milliseconds."""
        return self._command("PTTL", name)

    def migrate(
        self,
        host: str,
        port: int,
        keys: Words,
        destination_db: int,
        timeout: int,
        copy: bool = False,
        replace: bool = False,
        auth: Word | None = None,
    ) -> V:
        """Takes keys to another server, and waits until they are there: ``OK``, or ``NOKEY``."""
        taken: list[Word] = words_of(keys)
        if not taken:
            msg = "migrate() takes at least one key"
            raise InvalidError(msg)
        words: list[Word] = ["MIGRATE", host, port, "", destination_db, timeout]
        words += [*chosen(copy=copy, replace=replace), *given(auth=auth), "KEYS", *taken]
        return self._command(*words)

    @overload
    def sort(
        self,
        name: Word,
        start: int | None = None,
        num: int | None = None,
        by: Word | None = None,
        get: Words | None = None,
        desc: bool = False,
        alpha: bool = False,
        store: None = None,
        groups: Literal[False] = False,
    ) -> list[V | None]: ...
    @overload
    def sort(
        self,
        name: Word,
        start: int | None = None,
        num: int | None = None,
        by: Word | None = None,
        get: Words | None = None,
        desc: bool = False,
        alpha: bool = False,
        store: None = None,
        *,
        groups: Literal[True],
    ) -> list[tuple[V | None, ...]]: ...
    @overload
    def sort(
        self,
        name: Word,
        start: int | None = None,
        num: int | None = None,
        by: Word | None = None,
        get: Words | None = None,
        desc: bool = False,
        alpha: bool = False,
        *,
        store: Word,
    ) -> int: ...
    def sort(
        self,
        name: Word,
        start: int | None = None,
        num: int | None = None,
        by: Word | None = None,
        get: Words | None = None,
        desc: bool = False,
        alpha: bool = False,
        store: Word | None = None,
        groups: bool = False,
    ) -> Any:
        """The elements in order, or what ``get`` names for each; ``groups`` makes those tuples."""
        patterns = [] if get is None else words_of(get)
        words = ["SORT", name, *given(by=by), *limit(start, num)]
        for pattern in patterns:
            words += ["GET", pattern]
        words += [*chosen(desc=desc, alpha=alpha), *given(store=store)]
        if groups and store is None:
            return self._converted(grouped(max(1, len(patterns))), *words)
        return self._command(*words)
