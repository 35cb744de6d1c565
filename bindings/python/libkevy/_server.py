"""The verbs of the store as a whole, and of messages."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any

from libkevy._types import V, Word
from libkevy._verbs import Verbs, is_done


class Server(Verbs[V]):
    """The store as a whole: its size, its end, what it says of itself; and messages."""

    __slots__ = ()

    def ping(self) -> bool:
        """True."""
        return self._converted(is_done, "PING")

    def echo(self, value: Word) -> V:
        """The value itself."""
        return self._command("ECHO", value)

    def dbsize(self) -> int:
        """How many keys there are."""
        return self._command("DBSIZE")

    def flushdb(self, asynchronous: bool = False) -> bool:
        """Deletes all keys of the database; big values later, if ``asynchronous``."""
        return self._converted(is_done, "FLUSHDB", *_later(asynchronous))

    def flushall(self, asynchronous: bool = False) -> bool:
        """Deletes all keys of all databases; big values later, if ``asynchronous``."""
        return self._converted(is_done, "FLUSHALL", *_later(asynchronous))

    def info(self, section: Word | None = None, *args: Word) -> dict[str, Any]:
        """What the instance says of itself, of all sections or some; numbers as numbers."""
        sections = () if section is None else (section, *args)
        return self._converted(info_of, "INFO", *sections)

    def publish(self, channel: Word, message: Word) -> int:
        """Sends a message to whoever subscribes to the channel; how many those are."""
        return self._command("PUBLISH", channel, message)

    def spublish(self, shard_channel: Word, message: Word) -> int:
        """As ``publish``, to a sharded channel."""
        return self._command("SPUBLISH", shard_channel, message)


def _later(asynchronous: bool) -> list[Word]:
    return ["ASYNC"] if asynchronous else []


def info_of(reply: bytes | str) -> dict[str, Any]:
    """INFO's lines as a dict, with numbers as numbers and what has parts as a dict of them."""
    text = reply if isinstance(reply, str) else reply.decode("utf-8", "backslashreplace")
    lines = (line for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: _info_value(value) for name, _, value in (line.partition(":") for line in lines)}


def _info_value(text: str) -> Any:
    if "=" in text:
        parts = (part.rpartition("=") for part in text.split(",") if part)
        return {name: _info_value(value) for name, _, value in parts}
    if "," in text:
        return [_info_value(part) for part in text.split(",") if part]
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text
