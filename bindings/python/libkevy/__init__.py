"""kevy: the Redis data model as a library, inside this process.

    import libkevy as kevy

    with kevy.start() as db:
        db.set("greeting", "hello")
        db.get("greeting")             # b"hello"
        db.incr("visits")              # 1
        db.execute("OBJECT", "ENCODING", "visits")

An instance answers Redis' commands as a server would, without one: no port, no file, nothing to
install or wait for. The everyday commands are methods, as redis-py has them; ``Instance.execute``
runs any; ``pipeline``, ``session`` and ``subscribe`` give the rest of what a connection gives.

Commands, keys and values are str (as UTF-8), bytes, bytearray, contiguous memoryviews of bytes, int
or float. Strings come back as bytes, or as str with ``kevy.start(decode=True)``. Error replies are
raised: see ``kevy.errors``.
"""

from __future__ import annotations

from libkevy._builders import BitField, Script
from libkevy._clients import from_url, patch
from libkevy._clock import Clock
from libkevy._door import backend
from libkevy._door import library_version as __version__
from libkevy._instance import Instance, start
from libkevy._pipeline import Pipeline
from libkevy._session import Session
from libkevy._subscription import Message, Subscription
from libkevy._types import Word
from libkevy.errors import (
    CancelledError,
    ClosedError,
    DataError,
    Error,
    ExecAbortError,
    ForkedError,
    HostError,
    InvalidError,
    MisconfiguredError,
    NoAuthError,
    NoMemoryError,
    NoPermissionError,
    NoProtocolError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    WatchError,
    WrongPasswordError,
    WrongTypeError,
)

__all__ = [
    "BitField",
    "CancelledError",
    "Clock",
    "ClosedError",
    "DataError",
    "Error",
    "ExecAbortError",
    "ForkedError",
    "HostError",
    "Instance",
    "InvalidError",
    "Message",
    "MisconfiguredError",
    "NoAuthError",
    "NoMemoryError",
    "NoPermissionError",
    "NoProtocolError",
    "NoScriptError",
    "OutOfMemoryError",
    "Pipeline",
    "ReadOnlyError",
    "ResponseError",
    "Script",
    "Session",
    "Subscription",
    "WatchError",
    "Word",
    "WrongPasswordError",
    "WrongTypeError",
    "__version__",
    "backend",
    "from_url",
    "patch",
    "start",
]
