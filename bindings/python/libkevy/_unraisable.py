"""Errors that nobody can catch, reported as the interpreter reports its own."""

from __future__ import annotations

import functools
import sys
from types import SimpleNamespace
from typing import Any


def report(error: BaseException, message: str, culprit: object) -> None:
    """Gives an error that a thread of kevy's met to ``sys.unraisablehook``.

    ``message`` says what it was doing, ``culprit`` is the object that failed.
    """
    try:
        arguments = (type(error), error, error.__traceback__, message, culprit)
        sys.unraisablehook(_arguments_of_hook(arguments))
    except Exception as of_hook:
        sys.__excepthook__(type(of_hook), of_hook, of_hook.__traceback__)


def _arguments_of_hook(arguments: tuple[Any, ...]) -> Any:
    kind = _arguments_type() if sys.implementation.name == "cpython" else None
    if kind is not None:
        return kind(arguments)
    names = ("exc_type", "exc_value", "exc_traceback", "err_msg", "object")
    return SimpleNamespace(**dict(zip(names, arguments)))


class _Unruly:
    def __del__(self) -> None:
        raise _UnrulyError


class _UnrulyError(Exception):
    pass


@functools.lru_cache(maxsize=1)
def _arguments_type() -> Any:
    """The type that the interpreter's own hook insists on, which it shows to hooks alone."""
    found: list[Any] = []
    hook = sys.unraisablehook

    def look(arguments: Any) -> None:
        if arguments.exc_type is _UnrulyError:
            found.append(type(arguments))
        else:
            hook(arguments)

    sys.unraisablehook = look
    try:
        _Unruly()
    finally:
        sys.unraisablehook = hook
    return found[0] if found else None
