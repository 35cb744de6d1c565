"""Calls of typed verbs, as programs are made of."""

from __future__ import annotations

from typing import Any, NamedTuple


class Call(NamedTuple):
    verb: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    gives: Any
    theirs: Any  # what redis-py gives


_SAME = object()


def call(verb: str, *args: Any, gives: Any, theirs: Any = _SAME, **options: Any) -> Call:
    return Call(verb, args, options, gives, gives if theirs is _SAME else theirs)
