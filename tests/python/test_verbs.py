"""The typed verbs: the shape of what each gives, at once, in a session and in a pipeline."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
from libkevy._commands import Commands, Iterators
from verbs import ITERATED, NEVER_GIVE, PROGRAMS, decoded, types_in
from verbs_of_types import TIMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import assert_type
    from verb_calls import Call

ROOT = Path(__file__).resolve().parents[2]


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_") and name != "execute"}


def called(target: Any, call: Call) -> Any:
    return getattr(target, call.verb)(*call.args, **call.options)


def check(result: Any, expected: Any, call: Call) -> None:
    assert result == expected, call
    assert types_in(result) == types_in(expected), call


@pytest.fixture(params=["resp2", "resp3", "decoded resp2", "decoded resp3"])
def way(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any]]:
    """A store with a frozen clock, and what becomes of the bytes that are expected."""
    decode = "decoded" in request.param
    options: Any = {"decode": decode, "protocol": int(request.param[-1])}
    with kevy.start(**options) as db:
        if request.node.callspec.params.get("name") not in TIMED:
            db.clock.freeze()
        yield db, decoded if decode else lambda value: value


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_verb_gives_its_shape(name: str, way: tuple[Any, Any]) -> None:
    db, expected = way
    for call in PROGRAMS[name]:
        check(called(db, call), expected(call.gives), call)


@pytest.mark.parametrize("name", PROGRAMS)
def test_sessions_have_the_verbs(name: str, way: tuple[Any, Any]) -> None:
    db, expected = way
    with db.session() as session:
        session.execute("SELECT", 3)
        for call in PROGRAMS[name]:
            check(called(session, call), expected(call.gives), call)
    assert db.execute("DBSIZE") == 0


@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_pipelines_have_the_verbs(name: str, atomic: bool, way: tuple[Any, Any]) -> None:
    db, expected = way
    pipeline = db.pipeline(atomic=atomic)
    for call in PROGRAMS[name]:
        assert called(pipeline, call) is pipeline
    for call, result in zip(PROGRAMS[name], pipeline.execute()):
        check(result, expected(call.gives), call)


@pytest.mark.parametrize(("before", "call"), ITERATED)
def test_iterators(before: list[Call], call: Call, way: tuple[Any, Any]) -> None:
    db, expected = way
    for each in before:
        check(called(db, each), expected(each.gives), each)
    check(sorted(called(db, call)), expected(call.gives), call)
    with db.session() as session:
        check(sorted(called(session, call)), expected(call.gives), call)


def test_no_verb_is_left_out() -> None:
    verbs = public(Commands)
    assert len(verbs) > 100
    called = {call.verb for program in PROGRAMS.values() for call in program}
    assert called | NEVER_GIVE == verbs
    assert {call.verb for _, call in ITERATED} == public(Iterators)
    assert verbs <= public(kevy.Instance) & public(kevy.Session) & public(kevy.Pipeline)
    for verb in verbs | public(Iterators):
        documentation = getattr(kevy.Instance, verb).__doc__
        assert documentation
        assert "\n" not in documentation, verb


def test_the_types_of_a_pipeline_are_up_to_date() -> None:
    tool = [sys.executable, str(ROOT / "tools/queued_stub.py"), "--print"]
    printed = subprocess.run(tool, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "bindings/python/libkevy/_queued.pyi").read_text() == printed


def test_what_only_raises_where_nothing_runs(db: kevy.Instance[bytes]) -> None:
    for verb in NEVER_GIVE:
        with pytest.raises(kevy.ResponseError, match="NOTBUSY"):
            getattr(db, verb)()
        with pytest.raises(kevy.ResponseError, match="NOTBUSY"):
            getattr(db.pipeline(), verb)().execute()


WRONG: list[tuple[str, tuple[Any, ...]]] = [
    ("incr", ("list",)),
    ("lpush", ("string", "x")),
    ("lrange", ("string", 0, -1)),
    ("hset", ("string", "field", 1)),
    ("hgetall", ("list",)),
    ("hincrbyfloat", ("list", "field")),
    ("sadd", ("list", "x")),
    ("smembers", ("string",)),
    ("sismember", ("string", "x")),
    ("zadd", ("list", {"a": 1})),
    ("zscore", ("string", "a")),
    ("zpopmin", ("list",)),
]


@pytest.mark.parametrize(("verb", "args"), WRONG)
def test_wrong_types_are_errors(verb: str, args: Any, way: tuple[Any, Any]) -> None:
    db, _ = way
    db.set("string", "x")
    db.rpush("list", "x")
    with db.session() as session:
        for target in (db, session):
            with pytest.raises(kevy.WrongTypeError):
                getattr(target, verb)(*args)
    pipeline = getattr(db.pipeline(), verb)(*args)
    with pytest.raises(kevy.WrongTypeError):
        pipeline.execute()
    (error,) = getattr(db.pipeline(), verb)(*args).execute(raise_on_error=False)
    assert isinstance(error, kevy.WrongTypeError)


def test_what_is_no_word_is_refused(db: Any) -> None:
    for verb, args in (
        ("mset", ({"n": 1, "m": None},)),
        ("rpush", ("l", True)),
        ("hset", ("h", "field", ["x"])),
        ("sadd", ("s", ("a", "b"))),
        ("zadd", ("z", {"a": None})),
    ):
        with pytest.raises(TypeError, match="kevy takes str, bytes"):
            getattr(db, verb)(*args)
        with pytest.raises(TypeError, match="kevy takes str, bytes"):
            getattr(db.pipeline(), verb)(*args).execute()
    assert db.execute("DBSIZE") == 0


def test_what_redis_refuses_is_refused_with_its_words(db: kevy.Instance[bytes]) -> None:
    for call, words in (
        (lambda: db.rename("none", "x"), "ERR no such key"),
        (lambda: db.lset("none", 0, "x"), "ERR no such key"),
        (lambda: db.hset("h"), "ERR wrong number of arguments for 'hset' command"),
        (lambda: db.zadd("z", {}), "ERR wrong number of arguments for 'zadd' command"),
        (lambda: db.zadd("z", {"a": 1}, nx=True, xx=True), "ERR XX and NX options"),
        (lambda: db.zcount("z", "low", "high"), "ERR min or max is not a float"),
        (lambda: db.getex("k", ex=1, persist=True), "ERR syntax error"),
    ):
        with pytest.raises(kevy.ResponseError, match=f"^{words}"):
            call()


def test_half_a_limit_is_refused(db: kevy.Instance[bytes]) -> None:
    for call in (
        lambda: db.zrange("z", 0, 1, byscore=True, offset=1),
        lambda: db.zrangebyscore("z", 0, 1, num=1),
        lambda: db.sort("l", start=1),
    ):
        with pytest.raises(kevy.InvalidError, match="together"):
            call()


def test_the_verbs_of_a_session_in_a_transaction_are_queued(way: tuple[Any, Any]) -> None:
    db, expected = way
    with db.session() as session:
        session.execute("MULTI")
        queued = expected(b"QUEUED")
        assert session.zadd("z", {"a": 1}, incr=True) == queued
        assert session.expire("z", 10) == queued
        assert session.hgetall("h") == queued
        assert session.zpopmin("none") == queued
        assert len(session.execute("EXEC")) == 4
        session.execute("MULTI")
        assert session.pipeline().zscore("z", "a").command("EXEC").execute()[0] == queued


def test_sessions_get_and_set_in_their_database(db: kevy.Instance[bytes]) -> None:
    db.clock.freeze()
    with db.session() as session:
        session.execute("SELECT", 1)
        session.set("k", "v", px=1500)
        assert session.get("k") == b"v"
        assert session.pttl("k") == 1500
        session.set("k", "v")
        assert session.ttl("k") == -1
        assert session.get("none") is None
    assert db.get("k") is None


def test_errors_do_not_keep_others_from_being_converted(db: kevy.Instance[bytes]) -> None:
    for atomic in (False, True):
        pipeline = db.pipeline(atomic=atomic).command("SET", "s", "x").zscore("s", "a")
        pipeline.hset("h", "f", 1).hgetall("h")
        ok, error, _, fields = pipeline.execute(raise_on_error=False)
        assert (ok, fields) == (b"OK", {b"f": b"1"})
        assert isinstance(error, kevy.WrongTypeError)


def test_info_is_read_as_redis_py_reads_it(db: kevy.Instance[bytes]) -> None:
    db.set("k", "v", ex=100)
    assert db.info("keyspace")["db0"]["keys"] == 1
    assert {"redis_version", "cluster_enabled", "db0"} < set(db.info())
    assert set(db.info("server", "cluster")) == {*db.info("server"), "cluster_enabled"}


def test_a_cleared_pipeline_converts_nothing_of_before(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline().hgetall("h")
    pipeline.clear()
    assert pipeline.scard("s").ttl("none").execute() == [0, -2]
    assert pipeline.hgetall("h").execute() == [{}]


if TYPE_CHECKING:

    def types(db: kevy.Instance[bytes], text: kevy.Session[str], queued: kevy.Pipeline) -> None:
        """What mypy knows. Nothing runs this."""
        assert_type(db.lpop("l"), "bytes | None")
        assert_type(db.lpop("l", 2), "list[bytes] | None")
        assert_type(text.hgetall("h"), dict[str, str])
        assert_type(text.smembers("s"), set[str])
        assert_type(db.zrange("z", 0, 1), list[bytes])
        assert_type(db.zrange("z", 0, 1, withscores=True), "list[tuple[bytes, float]]")
        assert_type(db.zadd("z", {"a": 1}), int)
        assert_type(db.zadd("z", {"a": 1}, incr=True), "float | None")
        assert_type(db.sort("l", store="x"), int)
        assert_type(db.sort("l", get="#"), "list[bytes | None]")
        assert_type(db.expire("k", 1), bool)
        assert_type(text.scan_iter(), "Iterator[str]")
        assert_type(queued.lpush("l", 1).hgetall("h").zrange("z", 0, 1), kevy.Pipeline)
        assert_type(queued.execute(), list[Any])
        db.lpush("l", None)  # type: ignore[arg-type]
        db.lpush()  # type: ignore[call-arg]
        queued.lpush("l", None)  # type: ignore[arg-type]
        queued.scan_iter()  # type: ignore[attr-defined]
