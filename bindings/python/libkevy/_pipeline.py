"""Pipelines: many commands in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from libkevy._queued import QueuedCommands
from libkevy._verbs import is_queued
from libkevy.errors import Error, WatchError

if TYPE_CHECKING:
    import sys

    from libkevy._types import Word

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = ["Pipeline"]


class Pipeline(QueuedCommands):
    """Collects commands and runs them in one call.

    Every method that adds a command returns the pipeline, so that they can be chained::

        replies = db.pipeline().set("a", 1).incr("a").get("a").run()

    The everyday verbs are methods as those of an instance, and give ``run`` the same results.

    Without ``atomic`` other callers' commands may run in between. With it they can not: the
    commands go as one MULTI ... EXEC.

    A pipeline belongs to one thread at a time.
    """

    def __init__(
        self,
        run: Callable[[tuple[tuple[Word, ...], ...]], list[Any]],
        *,
        atomic: bool,
    ) -> None:
        self._run = run
        self._atomic = atomic
        self._commands: list[tuple[Word, ...]] = []
        self._converters: list[Callable[[Any], Any] | None] = []

    def execute(self, /, *words: Word) -> Self:
        """Adds a command, the verb first. It runs with ``run``."""
        if not words:
            msg = "execute() takes a command: its verb and its arguments"
            raise TypeError(msg)
        self._commands.append(words)
        self._converters.append(None)
        return self

    def _converted(self, convert: Callable[[Any], Any], *words: Word) -> Self:
        self._commands.append(words)
        self._converters.append(convert)
        return self

    def get(self, key: Word) -> Self:
        """Adds ``GET key``."""
        return self.execute("GET", key)

    def set(self, key: Word, value: Word, *, ttl_ms: int | None = None) -> Self:
        """Adds ``SET key value``, with a time to live when one is given."""
        if ttl_ms is None:
            return self.execute("SET", key, value)
        return self.execute("SET", key, value, "PX", ttl_ms)

    def clear(self) -> None:
        """Forgets the commands added so far."""
        self._commands.clear()
        self._converters.clear()

    def __len__(self) -> int:
        """How many commands were added since the last run."""
        return len(self._commands)

    def __bool__(self) -> bool:
        """True, also of an empty pipeline."""
        return True

    def run(self, *, raise_on_error: bool = True) -> list[Any]:
        """Runs the commands and gives their replies, in order. The pipeline is empty afterwards.

        All commands run, whatever becomes of each. Then the first error among their replies is
        raised, or, without ``raise_on_error``, the errors stand among the replies as exceptions.
        An atomic pipeline raises ``WatchError`` when a key watched by its session was changed.
        """
        commands, converters = tuple(self._commands), self._converters
        self._commands, self._converters = [], []
        if not commands:
            return []
        replies = self._run_atomic(commands) if self._atomic else self._run(commands)
        for i, convert in enumerate(converters):
            if convert is not None and _is_convertible(replies[i]):
                replies[i] = convert(replies[i])
        if raise_on_error:
            for reply in replies:
                if isinstance(reply, Error):
                    raise reply
        return replies

    def _run_atomic(self, commands: tuple[tuple[Word, ...], ...]) -> list[Any]:
        first, *queued, outcome = self._run((("MULTI",), *commands, ("EXEC",)))
        if isinstance(first, Error):
            raise first
        if outcome is None:
            msg = "a watched key was changed: no command of the transaction ran"
            raise WatchError(msg)
        if isinstance(outcome, Error):
            refused = next((reply for reply in queued if isinstance(reply, Error)), None)
            raise outcome from refused
        replies: list[Any] = outcome
        return replies


def _is_convertible(reply: object) -> bool:
    return not (reply is None or isinstance(reply, Error) or is_queued(reply))
