"""The typed verbs beside redis-py's methods: the same names, arguments and results.

redis-py speaks RESP2 to the instance's own socket, and so does kevy's method to another instance of
the same engine: any difference is one of the two bindings.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
import redis
from libkevy._commands import Commands, Iterators
from verbs import ITERATED, NEVER_GIVE, PROGRAMS
from verbs_of_types import TIMED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from verb_calls import Call

pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated")


@pytest.fixture
def beside(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[kevy.Instance[bytes], Any]]:
    """An instance, and redis-py connected to another."""
    path = str(tmp_path / "kevy.sock")
    with kevy.start() as db, kevy.start(listen=f"unix:{path}", threads=1) as served:
        if request.node.name.partition("[")[2] not in {f"{name}]" for name in TIMED}:
            db.clock.freeze()
            served.clock.freeze()
        with redis.Redis(unix_socket_path=path, protocol=2) as client:
            yield db, client


def verbs_of_both() -> list[str]:
    verbs = {name for kind in (Commands, Iterators) for name in dir(kind)}
    return sorted(verb for verb in verbs if not verb.startswith("_") and hasattr(redis.Redis, verb))


def both(db: Any, client: Any, call: Call) -> tuple[Any, Any]:
    ours = getattr(db, call.verb)(*call.args, **call.options)
    theirs = getattr(client, call.verb)(*call.args, **call.options)
    return ours, theirs


@pytest.mark.parametrize("name", PROGRAMS)
def test_redis_py_gives_the_same(name: str, beside: tuple[Any, Any]) -> None:
    for call in PROGRAMS[name]:
        ours, theirs = both(*beside, call)
        assert (ours, theirs) == (call.gives, call.theirs), call
        assert isinstance(ours, type(theirs)), call  # a bool is an int


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_pipeline_of_redis_py_gives_the_same(name: str, beside: tuple[Any, Any]) -> None:
    db, client = beside
    ours, theirs = db.pipeline(atomic=True), client.pipeline()
    for call in PROGRAMS[name]:
        both(ours, theirs, call)
    pairs = list(zip(ours.execute(), theirs.execute()))
    assert pairs == [(call.gives, call.theirs) for call in PROGRAMS[name]]


@pytest.mark.parametrize(("before", "call"), ITERATED)
def test_redis_py_iterates_alike(before: list[Call], call: Call, beside: tuple[Any, Any]) -> None:
    for each in before:
        both(*beside, each)
    ours, theirs = both(*beside, call)
    assert sorted(ours) == sorted(theirs) == call.gives


def test_redis_py_reads_info_alike(beside: tuple[Any, Any]) -> None:
    for each in beside:
        each.set("k", "v")
    ours, theirs = (each.info() for each in beside)
    assert len(ours) > 30
    listens = {"tcp_port", "listener0"}  # only theirs
    assert ours.keys() - listens == theirs.keys() - listens
    assert {k: type(v) for k, v in ours.items()} == {k: type(theirs[k]) for k in ours}


def test_every_verb_is_redis_pys_or_known_not_to_be() -> None:
    compared = {call.verb for program in PROGRAMS.values() for call in program}
    compared |= {call.verb for _, call in ITERATED}
    assert set(verbs_of_both()) == compared | NEVER_GIVE


@pytest.mark.parametrize("verb", verbs_of_both())
def test_parameters_are_those_of_redis_py(verb: str) -> None:
    """The same names in the same order, with the same defaults; redis-py may have more of them."""
    ours = inspect.signature(getattr(kevy.Instance, verb)).parameters
    theirs = inspect.signature(getattr(redis.Redis, verb)).parameters
    shared = [p for p in theirs.values() if p.name in ours]
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in shared]
    for i, parameter in enumerate(ours.values()):
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            assert list(theirs)[i] == parameter.name, "a call by position would mean another"
