"""Waiting for something that is pushed: on a thread, or in an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Callable, TypeVar

T = TypeVar("T")

# Python runs signal handlers on the main thread alone, between two calls into C. So the main thread
# waits in slices, or Ctrl-C would wait as well.
_SLICE_MS = 100


def wait_for(take: Callable[[int], T | None], timeout: float | None) -> T | None:
    """The next thing, or None when there is none within ``timeout`` seconds (None: for ever).

    ``take(timeout_ms)`` waits for it without the GIL; below zero it waits for ever.
    """
    on_main_thread = threading.current_thread() is threading.main_thread()
    if timeout is None and not on_main_thread:
        return take(-1)
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left_ms = _SLICE_MS if deadline is None else _milliseconds_until(deadline)
        taken = take(min(left_ms, _SLICE_MS) if on_main_thread else left_ms)
        if taken is not None or (deadline is not None and time.monotonic() >= deadline):
            return taken


def _milliseconds_until(deadline: float) -> int:
    # Rounded up, so that the last millisecond is not spent asking over and over.
    return max(0, -int((time.monotonic() - deadline) * 1000 // 1))


async def readable(descriptor: int) -> None:
    """Returns once ``descriptor`` polls readable, or its owner has closed it."""
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
