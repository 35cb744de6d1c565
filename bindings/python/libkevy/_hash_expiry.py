"""The verbs of hashes whose fields have times to live."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libkevy._types import V, Word
from libkevy._verbs import (
    Verbs,
    chosen,
    given,
    pairs_of,
    unix_milliseconds,
    unix_seconds,
)
from libkevy._verbs import milliseconds as in_milliseconds
from libkevy._verbs import seconds as in_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta


class HashExpiry(Verbs[V]):
    """Hashes: times to live of fields. Where a list of integers comes back, there is one a field;
    -2 says that there is no such field."""

    __slots__ = ()

    def hexpire(
        self,
        name: Word,
        seconds: int | timedelta,
        *fields: Word,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> list[int]:
        """Lets fields live so many seconds: 1; 0 where options forbid it, 2 where gone at once."""
        return self._expiring_fields("HEXPIRE", name, in_seconds(seconds), fields, nx, xx, gt, lt)

    def hpexpire(
        self,
        name: Word,
        milliseconds: int | timedelta,
        *fields: Word,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> list[int]:
        """As ``hexpire``, in milliseconds."""
        return self._expiring_fields(
            "HPEXPIRE", name, in_milliseconds(milliseconds), fields, nx, xx, gt, lt
        )

    def hexpireat(
        self,
        name: Word,
        unix_time_seconds: int | datetime,
        *fields: Word,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> list[int]:
        """As ``hexpire``, until a moment: a datetime, or seconds since the Unix epoch."""
        moment = unix_seconds(unix_time_seconds)
        return self._expiring_fields("HEXPIREAT", name, moment, fields, nx, xx, gt, lt)

    def hpexpireat(
        self,
        name: Word,
        unix_time_milliseconds: int | datetime,
        *fields: Word,
        nx: bool = False,
        xx: bool = False,
        gt: bool = False,
        lt: bool = False,
    ) -> list[int]:
        """As ``hexpire``, until a moment: a datetime, or milliseconds since the Unix epoch."""
        moment = unix_milliseconds(unix_time_milliseconds)
        return self._expiring_fields("HPEXPIREAT", name, moment, fields, nx, xx, gt, lt)

    def httl(self, key: Word, *fields: Word) -> list[int]:
        """How many seconds fields have left; -1 for one that has no time to live."""
        return self._of_fields("HTTL", key, [], fields)

    def hpttl(self, key: Word, *fields: Word) -> list[int]:
        """As ``httl``, in milliseconds."""
        return self._of_fields("HPTTL", key, [], fields)

    def hexpiretime(self, key: Word, *fields: Word) -> list[int]:
        """The moments fields expire at, in seconds since the Unix epoch; -1 where there is none."""
        return self._of_fields("HEXPIRETIME", key, [], fields)

    def hpexpiretime(self, key: Word, *fields: Word) -> list[int]:
        """As ``hexpiretime``, in milliseconds."""
        return self._of_fields("HPEXPIRETIME", key, [], fields)

    def hpersist(self, name: Word, *fields: Word) -> list[int]:
        """Takes the times to live of fields away; 1 where there was one, -1 where not."""
        return self._of_fields("HPERSIST", name, [], fields)

    def hgetdel(self, name: Word, *keys: Word) -> list[V | None]:
        """The values of fields, which are removed."""
        return self._of_fields("HGETDEL", name, [], keys)

    def hgetex(
        self,
        name: Word,
        *keys: Word,
        ex: int | timedelta | None = None,
        px: int | timedelta | None = None,
        exat: int | datetime | None = None,
        pxat: int | datetime | None = None,
        persist: bool = False,
    ) -> list[V | None]:
        """The values of fields, whose time to live is set, or with ``persist`` taken away."""
        options = [*_times(ex, px, exat, pxat), *chosen(persist=persist)]
        return self._of_fields("HGETEX", name, options, keys)

    def hsetex(
        self,
        name: Word,
        key: Word | None = None,
        value: Word | None = None,
        mapping: Mapping[Any, Word] | None = None,
        items: Iterable[Word] | None = None,
        ex: int | timedelta | None = None,
        px: int | timedelta | None = None,
        exat: int | datetime | None = None,
        pxat: int | datetime | None = None,
        data_persist_option: Any = None,
        keepttl: bool = False,
    ) -> int:
        """Stores fields for some time; 0 where ``data_persist_option``, FNX or FXX, forbids it."""
        words: list[Word] = [] if key is None or value is None else [key, value]
        words = [*(items or ()), *words, *pairs_of(mapping or {})]
        options = _times(ex, px, exat, pxat)
        if data_persist_option is not None:
            options.append(getattr(data_persist_option, "value", data_persist_option))
        options.extend(chosen(keepttl=keepttl))
        return self._command("HSETEX", name, *options, "FIELDS", len(words) // 2, *words)

    def _expiring_fields(
        self,
        verb: str,
        name: Word,
        time: int,
        fields: Iterable[Word],
        nx: bool,
        xx: bool,
        gt: bool,
        lt: bool,
    ) -> Any:
        return self._of_fields(verb, name, [time, *chosen(nx=nx, xx=xx, gt=gt, lt=lt)], fields)

    def _of_fields(
        self, verb: str, name: Word, options: Iterable[Word], fields: Iterable[Word]
    ) -> Any:
        fields = list(fields)
        return self._command(verb, name, *options, "FIELDS", len(fields), *fields)


def _times(
    ex: int | timedelta | None,
    px: int | timedelta | None,
    exat: int | datetime | None,
    pxat: int | datetime | None,
) -> list[Word]:
    return list(
        given(
            ex=None if ex is None else in_seconds(ex),
            px=None if px is None else in_milliseconds(px),
            exat=None if exat is None else unix_seconds(exat),
            pxat=None if pxat is None else unix_milliseconds(pxat),
        )
    )
