"""The clock of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from libkevy._made import MadeByInit
from libkevy.errors import InvalidError

if TYPE_CHECKING:
    import sys

    from libkevy._door import InstanceHandle

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = ["Clock"]


class Clock:
    """Time as an instance sees it, in milliseconds. It runs with the machine's until frozen.

    With a frozen clock tests of expiry are exact and wait for nothing::

        db.clock.freeze()
        db.set("token", "x", px=1000)
        db.clock.advance(1000)
        assert db.get("token") is None
    """

    _instance: InstanceHandle = MadeByInit()  # type: ignore[assignment]

    def __init__(self, instance: InstanceHandle) -> None:
        self._instance = instance

    def now(self) -> int:
        """Milliseconds since the Unix epoch."""
        return self._instance._clock_now()

    def freeze(self, unix_ms: int | None = None) -> None:
        """Stops the clock at ``unix_ms``, or at the present moment."""
        at_ms = -1 if unix_ms is None else _whole("unix_ms", unix_ms)
        self._instance._clock_freeze(at_ms)

    def advance(self, delta_ms: int) -> None:
        """Moves it on, or back, frozen or running. Keys whose time has come are gone afterwards."""
        self._instance._clock_advance(_whole("delta_ms", delta_ms, least=-_LONGEST))

    def resume(self) -> None:
        """Back to the machine's time."""
        self._instance._clock_resume()

    def __enter__(self) -> Self:
        """Freezes the clock at the present moment for the length of a block."""
        self.freeze()
        return self

    def __exit__(self, *exception: object) -> None:
        self.resume()


# How far it is from one end of the clock to the other.
_LONGEST = 8_640_000_000_000_000


def _whole(name: str, value: int, least: int = 0) -> int:
    """The value of an argument that is a whole number of milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"{name} is a whole number of milliseconds, not {value!r}"
        raise InvalidError(msg)
    if not least <= value <= _LONGEST:
        msg = f"{name} is {value}; the clock goes from 1970 to the year 275760"
        raise InvalidError(msg)
    return value
