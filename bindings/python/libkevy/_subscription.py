"""Subscriptions: messages as an iterator, an async iterator, or given to a function."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Callable, Generic, cast

from libkevy._door import SubscriptionHandle
from libkevy._made import MadeByInit, refuse_second_init
from libkevy._types import V, Word
from libkevy._uncopied import Uncopied
from libkevy._unraisable import report
from libkevy._waiting import Turns, readable, wait_for
from libkevy.errors import ClosedError, InvalidError

if TYPE_CHECKING:
    import sys
    from types import TracebackType

    from libkevy._instance import Instance

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = ["Message", "Subscription"]

KINDS = {"channel": 0, "pattern": 1, "sharded": 2}


class Message(Generic[V]):
    """A published message.

    ``pattern`` is the pattern that matched, None unless the subscription is to patterns.
    """

    __slots__ = ("channel", "pattern", "payload")

    channel: V
    payload: V
    pattern: V | None

    def __init__(self, channel: V, payload: V, pattern: V | None = None) -> None:
        self.channel = channel
        self.payload = payload
        self.pattern = pattern

    def __repr__(self) -> str:
        pattern = "" if self.pattern is None else f", pattern={self.pattern!r}"
        return f"Message({self.channel!r}, {self.payload!r}{pattern})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return (self.channel, self.payload, self.pattern) == (
            other.channel,
            other.payload,
            other.pattern,
        )

    def __hash__(self) -> int:
        return hash((self.channel, self.payload, self.pattern))


class Subscription(Uncopied, SubscriptionHandle, Generic[V]):
    """The messages of some channels, patterns or sharded channels, in the order published.

    It is live from when it is made. Iterate over it, ``async for`` over it, or take one message
    with ``next``; both iterations end when it is closed or its instance stopped. Messages queue
    until they are taken; a queue beyond ``client-output-buffer-limit`` ends the subscription.

    One thread at a time takes messages; any thread may close it.
    """

    _turns: Turns = MadeByInit()  # type: ignore[assignment]
    _is_closed: bool = MadeByInit()  # type: ignore[assignment]
    _thread: threading.Thread | None = MadeByInit()  # type: ignore[assignment]

    def __init__(
        self,
        instance: Instance[V],
        channels: tuple[Word, ...],
        kind: str = "channel",
        callback: Callable[[Message[V]], object] | None = None,
    ) -> None:
        """Subscribes; ``Instance.subscribe`` does the same."""
        refuse_second_init(self)
        if kind not in KINDS:
            msg = f"kind is {kind!r}; it may be 'channel', 'pattern' or 'sharded'"
            raise InvalidError(msg)
        if not channels:
            msg = f"subscribe() takes at least one {kind}"
            raise InvalidError(msg)
        if callback is not None and not callable(callback):
            msg = f"callback is a function of a message, not {callback!r}"
            raise InvalidError(msg)
        super().__init__(instance, KINDS[kind], channels)
        self._turns = Turns()
        self._is_closed = False
        self._thread = None
        if callback is not None:
            self._thread = threading.Thread(
                target=_deliver, args=(self, callback), name="kevy-subscription", daemon=True
            )
            _delivering.add(self._thread)
            self._thread.start()

    def next(self, timeout: float | None = None) -> Message[V] | None:
        """The next message; waits up to ``timeout`` seconds, for ever when it is None or infinite.

        None when no message came in time; below zero it does not wait. Raises ``ClosedError`` once
        the subscription is over.
        """
        self._refuse_with_callback()
        try:
            taken = wait_for(self._next, timeout, self._descriptor)
        except ClosedError:
            self._release()
            raise
        return None if taken is None else Message(*taken)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Message[V]:
        try:
            return cast("Message[V]", self.next())
        except ClosedError:
            raise StopIteration from None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message[V]:
        """The next message, awaited in a running asyncio event loop; no thread is used.

        A task that is cancelled while it waits has taken nothing.
        """
        self._refuse_with_callback()
        await self._turns.next()
        try:
            while (taken := self._next(0)) is None:
                await readable(self._descriptor())
                self._turns.waited()
        except ClosedError:
            self._release()
            raise StopAsyncIteration from None
        return Message(*taken)

    def fileno(self) -> int:
        """A descriptor that polls readable while messages wait: poll it, nothing else."""
        return self._descriptor()

    def close(self, *, discard: bool = False) -> None:
        """Leaves the channels. May be called again, and from any thread.

        Messages published before are delivered: ``next`` and iterations give them, then end, and a
        callback gets them before this returns, or after it has returned where it is the callback
        that closes. With ``discard`` they are dropped.
        """
        thread = self._thread
        self._is_closed = True
        self._cancel()
        if discard:
            self._close()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._is_closed

    def __enter__(self) -> Self:
        """The subscription itself; it is closed when the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _release(self) -> None:
        """Nothing is left to be taken: once it is closed, the handle can go."""
        if self._is_closed:
            self._close()

    def _refuse_with_callback(self) -> None:
        if self._thread is not None:
            msg = "the subscription's messages go to its callback"
            raise InvalidError(msg)


# The threads that run callbacks, for the end of the interpreter.
_delivering: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


def join_delivering(timeout: float) -> None:
    """Waits for the threads of callbacks, whose instances were stopped."""
    for thread in list(_delivering):
        if thread is not threading.current_thread():
            thread.join(timeout)


def _deliver(subscription: Subscription[V], callback: Callable[[Message[V]], object]) -> None:
    # Past the methods of Subscription, which refuse to share the messages with a callback.
    while True:
        try:
            taken = wait_for(subscription._next, None, subscription._descriptor)
        except ClosedError:
            subscription._close()
            return
        except UnicodeDecodeError as error:
            report(error, "kevy dropped a message, which does not decode, to", callback)
            continue
        if taken is None:
            continue
        try:
            callback(Message(*taken))
        except (Exception, SystemExit) as error:
            report(error, "Exception ignored in a callback of kevy's", callback)
