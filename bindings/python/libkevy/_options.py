"""What ``start`` is given: whether it can be, and what was probably meant when it cannot."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from libkevy.errors import InvalidError

if TYPE_CHECKING:
    from libkevy._types import Word

OPTIONS = (
    "shards",
    "databases",
    "protocol",
    "threads",
    "listen",
    "progress",
    "decode",
    "directives",
)

# Names that other clients and fakes of Redis have for it.
_MEANT = {
    "decode_responses": "decode",
    "encoding": "decode",
    "charset": "decode",
    "db": "databases",
    "host": "listen",
    "port": "listen",
    "address": "listen",
    "path": "listen",
    "unix_socket_path": "listen",
    "unixsocket": "listen",
    "bind": "listen",
    "password": "requirepass",
    "max_connections": "maxclients",
    "io_threads": "threads",
    "version": "protocol",
}


def whole(name: str, value: int) -> int:
    """The value of an option that is a number; 0 stands for the default."""
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"{name} is a whole number, not {value!r}"
        raise InvalidError(msg)
    if not 0 <= value < 1 << 32:
        msg = f"{name} is {value}; it has to be from 0 to {(1 << 32) - 1}"
        raise InvalidError(msg)
    return value


def flag(name: str, value: bool) -> bool:
    """The value of an option that is True or False."""
    if not isinstance(value, bool):
        msg = f"{name} is True or False, not {value!r}"
        raise InvalidError(msg)
    return value


def path(name: str, value: str | os.PathLike[str]) -> bytes:
    """The name of a file, as the system takes it."""
    try:
        found = os.fsencode(value)
    except TypeError:
        msg = f"{name} is a str or a path, not {value!r}"
        raise InvalidError(msg) from None
    if b"\0" in found:
        msg = f"{name} holds a NUL"
        raise InvalidError(msg)
    return found


def addresses(listen: str | Iterable[str]) -> list[str]:
    """The addresses that are one text or several."""
    found: list[Any] = (
        [*listen] if is_iterable(listen) and not isinstance(listen, (str, bytes)) else [listen]
    )
    for address in found:
        if not isinstance(address, str):
            msg = f"an address is a str, such as '127.0.0.1:0' or 'unix:/path', not {address!r}"
            raise InvalidError(msg)
        if "\0" in address:
            msg = "the address holds a NUL"
            raise InvalidError(msg)
    return found


def is_iterable(value: object) -> bool:
    """Whether it can be iterated over."""
    return isinstance(value, Iterable)


def directives_of(
    mapping: Mapping[str, Word] | None, keywords: Mapping[str, Word | os.PathLike[str]]
) -> list[tuple[str, str]]:
    """Names and values as in redis.conf."""
    if mapping is not None and not isinstance(mapping, Mapping):
        msg = f"directives is a mapping of names and values, not {mapping!r}"
        raise InvalidError(msg)
    named: list[tuple[str, Any]] = [*(mapping or {}).items()]
    named += [(name.replace("_", "-"), value) for name, value in keywords.items()]
    return [(name, _text(name, value)) for name, value in named]


def _text(name: str, value: Word | os.PathLike[str] | None) -> str:
    if value is None:
        msg = f"{name} is None; leave it out for what it is by itself"
        raise InvalidError(msg)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        value = bytes(value).decode()
    if "\0" in name or "\0" in str(value):
        msg = "a directive holds a NUL"
        raise InvalidError(msg)
    return str(value)


def explained(error: InvalidError, known: Iterable[str]) -> InvalidError:
    """The error about an unknown option, with the name that was probably meant.

    ``known`` are the directives there are.
    """
    _, found, rest = str(error).partition("unknown directive '")
    if not found:
        return error
    name = rest.rstrip("'").replace("-", "_")
    meant: Any = _MEANT.get(name)
    if meant is None:
        names = [*OPTIONS, *(each.replace("-", "_") for each in known)]
        meant = next(iter(difflib.get_close_matches(name, names, 1, 0.75)), None)
    hint = "" if meant is None else f"; did you mean {meant}?"
    return InvalidError(f"there is no option {name!r}{hint}")
