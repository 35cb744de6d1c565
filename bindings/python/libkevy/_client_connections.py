"""Connections of redis-py's and valkey-py's clients that are sessions of an instance.

Each is a subclass of the client library's own, so that pools, pipelines, retries and the handshake
are its own. A command's words go to the session in the caller's thread and its reply comes back as
Python values: no RESP, no socket, no other thread.
"""

from __future__ import annotations

import functools
import importlib
import select
import threading
import time
from collections import deque
from typing import Any

from libkevy._waiting import Turns, readable
from libkevy.errors import ClosedError, DataError, Error, InvalidError, ResponseError


class _Line:
    """What the libraries take for an open socket, or for a stream's reader and writer."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def close(self) -> None:
        self.session.close()

    def shutdown(self, _how: int) -> None:
        pass

    def settimeout(self, _timeout: float | None) -> None:
        pass

    def setblocking(self, _blocking: bool) -> None:
        pass

    def fileno(self) -> int:
        number: int = self.session.fileno()
        return number

    def is_closing(self) -> bool:
        return bool(self.session.closed)

    async def wait_closed(self) -> None:
        pass


class _Direct:
    """What the connections with and without asyncio share. ``_exceptions`` are the library's."""

    _exceptions: Any
    _instance: Any
    _line: _Line | None
    encoder: Any
    _parser: Any

    def _prepare(self, instance: Any) -> None:
        self._instance = instance
        self._line = None
        self._replies: deque[Any] = deque()
        # A thread may read messages while another subscribes: the session is in one's hands.
        self._lock = threading.Lock()

    def _open(self) -> _Line:
        try:
            self._line = _Line(self._instance.session())
        except Error as error:
            raise self._exceptions.ConnectionError(str(error)) from error
        self._replies.clear()
        return self._line

    def repr_pieces(self) -> list[tuple[str, Any]]:
        return [("instance", self._instance), ("db", getattr(self, "db", 0))]

    def _host_error(self) -> str:
        return repr(self._instance)

    def _words(self, args: Any) -> Any:
        verb = args[0]
        if type(verb) is str and " " in verb:
            args = (*verb.split(), *args[1:])
        encoder = self.encoder
        if encoder.encoding in ("utf-8", "utf8") and encoder.encoding_errors == "strict":
            return args
        return tuple(encoder.encode(arg) if isinstance(arg, str) else arg for arg in args)

    def _run(self, args: Any) -> None:
        line = self._line
        if line is None:
            raise self._exceptions.ConnectionError("the connection is closed")
        words = self._words(args)
        try:
            with self._lock:
                self._replies.append(line.session.execute(*words))
                if type(words[0]) is str and words[0].upper().endswith("SUBSCRIBE"):
                    # What it says of further channels comes before the next command's reply.
                    while (push := line.session.next(0)) is not None:
                        self._replies.append(push)
        except ResponseError as error:
            self._replies.append(error)
        except DataError as error:
            raise self._exceptions.DataError(str(error)) from None
        except Error as error:
            raise self._exceptions.ConnectionError(str(error)) from error

    def _run_all(self, commands: Any) -> None:
        line = self._line
        if line is None:
            raise self._exceptions.ConnectionError("the connection is closed")
        try:
            with self._lock:
                replies = line.session._pipeline(tuple(map(tuple, map(self._words, commands))))
        except DataError as error:
            raise self._exceptions.DataError(str(error)) from None
        except Error as error:
            raise self._exceptions.ConnectionError(str(error)) from error
        self._replies.extend(replies)

    def _take_push(self) -> bool:
        """Whether something that was pushed is now among the replies."""
        line = self._line
        if line is None:
            raise self._exceptions.ConnectionError("the connection is closed")
        try:
            with self._lock:
                push = line.session.next(0)
        except ClosedError as error:
            raise self._exceptions.ConnectionError(str(error)) from error
        if push is None:
            return False
        self._replies.append(push)
        return True

    def _result(self, disable_decoding: bool) -> Any:
        reply = self._replies.popleft()
        kind = type(reply)
        if kind is bytes:
            if disable_decoding or not self.encoder.decode_responses:
                return reply
            return self.encoder.decode(reply)
        if kind is int or reply is None:
            return reply
        reply = self._read(reply, disable_decoding or not self.encoder.decode_responses)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _read(self, reply: Any, is_raw: bool) -> Any:
        if isinstance(reply, bytes):
            return reply if is_raw else self.encoder.decode(reply)
        if isinstance(reply, list):
            return [self._read(each, is_raw) for each in reply]
        if isinstance(reply, dict):
            return {self._read(k, is_raw): self._read(v, is_raw) for k, v in reply.items()}
        if isinstance(reply, set):
            return {self._read(each, is_raw) for each in reply}
        if isinstance(reply, Error):
            return self._parser.parse_error(str(reply))
        return reply

    def pack_command(self, *args: Any) -> list[Any]:
        return [args]

    def pack_commands(self, commands: Any) -> list[Any]:
        return list(commands)

    def _commands_of(self, packed: Any) -> Any:
        if isinstance(packed, list) and all(isinstance(each, (tuple, list)) for each in packed):
            return packed
        message = "a connection to an instance takes what its pack_command gives, not bytes"
        raise InvalidError(message)


def _blocking_class(library: Any) -> Any:
    base: Any = library.connection.AbstractConnection

    class KevyConnection(_Direct, base):  # type: ignore[misc]
        """A connection whose other end is an instance in this process."""

        _exceptions = library.exceptions

        def __init__(self, instance: Any = None, **options: Any) -> None:
            self._prepare(instance)
            options.setdefault("socket_timeout", None)
            super().__init__(**options)

        def _connect(self) -> _Line:
            return self._open()

        def activate_maint_notifications_handling_if_enabled(self, *_: Any, **__: Any) -> None:
            """Nothing: no address of an instance is ever moved elsewhere."""

        def disconnect(self, *args: Any, **options: Any) -> None:
            super().disconnect(*args, **options)
            line, self._line = self._line, None
            if line is not None:
                line.close()

        def send_command(self, *args: Any, **options: Any) -> None:
            if self._line is None:
                self.connect()
            if self.health_check_interval and options.get("check_health", True):
                self.check_health()
            self._run(args)

        def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            commands = self._commands_of(command)
            if self._line is None:
                self.connect()
            if self.health_check_interval and check_health:
                self.check_health()
            self._run_all(commands)

        def can_read(self, timeout: float | None = 0, **_options: Any) -> bool:
            if self._line is None:
                self.connect()
            deadline = None if timeout is None else time.monotonic() + timeout
            while not self._replies and not self._take_push():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                line: Any = self._line
                select.select([line], [], [], left)
            return True

        def read_response(
            self, disable_decoding: bool = False, *, timeout: Any = None, **options: Any
        ) -> Any:
            if not self._replies:
                wait = self.socket_timeout if not isinstance(timeout, (int, float)) else timeout
                if not self.can_read(wait):
                    if options.get("disconnect_on_error", True):
                        self.disconnect()
                    raise self._exceptions.TimeoutError("nothing came in time")
            if self.health_check_interval:
                self.next_health_check = time.monotonic() + self.health_check_interval
            return self._result(disable_decoding)

    return KevyConnection


def _async_class(library: Any) -> Any:
    connection = importlib.import_module(f"{library.__name__}.asyncio.connection")
    base: Any = connection.AbstractConnection

    class AsyncKevyConnection(_Direct, base):  # type: ignore[misc]
        """A connection for asyncio whose other end is an instance in this process."""

        _exceptions = library.exceptions

        def __init__(self, instance: Any = None, **options: Any) -> None:
            self._prepare(instance)
            self._turns = Turns()
            options.setdefault("socket_timeout", None)
            super().__init__(**options)

        async def _connect(self) -> None:
            self._reader = self._writer = self._open()

        async def disconnect(self, *args: Any, **options: Any) -> None:
            await super().disconnect(*args, **options)
            line, self._line = self._line, None
            if line is not None:
                line.close()

        async def send_command(self, *args: Any, **options: Any) -> None:
            if self._line is None:
                await self.connect()
            if self.health_check_interval and options.get("check_health", True):
                await self.check_health()
            await self._turns.next()
            self._run(args)

        async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            commands = self._commands_of(command)
            if self._line is None:
                await self.connect()
            if self.health_check_interval and check_health:
                await self.check_health()
            await self._turns.next()
            self._run_all(commands)

        async def can_read_destructive(self) -> bool:
            return bool(self._replies) or (self._line is not None and self._take_push())

        can_read = can_read_destructive  # as newer versions call it

        async def read_response(
            self, disable_decoding: bool = False, timeout: float | None = None, **_options: Any
        ) -> Any:
            wait = timeout if timeout is not None else self.socket_timeout
            if not self._replies and not self._take_push():
                import asyncio

                try:
                    await asyncio.wait_for(self._wait(), wait)
                except asyncio.TimeoutError:
                    if timeout is not None:
                        return None
                    raise self._exceptions.TimeoutError("nothing came in time") from None
            return self._result(disable_decoding)

        async def _wait(self) -> None:
            while not self._replies and not self._take_push():
                assert self._line is not None
                await readable(self._line.fileno())
                self._turns.waited()

    return AsyncKevyConnection


@functools.cache
def connection_class(library: str) -> Any:
    """The class of connections for ``redis`` or ``valkey``."""
    return _blocking_class(importlib.import_module(library))


@functools.cache
def async_connection_class(library: str) -> Any:
    """The same for asyncio."""
    return _async_class(importlib.import_module(library))
