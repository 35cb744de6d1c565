"""Pipelines: many commands in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from libkevy._door import PipelineHandle
from libkevy._queued import QueuedCommands
from libkevy._uncopied import Uncopied
from libkevy._verbs import is_queued
from libkevy.errors import Error, WatchError

if TYPE_CHECKING:
    import sys
    from types import TracebackType

    from libkevy._types import Word

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = ["Pipeline"]


class Pipeline(Uncopied, PipelineHandle, QueuedCommands):
    """Collects commands and runs them in one call.

    Every method that adds a command returns the pipeline, so that they can be chained::

        results = db.pipeline().set("a", 1).incr("a").get("a").execute()

    The everyday verbs are methods as those of an instance, and give ``execute`` the same results.
    ``command`` adds any command; its reply comes as Redis has it.

    Without ``atomic`` other callers' commands may run in between. With it they can not: the
    commands go as one MULTI ... EXEC.

    A pipeline belongs to one thread at a time.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # inherited, with the docstrings there

        def command(self, /, *words: Word) -> Self: ...

        def get(self, name: Word) -> Self: ...

        def execute(self, raise_on_error: bool = True) -> list[Any]: ...

        def clear(self) -> None: ...

    def _run_collected(
        self,
        target: Any,
        atomic: bool,
        commands: tuple[tuple[Word, ...], ...],
        converters: list[Callable[[Any], Any] | None],
        raise_on_error: bool,
    ) -> list[Any]:
        """What ``execute`` does with commands that the compiled door does not run on the spot."""
        replies = target._run_atomic(commands) if atomic else target._pipeline(commands)
        for i, convert in enumerate(converters):
            if convert is not None and _is_convertible(replies[i]):
                replies[i] = convert(replies[i])
        if raise_on_error:
            for reply in replies:
                if isinstance(reply, Error):
                    raise reply
        result: list[Any] = replies
        return result

    def __enter__(self) -> Self:
        """The pipeline itself; it forgets its commands when the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()


def run_transaction(
    run: Callable[[tuple[tuple[Word, ...], ...]], list[Any]], commands: tuple[tuple[Word, ...], ...]
) -> list[Any]:
    """The commands' replies as one MULTI ... EXEC of a session, whose pipeline ``run`` runs."""
    first, *queued, outcome = run((("MULTI",), *commands, ("EXEC",)))
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
