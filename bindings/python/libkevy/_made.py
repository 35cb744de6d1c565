"""What handles are before they are made: their ``__init__`` was not called, or has failed.

And afterwards: made once.
"""

from __future__ import annotations

from typing import Any


class MadeByInit:
    """An attribute that ``__init__`` sets. Before that reading it is a ``TypeError``."""

    __slots__ = ()

    def __get__(self, handle: object | None, kind: type | None = None) -> Any:
        if handle is None:  # asked of the class
            return self
        name = type(handle).__name__
        msg = f"{name}.__init__() was not called, or has failed"
        raise TypeError(msg)


def refuse_second_init(handle: Any) -> None:
    """Raises ``TypeError`` where the handle was made before: what it stands for would be lost."""
    try:
        handle._is_open()
    except TypeError:
        return
    msg = f"{type(handle).__name__}.__init__() was called before"
    raise TypeError(msg)
