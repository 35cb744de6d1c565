"""The clock."""

from __future__ import annotations

import time
from typing import Any

import libkevy as kevy
import pytest


def test_it_runs_with_the_machine_until_frozen(db: kevy.Instance[bytes]) -> None:
    assert abs(db.clock.now() - time.time() * 1000) < 5000
    db.clock.freeze()
    frozen = db.clock.now()
    assert db.clock.now() == frozen
    db.clock.advance(1234)
    assert db.clock.now() == frozen + 1234
    db.clock.freeze(1_000_000)
    assert db.execute("TIME") == [b"1000", b"0"]
    db.clock.resume()
    assert abs(db.clock.now() - time.time() * 1000) < 5000


def test_keys_expire_as_it_moves(db: kevy.Instance[bytes]) -> None:
    with db.clock as clock:
        db.set("k", "v", px=1000)
        clock.advance(999)
        assert db.get("k") == b"v"
        clock.advance(1)
        assert db.get("k") is None
        assert db.execute("DBSIZE") == 0


@pytest.mark.parametrize("wrong", [-1001, -(2**63), -(2**70), 2**63 - 1, 2**63, 2**70])
def test_it_has_a_beginning_and_an_end(db: kevy.Instance[bytes], wrong: int) -> None:
    db.clock.freeze(1000)
    for call in (db.clock.advance, db.clock.freeze):
        with pytest.raises(kevy.InvalidError, match="275760"):
            call(wrong)
    assert db.clock.now() == 1000


def test_it_goes_back(db: kevy.Instance[bytes]) -> None:
    db.clock.freeze(1000)
    db.clock.advance(-1)
    assert db.clock.now() == 999
    db.clock.advance(-999)
    assert db.clock.now() == 0
    with pytest.raises(kevy.InvalidError, match="275760"):
        db.clock.freeze(-1)


@pytest.mark.parametrize("wrong", [1.5, "1", True, float("inf")])
def test_its_times_are_whole_milliseconds(db: kevy.Instance[bytes], wrong: Any) -> None:
    for call in (db.clock.advance, db.clock.freeze):
        with pytest.raises(kevy.InvalidError, match="whole number of milliseconds"):
            call(wrong)


def test_instances_have_clocks_of_their_own(db: kevy.Instance[bytes]) -> None:
    with kevy.start() as other:
        other.clock.freeze(0)
        assert db.clock.now() > 0
