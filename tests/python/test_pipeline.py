"""Pipelines of instances and sessions."""

from __future__ import annotations

import libkevy as kevy
import pytest


def test_replies_come_in_order(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline().set("a", 1).execute("INCR", "a").get("a").get("none")
    assert len(pipeline) == 4
    assert pipeline.run() == [b"OK", 2, b"2", None]
    assert len(pipeline) == 0
    assert pipeline.run() == []


def test_a_time_to_live(db: kevy.Instance[bytes]) -> None:
    db.clock.freeze()
    assert db.pipeline().set("k", "v", ttl_ms=77).execute("PTTL", "k").run() == [b"OK", 77]


def test_clear_forgets_the_commands(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline().set("a", 1)
    pipeline.clear()
    assert pipeline.get("a").run() == [None]


def test_the_first_error_is_raised_after_all_ran(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline().set("a", "x").execute("INCR", "a").execute("NOSUCH").set("b", 1)
    with pytest.raises(kevy.ResponseError, match="not an integer"):
        pipeline.run()
    assert db.get("b") == b"1"


def test_errors_can_stand_among_the_replies(db: kevy.Instance[bytes]) -> None:
    replies = db.pipeline().execute("NOSUCH").set("b", 1).run(raise_on_error=False)
    assert isinstance(replies[0], kevy.ResponseError)
    assert replies[1] == b"OK"


def test_an_atomic_pipeline_is_a_transaction(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline(atomic=True).set("a", "x").execute("INCR", "a").get("a")
    replies = pipeline.run(raise_on_error=False)
    assert replies[0] == b"OK"
    assert isinstance(replies[1], kevy.ResponseError)
    assert replies[2] == b"x"


def test_an_atomic_pipeline_with_a_refused_command_runs_nothing(db: kevy.Instance[bytes]) -> None:
    with pytest.raises(kevy.ExecAbortError) as caught:
        db.pipeline(atomic=True).set("a", 1).execute("NOSUCH").run()
    assert "unknown command" in str(caught.value.__cause__)
    assert db.get("a") is None


def test_an_atomic_pipeline_heeds_the_watches_of_its_session(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("WATCH", "a")
        db.set("a", "from elsewhere")
        with pytest.raises(kevy.WatchError):
            session.pipeline(atomic=True).set("a", "mine").run()
        assert session.pipeline(atomic=True).set("a", "mine").run() == [b"OK"]


def test_a_session_keeps_its_state_in_a_pipeline(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        replies = session.pipeline().execute("SELECT", 2).set("k", "two").run()
        assert replies == [b"OK", b"OK"]
        assert session.execute("GET", "k") == b"two"
    assert db.get("k") is None


def test_an_atomic_pipeline_inside_a_transaction_is_refused(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("MULTI")
        with pytest.raises(kevy.ResponseError, match="not allowed inside a transaction"):
            session.pipeline(atomic=True).get("k").run()


def test_big_pipelines(db: kevy.Instance[bytes]) -> None:
    pipeline = db.pipeline()
    for i in range(20_000):
        pipeline.set(f"k{i}", i)
    assert pipeline.run() == [b"OK"] * 20_000
    assert db.execute("DBSIZE") == 20_000
