"""The verbs of streams."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libkevy._types import V, Word
from libkevy._verbs import Verbs, chosen, dict_of, given, pairs_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class Streams(Verbs[V]):
    """Streams: entries of fields, by ids that only grow."""

    __slots__ = ()

    def xadd(
        self,
        name: Word,
        fields: Mapping[Any, Word],
        id: Word = "*",  # noqa: A002
        maxlen: int | None = None,
        approximate: bool = True,
        nomkstream: bool = False,
        minid: Word | None = None,
        limit: int | None = None,
        ref_policy: str | None = None,
        idmpauto: Word | None = None,
        idmp: tuple[Word, Word] | None = None,
    ) -> V | None:
        """Adds an entry, and trims the stream if asked; the entry's id."""
        words: list[Word] = [
            *chosen(nomkstream=nomkstream),
            *([ref_policy] if ref_policy else ()),
            *(["IDMP", *idmp] if idmp else ()),
            *given(idmpauto=idmpauto),
            *_trimmed(maxlen, approximate, minid, limit),
            id,
        ]
        return self._command("XADD", name, *words, *pairs_of(fields))

    def xcfgset(
        self, name: Word, idmp_duration: int | None = None, idmp_maxsize: int | None = None
    ) -> V:
        """Sets for how many seconds, and how many of a producer, xadd's messages are remembered."""
        words: list[Word] = []
        if idmp_duration is not None:
            words += ["IDMP-DURATION", idmp_duration]
        if idmp_maxsize is not None:
            words += ["IDMP-MAXSIZE", idmp_maxsize]
        return self._command("XCFGSET", name, *words)

    def xlen(self, name: Word) -> int:
        """How many entries there are."""
        return self._command("XLEN", name)

    def xrange(
        self,
        name: Word,
        min: Word = "-",  # noqa: A002
        max: Word = "+",  # noqa: A002
        count: int | None = None,
    ) -> list[tuple[V, dict[V, V]]]:
        """The entries from one id to another."""
        return self._converted(entries_of, "XRANGE", name, min, max, *given(count=count))

    def xrevrange(
        self,
        name: Word,
        max: Word = "+",  # noqa: A002
        min: Word = "-",  # noqa: A002
        count: int | None = None,
    ) -> list[tuple[V, dict[V, V]]]:
        """The same from the last to the first."""
        return self._converted(entries_of, "XREVRANGE", name, max, min, *given(count=count))

    def xread(
        self,
        streams: Mapping[Any, Word],
        count: int | None = None,
        block: int | None = None,
    ) -> list[list[Any]]:
        """What came after ids (``$``: now), by stream; waits ``block`` milliseconds, 0 for ever."""
        words: list[Word] = [
            *given(count=count, block=block),
            "STREAMS",
            *streams.keys(),
            *streams.values(),
        ]
        return self._converted(by_stream, "XREAD", *words)

    def xdel(self, name: Word, *ids: Word) -> int:
        """Removes entries; how many there were."""
        return self._command("XDEL", name, *ids)

    def xdelex(self, name: Word, *ids: Word, ref_policy: str = "KEEPREF") -> list[int]:
        """The same, and says of groups' references what becomes of them; a result for each id."""
        return self._command("XDELEX", name, ref_policy, "IDS", len(ids), *ids)

    def xtrim(
        self,
        name: Word,
        maxlen: int | None = None,
        approximate: bool = True,
        minid: Word | None = None,
        limit: int | None = None,
        ref_policy: str | None = None,
    ) -> int:
        """Removes the oldest entries, all but ``maxlen`` or those before ``minid``; how many."""
        trimmed = _trimmed(maxlen, approximate, minid, limit)
        return self._command("XTRIM", name, *trimmed, *([ref_policy] if ref_policy else ()))

    def xinfo_stream(self, name: Word, full: bool = False) -> dict[str, Any]:
        """What there is to know of a stream; with ``full`` its entries and groups, too."""
        convert = _full_description if full else _description
        return self._converted(convert, "XINFO", "STREAM", name, *chosen(full=full))

    def xinfo_groups(self, name: Word) -> list[dict[str, Any]]:
        """The groups of a stream."""
        return self._converted(_descriptions, "XINFO", "GROUPS", name)

    def xinfo_consumers(self, name: Word, groupname: Word) -> list[dict[str, Any]]:
        """The consumers of a group."""
        return self._converted(_descriptions, "XINFO", "CONSUMERS", name, groupname)


def _trimmed(
    maxlen: int | None, approximate: bool, minid: Word | None, limit: int | None
) -> list[Word]:
    about = ["~"] if approximate else []
    words: list[Word] = []
    if maxlen is not None:
        words += ["MAXLEN", *about, maxlen]
    if minid is not None:
        words += ["MINID", *about, minid]
    return words + given(limit=limit)


def _entry(reply: Any) -> tuple[Any, ...]:
    # What CLAIM adds comes behind the fields.
    if reply is None:
        return (None, None)
    return (reply[0], None if reply[1] is None else dict_of(reply[1]), *reply[2:])


def entries_of(reply: list[Any]) -> list[Any]:
    """Entries as tuples of an id and a dict."""
    return [_entry(each) for each in reply]


def by_stream(reply: Any) -> list[list[Any]]:
    """Entries by stream, which RESP3 has as a map; nothing for none."""
    pairs = reply.items() if isinstance(reply, dict) else reply or ()
    return [[key, entries_of(entries)] for key, entries in pairs]


by_stream.of_null = list  # type: ignore[attr-defined]


def _named(reply: Any) -> dict[str, Any]:
    return {
        key.decode() if isinstance(key, bytes) else key: value
        for key, value in dict_of(reply).items()
    }


def _descriptions(reply: list[Any]) -> list[dict[str, Any]]:
    return [_named(each) for each in reply]


def _description(reply: Any) -> dict[str, Any]:
    described = _named(reply)
    for end in ("first-entry", "last-entry"):
        if described.get(end) is not None:
            described[end] = _entry(described[end])
    return described


def _full_description(reply: Any) -> dict[str, Any]:
    described = _named(reply)
    described["entries"] = dict(entries_of(described["entries"]))
    described["groups"] = _descriptions(described["groups"])
    for group in described["groups"]:
        group["consumers"] = _descriptions(group["consumers"])
    return described
