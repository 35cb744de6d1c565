"""The words of commands as bytes: the one place that says what may be a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from libkevy.errors import refused_word

if TYPE_CHECKING:
    from libkevy._types import Word


def encoded(word: Word, of_buffer: Callable[[Any], Any]) -> Any:
    """The bytes of a word, or what `of_buffer` makes of one whose bytes may change."""
    if isinstance(word, bytes):
        return word
    if isinstance(word, str):
        return word.encode()
    if isinstance(word, int) and not isinstance(word, bool):
        return int.__repr__(word).encode()
    if isinstance(word, float):
        return float.__repr__(word).encode()
    if isinstance(word, bytearray) or (
        isinstance(word, memoryview) and word.itemsize == 1 and word.c_contiguous
    ):
        return of_buffer(word)
    raise refused_word(word)
