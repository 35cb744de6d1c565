"""The types that the public methods share."""

from __future__ import annotations

from typing import TypeVar, Union

#: What a command's words, keys and values are given as. Text goes as UTF-8, numbers as decimals.
Word = Union[str, bytes, bytearray, memoryview, int, float]

#: What strings come back as: bytes, or str for an instance that decodes.
V = TypeVar("V", bytes, str)
