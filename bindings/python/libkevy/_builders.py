"""What is called in several steps: the parts of BITFIELD, and scripts that are known by name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from libkevy._made import MadeByInit
from libkevy._types import V, Word
from libkevy._verbs import Verbs
from libkevy.errors import NoScriptError

if TYPE_CHECKING:
    import sys
    from collections.abc import Iterable, Sequence

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = ["BitField", "Builders", "Script"]


class BitField:
    """The operations of one BITFIELD, in order. ``execute`` runs them and gives their results."""

    _words: list[Word] = MadeByInit()  # type: ignore[assignment]
    _overflow: str = MadeByInit()  # type: ignore[assignment]
    _default: str = MadeByInit()  # type: ignore[assignment]

    def __init__(self, target: Any, key: Word, default_overflow: str | None = None) -> None:
        """Made by ``bitfield``."""
        self._target, self._key = target, key
        self._default = (default_overflow or "WRAP").upper()
        self.reset()

    def reset(self) -> None:
        """Forgets the operations."""
        self._words = []
        self._overflow = "WRAP"
        self.overflow(self._default)

    def overflow(self, overflow: str) -> Self:
        """What happens from here on when an integer does not fit: ``WRAP``, ``SAT`` or ``FAIL``."""
        if overflow.upper() != self._overflow:
            self._overflow = overflow.upper()
            self._words += ["OVERFLOW", self._overflow]
        return self

    def get(self, fmt: str, offset: int | str) -> Self:
        """Reads an integer such as a ``u8``, at an offset in bits or, with ``#``, in items."""
        self._words += ["GET", fmt, offset]
        return self

    def set(self, fmt: str, offset: int | str, value: int) -> Self:
        """Stores an integer; its result is what was there."""
        self._words += ["SET", fmt, offset, value]
        return self

    def incrby(
        self, fmt: str, offset: int | str, increment: int, overflow: str | None = None
    ) -> Self:
        """Adds to an integer; its result is the sum."""
        if overflow is not None:
            self.overflow(overflow)
        self._words += ["INCRBY", fmt, offset, increment]
        return self

    def execute(self) -> list[int | None]:
        """The results, None for what was not done (``FAIL``)."""
        words = self._words
        self.reset()
        results: list[int | None] = self._target._command("BITFIELD", self._key, *words)
        return results


class Script:
    """A script that is called as a function, and loaded where it is not known yet."""

    _target: Any = MadeByInit()

    def __init__(self, target: Any, script: Word) -> None:
        """Made by ``register_script``."""
        self._target = target
        self.script = script
        text = script.encode() if isinstance(script, str) else bytes(script)  # type: ignore[arg-type]
        self.sha = hashlib.sha1(text, usedforsecurity=False).hexdigest()

    def __call__(
        self,
        keys: Sequence[Word] | None = None,
        args: Iterable[Word] | None = None,
        client: Any = None,
    ) -> Any:
        """Runs it, on what it was registered with, or on another instance, session or pipeline."""
        from libkevy._pipeline import Pipeline

        target = self._target if client is None else client
        keys = keys or ()
        words = [len(keys), *keys, *(args or ())]
        if isinstance(target, Pipeline):  # which cannot wait for the answer that it is not known
            return target.eval(self.script, *words)  # type: ignore[arg-type]
        try:
            return target.evalsha(self.sha, *words)
        except NoScriptError:
            return target.eval(self.script, *words)


class Builders(Verbs[V]):
    """Verbs that need more than one call."""

    __slots__ = ()

    def bitfield(self, key: Word, default_overflow: str | None = None) -> BitField:
        """Integers inside a string: ``bitfield(key).set("u8", 0, 7).get("u8", 8).execute()``."""
        return BitField(self, key, default_overflow)

    def register_script(self, script: Word) -> Script:
        """What runs a script: ``double = db.register_script(text)``, ``double(["k"])``."""
        return Script(self, script)
