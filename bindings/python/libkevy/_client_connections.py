"""Connections of redis-py's and valkey-py's clients that are sessions of an instance.

Each is a subclass of the client library's own, so that pools, pipelines, retries and the handshake
are its own. A command's words go to the session in the caller's thread and its reply comes back as
Python values: no RESP, no socket, no other thread.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import threading
import time
from collections import deque
from typing import Any

from libkevy._client_base import Async, Blocking, OfInstance
from libkevy._verbs import WAITING, may_wait, written
from libkevy._waiting import Turns, cancelled_late, interrupted_late, poll, readable
from libkevy.errors import ClosedError, DataError, Error, InvalidError, ResponseError


class _Line:
    """What the libraries take for an open socket, or for a stream's reader and writer."""

    def __init__(self, session: Any, lock: Any) -> None:
        self.session = session
        self._lock = lock

    def close(self) -> None:
        self.session.close()

    def shutdown(self, _how: int) -> None:
        pass

    def settimeout(self, _timeout: float | None) -> None:
        pass

    def setblocking(self, _blocking: bool) -> None:
        pass

    def fileno(self) -> int:
        with self._lock:
            number: int = self.session.fileno()
        return number

    def is_closing(self) -> bool:
        return bool(self.session.closed)

    async def wait_closed(self) -> None:
        pass


class _AboutKeys(list):  # type: ignore[type-arg]
    """A push that is no message: which keys have changed (CLIENT TRACKING)."""


_ABOUT_KEYS = (b"invalidate", b"tracking-redir-broken")


def _pushed(push: Any) -> Any:
    return _AboutKeys(push) if push[0] in _ABOUT_KEYS else push


def _is_of_waiting(words: Any) -> bool:
    """Whether a command may wait. The libraries' own methods have their verbs in capitals."""
    verb = words[0]
    return verb in WAITING if type(verb) is str and verb.isupper() else may_wait(verb)


def _are_waiting_among(commands: Any) -> bool:
    try:
        verbs: Any = {words[0] for words in commands}
    except TypeError:  # a bytearray among them
        verbs = [words[0] for words in commands]
    return any(map(may_wait, verbs))


class _Direct(OfInstance):
    """What the connections with and without asyncio share. ``_exceptions`` are the library's."""

    _exceptions: Any
    # What the library's parsers make of a set of RESP3.
    _set_of: Any = staticmethod(list)
    _line: _Line | None
    encoder: Any
    _parser: Any

    def __init__(self, instance: Any = None, **options: Any) -> None:
        self._line = None
        self._replies: deque[Any] = deque()
        self._waits = False  # for the reply of a command
        self._unrun: deque[Any] = deque()  # what was sent behind a command that waits
        self._subscribes = False  # so that what comes may be messages
        # A thread may read messages while another subscribes: the session is in one's hands.
        self._lock = threading.Lock()
        super().__init__(instance, **options)
        encoder = self.encoder
        is_utf8 = encoder.encoding in ("utf-8", "utf8")
        self._is_utf8 = is_utf8 and encoder.encoding_errors == "strict"

    def _open(self) -> _Line:
        try:
            self._line = _Line(self._instance.session(), self._lock)
        except Error as error:
            raise self._exceptions.ConnectionError(str(error)) from error
        self._replies.clear()
        self._unrun.clear()
        self._waits = False
        self._subscribes = False
        return self._line

    def is_as_new(self) -> bool:
        """Whether a pool may hand it to anyone: open, and with nothing left to be read."""
        busy = self._replies or self._waits or self._unrun or self._subscribes
        if busy or getattr(self, "_should_reconnect", False):
            return False
        try:
            return not self._take()
        except self._exceptions.ConnectionError:
            return False

    def is_spent(self) -> bool:
        """Whether what comes next may be for who had it before."""
        return self._subscribes or self.should_reconnect()

    def should_reconnect(self) -> bool:
        """Asked by a client that gives the connection back to its pool.

        A reply that Ctrl-C has kept from being read must not be the next command's.
        """
        unread = not self._subscribes and any(type(r) is not _AboutKeys for r in self._replies)
        wanted = getattr(super(), "should_reconnect", bool)
        return self._waits or bool(self._unrun) or unread or bool(wanted())

    def _words(self, args: Any) -> Any:
        verb = args[0]
        if type(verb) is str and " " in verb:
            args = (*verb.split(), *args[1:])
        if self._is_utf8:
            return args
        encode = self.encoder.encode
        return tuple(encode(arg) if isinstance(arg, str) else arg for arg in args)

    def _all_words(self, commands: Any) -> Any:
        if self._is_utf8 and not any(" " in args[0] for args in commands if type(args[0]) is str):
            return tuple(map(tuple, commands))
        return tuple(tuple(self._words(args)) for args in commands)

    def _run(self, args: Any) -> None:
        line = self._line
        if line is None:
            raise self._exceptions.ConnectionError("the connection is closed")
        words = self._words(args)
        try:
            with self._lock:
                if self._waits or self._unrun:
                    self._abandon(line)
                if _is_of_waiting(words):
                    self._submit(line, words)
                    return
                self._replies.append(line.session.execute(*words))
                if type(words[0]) is str and words[0].upper().endswith("SUBSCRIBE"):
                    self._subscribes = True
                    # What it says of further channels comes before the next command's reply.
                    while (push := line.session.next(0)) is not None:
                        self._replies.append(_pushed(push))
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
            words = self._all_words(commands)
            with self._lock:
                if self._waits or self._unrun:
                    self._abandon(line)
                if _are_waiting_among(words):
                    self._unrun.extend(written(words))
                    self._go_on(line)
                else:
                    self._replies.extend(line.session._pipeline(words, False))
        except DataError as error:
            raise self._exceptions.DataError(str(error)) from None
        except Error as error:
            raise self._exceptions.ConnectionError(str(error)) from error

    def _go_on(self, line: _Line) -> None:
        """Runs what was sent, up to a command that waits, whose reply is to be read first."""
        while self._unrun and not self._waits:
            if _is_of_waiting(self._unrun[0]):
                try:
                    self._submit(line, self._unrun.popleft())
                except ResponseError as error:
                    self._replies.append(error)
            else:
                ready = tuple(
                    itertools.takewhile(lambda each: not _is_of_waiting(each), self._unrun)
                )
                for _ in ready:
                    self._unrun.popleft()
                self._replies.extend(line.session._pipeline(ready, False))

    def _take(self) -> bool:
        """Whether something that was waited for, or pushed, is now among the replies."""
        line = self._line
        if line is None:
            raise self._exceptions.ConnectionError("the connection is closed")
        try:
            with self._lock:
                if self._waits and (outcome := line.session._result(0)) is not None:
                    self._replies.extend(outcome)
                    line.session._forget_outcome()
                    self._waits = False
                    return True
                if self._unrun and not self._waits:
                    self._go_on(line)
                    if self._replies:
                        return True
                push = line.session._next(0)
        except ClosedError as error:
            raise self._exceptions.ConnectionError(str(error)) from error
        except Error as error:
            self._waits = False
            self._replies.append(error)
            return True
        if push is None:
            return False
        self._replies.append(_pushed(push))
        return True

    def _handler_of(self, push: _AboutKeys) -> Any:
        """The library's, of what is said about keys; nothing where it has none."""
        if push[0] != b"invalidate":
            return None
        return getattr(self._parser, "invalidation_push_handler_func", None)

    def _submit(self, line: _Line, words: Any) -> None:
        self._waits = True
        try:
            outcome = line.session._submit(*words)
        except Error:
            self._waits = False
            raise
        self._waits = outcome is None
        self._replies.extend(outcome or ())

    def _abandon(self, line: _Line) -> None:
        """Ctrl-C has ended whoever was to read the reply of a command that waits."""
        self._unrun.clear()
        line.session._end_wait()
        line.session._forget_outcome()
        self._waits = False

    def _end_wait(self) -> bool:
        """Takes a command that waits away; whether its reply had come by now."""
        if self._waits and self._line is not None:
            for reply in self._line.session._end_wait() or ():
                # Ctrl-C may have come when it had just been put there.
                if not any(reply is each for each in self._replies):
                    self._replies.append(reply)
            self._waits = False
        if not self._replies:
            self._unrun.clear()
        return bool(self._replies)

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
            return self._set_of([self._read(each, is_raw) for each in reply])
        if isinstance(reply, Error):
            error = self._parser.parse_error(str(reply))
            if isinstance(error, self._exceptions.ConnectionError):
                raise error  # wherever it stands, as from the libraries' parsers
            return error
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

    class KevyConnection(_Direct, Blocking, base):  # type: ignore[misc]
        """A connection whose other end is an instance in this process."""

        _exceptions = library.exceptions

        def _connect(self) -> _Line:
            return self._open()

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
            while not self._replies and not self._take():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                poll(self._line, left)
            return True

        def read_response(
            self, disable_decoding: bool = False, *, timeout: Any = None, **options: Any
        ) -> Any:
            if not self._replies:
                wait = self.socket_timeout if not isinstance(timeout, (int, float)) else timeout
                try:
                    can_read = self.can_read(wait)
                except BaseException as error:
                    if not self._end_wait():
                        raise
                    interrupted_late(error)
                    can_read = True
                if not can_read and not self._end_wait():
                    if options.get("disconnect_on_error", True):
                        self.disconnect()
                    raise self._exceptions.TimeoutError("nothing came in time")
            if self.health_check_interval:
                self.next_health_check = time.monotonic() + self.health_check_interval
            if type(self._replies[0]) is _AboutKeys:
                push = self._replies.popleft()
                handler = self._handler_of(push)
                outcome = handler(push) if handler is not None else None
                if options.get("push_request"):
                    return outcome
                return self.read_response(disable_decoding, timeout=timeout, **options)
            try:
                return self._result(disable_decoding)
            except self._exceptions.ConnectionError:
                self.disconnect()
                raise

    return KevyConnection


def _async_class(library: Any) -> Any:
    connection = importlib.import_module(f"{library.__name__}.asyncio.connection")
    base: Any = connection.AbstractConnection

    class AsyncKevyConnection(_Direct, Async, base):  # type: ignore[misc]
        """A connection for asyncio whose other end is an instance in this process."""

        _exceptions = library.exceptions

        def __init__(self, instance: Any = None, **options: Any) -> None:
            self._turns = Turns()
            super().__init__(instance, **options)

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
            return bool(self._replies) or (self._line is not None and self._take())

        can_read = can_read_destructive  # as newer versions call it

        async def read_response(
            self, disable_decoding: bool = False, timeout: float | None = None, **options: Any
        ) -> Any:
            wait = timeout if timeout is not None else self.socket_timeout
            if not self._replies and not self._take():
                import asyncio

                try:
                    await asyncio.wait_for(self._wait(), wait)
                except asyncio.CancelledError:
                    if not self._end_wait():
                        raise
                    cancelled_late()
                except asyncio.TimeoutError:
                    if not self._end_wait():
                        if timeout is not None:
                            return None
                        if options.get("disconnect_on_error", True):
                            await self.disconnect()
                        raise self._exceptions.TimeoutError("nothing came in time") from None
            if type(self._replies[0]) is _AboutKeys:
                push = self._replies.popleft()
                handler = self._handler_of(push)
                outcome = await handler(push) if handler is not None else None
                if options.get("push_request"):
                    return outcome
                return await self.read_response(disable_decoding, timeout, **options)
            try:
                return self._result(disable_decoding)
            except self._exceptions.ConnectionError:
                await self.disconnect()
                raise

        async def _wait(self) -> None:
            while not self._replies and not self._take():
                assert self._line is not None
                await readable(self._line.fileno())
                self._turns.waited()

    return AsyncKevyConnection


@functools.cache
def direct(library: str, is_async: bool) -> Any:
    """The class of connections for ``redis`` or ``valkey``."""
    module = importlib.import_module(library)
    kind = (_async_class if is_async else _blocking_class)(module)
    if library == "redis" and module.__version__.startswith("5.0."):
        kind._set_of = staticmethod(_set_of_parser(module))
    return kind


def _set_of_parser(module: Any) -> Any:
    """What redis-py 5.0 makes of a set: its own parser another thing than that of hiredis 3."""
    if not module.connection.HIREDIS_AVAILABLE:
        return set
    reader = importlib.import_module("hiredis").Reader()
    reader.feed(b"~0\r\n")
    return type(reader.gets())
