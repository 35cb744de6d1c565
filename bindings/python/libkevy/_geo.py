"""The verbs of sorted sets of places."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from libkevy._types import V, Word
from libkevy._verbs import Verbs, chosen, given

if TYPE_CHECKING:
    from collections.abc import Sequence


class Geo(Verbs[V]):
    """Places, by their longitude and latitude."""

    __slots__ = ()

    def geoadd(
        self,
        name: Word,
        values: Sequence[Word],
        nx: bool = False,
        xx: bool = False,
        ch: bool = False,
    ) -> int:
        """Adds places, each a longitude, a latitude and a name; how many are new."""
        return self._command("GEOADD", name, *chosen(nx=nx, xx=xx, ch=ch), *values)

    def geodist(
        self, name: Word, place1: Word, place2: Word, unit: str | None = None
    ) -> float | None:
        """How far one place is from another, in metres or in ``unit``; None when one is missing."""
        return self._converted(float, "GEODIST", name, place1, place2, *([unit] if unit else ()))

    def geohash(self, name: Word, *values: Word) -> list[str | None]:
        """The geohashes of places, None for what is missing."""
        return self._converted(_texts_of, "GEOHASH", name, *values)

    def geopos(self, name: Word, *values: Word) -> list[tuple[float, float] | None]:
        """The longitudes and latitudes of places, None for what is missing."""
        return self._converted(_positions_of, "GEOPOS", name, *values)

    def georadius(
        self,
        name: Word,
        longitude: float,
        latitude: float,
        radius: float,
        unit: str | None = None,
        withdist: bool = False,
        withcoord: bool = False,
        withhash: bool = False,
        count: int | None = None,
        sort: str | None = None,
        store: Word | None = None,
        store_dist: Word | None = None,
        any: bool = False,  # noqa: A002
    ) -> Any:
        """The places within a radius, as ``geosearch`` gives them, or stored."""
        shown: list[Word] = chosen(withdist=withdist, withcoord=withcoord, withhash=withhash)
        words: list[Word] = [
            *(longitude, latitude, radius, unit or "m"),
            *shown,
            *_found(count, any, sort),
            *given(store=store, storedist=store_dist),
        ]
        return self._converted(_places(shown), "GEORADIUS", name, *words)

    def georadiusbymember(
        self,
        name: Word,
        member: Word,
        radius: float,
        unit: str | None = None,
        withdist: bool = False,
        withcoord: bool = False,
        withhash: bool = False,
        count: int | None = None,
        sort: str | None = None,
        store: Word | None = None,
        store_dist: Word | None = None,
        any: bool = False,  # noqa: A002
    ) -> Any:
        """The same around a place."""
        shown: list[Word] = chosen(withdist=withdist, withcoord=withcoord, withhash=withhash)
        words: list[Word] = [
            *(member, radius, unit or "m"),
            *shown,
            *_found(count, any, sort),
            *given(store=store, storedist=store_dist),
        ]
        return self._converted(_places(shown), "GEORADIUSBYMEMBER", name, *words)

    def geosearch(
        self,
        name: Word,
        member: Word | None = None,
        longitude: float | None = None,
        latitude: float | None = None,
        unit: str = "m",
        radius: float | None = None,
        width: float | None = None,
        height: float | None = None,
        sort: str | None = None,
        count: int | None = None,
        any: bool = False,  # noqa: A002
        withcoord: bool = False,
        withdist: bool = False,
        withhash: bool = False,
    ) -> list[Any]:
        """The places in a circle or a box; or lists of names, distances, hashes, positions."""
        area: list[Word] = _area(member, longitude, latitude, unit, radius, width, height)
        shown: list[Word] = chosen(withdist=withdist, withcoord=withcoord, withhash=withhash)
        words: list[Word] = [*area, *_found(count, any, sort), *shown]
        return self._converted(_places(shown), "GEOSEARCH", name, *words)

    def geosearchstore(
        self,
        dest: Word,
        name: Word,
        member: Word | None = None,
        longitude: float | None = None,
        latitude: float | None = None,
        unit: str = "m",
        radius: float | None = None,
        width: float | None = None,
        height: float | None = None,
        sort: str | None = None,
        count: int | None = None,
        any: bool = False,  # noqa: A002
        storedist: bool = False,
    ) -> int:
        """Stores what ``geosearch`` finds, with distances as scores if asked; how many."""
        area: list[Word] = _area(member, longitude, latitude, unit, radius, width, height)
        words: list[Word] = [*area, *_found(count, any, sort), *chosen(storedist=storedist)]
        return self._command("GEOSEARCHSTORE", dest, name, *words)


def _area(
    member: Word | None,
    longitude: float | None,
    latitude: float | None,
    unit: str,
    radius: float | None,
    width: float | None,
    height: float | None,
) -> list[Word]:
    words: list[Word] = given(frommember=member)
    if longitude is not None and latitude is not None:
        words += ["FROMLONLAT", longitude, latitude]
    if radius is not None:
        words += ["BYRADIUS", radius, unit]
    if width is not None and height is not None:
        words += ["BYBOX", width, height, unit]
    return words


def _found(count: int | None, is_any: bool, sort: str | None) -> list[Word]:
    return [*given(count=count), *chosen(any=is_any), *([sort] if sort else ())]


def _texts_of(reply: list[Any]) -> list[str | None]:
    return [each.decode() if isinstance(each, bytes) else each for each in reply]


def _position(pair: Any) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])


def _positions_of(reply: list[Any]) -> list[tuple[float, float] | None]:
    return [None if pair is None else _position(pair) for pair in reply]


def _as_it_is(name: Any) -> Any:
    return name


def _places(shown: list[Word]) -> Callable[[Any], Any]:
    kinds: list[Callable[[Any], Any]] = [_as_it_is]
    for option, kind in (("WITHDIST", float), ("WITHHASH", int), ("WITHCOORD", _position)):
        if option in shown:
            kinds.append(kind)
    if len(kinds) == 1:
        return _as_it_is
    return lambda reply: [[kind(part) for kind, part in zip(kinds, each)] for each in reply]
