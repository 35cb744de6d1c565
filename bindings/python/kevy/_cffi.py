"""The door over cffi, in ABI mode: the classes of ``kevy._native`` without a compiled extension.

The declarations are those of kevy.h, which lies beside this file. cffi releases the GIL for every
call, so that handles have to be kept open while calls run: ``_Calls`` counts them.
"""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import cffi

from kevy import errors

if TYPE_CHECKING:
    from kevy._types import Word

__all__ = ["InstanceHandle", "SessionHandle", "SubscriptionHandle", "library_version"]

_here = Path(__file__).parent

# The statuses that are no errors here.
_OK, _TIMEOUT, _NOT_FOUND, _TRUNCATED = 0, 6, 7, 9


def declarations(header: str) -> str:
    """What cffi needs of kevy.h: no preprocessor, no C++."""
    plain = re.sub(r"#ifdef __cplusplus.*?#endif", "", header, flags=re.DOTALL)
    plain = re.sub(r"^#(.*\\\n)*.*$", "", plain, flags=re.MULTILINE)
    return plain.replace("KEVY_API", "")


_header = (_here / "kevy.h").read_text(encoding="utf-8")
_ffi: Any = cffi.FFI()
_ffi.cdef(declarations(_header))
_new, _from_buffer, _unpack = _ffi.new, _ffi.from_buffer, _ffi.unpack
_lib: Any = _ffi.dlopen(str(_here / "libkevy.so.1"))

library_version: str = _ffi.string(_lib.kevy_version()).decode()

if f"#define KEVY_ABI_VERSION {_lib.kevy_abi_version()}\n" not in _header:
    _message = "libkevy.so.1 is of another ABI version than kevy.h"
    raise ImportError(_message)


def _encode(word: Word) -> Any:
    """The bytes of a word, or a buffer of them: what cffi takes as char*."""
    if isinstance(word, bytes):
        return word
    if isinstance(word, str):
        return word.encode()
    if isinstance(word, int) and not isinstance(word, bool):
        return int.__repr__(word).encode()
    if isinstance(word, float):
        return float.__repr__(word).encode()
    try:
        view = memoryview(word)  # type: ignore[arg-type]
    except TypeError:
        kind = type(word).__name__
        message = f"kevy takes str, bytes, bytes-like objects, int and float, not {kind}"
        raise TypeError(message) from None
    if not view.c_contiguous:  # which PyPy's cffi does not look at
        message = "kevy takes only buffers without gaps"
        raise BufferError(message)
    return _from_buffer(view)


def _pointer(word: Word) -> Any:
    data = _encode(word)
    return _from_buffer(data) if isinstance(data, bytes) else data


class _Words:
    """Words of commands as C arrays, and what keeps them alive."""

    def __init__(self, words: tuple[Word, ...]) -> None:
        self.count = len(words)
        self.kept = [_pointer(word) for word in words]
        self.data = _new("const char*[]", self.kept)
        self.sizes = _new("size_t[]", [len(word) for word in self.kept])

    def slices(self, first: int = 0, step: int = 1) -> Any:
        chosen = range(first, self.count, step)
        return _new("kevy_slice[]", [(self.data[i], self.sizes[i]) for i in chosen])


def _last_error(status: int) -> errors.Error:
    return errors.from_status(status, _ffi.string(_lib.kevy_last_error()))


def _check(status: int) -> None:
    if status != _OK:
        raise _last_error(status)


def _closed() -> errors.Error:
    return errors.ClosedError("the instance was stopped, or the handle was closed")


# ---- Replies -----------------------------------------------------------------------------------


class _Replies:
    """Replies as Python objects, with strings as bytes or as str."""

    def __init__(self, *, decode: bool) -> None:
        self._decode = decode

    def text(self, data: Any, size: int) -> Any:
        raw = _unpack(data, size) if size else b""
        return raw.decode() if self._decode else raw

    def take(self, reply: Any, size: Any = None) -> Any:
        """The reply as the result of a command; it is freed, and an error raised.

        ``size`` is room for a size_t.
        """
        try:
            result = self.object(reply, size or _new("size_t*"))
        finally:
            _lib.kevy_reply_free(reply)
        if isinstance(result, errors.ResponseError):
            raise result
        return result

    def object(self, reply: Any, size: Any) -> Any:
        return _READERS[_lib.kevy_reply_get_type(reply)](self, reply, size)

    def string(self, reply: Any, size: Any) -> Any:
        data = _lib.kevy_reply_string(reply, size)
        return self.text(data, size[0])

    def error(self, reply: Any, size: Any) -> errors.ResponseError:
        data = _lib.kevy_reply_string(reply, size)
        return errors.from_reply(_unpack(data, size[0]))

    def array(self, reply: Any, size: Any) -> list[Any]:
        count = _lib.kevy_reply_count(reply)
        return [self.object(_lib.kevy_reply_at(reply, i), size) for i in range(count)]

    def map(self, reply: Any, size: Any) -> dict[Any, Any]:
        flat = self.array(reply, size)
        return dict(zip(flat[::2], flat[1::2]))

    def unordered(self, reply: Any, size: Any) -> set[Any] | list[Any]:
        elements = self.array(reply, size)
        try:
            return set(elements)
        except TypeError:  # COMMAND INFO has a set of maps
            return elements


# By kevy_reply_type.
_READERS: list[Callable[[_Replies, Any, Any], Any]] = [
    lambda *_: None,
    _Replies.string,
    _Replies.error,
    lambda _, reply, __: _lib.kevy_reply_integer(reply),
    _Replies.string,
    _Replies.array,
    _Replies.map,
    _Replies.unordered,
    _Replies.array,
    lambda _, reply, __: _lib.kevy_reply_double(reply),
    lambda _, reply, __: _lib.kevy_reply_integer(reply) != 0,
    _Replies.string,
]


# ---- Handles -----------------------------------------------------------------------------------

_BUFFER_SIZE = 2048
_WORDS = 8


class _Room:
    """What one call needs room for, used again by the next."""

    __slots__ = ("buffer", "bytes", "data", "reply", "size", "sizes")

    def __init__(self) -> None:
        self.buffer = _new("char[]", _BUFFER_SIZE)
        self.bytes = _ffi.buffer(self.buffer)
        self.size = _new("size_t*")
        self.reply = _new("kevy_reply**")
        self.data = _new("const char*[]", _WORDS)
        self.sizes = _new("size_t[]", _WORDS)


class _Calls:
    """The calls that run on a handle: each has taken its room out of ``idle``, and puts it back.

    Lists are appended to and popped from atomically, which makes this cheap.
    """

    def __init__(self) -> None:
        self.idle: list[_Room] = []
        self._made = 0
        self._lock = threading.Lock()
        self._process = os.getpid()

    def enter(self) -> _Room:
        try:
            return self.idle.pop()
        except IndexError:
            with self._lock:
                self._made += 1
            return _Room()

    def drain(self) -> None:
        """Waits until no call runs. A child of fork() has none to wait for."""
        while len(self.idle) < self._made and self._process == os.getpid():
            time.sleep(0.0005)


def _in_room(room: _Room, words: tuple[Word, ...]) -> tuple[list[Any], Any, Any]:
    """The words as C arrays, in the room when they are few, and what keeps them alive."""
    if len(words) > _WORDS:
        many = _Words(words)
        return many.kept, many.data, many.sizes
    kept, data, sizes = [], room.data, room.sizes
    for i, word in enumerate(words):
        piece = _pointer(word)
        kept.append(piece)
        data[i] = piece
        sizes[i] = len(piece)
    return kept, data, sizes


class InstanceHandle:
    """An instance: kevy_instance."""

    def __init__(
        self,
        shards: int,
        databases: int,
        protocol: int,
        threads: int,
        directives: list[str],
        decode: bool,
    ) -> None:
        self._handle: Any = None
        self._decode = decode
        self._replies = _Replies(decode=decode)
        self._calls = _Calls()
        kept = [_new("char[]", word.encode()) for word in directives]
        words = _new("const char*[]", kept)
        size = _ffi.sizeof("kevy_options")
        options = _new(
            "kevy_options*",
            (size, shards, databases, protocol, threads, words, len(directives) // 2),
        )
        handle = _new("kevy_instance**")
        _check(_lib.kevy_start(options, handle))
        self._handle = handle[0]

    def execute(self, /, *words: Word) -> Any:
        if not words:
            message = "execute() takes a command: its verb and its arguments"
            raise TypeError(message)
        room = self._calls.enter()
        try:
            kept, data, sizes = _in_room(room, words)
            handle = self._handle
            if handle is None:
                raise _closed()
            status = _lib.kevy_exec(handle, len(kept), data, sizes, room.reply)
            if status:
                raise _last_error(status)
            return self._replies.take(room.reply[0], room.size)
        finally:
            self._calls.idle.append(room)

    def get(self, key: Word, /) -> Any:
        name = key if type(key) is bytes else _encode(key)
        calls = self._calls
        room = calls.enter()
        try:
            handle = self._handle
            if handle is None:
                raise _closed()
            size = room.size
            status = _lib.kevy_get(handle, name, len(name), room.buffer, _BUFFER_SIZE, size)
            if not status:
                value = room.bytes[: size[0]]
                return value.decode() if self._decode else value
        finally:
            calls.idle.append(room)
        if status == _NOT_FOUND:
            return None
        if status == _TRUNCATED:
            return self.execute("GET", name)
        raise _last_error(status)

    def set(self, key: Word, value: Word, /, *, ttl_ms: int | None = None) -> None:
        if ttl_ms is not None and ttl_ms <= 0:
            message = "ttl_ms has to be above 0"
            raise errors.InvalidError(message)
        name = key if type(key) is bytes else _encode(key)
        data = value if type(value) is bytes else _encode(value)
        room = self._calls.enter()
        try:
            handle = self._handle
            if handle is None:
                raise _closed()
            status = _lib.kevy_set(handle, name, len(name), data, len(data), ttl_ms or 0)
            if status:
                raise _last_error(status)
        finally:
            self._calls.idle.append(room)

    def _run(self, call: Callable[..., int], *arguments: Any) -> int:
        room = self._calls.enter()
        try:
            if self._handle is None:
                raise _closed()
            return call(self._handle, *arguments)
        finally:
            self._calls.idle.append(room)

    def _stop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            self._calls.drain()
            _lib.kevy_stop(handle)

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self._stop()

    def _is_open(self) -> bool:
        return self._handle is not None

    def _pipeline(self, commands: tuple[tuple[Word, ...], ...]) -> list[Any]:
        return _pipeline(
            commands, self._replies, lambda *words: self._run(_lib.kevy_pipeline, *words)
        )

    def _get_many(self, keys: tuple[Word, ...]) -> list[Any]:
        words = _Words(keys)
        reply = _new("kevy_reply**")
        _check(self._run(_lib.kevy_get_many, words.count, words.slices(), reply))
        values: list[Any] = self._replies.take(reply[0])
        return values

    def _set_many(self, keys_and_values: tuple[Word, ...]) -> None:
        words = _Words(keys_and_values)
        keys, values = words.slices(0, 2), words.slices(1, 2)
        _check(self._run(_lib.kevy_set_many, len(keys), keys, values))

    def _listen(self, address: str) -> None:
        _check(self._run(_lib.kevy_listen, address.encode()))

    def _address(self, index: int) -> str | None:
        capacity, status = 128, _TRUNCATED
        while status == _TRUNCATED:
            buffer = _new("char[]", capacity)
            status = self._run(_lib.kevy_address, index, buffer, capacity)
            capacity *= 2
        if status == _NOT_FOUND:
            return None
        _check(status)
        address: str = _ffi.string(buffer).decode()
        return address

    def _clock_now(self) -> int:
        now = _new("int64_t*")
        _check(self._run(_lib.kevy_clock_now, now))
        return int(now[0])

    def _clock_freeze(self, unix_ms: int) -> None:
        _check(self._run(_lib.kevy_clock_freeze, unix_ms))

    def _clock_advance(self, delta_ms: int) -> None:
        _check(self._run(_lib.kevy_clock_advance, delta_ms))

    def _clock_resume(self) -> None:
        _check(self._run(_lib.kevy_clock_resume))


def _pipeline(
    commands: tuple[tuple[Word, ...], ...], replies: _Replies, run: Callable[..., int]
) -> list[Any]:
    words = _Words(tuple(word for command in commands for word in command))
    counts = _new("size_t[]", [len(command) for command in commands])
    reply = _new("kevy_reply**")
    _check(run(len(commands), counts, words.data, words.sizes, reply))
    result: list[Any] = replies.take(reply[0])
    return result


class _Exclusive:
    """A handle that belongs to one thread at a time."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._in_use = threading.Lock()
        self._process = os.getpid()

    def _is_open(self) -> bool:
        return self._handle is not None

    def _run(self, call: Callable[..., int], *arguments: Any) -> int:
        if not self._in_use.acquire(blocking=False):
            raise self._why_in_use()
        try:
            if self._handle is None:
                raise _closed()
            return call(self._handle, *arguments)
        finally:
            self._in_use.release()

    def _why_in_use(self) -> errors.Error:
        if self._process != os.getpid():
            return errors.ForkedError("the handle belongs to the parent process")
        return errors.InvalidError("another thread is using it")

    def _read_descriptor(self, call: Callable[..., int]) -> int:
        descriptor = _new("int*")
        _check(self._run(call, descriptor))
        return int(descriptor[0])


class SessionHandle(_Exclusive):
    """A session: kevy_session."""

    def __init__(self, instance: InstanceHandle) -> None:
        handle = _new("kevy_session**")
        _check(instance._run(_lib.kevy_session_open, handle))
        super().__init__(handle[0])
        self._replies = instance._replies

    def execute(self, /, *words: Word) -> Any:
        if not words:
            message = "execute() takes a command: its verb and its arguments"
            raise TypeError(message)
        command = _Words(words)
        reply = _new("kevy_reply**")
        _check(self._run(_lib.kevy_session_exec, command.count, command.data, command.sizes, reply))
        return self._replies.take(reply[0])

    def _close(self) -> None:
        if self._handle is None:
            return
        if not self._in_use.acquire(blocking=False):
            raise self._why_in_use()
        try:
            handle, self._handle = self._handle, None
            _lib.kevy_session_close(handle)
        finally:
            self._in_use.release()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self._close()

    def _pipeline(self, commands: tuple[tuple[Word, ...], ...]) -> list[Any]:
        return _pipeline(
            commands, self._replies, lambda *words: self._run(_lib.kevy_session_pipeline, *words)
        )

    def _next(self, timeout_ms: int) -> Any:
        push = _new("kevy_reply**")
        status = self._run(_lib.kevy_session_next, timeout_ms, push)
        if status == _TIMEOUT:
            return None
        _check(status)
        return self._replies.take(push[0])

    def _feed(self, data: Word) -> None:
        raw = _encode(data)
        _check(self._run(_lib.kevy_session_feed, raw, len(raw)))

    def _take(self, limit: int) -> bytes:
        buffer = _new("char[]", limit)
        size = _new("size_t*")
        _check(self._run(_lib.kevy_session_take, buffer, limit, size))
        return bytes(_ffi.buffer(buffer, size[0]))

    def _descriptor(self) -> int:
        return self._read_descriptor(_lib.kevy_session_descriptor)


class SubscriptionHandle(_Exclusive):
    """A subscription: kevy_subscription."""

    def __init__(self, instance: InstanceHandle, kind: int, channels: tuple[Word, ...]) -> None:
        words = _Words(channels)
        handle = _new("kevy_subscription**")
        _check(
            instance._run(
                _lib.kevy_subscribe, kind, words.count, words.slices(), _ffi.NULL, _ffi.NULL, handle
            )
        )
        super().__init__(handle[0])
        self._replies = instance._replies
        self._closing = threading.Lock()

    def _close(self) -> None:
        with self._closing:
            if self._handle is None:
                return
            _lib.kevy_subscription_cancel(self._handle)
            waits = self._process == os.getpid()
            taken = self._in_use.acquire(blocking=waits)
            handle, self._handle = self._handle, None
            if taken:
                self._in_use.release()
            _lib.kevy_subscription_close(handle)

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self._close()

    def _next(self, timeout_ms: int) -> tuple[Any, Any, Any] | None:
        message = _new("kevy_message**")
        status = self._run(_lib.kevy_subscription_next, timeout_ms, message)
        if status == _TIMEOUT:
            return None
        _check(status)
        try:
            return self._message(message[0])
        finally:
            _lib.kevy_message_free(message[0])

    def _message(self, message: Any) -> tuple[Any, Any, Any]:
        def text(read: Callable[..., Any]) -> Any:
            size = _new("size_t*")
            data = read(message, size)
            return self._replies.text(data, size[0])

        is_pattern = _lib.kevy_message_kind(message) == _lib.KEVY_PATTERN
        pattern = text(_lib.kevy_message_pattern) if is_pattern else None
        return text(_lib.kevy_message_channel), text(_lib.kevy_message_payload), pattern

    def _descriptor(self) -> int:
        return self._read_descriptor(_lib.kevy_subscription_descriptor)
