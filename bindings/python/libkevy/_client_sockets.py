"""Connections of client libraries over a connected socket of an instance: for whoever polls.

All but how they connect is the library's own: its parser, its timeouts, what it does to a socket.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

from libkevy._client_base import Async, Blocking
from libkevy.errors import Error


class _OverSocket(Blocking):
    """To be mixed into a class of connections, whose way to connect it replaces."""

    socket_timeout: float | None

    def _connect(self) -> Any:
        connected = _connected(self._instance)
        connected.settimeout(self.socket_timeout)
        return connected


class _OverSocketAsync(Async):
    """The same for asyncio."""

    async def _connect(self) -> None:
        import asyncio

        connected = _connected(self._instance)
        self._reader, self._writer = await asyncio.open_connection(sock=connected)


def _connected(instance: Any) -> Any:
    try:
        return instance.connect()
    except Error as error:  # an OSError is what the libraries know
        raise OSError(str(error)) from error


@functools.cache
def over_socket(library: str, is_async: bool) -> Any:
    """The class of connections for ``redis`` or ``valkey``."""
    package = f"{library}.asyncio" if is_async else library
    base = importlib.import_module(f"{package}.connection").AbstractConnection
    return over_socket_like(base, is_async)


def over_socket_like(base: Any, is_async: bool) -> Any:
    """A class of connections like ``base``, but over a socket of an instance."""
    mixed_in = _OverSocketAsync if is_async else _OverSocket
    name = "AsyncKevySocketConnection" if is_async else "KevySocketConnection"
    return type(name, (mixed_in, base), {"__doc__": "A connection over a socket of an instance."})
