"""The verbs of the groups that consume streams."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libkevy._streams import by_stream, entries_of
from libkevy._types import V, Word
from libkevy._verbs import Verbs, chosen, given, is_done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class StreamGroups(Verbs[V]):
    """Groups: who of several consumers has got which entries, and has not yet acknowledged them."""

    __slots__ = ()

    def xgroup_create(
        self,
        name: Word,
        groupname: Word,
        id: Word = "$",  # noqa: A002
        mkstream: bool = False,
        entries_read: int | None = None,
    ) -> bool:
        """Makes a group that reads what comes after an id (``$``: after now)."""
        options: list[Word] = [*chosen(mkstream=mkstream), *given(entriesread=entries_read)]
        return self._converted(is_done, "XGROUP", "CREATE", name, groupname, id, *options)

    def xgroup_setid(
        self,
        name: Word,
        groupname: Word,
        id: Word,  # noqa: A002
        entries_read: int | None = None,
    ) -> bool:
        """Has a group go on after an id."""
        options: list[Word] = given(entriesread=entries_read)
        return self._converted(is_done, "XGROUP", "SETID", name, groupname, id, *options)

    def xgroup_destroy(self, name: Word, groupname: Word) -> bool:
        """Removes a group; whether there was one."""
        return self._converted(bool, "XGROUP", "DESTROY", name, groupname)

    def xgroup_createconsumer(self, name: Word, groupname: Word, consumername: Word) -> int:
        """Makes a consumer; 1 when there was none of the name."""
        return self._command("XGROUP", "CREATECONSUMER", name, groupname, consumername)

    def xgroup_delconsumer(self, name: Word, groupname: Word, consumername: Word) -> int:
        """Removes a consumer; how many entries it had not acknowledged."""
        return self._command("XGROUP", "DELCONSUMER", name, groupname, consumername)

    def xreadgroup(
        self,
        groupname: Word,
        consumername: Word,
        streams: Mapping[Any, Word],
        count: int | None = None,
        block: int | None = None,
        noack: bool = False,
        claim_min_idle_time: int | None = None,
    ) -> list[list[Any]]:
        """What a consumer has not yet got (``>``), or had from an id on, shaped as by ``xread``."""
        options: list[Word] = [
            *given(count=count, block=block),
            *chosen(noack=noack),
            *given(claim=claim_min_idle_time),
        ]
        words: list[Word] = [*options, "STREAMS", *streams.keys(), *streams.values()]
        return self._converted(by_stream, "XREADGROUP", "GROUP", groupname, consumername, *words)

    def xack(self, name: Word, groupname: Word, *ids: Word) -> int:
        """Acknowledges entries; how many were pending."""
        return self._command("XACK", name, groupname, *ids)

    def xackdel(
        self, name: Word, groupname: Word, *ids: Word, ref_policy: str = "KEEPREF"
    ) -> list[int]:
        """Acknowledges entries and removes them; a result for each."""
        return self._command("XACKDEL", name, groupname, ref_policy, "IDS", len(ids), *ids)

    def xnack(
        self,
        name: Word,
        groupname: Word,
        mode: str,
        *ids: Word,
        retrycount: int | None = None,
        force: bool = False,
    ) -> int:
        """Gives entries back, for any consumer to get; how many."""
        options: list[Word] = [*given(retrycount=retrycount), *chosen(force=force)]
        return self._command("XNACK", name, groupname, mode, "IDS", len(ids), *ids, *options)

    def xclaim(
        self,
        name: Word,
        groupname: Word,
        consumername: Word,
        min_idle_time: int,
        message_ids: Sequence[Word],
        idle: int | None = None,
        time: int | None = None,
        retrycount: int | None = None,
        force: bool = False,
        justid: bool = False,
    ) -> list[Any]:
        """Takes over entries that were pending for long; they, or their ids alone."""
        options: list[Word] = [
            *given(idle=idle, time=time, retrycount=retrycount),
            *chosen(force=force, justid=justid),
        ]
        words: list[Word] = [groupname, consumername, min_idle_time, *message_ids, *options]
        if justid:
            return self._command("XCLAIM", name, *words)
        return self._converted(entries_of, "XCLAIM", name, *words)

    def xautoclaim(
        self,
        name: Word,
        groupname: Word,
        consumername: Word,
        min_idle_time: int,
        start_id: Word = "0-0",
        count: int | None = None,
        justid: bool = False,
    ) -> list[Any]:
        """Takes over what was pending for long: where to go on, entries, ids gone; or just ids."""
        options: list[Word] = [*given(count=count), *chosen(justid=justid)]
        words: list[Word] = [groupname, consumername, min_idle_time, start_id, *options]
        convert = _claimed_ids if justid else _claimed
        return self._converted(convert, "XAUTOCLAIM", name, *words)

    def xpending(self, name: Word, groupname: Word) -> dict[str, Any]:
        """How many entries are pending, from which id to which, and how many of each consumer."""
        return self._converted(_pending, "XPENDING", name, groupname)

    def xpending_range(
        self,
        name: Word,
        groupname: Word,
        min: Word,  # noqa: A002
        max: Word,  # noqa: A002
        count: int,
        consumername: Word | None = None,
        idle: int | None = None,
    ) -> list[dict[str, Any]]:
        """The entries that are pending: their ids, consumers, for how long, how often delivered."""
        words: list[Word] = [*given(idle=idle), min, max, count]
        owner = [] if consumername is None else [consumername]
        return self._converted(_pending_range, "XPENDING", name, groupname, *words, *owner)


def _claimed(reply: list[Any]) -> list[Any]:
    return [reply[0], entries_of(reply[1]), *reply[2:]]


def _claimed_ids(reply: list[Any]) -> list[Any]:
    ids: list[Any] = reply[1]
    return ids


def _pending(reply: list[Any]) -> dict[str, Any]:
    consumers = [{"name": name, "pending": int(count)} for name, count in reply[3] or ()]
    return {"pending": reply[0], "min": reply[1], "max": reply[2], "consumers": consumers}


_OF_PENDING = ("message_id", "consumer", "time_since_delivered", "times_delivered")


def _pending_range(reply: list[Any]) -> list[dict[str, Any]]:
    return [dict(zip(_OF_PENDING, each)) for each in reply]
