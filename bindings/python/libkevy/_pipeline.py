"""Pipelines: many commands in one call."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Callable

from libkevy._door import PipelineHandle
from libkevy._queued import QueuedCommands
from libkevy._uncopied import Uncopied
from libkevy._verbs import converted, is_queued, may_wait, written
from libkevy.errors import Error, ExecAbortError, ResponseError, WatchError

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
        if not atomic and any(may_wait(command[0]) for command in commands):
            replies = _run_one_by_one(target, commands)
        else:
            replies = target._pipeline(commands, atomic)
        if atomic:
            _check_that_it_ran(replies)
        for i, convert in enumerate(converters):
            if convert is not None and _is_convertible(replies[i]):
                replies[i] = converted(convert, replies[i])
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


def _run_one_by_one(target: Any, commands: tuple[tuple[Word, ...], ...]) -> list[Any]:
    """Runs each command that may wait by itself, so that its wait is like any other's."""
    replies: list[Any] = []
    undecoded: list[UnicodeDecodeError] = []
    for waits, group in itertools.groupby(written(commands), lambda command: may_wait(command[0])):
        for part in [(command,) for command in group] if waits else [tuple(group)]:
            try:
                if waits:
                    replies.append(target._command(*part[0]))
                else:
                    replies.extend(target._pipeline(part, False))
            except ResponseError as error:
                replies.append(error)
            except UnicodeDecodeError as error:
                undecoded.append(error)
    if undecoded:  # all commands have run
        raise undecoded[0]
    return replies


def _check_that_it_ran(replies: list[Any] | None) -> None:
    """Raises what kept a transaction from running."""
    if replies is None:
        msg = "a watched key was changed: no command of the transaction ran"
        raise WatchError(msg)
    errors = [reply for reply in replies if isinstance(reply, ResponseError)]
    aborted = next((error for error in errors if isinstance(error, ExecAbortError)), None)
    if aborted is not None:
        raise aborted from next((error for error in errors if error.code != aborted.code), None)


def _is_convertible(reply: object) -> bool:
    return not (isinstance(reply, Error) or is_queued(reply))
