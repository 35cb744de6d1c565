"""The door over cffi, in ABI mode: the classes of ``libkevy._native`` without a compiled extension.

cffi releases the GIL for every call, so that an instance has to be kept open while calls run.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Callable

from libkevy import errors
from libkevy._cffi_library import (
    BACKUP_OPTIONS,
    CHARS,
    INSTANCE,
    INT,
    INT64,
    LOAD_OPTIONS,
    MESSAGE,
    OPTIONS,
    REPLY,
    SESSION,
    SIZE,
    SIZES,
    SUBSCRIBE_OPTIONS,
    SUBSCRIPTION,
    TEXTS,
    Replies,
    Told,
    Words,
    check,
    closed,
    encode,
    ffi,
    last_error,
    lib,
    library_version,
    new,
    pointer,
    run_through,
)
from libkevy._made import MadeByInit, refuse_second_init
from libkevy._verbs import may_wait

if TYPE_CHECKING:
    import sys

    from libkevy._types import Word

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = [
    "InstanceHandle",
    "PipelineHandle",
    "SessionHandle",
    "SubscriptionHandle",
    "library_version",
]

# The statuses that are no errors here.
_TIMEOUT, _NOT_FOUND, _TRUNCATED, _PENDING = 6, 7, 9, 13

_get, _set, _exec = lib.kevy_get, lib.kevy_set, lib.kevy_exec

_BUFFER_SIZE = 2048
_WORDS = 8


class _Room:
    """What one call on an instance needs: the instance itself, and room for what goes in and out.

    A call takes a room out of the instance's idle ones and puts it back at its end, so that a room
    serves one thread at a time and the instance can tell whether calls run. Ctrl-C may come just
    after a room was taken out: then it is freed, and the instance no longer counts it.
    """

    __slots__ = ("__weakref__", "buffer", "bytes", "data", "handle", "reply", "size", "sizes")

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.buffer = new(CHARS, _BUFFER_SIZE)
        self.bytes = ffi.buffer(self.buffer)
        self.size = new(SIZE)
        self.reply = new(REPLY)
        self.data = new(TEXTS, _WORDS)
        self.sizes = new(SIZES, _WORDS)

    def fill(self, words: tuple[Word, ...]) -> tuple[list[Any], Any, Any]:
        """The words as C arrays, in this room when they are few, and what keeps them alive."""
        if len(words) > _WORDS:
            many = Words(words)
            return many.kept, many.data, many.sizes
        kept, data, sizes = [], self.data, self.sizes
        for i, word in enumerate(words):
            piece = pointer(word)
            kept.append(piece)
            data[i] = piece
            sizes[i] = len(piece)
        return kept, data, sizes


class InstanceHandle:
    """An instance: kevy_instance."""

    _is_stopped: bool = MadeByInit()  # type: ignore[assignment]
    _opened: list[Any] = MadeByInit()  # type: ignore[assignment]
    _replies: Replies = MadeByInit()  # type: ignore[assignment]
    # No such attribute: every call would take longer to find it.
    _idle: deque[_Room]

    def __new__(cls, *_arguments: Any, **_options: Any) -> Self:
        self = super().__new__(cls)
        # Appended to and popped from atomically; and a deque that is emptied keeps its memory.
        self._idle = deque()
        return self

    def __init__(
        self,
        shards: int,
        databases: int,
        protocol: int,
        threads: int,
        directives: list[str],
        decode: bool,
        listen: list[str],
        progress: Callable[[int, int], object] | None,
    ) -> None:
        refuse_second_init(self)
        kept = [new(CHARS, word.encode()) for word in directives + listen]
        words = new(TEXTS, kept[: len(directives)])
        addresses = new(TEXTS, kept[len(directives) :])
        told = Told(progress)
        options = new(
            OPTIONS,
            {
                "size": ffi.sizeof(OPTIONS.item),
                "shards": shards,
                "databases": databases,
                "protocol": protocol,
                "threads": threads,
                "directives": words,
                "directive_count": len(directives) // 2,
                "progress": told.callback,
                "listen": addresses,
                "listen_count": len(listen),
            },
        )
        handle = new(INSTANCE)
        told.check(lib.kevy_start(options, handle))
        self._to_stop = iter([handle[0]])
        self._rooms: weakref.WeakSet[_Room] = weakref.WeakSet()
        self._process = os.getpid()
        self._decode = decode
        self._replies = Replies(decode=decode)
        self._is_stopped = False
        self._opened = [handle[0]]  # while it may be called

    def _new_room(self) -> _Room:
        try:
            room = _Room(self._opened[0])
        except IndexError:
            raise closed() from None
        self._rooms.add(room)
        if not self._opened:  # _stop() may have missed the room
            self._rooms.discard(room)
            raise closed()
        return room

    def get(self, name: Word) -> Any:
        """The string at a key, None when there is no such key."""
        name = name if type(name) is bytes else encode(name)
        idle = self._idle
        try:
            room = idle.pop()
        except IndexError:
            room = self._new_room()
        try:
            status = _get(room.handle, name, len(name), room.buffer, _BUFFER_SIZE, room.size)
            if status == 0:
                value = room.bytes[: room.size[0]]
                return value.decode() if self._decode else value
        finally:
            idle.append(room)
        if status == _NOT_FOUND:
            return None
        if status == _TRUNCATED:
            return self.execute("GET", name)
        raise last_error(status)

    def set(
        self,
        name: Word,
        value: Word,
        ex: Any = None,
        px: Any = None,
        nx: bool = False,
        xx: bool = False,
        keepttl: bool = False,
        get: bool = False,
        exat: Any = None,
        pxat: Any = None,
        ifeq: Word | None = None,
        ifne: Word | None = None,
        ifdeq: Word | None = None,
        ifdne: Word | None = None,
    ) -> Any:
        """Stores a string: True, None if a condition forbids it; the old one with ``get``."""
        flagged = nx or xx or keepttl or get
        timed = not (ex is px is exat is pxat is None)
        if flagged or timed or not (ifeq is ifne is ifdeq is ifdne is None):
            options = (ex, px, nx, xx, keepttl, get, exat, pxat, ifeq, ifne, ifdeq, ifdne)
            return self._set(name, value, *options)  # type: ignore[attr-defined]
        name = name if type(name) is bytes else encode(name)
        data = value if type(value) is bytes else encode(value)
        idle = self._idle
        try:
            room = idle.pop()
        except IndexError:
            room = self._new_room()
        try:
            status = _set(room.handle, name, len(name), data, len(data), 0, 0)
        finally:
            idle.append(room)
        if status:
            raise last_error(status)
        return True

    def execute(self, /, *words: Word) -> Any:
        """Runs one command, the verb first."""
        if not words:
            message = "execute() takes a command: its verb and its arguments"
            raise TypeError(message)
        if may_wait(words[0]):
            return self._execute_in_session(*words)  # type: ignore[attr-defined]
        idle = self._idle
        try:
            room = idle.pop()
        except IndexError:
            room = self._new_room()
        try:
            kept, data, sizes = room.fill(words)
            status = _exec(room.handle, len(kept), data, sizes, room.reply)
            if status:
                raise last_error(status)
            return self._replies.take(room.reply[0], room.size)
        finally:
            idle.append(room)

    _command = execute

    def _run(self, call: Callable[..., int], *arguments: Any) -> int:
        idle = self._idle
        try:
            room = idle.pop()
        except IndexError:
            room = self._new_room()
        try:
            return call(room.handle, *arguments)
        finally:
            idle.append(room)

    def _stop(self) -> None:
        is_interrupted = False
        while not self._is_stopped:
            try:
                self._try_to_stop()
            except KeyboardInterrupt:  # not kept: its traceback would keep rooms
                is_interrupted = True
        if is_interrupted:
            raise KeyboardInterrupt

    def _try_to_stop(self) -> None:
        """Stops it once, however often it is called; goes on where Ctrl-C came in between."""
        self._opened.clear()
        # Calls that begin now find none among the new idle rooms, and no instance to make one for.
        # Those that run put theirs back among the old. A child of fork() has none to wait for.
        idle, self._idle = self._idle, deque()
        taken: list[_Room] = []
        while len(taken) < len(self._rooms) and self._process == os.getpid():
            try:
                taken.append(idle.pop())
            except IndexError:
                time.sleep(0.0005)
        statuses = run_through(lib.kevy_stop, self._to_stop)
        self._is_stopped = True
        for status in statuses:
            check(status)

    def __del__(self) -> None:
        if hasattr(self, "_to_stop"):
            run_through(lib.kevy_stop, self._to_stop)  # a call would refer to the instance

    def _is_open(self) -> bool:
        return bool(self._opened)

    def _pipeline(self, commands: tuple[tuple[Word, ...], ...], atomic: bool) -> list[Any] | None:
        return _pipeline(
            commands, atomic, self._replies, lambda *words: self._run(lib.kevy_pipeline, *words)
        )

    def _get_many(self, keys: tuple[Word, ...]) -> list[Any]:
        words = Words(keys)
        reply = new(REPLY)
        check(self._run(lib.kevy_get_many, words.count, words.data, words.sizes, reply))
        values: list[Any] = self._replies.take(reply[0])
        return values

    def _set_many(self, keys_and_values: tuple[Word, ...]) -> None:
        words = Words(keys_and_values)
        keys, values = words.slices(0, 2), words.slices(1, 2)
        check(self._run(lib.kevy_set_many, len(keys[0]), *keys, *values))

    def _listen(self, address: str) -> None:
        check(self._run(lib.kevy_listen, address.encode(), ffi.NULL, ffi.NULL))

    def _connect(self) -> int:
        descriptor = new(INT)
        check(self._run(lib.kevy_connect, ffi.NULL, descriptor))
        return int(descriptor[0])

    def _address(self, index: int) -> str | None:
        capacity, status = 128, _TRUNCATED
        while status == _TRUNCATED:
            buffer = new(CHARS, capacity)
            status = self._run(lib.kevy_address, index, buffer, capacity)
            capacity *= 2
        if status == _NOT_FOUND:
            return None
        check(status)
        address: str = ffi.string(buffer).decode()
        return address

    def _clock_now(self) -> int:
        now = new(INT64)
        check(self._run(lib.kevy_clock_now, now))
        return int(now[0])

    def _clock_freeze(self, unix_ms: int) -> None:
        check(self._run(lib.kevy_clock_freeze, unix_ms))

    def _clock_advance(self, delta_ms: int) -> None:
        check(self._run(lib.kevy_clock_advance, delta_ms))

    def _clock_resume(self) -> None:
        check(self._run(lib.kevy_clock_resume))

    def _save(self) -> None:
        check(self._run(lib.kevy_save))

    def _backup(self, path: bytes, progress: Callable[[int, int], object] | None) -> None:
        told = Told(progress)
        options = new(BACKUP_OPTIONS, (ffi.sizeof(BACKUP_OPTIONS.item), told.callback, ffi.NULL))
        told.check(self._run(lib.kevy_backup, path, options))

    def _load(self, path: bytes, progress: Callable[[int, int], object] | None) -> None:
        told = Told(progress)
        options = new(LOAD_OPTIONS, (ffi.sizeof(LOAD_OPTIONS.item), told.callback, ffi.NULL))
        told.check(self._run(lib.kevy_load, path, options))


def _pipeline(
    commands: tuple[tuple[Word, ...], ...],
    atomic: bool,
    replies: Replies,
    run: Callable[..., int],
) -> list[Any] | None:
    words = Words(tuple(word for command in commands for word in command))
    counts = new(SIZES, [len(command) for command in commands])
    reply = new(REPLY)
    flags = lib.KEVY_PIPELINE_ATOMIC if atomic else 0
    check(run(len(commands), counts, words.data, words.sizes, flags, reply))
    result: list[Any] | None = replies.take(reply[0])
    return result


class _Exclusive:
    """A handle that belongs to one thread at a time."""

    _handle: Any = MadeByInit()
    _in_use: threading.RLock = MadeByInit()  # type: ignore[assignment]

    def __init__(self, handle: Any) -> None:
        self._in_use = threading.RLock()
        self._process = os.getpid()
        self._handle = handle
        self._to_close = iter([handle])

    def _is_open(self) -> bool:
        return self._handle is not None

    def _run(self, call: Callable[..., int], *arguments: Any) -> int:
        try:
            if not self._in_use.acquire(blocking=False):
                raise self._why_in_use()
            if self._handle is None:
                raise closed()
            return call(self._handle, *arguments)
        finally:
            try:  # noqa: SIM105 - in a function of its own Ctrl-C could come before the release
                self._in_use.release()
            except RuntimeError:
                pass  # another thread has it, or Ctrl-C came before it was taken

    def _why_in_use(self) -> errors.Error:
        if self._process != os.getpid():
            return errors.ForkedError("the handle belongs to the parent process")
        return errors.InvalidError("another thread is using it")

    def _read_descriptor(self, call: Callable[..., int]) -> int:
        descriptor = new(INT)
        check(self._run(call, descriptor))
        return int(descriptor[0])


class SessionHandle(_Exclusive):
    """A session: kevy_session."""

    _cancelling: threading.Lock = MadeByInit()  # type: ignore[assignment]
    _outcome: tuple[Any] | None = MadeByInit()  # type: ignore[assignment]
    _replies: Replies = MadeByInit()  # type: ignore[assignment]
    _slot: Any = MadeByInit()
    _waits = False  # whether a command that was submitted may still wait

    def __init__(self, instance: InstanceHandle) -> None:
        refuse_second_init(self)
        handle = new(SESSION)
        check(instance._run(lib.kevy_session_open, ffi.NULL, handle))
        self._cancelling = threading.Lock()
        self._outcome = None
        self._slot = new(REPLY)
        self._replies = instance._replies
        super().__init__(handle[0])

    def execute(self, /, *words: Word) -> Any:
        """Runs one command, the verb first."""
        if not words:
            message = "execute() takes a command: its verb and its arguments"
            raise TypeError(message)
        if may_wait(words[0]):
            try:
                outcome = self._submit(*words)
                if outcome is None:
                    return self._wait_for_reply()  # type: ignore[attr-defined]
                return outcome[0]
            except BaseException as error:
                while True:
                    try:
                        return self._end_after(error)  # type: ignore[attr-defined]
                    except KeyboardInterrupt as again:
                        if not self._waits or self._handle is None:
                            raise
                        error = again  # it came before the wait was ended
        if self._outcome is not None:
            self._forget_outcome()
        command = Words(words)
        reply = new(REPLY)
        check(self._run(lib.kevy_session_exec, command.count, command.data, command.sizes, reply))
        return self._replies.take(reply[0])

    _command = execute

    def _submit(self, *words: Word) -> tuple[Any] | None:
        self._forget_outcome()
        command = Words(words)
        waited_before, self._waits = self._waits, True
        status = self._run(
            lib.kevy_session_submit,
            *(command.count, command.data, command.sizes),
            *(ffi.NULL, ffi.NULL, self._slot),
        )
        if status == _PENDING:
            return None
        self._waits = waited_before
        check(status)
        return self._come()

    def _result(self, timeout_ms: int) -> tuple[Any] | None:
        # Ctrl-C may come anywhere in here: what has come stays in the slot, then in the outcome,
        # and is given again until it is forgotten.
        if self._outcome is not None:
            return self._outcome
        slot = self._slot
        if not slot[0]:
            status = self._run(lib.kevy_session_result, timeout_ms, slot)
            if status == _TIMEOUT:
                return None
            if status:
                self._waits = False
                raise last_error(status)
        return self._come()

    def _come(self) -> tuple[Any]:
        self._waits = False
        result = self._replies.object(self._slot[0], new(SIZE))
        if isinstance(result, errors.ResponseError):
            self._forget_outcome()
            raise result
        self._outcome = (result,)
        return self._outcome

    def _forget_outcome(self) -> None:
        self._outcome = None
        reply, self._slot = self._slot[0], new(REPLY)
        lib.kevy_reply_free(reply)

    def _cancel(self) -> bool:
        with self._cancelling:
            return self._handle is not None and lib.kevy_session_cancel(self._handle) == 0

    def _close(self) -> None:
        with contextlib.suppress(errors.ClosedError):
            self._run(self._end)

    def _end(self, _handle: Any) -> int:
        with self._cancelling:
            self._handle = None
        run_through(lib.kevy_session_close, self._to_close)
        return 0

    def __del__(self) -> None:
        if hasattr(self, "_to_close"):
            self._close()
            run_through(lib.kevy_session_close, self._to_close)
            self._forget_outcome()

    def _pipeline(self, commands: tuple[tuple[Word, ...], ...], atomic: bool) -> list[Any] | None:
        return _pipeline(
            commands,
            atomic,
            self._replies,
            lambda *words: self._run(lib.kevy_session_pipeline, *words),
        )

    def _next(self, timeout_ms: int) -> Any:
        push = new(REPLY)
        status = self._run(lib.kevy_session_next, timeout_ms, push)
        if status == _TIMEOUT:
            return None
        check(status)
        return self._replies.take(push[0])

    def _feed(self, data: Word) -> None:
        raw = encode(data)
        check(self._run(lib.kevy_session_feed, raw, len(raw)))

    def _take(self, limit: int) -> bytes:
        buffer = new(CHARS, limit)
        size = new(SIZE)
        check(self._run(lib.kevy_session_take, buffer, limit, size))
        return bytes(ffi.buffer(buffer, size[0]))

    def _descriptor(self) -> int:
        return self._read_descriptor(lib.kevy_session_descriptor)


class PipelineHandle:
    """What a pipeline collects: commands, and how to read replies."""

    __slots__ = ("_commands", "_converters", "_is_atomic", "_target")

    _target: InstanceHandle | SessionHandle
    _is_atomic: bool
    _commands: list[tuple[Word, ...]]
    _converters: list[Callable[[Any], Any] | None]

    def __new__(cls, target: InstanceHandle | SessionHandle, atomic: bool) -> Self:
        self = super().__new__(cls)
        self._target, self._is_atomic = target, atomic
        self._commands, self._converters = [], []
        return self

    def command(self, /, *words: Word) -> Self:
        """Adds any command, the verb first. Its reply comes as Redis has it."""
        if not words:
            message = "command() takes a command: its verb and its arguments"
            raise TypeError(message)
        return self._converted(None, *words)

    _command = command

    def _converted(self, convert: Callable[[Any], Any] | None, /, *words: Word) -> Self:
        self._commands.append(words)
        self._converters.append(convert)
        return self

    def get(self, name: Word) -> Self:
        """Adds GET: the string at a key, None when there is no such key."""
        return self._converted(None, "GET", name)

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Runs the commands and gives their results, in order. The pipeline is empty afterwards.

        All commands run, whatever becomes of each. Then the first error is raised, or, without
        ``raise_on_error``, the errors stand among the results as exceptions. ClosedError: the
        session ended before the last command. An atomic pipeline raises WatchError when a key
        watched by its session was changed.
        """
        if not isinstance(raise_on_error, bool):
            message = "raise_on_error is True or False; commands are added with command()"
            raise TypeError(message)
        commands, converters = tuple(self._commands), self._converters
        self._commands, self._converters = [], []
        if not commands:
            return []
        results: list[Any] = self._run_collected(  # type: ignore[attr-defined]
            self._target, self._is_atomic, commands, converters, raise_on_error
        )
        return results

    def clear(self) -> None:
        """Forgets the commands added so far."""
        self._commands, self._converters = [], []

    def __len__(self) -> int:
        return len(self._commands)

    def __bool__(self) -> bool:
        return True


class SubscriptionHandle(_Exclusive):
    """A subscription: kevy_subscription."""

    _closing: threading.Lock = MadeByInit()  # type: ignore[assignment]

    def __init__(self, instance: InstanceHandle, kind: int, channels: tuple[Word, ...]) -> None:
        refuse_second_init(self)
        words = Words(channels)
        handle = new(SUBSCRIPTION)
        options = new(
            SUBSCRIBE_OPTIONS, (ffi.sizeof(SUBSCRIBE_OPTIONS.item), ffi.NULL, ffi.NULL, kind, 0)
        )
        check(
            instance._run(lib.kevy_subscribe, words.count, words.data, words.sizes, options, handle)
        )
        self._replies = instance._replies
        self._closing = threading.Lock()
        super().__init__(handle[0])

    def _cancel(self) -> None:
        with self._closing:
            if self._handle is not None:
                lib.kevy_subscription_cancel(self._handle)

    def _close(self) -> None:
        with self._closing:
            if self._handle is None:
                return
            lib.kevy_subscription_cancel(self._handle)
            try:
                # A child of fork() has no thread to wait for.
                self._in_use.acquire(blocking=self._process == os.getpid())
                handle, self._handle = self._handle, None
            finally:
                with contextlib.suppress(RuntimeError):
                    self._in_use.release()
            lib.kevy_subscription_close(handle, 0)

    def __del__(self) -> None:
        if hasattr(self, "_to_close"):
            self._close()

    def _next(self, timeout_ms: int) -> tuple[Any, Any, Any] | None:
        message = new(MESSAGE)
        status = self._run(lib.kevy_subscription_next, timeout_ms, message)
        if status == _TIMEOUT:
            return None
        check(status)
        try:
            return self._message(message[0])
        finally:
            lib.kevy_message_free(message[0])

    def _message(self, message: Any) -> tuple[Any, Any, Any]:
        def text(read: Callable[..., Any]) -> Any:
            size = new(SIZE)
            data = read(message, size)
            return self._replies.text(data, size[0])

        is_pattern = lib.kevy_message_kind(message) == lib.KEVY_SUBSCRIPTION_PATTERN
        pattern = text(lib.kevy_message_pattern) if is_pattern else None
        return text(lib.kevy_message_channel), text(lib.kevy_message_payload), pattern

    def _descriptor(self) -> int:
        return self._read_descriptor(lib.kevy_subscription_descriptor)
