"""The verbs of hashes."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libkevy._types import V, Word
from libkevy._verbs import Verbs, Words, dict_of, pairs_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Hashes(Verbs[V]):
    """Hashes: fields with values."""

    __slots__ = ()

    def hset(
        self,
        name: Word,
        key: Word | None = None,
        value: Word | None = None,
        mapping: Mapping[Any, Word] | None = None,
        items: Iterable[Word] | None = None,
    ) -> int:
        """Stores a field, a mapping of fields, or fields and values in turn; how many are new."""
        words: list[Word] = [] if key is None or value is None else [key, value]
        return self._command("HSET", name, *words, *pairs_of(mapping or {}), *(items or ()))

    def hsetnx(self, name: Word, key: Word, value: Word) -> bool:
        """Stores a field if there is none of this name; whether it did."""
        return self._converted(bool, "HSETNX", name, key, value)

    def hget(self, name: Word, key: Word) -> V | None:
        """The value of a field, None when there is none."""
        return self._command("HGET", name, key)

    def hmget(self, name: Word, keys: Words, *args: Word) -> list[V | None]:
        """The values of several fields."""
        return self._command("HMGET", name, *words_of(keys, args))

    def hgetall(self, name: Word) -> dict[V, V]:
        """All fields and their values."""
        return self._converted(dict_of, "HGETALL", name)

    def hdel(self, name: Word, *keys: Word) -> int:
        """Removes fields; how many there were."""
        return self._command("HDEL", name, *keys)

    def hexists(self, name: Word, key: Word) -> bool:
        """Whether there is such a field."""
        return self._converted(bool, "HEXISTS", name, key)

    def hkeys(self, name: Word) -> list[V]:
        """The names of all fields."""
        return self._command("HKEYS", name)

    def hvals(self, name: Word) -> list[V]:
        """The values of all fields."""
        return self._command("HVALS", name)

    def hlen(self, name: Word) -> int:
        """How many fields there are."""
        return self._command("HLEN", name)

    def hstrlen(self, name: Word, key: Word) -> int:
        """How many bytes the value of a field has."""
        return self._command("HSTRLEN", name, key)

    def hincrby(self, name: Word, key: Word, amount: int = 1) -> int:
        """Adds to the integer in a field; the sum."""
        return self._command("HINCRBY", name, key, amount)

    def hincrbyfloat(self, name: Word, key: Word, amount: float = 1.0) -> float:
        """Adds to the number in a field; the sum."""
        return self._converted(float, "HINCRBYFLOAT", name, key, amount)
