"""What the classes of ``_cffi`` stand on: libkevy in cffi's ABI mode, words as C arrays, replies as
Python objects.

The declarations are those of kevy.h, which lies beside this file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import cffi

from libkevy import errors
from libkevy._words import encoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from libkevy._types import Word

_here = Path(__file__).parent


def declarations(header: str) -> str:
    """What cffi needs of kevy.h: no preprocessor, no C++."""
    plain = re.sub(r"#ifdef __cplusplus.*?#endif", "", header, flags=re.DOTALL)
    plain = re.sub(r"^#(.*\\\n)*.*$", "", plain, flags=re.MULTILINE)
    return plain.replace("KEVY_API", "")


_header = (_here / "kevy.h").read_text(encoding="utf-8")
ffi: Any = cffi.FFI()
ffi.cdef(declarations(_header))
new, from_buffer, unpack = ffi.new, ffi.from_buffer, ffi.unpack
lib: Any = ffi.dlopen(str(_here / "libkevy.so.1"))

library_version: str = ffi.string(lib.kevy_version()).decode()

if f"#define KEVY_ABI_VERSION {lib.kevy_abi_version()}\n" not in _header:
    _message = "libkevy.so.1 is of another ABI version than kevy.h"
    raise ImportError(_message)

# Everything is looked up here, once. For the first look-up of a function or a type cffi takes a
# lock; a child of fork() would wait for ever for one that another thread held at that moment.
for _name in dir(lib):
    getattr(lib, _name)

CHARS = ffi.typeof("char[]")
TEXTS = ffi.typeof("const char*[]")
SIZES = ffi.typeof("size_t[]")
OPTIONS = ffi.typeof("kevy_options*")
SUBSCRIBE_OPTIONS = ffi.typeof("kevy_subscribe_options*")
BACKUP_OPTIONS = ffi.typeof("kevy_backup_options*")
LOAD_OPTIONS = ffi.typeof("kevy_load_options*")
PROGRESS = ffi.typeof("kevy_progress_callback")
# What results are put in.
INT = ffi.typeof("int*")
INT64 = ffi.typeof("int64_t*")
SIZE = ffi.typeof("size_t*")
REPLY = ffi.typeof("kevy_reply**")
INSTANCE = ffi.typeof("kevy_instance**")
SESSION = ffi.typeof("kevy_session**")
SUBSCRIPTION = ffi.typeof("kevy_subscription**")
MESSAGE = ffi.typeof("kevy_message**")

_reply_type, _reply_free = lib.kevy_reply_get_type, lib.kevy_reply_free
_reply_string, _reply_integer = lib.kevy_reply_string, lib.kevy_reply_integer


def encode(word: Word) -> Any:
    """The bytes of a word, or a buffer of them: what cffi takes as char*."""
    return encoded(word, from_buffer)


def pointer(word: Word) -> Any:
    """A word as a char[], which keeps it alive."""
    data = word if type(word) is bytes else encoded(word, from_buffer)
    return from_buffer(data) if isinstance(data, bytes) else data


class Words:
    """Words of commands as C arrays, and what keeps them alive."""

    def __init__(self, words: tuple[Word, ...]) -> None:
        self.count = len(words)
        self.kept = [pointer(word) for word in words]
        self.data = new(TEXTS, self.kept)
        self.sizes = new(SIZES, [len(word) for word in self.kept])

    def slices(self, first: int, step: int) -> tuple[Any, Any]:
        """Some of the words: the pointers and the sizes."""
        chosen = range(first, self.count, step)
        data = new(TEXTS, [self.data[i] for i in chosen])
        return data, new(SIZES, [self.sizes[i] for i in chosen])


def last_error(status: int) -> errors.Error:
    return errors.from_status(status, ffi.string(lib.kevy_last_error()), lib.kevy_last_errno())


def check(status: int) -> None:
    if status:
        raise last_error(status)


class Told:
    """A function that is told of progress, as C calls it. What it raises ends the call."""

    def __init__(self, function: Callable[[int, int], object] | None) -> None:
        self._function = function
        self._raised: BaseException | None = None
        self.callback = ffi.NULL if function is None else ffi.callback(PROGRESS, self._tell)

    def _tell(self, done: int, total: int, _: Any) -> int:
        assert self._function is not None
        try:
            self._function(done, total)
        except BaseException as error:
            self._raised = error
            return 1
        return 0

    def check(self, status: int) -> None:
        """Raises what the function has raised, or what the call's status stands for."""
        if self._raised is not None:
            raise self._raised
        check(status)


def run_through(call: Callable[[Any], Any], handles: Iterator[Any]) -> list[Any]:
    """Calls ``call`` with each of the handles that nobody has been given yet.

    In one step as Python sees it: Ctrl-C comes before or after, never between a handle's being
    taken and the call.
    """
    return list(map(call, handles))


def closed() -> errors.Error:
    return errors.ClosedError("the instance was stopped, or the handle was closed")


class Replies:
    """Replies as Python objects, with strings as bytes or as str."""

    def __init__(self, *, decode: bool) -> None:
        self._decode = decode

    def text(self, data: Any, size: int) -> Any:
        raw = unpack(data, size) if size else b""
        return raw.decode() if self._decode else raw

    def take(self, reply: Any, size: Any = None) -> Any:
        """The reply as the result of a command; it is freed, and an error raised.

        ``size`` is room for a size_t.
        """
        try:
            result = self.object(reply, size or new(SIZE))
        finally:
            _reply_free(reply)
        if isinstance(result, errors.ResponseError):
            raise result
        return result

    def object(self, reply: Any, size: Any) -> Any:
        return _READERS[_reply_type(reply)](self, reply, size)

    def string(self, reply: Any, size: Any) -> Any:
        data = _reply_string(reply, size)
        return self.text(data, size[0])

    def error(self, reply: Any, size: Any) -> errors.ResponseError:
        data = _reply_string(reply, size)
        return errors.from_reply(unpack(data, size[0]))

    def array(self, reply: Any, size: Any) -> list[Any]:
        count = lib.kevy_reply_count(reply)
        return [self.object(lib.kevy_reply_at(reply, i), size) for i in range(count)]

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
_READERS: list[Callable[[Replies, Any, Any], Any]] = [
    lambda *_: None,
    Replies.string,
    Replies.error,
    lambda _, reply, __: _reply_integer(reply),
    Replies.string,
    Replies.array,
    Replies.map,
    Replies.unordered,
    Replies.array,
    lambda _, reply, __: lib.kevy_reply_double(reply),
    lambda _, reply, __: _reply_integer(reply) != 0,
    Replies.string,
]
