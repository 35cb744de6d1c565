"""What the typed verbs of all types share: how words are gathered and replies converted.

A verb is a method that builds the words of a command and gives them to ``_command``, or to
``_converted`` where the reply's shape is not yet what a caller expects. It knows nothing of how the
command runs: at once in an instance or session, later in a pipeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Callable, Generic, Union

from libkevy._types import V, Word
from libkevy._words import encoded
from libkevy.errors import InvalidError

#: A word, or several of them.
Words = Union[Word, Iterable[Word]]

_WORD = (str, bytes, bytearray, memoryview, int, float)


#: The verbs that may wait, as src/verbs.h has them.
WAITING = frozenset(
    [
        *("BLPOP", "BRPOP", "BLMOVE", "BLMOVEM", "BLMPOP", "BRPOPLPUSH"),
        *("BZPOPMIN", "BZPOPMAX", "BZMPOP", "XREAD", "XREADGROUP", "WAIT", "WAITAOF"),
        "MIGRATE",
    ]
)


def may_wait(verb: Word) -> bool:
    """Whether a command of the verb may wait."""
    if not isinstance(verb, str):
        is_text = isinstance(verb, (bytes, bytearray, memoryview))
        return is_text and bytes(verb).decode("latin-1").upper() in WAITING  # type: ignore[arg-type]
    return verb in WAITING or verb.upper() in WAITING


def written(commands: Iterable[Iterable[Word]]) -> tuple[tuple[bytes, ...], ...]:
    """Commands that do not run all at once: what is no word is refused before the first one runs.

    And what can change meanwhile is copied.
    """
    return tuple(tuple(encoded(word, bytes) for word in command) for command in commands)


class Verbs(Generic[V]):
    """The root of the classes that have a type's verbs."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _command(self, /, *words: Word) -> Any: ...

        def _converted(self, convert: Callable[[Any], Any], *words: Word) -> Any: ...


# ---- Words -------------------------------------------------------------------------------------


def words_of(first: Words, rest: Iterable[Word] = ()) -> list[Word]:
    """One word or several, and those after it: ``f("a", "b")`` and ``f(["a", "b"])`` are alike."""
    return [first, *rest] if isinstance(first, _WORD) else [*first, *rest]


def pairs_of(mapping: Mapping[Any, Word]) -> list[Word]:
    """Keys and values in turn."""
    return [word for pair in mapping.items() for word in pair]


def chosen(**options: bool) -> list[Word]:
    """The names, in capitals, of the options that are True."""
    return [name.upper() for name, is_wanted in options.items() if is_wanted]


def given(**options: Word | None) -> list[Word]:
    """The names, in capitals, and the values of the options that are not None."""
    return [
        word
        for name, value in options.items()
        if value is not None
        for word in (name.upper(), value)
    ]


def expiry(
    ex: int | timedelta | None,
    px: int | timedelta | None,
    exat: int | datetime | None,
    pxat: int | datetime | None,
) -> list[Word]:
    """How long a value is to live, or until when, as words; nothing when all are None."""
    return given(
        ex=None if ex is None else seconds(ex),
        px=None if px is None else milliseconds(px),
        exat=None if exat is None else unix_seconds(exat),
        pxat=None if pxat is None else unix_milliseconds(pxat),
    )


def limit(offset: int | None, count: int | None) -> list[Word]:
    """``LIMIT offset count``, or nothing when both are None."""
    if offset is None and count is None:
        return []
    if offset is None or count is None:
        msg = "where a range begins and how many it has are given together, or not at all"
        raise InvalidError(msg)
    return ["LIMIT", offset, count]


def seconds(span: int | timedelta) -> int:
    """A span of time in whole seconds."""
    return span // timedelta(seconds=1) if isinstance(span, timedelta) else span


def milliseconds(span: int | timedelta) -> int:
    """A span of time in whole milliseconds."""
    return span // timedelta(milliseconds=1) if isinstance(span, timedelta) else span


def unix_seconds(moment: int | datetime) -> int:
    """A moment in seconds since the Unix epoch."""
    return int(moment.timestamp()) if isinstance(moment, datetime) else moment


def unix_milliseconds(moment: int | datetime) -> int:
    """A moment in milliseconds since the Unix epoch."""
    return int(moment.timestamp() * 1000) if isinstance(moment, datetime) else moment


# ---- Replies -----------------------------------------------------------------------------------
#
# Converters take the shapes of RESP2 and of RESP3 alike. Errors never reach them, nor does None:
# that stays None, or becomes what the converter's `of_null` makes, if it has one.


def converted(convert: Callable[[Any], Any], reply: Any) -> Any:
    """What a verb gives for a reply that is no error."""
    if reply is not None:
        return convert(reply)
    of_null = getattr(convert, "of_null", None)
    return None if of_null is None else of_null()


def is_done(_: object) -> bool:
    """True, of ``OK``."""
    return True


def floats_of(reply: list[Any]) -> list[float | None]:
    """Scores, None where there is none."""
    return [None if score is None else float(score) for score in reply]


def bools_of(reply: list[int]) -> list[bool]:
    """Zeros and ones as bools."""
    return [bool(each) for each in reply]


def dict_of(reply: Any) -> dict[Any, Any]:
    """Fields and values, which RESP2 has in turn."""
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2]))


def list_of(reply: Any) -> Any:
    """A set of RESP3 as the list it is in RESP2; one element as it is."""
    return list(reply) if isinstance(reply, set) else reply


def scored(reply: list[Any]) -> list[tuple[Any, float]]:
    """Members and scores: in turn in RESP2, in pairs in RESP3."""
    if reply and isinstance(reply[0], list):
        return [(member, float(score)) for member, score in reply]
    return [(member, float(score)) for member, score in zip(reply[::2], reply[1::2])]


def rank_and_score(reply: list[Any]) -> list[Any]:
    """A rank and a score."""
    return [reply[0], float(reply[1])]


def grouped(size: int) -> Callable[[list[Any]], list[tuple[Any, ...]]]:
    """Cuts a list into tuples of ``size``."""
    return lambda reply: [tuple(reply[i : i + size]) for i in range(0, len(reply), size)]


_QUEUED = (b"QUEUED", "QUEUED")


def is_queued(reply: object) -> bool:
    """Whether the reply says that the command waits for EXEC. No converted verb answers so."""
    return type(reply) in (bytes, str) and any(
        reply == word for word in _QUEUED if type(word) is type(reply)
    )
