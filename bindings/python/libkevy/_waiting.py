"""Waiting for something that is pushed: on a thread, in an event loop, or in a greenlet."""

from __future__ import annotations

import _thread
import itertools
import math
import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from libkevy.errors import InvalidError

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

# Python runs signal handlers on the main thread alone, between two calls into C. So the main thread
# waits in slices, or Ctrl-C would wait as well.
_SLICE_MS = 100

# The longest wait of one call into C. What is to wait longer calls again.
_LONGEST_MS = 24 * 60 * 60 * 1000

# How much later Ctrl-C comes when it has to, in seconds.
_MOMENT = 0.2

# How many things that are there already are handed out before other tasks or greenlets may run.
_BURST = 64


def wait_for(
    take: Callable[[int], T | None], timeout: float | None, descriptor: Callable[[], int]
) -> T | None:
    """The next thing, or None when there is none within ``timeout`` seconds.

    None and infinity wait for ever, what is below zero does not wait. ``take(timeout_ms)`` waits
    for it without the GIL; below zero it waits for ever. ``descriptor()`` polls readable while
    there is something to take: where gevent has replaced what blocks a thread, that is waited for
    instead, and other greenlets run meanwhile.
    """
    deadline = _deadline(timeout)
    if is_patched_by_gevent():
        return _wait_in_greenlet(take, deadline, descriptor)
    on_main_thread = threading.current_thread() is threading.main_thread()
    if deadline is None and not on_main_thread:
        return take(-1)
    longest_ms = _SLICE_MS if on_main_thread else _LONGEST_MS
    while True:
        left_ms = longest_ms if deadline is None else _milliseconds_until(deadline, longest_ms)
        taken = take(left_ms)
        if taken is not None or (deadline is not None and time.monotonic() >= deadline):
            return taken


def poll(descriptor: Any, timeout: float | None) -> None:
    """Waits until a descriptor polls readable, up to ``timeout`` seconds, or for a slice of it.

    Whoever calls it looks, and calls again. Ctrl-C that comes just before the wait, or that another
    thread is given by the system, does not end it: so it is none that lasts.
    """
    import select

    on_main_thread = threading.current_thread() is threading.main_thread()
    longest_ms = _SLICE_MS if on_main_thread else _LONGEST_MS
    left_ms = longest_ms if timeout is None else max(0, math.ceil(timeout * 1000))
    polled = select.poll()  # select() refuses high numbers
    polled.register(descriptor, select.POLLIN)
    polled.poll(min(left_ms, longest_ms))


def _deadline(timeout: float | None) -> float | None:
    if timeout is None:
        return None
    try:
        seconds = float(timeout)
    except OverflowError:  # an int beyond what a float can be
        seconds = math.inf if timeout > 0 else 0.0
    if math.isnan(seconds):
        msg = "timeout is not a number; None or infinity wait for ever"
        raise InvalidError(msg)
    return None if seconds == math.inf else time.monotonic() + max(0.0, seconds)


def _milliseconds_until(deadline: float, longest_ms: int) -> int:
    # Rounded up, so that the last millisecond is not spent asking over and over.
    left_ms = (deadline - time.monotonic()) * 1000
    return longest_ms if left_ms > longest_ms else max(0, math.ceil(left_ms))


# ---- asyncio -----------------------------------------------------------------------------------
#
# asyncio is imported when it is first needed: most programs that use kevy have no event loop.


# Tasks whose cancellation came when what they waited for had just come, and was given to them.
_cancelled_late: weakref.WeakSet[Any] = weakref.WeakSet()


def cancelled_late() -> None:
    """The task that runs was cancelled, and goes on with what has come: until its next wait."""
    import asyncio

    _cancelled_late.add(asyncio.current_task())


def _raise_if_cancelled_late() -> None:
    import asyncio

    task = asyncio.current_task()
    if task in _cancelled_late:
        _cancelled_late.discard(task)
        # It may have been taken back since, as asyncio.timeout() does; Python 3.11 can tell.
        if getattr(task, "cancelling", lambda: 1)():
            raise asyncio.CancelledError


async def readable(descriptor: int) -> None:
    """Returns once ``descriptor`` polls readable, or its owner has closed it."""
    import asyncio

    if _cancelled_late:
        _raise_if_cancelled_late()
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    # A descriptor of our own: closing the subscription makes it readable instead of invalid.
    own = os.dup(descriptor)
    try:
        loop.add_reader(own, _wake, ready)
        try:
            await ready
        finally:
            loop.remove_reader(own)
    finally:
        os.close(own)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


class Turns:
    """Lets other tasks of the event loop run, between many things that are there already.

    It does so before something is taken: a task that is cancelled meanwhile has taken nothing.
    """

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = _BURST

    async def next(self) -> None:
        """To be awaited before each thing is taken."""
        self._left -= 1
        if self._left <= 0:
            import asyncio

            self._left = _BURST
            await asyncio.sleep(0)

    def waited(self) -> None:
        """The task has waited, so that others have run."""
        self._left = _BURST


# ---- gevent ------------------------------------------------------------------------------------


def interrupted_late(error: BaseException) -> None:
    """Raises again what ended a wait, where what was waited for had just come.

    Ctrl-C comes again a moment later instead: at once it would come before the caller has it.
    """
    if not isinstance(error, KeyboardInterrupt):
        raise error
    # Not a threading.Thread, whose start() waits until it runs.
    _thread.start_new_thread(_interrupt_in_a_moment, ())


def _interrupt_in_a_moment() -> None:
    time.sleep(_MOMENT)
    _thread.interrupt_main()


def is_patched_by_gevent() -> bool:
    """Whether what waits on descriptors lets other greenlets run."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("select"))


_taken_in_greenlets = itertools.count(1)


def _wait_in_greenlet(
    take: Callable[[int], T | None], deadline: float | None, descriptor: Callable[[], int]
) -> T | None:
    import gevent.socket  # type: ignore[import-untyped]

    if next(_taken_in_greenlets) % _BURST == 0:
        gevent.sleep(0)
    while (taken := take(0)) is None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return None
        own = os.dup(descriptor())
        try:
            gevent.socket.wait_read(own, timeout=left)
        except gevent.socket.timeout:
            pass
        finally:
            os.close(own)
    return taken
