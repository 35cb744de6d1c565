"""What can go wrong, as exceptions.

``Error`` is the root. ``ResponseError`` and its kinds are Redis' own error replies; the others say
that no command ran: a bad argument, a closed handle, a handle of the parent process.
"""

from __future__ import annotations

__all__ = [
    "CancelledError",
    "ClosedError",
    "DataError",
    "Error",
    "ExecAbortError",
    "ForkedError",
    "HostError",
    "InvalidError",
    "MisconfiguredError",
    "NoAuthError",
    "NoMemoryError",
    "NoPermissionError",
    "NoProtocolError",
    "NoScriptError",
    "OutOfMemoryError",
    "ReadOnlyError",
    "ResponseError",
    "WatchError",
    "WrongPasswordError",
    "WrongTypeError",
]


class Error(Exception):
    """The root of everything that kevy raises."""


class InvalidError(Error, ValueError):
    """An argument is out of range or contradicts another, or a handle was misused."""


class DataError(Error, TypeError):
    """A word of a command is of a type that stands for no bytes; nothing ran."""


class NoMemoryError(Error, MemoryError):
    """The process has no memory left; nothing was changed."""


class HostError(Error, OSError):
    """The operating system refused, as ``errno`` says: an address in use, no descriptors left."""


class ForkedError(Error, RuntimeError):
    """The handle was made before ``fork()``, in the parent; start an instance in the child."""


class ClosedError(Error, RuntimeError):
    """The instance was stopped, or the session or subscription was closed."""


class CancelledError(Error):
    """The command waited, and another thread has cancelled that; nothing was taken."""


class WatchError(Error):
    """A key that an atomic pipeline depends on was changed: nothing of it ran."""


class ResponseError(Error):
    """Redis answered with an error. ``str(error)`` is its whole text, the code first."""

    @property
    def code(self) -> str:
        """The first word of the text, such as ``"ERR"`` or ``"WRONGTYPE"``."""
        return str(self).partition(" ")[0]


class WrongTypeError(ResponseError, TypeError):
    """WRONGTYPE: the key holds another type of value than the command works on."""


class NoAuthError(ResponseError):
    """NOAUTH: the instance wants a password; open a session and send AUTH."""


class WrongPasswordError(ResponseError):
    """WRONGPASS: the name or the password is wrong."""


class NoPermissionError(ResponseError):
    """NOPERM: the user may not run this command or touch this key."""


class NoProtocolError(ResponseError):
    """NOPROTO: the RESP version asked for is neither 2 nor 3."""


class NoScriptError(ResponseError):
    """NOSCRIPT: no script of this digest is loaded."""


class OutOfMemoryError(ResponseError):
    """OOM: there was no memory for the command."""


class ReadOnlyError(ResponseError):
    """READONLY: the instance is a replica."""


class MisconfiguredError(ResponseError):
    """MISCONF: writes are refused because they cannot be persisted."""


class ExecAbortError(ResponseError):
    """EXECABORT: a command of the transaction was refused when it was queued."""


_KINDS: dict[str, type[ResponseError]] = {
    "WRONGTYPE": WrongTypeError,
    "NOAUTH": NoAuthError,
    "WRONGPASS": WrongPasswordError,
    "NOPERM": NoPermissionError,
    "NOPROTO": NoProtocolError,
    "NOSCRIPT": NoScriptError,
    "OOM": OutOfMemoryError,
    "READONLY": ReadOnlyError,
    "MISCONF": MisconfiguredError,
    "EXECABORT": ExecAbortError,
}

_WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"

# The numbers of kevy_status.
_STATUSES: dict[int, type[Error]] = {
    1: InvalidError,
    2: NoMemoryError,
    3: HostError,
    4: ForkedError,
    5: ClosedError,
    12: CancelledError,
}


def refused_word(word: object) -> DataError:
    """The exception for an object that is no word of a command. Both doors call it."""
    kind = type(word)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    if isinstance(word, memoryview):
        name += f" of the format {word.format!r}"
        name += "" if word.c_contiguous else " with gaps"
    wanted = "str, bytes, bytearray, contiguous memoryviews of bytes, int and float"
    return DataError(f"kevy takes {wanted} as words of a command, not {name}: convert it first")


def from_reply(text: bytes) -> ResponseError:
    """The exception for an error reply. Both doors call it."""
    message = text.decode("utf-8", "backslashreplace")
    return _KINDS.get(message.partition(" ")[0], ResponseError)(message)


def from_status(status: int, detail: bytes, errno: int = 0) -> Error:
    """The exception for a kevy_status; ``detail`` and ``errno`` are of the library's last error."""
    if status == 3 and errno:
        return HostError(errno, detail.decode("utf-8", "backslashreplace"))
    if status == 8:
        return WrongTypeError(_WRONG_TYPE)
    if status == 11:
        return from_reply(detail)
    return _STATUSES.get(status, Error)(detail.decode("utf-8", "backslashreplace"))
