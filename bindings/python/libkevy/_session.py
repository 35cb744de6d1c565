"""Sessions: what a connection is to a server, without one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Generic

from libkevy._builders import Builders
from libkevy._commands import Commands, Iterators
from libkevy._door import SessionHandle
from libkevy._made import MadeByInit, refuse_second_init
from libkevy._pipeline import Pipeline
from libkevy._types import V, Word
from libkevy._uncopied import Uncopied
from libkevy._verbs import converted, is_queued
from libkevy._waiting import Turns, cancelled_late, interrupted_late, readable, wait_for
from libkevy.errors import ClosedError, Error, InvalidError, refused_word

if TYPE_CHECKING:
    import sys
    from types import TracebackType

    from libkevy._instance import Instance

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = ["Session"]

# The most bytes that `take` makes room for.
_MOST_AT_ONCE = 1 << 30


class Session(Uncopied, SessionHandle, Commands[V], Iterators[V], Builders[V], Generic[V]):
    """A connection's state: database, protocol, transaction, watches, subscriptions, name.

    ``execute`` runs every verb of Redis; one that blocks in Redis blocks the calling thread alone.
    The everyday verbs are methods as those of an instance. After ``execute("MULTI")`` a method
    gives ``QUEUED``, and EXEC's replies are as Redis has them; ``pipeline(atomic=True)`` gives each
    in its own shape.

    What is pushed to the session (messages of its subscriptions) is taken with ``next``.

    Or the session is used raw: ``feed`` it RESP and ``take`` what it answers, as over a socket. One
    session takes either commands or bytes.

    A session belongs to one thread at a time: a call while another thread is in one raises
    ``InvalidError``. It may outlive its instance, and then raises ``ClosedError``.
    """

    _turns: Turns = MadeByInit()  # type: ignore[assignment]

    def __init__(self, instance: Instance[V]) -> None:
        """Opens a session; ``Instance.session`` does the same."""
        refuse_second_init(self)
        super().__init__(instance)
        self._turns = Turns()

    def pipeline(self, *, atomic: bool = False) -> Pipeline:
        """An empty pipeline of this session; with ``atomic`` it runs as one MULTI ... EXEC."""
        return Pipeline(self, atomic)

    async def aexecute(self, /, *words: Word) -> Any:
        """Runs one command in a running asyncio event loop, which goes on while it waits.

        A task that is cancelled meanwhile has taken nothing: where an element came at that very
        moment it is given, and the cancellation comes with the task's next wait.
        """
        await self._turns.next()
        try:
            outcome = self._submit(*words)
            while outcome is None:
                await readable(self._descriptor())
                self._turns.waited()
                outcome = self._result(0)
        except Error:
            raise
        except BaseException as error:
            is_interrupted = isinstance(error, KeyboardInterrupt)
            while True:
                try:
                    outcome = self._end_wait()
                    break
                except KeyboardInterrupt:  # before its first line
                    is_interrupted = True
            if outcome is None:
                if is_interrupted:
                    raise KeyboardInterrupt from None
                raise
            if is_interrupted:
                interrupted_late(KeyboardInterrupt())
            else:
                cancelled_late()
        self._forget_outcome()
        return outcome[0]

    def cancel(self) -> bool:
        """Ends the wait of the command that another thread runs; whether there was one.

        The command raises ``CancelledError``, unless it has just got what it waited for.
        """
        return self._cancel()

    def _wait_for_reply(self) -> Any:
        """The reply of the command that was submitted. The door calls it."""
        outcome: Any = wait_for(self._result, None, self._descriptor)
        return outcome[0]

    def _end_after(self, error: BaseException) -> Any:
        """What the door gives when a command that may wait has raised ``error``.

        Ctrl-C may come anywhere, also before the first line of a function and behind the last: the
        door calls this again where it came before the wait was ended.
        """
        outcome = None if isinstance(error, Error) else self._end_wait()
        if outcome is None:
            raise error
        interrupted_late(error)
        return outcome[0]

    def _end_wait(self) -> tuple[Any] | None:
        """Takes the command that was submitted away: its outcome, if it has got one by now.

        Ctrl-C has ended its wait, or something else that is raised: once more changes nothing.
        """
        while True:
            try:
                self._cancel()
                return self._result(-1)
            except Error:
                return None
            except KeyboardInterrupt:
                continue

    def next(self, timeout: float | None = None) -> list[Any] | None:
        """What is pushed next, such as ``[b"message", channel, payload]``.

        Waits up to ``timeout`` seconds, for ever when it is None or infinite; below zero not at
        all. None when nothing came.
        """
        return wait_for(self._next, timeout, self._descriptor)

    async def anext(self) -> list[Any]:
        """What is pushed next, awaited in a running asyncio event loop; no thread is used.

        A task that is cancelled while it waits has taken nothing.
        """
        await self._turns.next()
        while (push := self._next(0)) is None:
            await readable(self._descriptor())
            self._turns.waited()
        reply: list[Any] = push
        return reply

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Runs every command that is complete in the RESP bytes fed so far.

        Raises ``ClosedError`` after QUIT or a protocol error; ``take`` still gives what was
        answered before.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise refused_word(data)
        self._feed(data)

    def take(self, limit: int = 65536) -> bytes:
        """Up to ``limit`` bytes of what the session has to say; none when there is nothing.

        Raises ``ClosedError`` when the session is over and all was taken.
        """
        if not 0 < limit <= _MOST_AT_ONCE:
            msg = f"limit is {limit}; it has to be from 1 to {_MOST_AT_ONCE}"
            raise InvalidError(msg)
        return self._take(limit)

    def fileno(self) -> int:
        """A descriptor that polls readable while something is pushed: poll it, nothing else."""
        return self._descriptor()

    def close(self) -> None:
        """Ends the session, its transaction, watches and subscriptions. May be called again."""
        self._close()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return not self._is_open()

    def __enter__(self) -> Self:
        """The session itself; it is closed when the block ends."""
        if self.closed:
            msg = "the session was closed"
            raise ClosedError(msg)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _converted(self, convert: Callable[[Any], Any], *words: Word) -> Any:
        reply = self._command(*words)
        return reply if is_queued(reply) else converted(convert, reply)

    if TYPE_CHECKING:  # inherited, with the docstring there

        def execute(self, /, *words: Word) -> Any: ...
