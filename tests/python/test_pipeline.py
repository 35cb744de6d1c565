"""Pipelines of instances and sessions."""

from __future__ import annotations

import gc
import weakref

import libkevy as kevy
import pytest


def test_replies_come_in_order(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline().set("a", 1).command("INCR", "a").get("a").get("none")
    assert len(pipeline) == 4
    assert pipeline.execute() == [True, 2, b"2", None]
    assert len(pipeline) == 0
    assert pipeline.execute() == []


def test_a_time_to_live(db: kevy.Instance[bytes]) -> None:
    db.clock.freeze()
    assert db.pipeline().set("k", "v", px=77).command("PTTL", "k").execute() == [True, 77]


def test_clear_forgets_the_commands(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline().set("a", 1)
    pipeline.clear()
    assert pipeline.get("a").execute() == [None]


def test_the_first_error_is_raised_after_all_ran(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline().set("a", "x").command("INCR", "a").command("NOSUCH").set("b", 1)
    with pytest.raises(kevy.ResponseError, match="not an integer"):
        pipeline.execute()
    assert db.get("b") == b"1"


def test_errors_can_stand_among_the_replies(db: kevy.Instance[bytes]) -> None:
    replies = db.pipeline().command("NOSUCH").set("b", 1).execute(raise_on_error=False)
    assert isinstance(replies[0], kevy.ResponseError)
    assert replies[1] is True


def test_an_atomic_pipeline_is_a_transaction(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline(atomic=True).set("a", "x").command("INCR", "a").get("a")
    replies = pipeline.execute(raise_on_error=False)
    assert replies[0] is True
    assert isinstance(replies[1], kevy.ResponseError)
    assert replies[2] == b"x"


def test_an_atomic_pipeline_with_a_refused_command_runs_nothing(db: kevy.Instance[bytes]) -> None:
    with pytest.raises(kevy.ExecAbortError) as caught:
        db.pipeline(atomic=True).set("a", 1).command("NOSUCH").execute()
    assert "unknown command" in str(caught.value.__cause__)
    assert db.get("a") is None


def test_an_atomic_pipeline_heeds_the_watches_of_its_session(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("WATCH", "a")
        db.set("a", "from elsewhere")
        with pytest.raises(kevy.WatchError):
            session.pipeline(atomic=True).set("a", "mine").execute()
        assert session.pipeline(atomic=True).set("a", "mine").execute() == [True]


def test_a_session_keeps_its_state_in_a_pipeline(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        replies = session.pipeline().command("SELECT", 2).set("k", "two").execute()
        assert replies == [b"OK", True]
        assert session.execute("GET", "k") == b"two"
    assert db.get("k") is None


def test_an_atomic_pipeline_inside_a_transaction_is_refused(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("MULTI")
        with pytest.raises(kevy.InvalidError, match="between MULTI and EXEC"):
            session.pipeline(atomic=True).get("k").execute()
        assert session.execute("EXEC") == []


@pytest.mark.parametrize(
    "words", [["MULTI"], ["EXEC"], ["WATCH", "k"], ["QUIT"], ["SUBSCRIBE", "c"]]
)
def test_an_atomic_pipeline_is_nothing_but_its_commands(
    db: kevy.Instance[bytes], words: list[str]
) -> None:
    with db.session() as session:
        for target in (db, session):
            with pytest.raises(kevy.InvalidError, match="an atomic pipeline"):
                target.pipeline(atomic=True).set("a", 1).command(*words).execute()
        assert session.pipeline(atomic=True).get("a").execute() == [None]


def test_an_atomic_pipeline_whose_every_command_is_refused(db: kevy.Instance[bytes]) -> None:
    with pytest.raises(kevy.ResponseError, match="unknown command"):
        db.pipeline(atomic=True).command("NOSUCH").execute()
    (error,) = db.pipeline(atomic=True).command("GET").execute(raise_on_error=False)
    assert "wrong number of arguments" in str(error)


def test_big_pipelines(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline()
    for i in range(20_000):
        pipeline.set(f"k{i}", i)
    assert pipeline.execute() == [True] * 20_000
    assert db.execute("DBSIZE") == 20_000


def test_a_pipeline_collects_in_a_block(db: kevy.Instance[bytes]) -> None:
    with db.pipeline() as pipeline:
        pipeline.set("a", 1)
    assert len(pipeline) == 0
    assert pipeline
    assert db.get("a") is None


def test_results_of_few_and_of_many_commands_are_the_same(db: kevy.Instance[bytes]) -> None:
    db.mset({"text": "x" * 3000, "n": 1})
    db.rpush("list", 1, 2)
    for repeat in (1, 8, 9, 100):  # on the spot, and in one call
        pipeline = db.pipeline()
        for _ in range(repeat):
            pipeline.get("text").get("none").get("list").exists("n", "list").command("NOSUCH")
            pipeline.hgetall("none").set("n", 1).get(b"n").zscore("none", "x")
        results = pipeline.execute(raise_on_error=False)
        assert len(results) == 9 * repeat
        for i in range(0, len(results), 9):
            text, none, wrong, count, unknown, fields, was_set, n, score = results[i : i + 9]
            assert (text, none, count, fields) == (b"x" * 3000, None, 2, {})
            assert (was_set, n, score) == (True, b"1", None)
            assert isinstance(wrong, kevy.WrongTypeError)
            assert "unknown command" in str(unknown)


def test_text_that_does_not_decode_is_an_error(text_db: kevy.Instance[str]) -> None:
    text_db.mset({"good": "x", "bad": b"\xff"})
    pipeline = text_db.pipeline()
    with pytest.raises(UnicodeDecodeError):
        pipeline.get("bad").get("good").get("bad").execute()
    assert pipeline.get("good").execute() == ["x"]


@pytest.mark.parametrize("raise_on_error", [False, True])
def test_a_pipeline_cut_short_is_closed(db: kevy.Instance[bytes], raise_on_error: bool) -> None:
    with db.session() as session:
        pipeline = session.pipeline().set("a", 1).command("QUIT").set("b", 2)
        with pytest.raises(kevy.ClosedError):
            pipeline.execute(raise_on_error)
    assert db.get("b") is None


def test_a_pipeline_whose_session_was_killed_is_closed(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        own = session.execute("CLIENT", "ID")
        pipeline = (
            session.pipeline()
            .get("a")
            .command("CLIENT", "KILL", "ID", own, "SKIPME", "no")
            .set("b", 2)
        )
        with pytest.raises(kevy.ClosedError):
            pipeline.execute(raise_on_error=False)
    assert db.get("b") is None


def test_a_converter_may_stop_the_instance() -> None:
    db = kevy.start()
    pipeline = db.pipeline().set("a", 1)
    pipeline._converted(lambda _: db.stop(), "GET", "a").get("a")
    assert pipeline.execute() == [True, None, b"1"]
    assert db.stopped
    with pytest.raises(kevy.ClosedError):
        pipeline.get("a").execute()


def test_a_pipeline_in_a_cycle_is_collected(db: kevy.Instance[bytes]) -> None:
    class Key(str):
        pipeline: kevy.Pipeline

    key = Key("k")
    key.pipeline = db.pipeline().get(key)
    alive = weakref.ref(key)
    del key
    gc.collect()
    assert alive() is None
