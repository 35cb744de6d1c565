"""Saving, backups, and loading them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
from conftest import EnoughError, Refusing

if TYPE_CHECKING:
    from pathlib import Path


def fill(db: kevy.Instance[Any], keys: int) -> bytes:
    db.set_many({f"key:{i}": f"value {i}" * 20 for i in range(keys)})
    db.rpush("list", "a", "b")
    digest: bytes = db.execute("DEBUG", "DIGEST")
    return digest


def digest(db: kevy.Instance[Any]) -> Any:
    return db.execute("DEBUG", "DIGEST")


def test_a_backup_is_loaded_by_another_instance(db: kevy.Instance[bytes], tmp_path: Path) -> None:
    before = fill(db, 5000)
    seen: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        seen.append((done, total))
        db.set("key:1", "changed")  # it goes on

    db.backup(tmp_path / "b.rdb", tell)
    assert seen == sorted(seen)
    assert seen[0] == (0, 5001)
    assert seen[-1] == (5001, 5001)
    assert len(seen) > 3
    with kevy.start() as other:
        other.set("gone", "x")
        read: list[tuple[int, int]] = []
        other.load(str(tmp_path / "b.rdb"), progress=lambda *now: read.append(now))
        assert digest(other) == before
        assert read[-1] == ((tmp_path / "b.rdb").stat().st_size,) * 2
    assert [file.name for file in tmp_path.iterdir()] == ["b.rdb"]


def test_what_progress_raises_ends_it(db: kevy.Instance[bytes], tmp_path: Path) -> None:
    before = fill(db, 5000)
    db.backup(tmp_path / "b.rdb")
    old = (tmp_path / "b.rdb").read_bytes()
    db.set("more", "x")
    with pytest.raises(EnoughError):
        db.backup(tmp_path / "b.rdb", Refusing())
    assert (tmp_path / "b.rdb").read_bytes() == old
    with pytest.raises(EnoughError):
        db.load(tmp_path / "b.rdb", Refusing())
    assert db.get("more") == b"x"
    db.load(tmp_path / "b.rdb")
    assert digest(db) == before


def test_a_damaged_file_is_an_error_and_the_data_stay(
    db: kevy.Instance[bytes], tmp_path: Path
) -> None:
    fill(db, 100)
    db.backup(tmp_path / "b.rdb")
    whole = (tmp_path / "b.rdb").read_bytes()
    db.set("mine", "kept")
    before = digest(db)
    for damaged in (whole[:-1], whole[:100], b"", b"x" * 50, whole[:50] + b"?" + whole[51:]):
        (tmp_path / "d.rdb").write_bytes(damaged)
        with pytest.raises(kevy.InvalidError, match=r"d\.rdb: at byte \d+"):
            db.load(tmp_path / "d.rdb")
        assert digest(db) == before


def test_what_is_wrong_with_a_path_is_said(db: kevy.Instance[bytes], tmp_path: Path) -> None:
    for call in (db.backup, db.load):
        with pytest.raises(kevy.HostError) as caught:
            call(tmp_path / "nosuch" / "b.rdb")
        assert caught.value.errno == 2
        wrong: Any
        for wrong in (1, None, "a\0b"):
            with pytest.raises(kevy.InvalidError, match="path"):
                call(wrong)
    db.stop()
    for call in (db.backup, db.load):
        with pytest.raises(kevy.ClosedError):
            call(tmp_path / "b.rdb")
    with pytest.raises(kevy.ClosedError):
        db.save()


def test_save_needs_a_directory(db: kevy.Instance[bytes], tmp_path: Path) -> None:
    with pytest.raises(kevy.InvalidError, match="dir"):
        db.save()
    with kevy.start(dir=tmp_path) as kept:
        kept.set("greeting", "hello")
        kept.save()
    with kevy.start(dir=str(tmp_path)) as kept:
        assert kept.get("greeting") == b"hello"


def test_what_is_loaded_outlives_the_instance(db: kevy.Instance[bytes], tmp_path: Path) -> None:
    before = fill(db, 100)
    db.backup(tmp_path / "b.rdb")
    (tmp_path / "data").mkdir()
    with kevy.start(dir=tmp_path / "data", appendonly=True, appendfsync="always") as kept:
        kept.set("gone", "x")
        kept.load(tmp_path / "b.rdb")
    with kevy.start(dir=tmp_path / "data", appendonly=True) as kept:
        assert digest(kept) == before


def test_other_threads_go_on(db: kevy.Instance[bytes], tmp_path: Path) -> None:
    fill(db, 20000)
    ended = threading.Event()
    counted = 0

    def count() -> None:
        nonlocal counted
        while not ended.is_set():
            counted = db.incr("counter")

    thread = threading.Thread(target=count)
    thread.start()
    try:
        for _ in range(3):
            db.backup(tmp_path / "b.rdb", lambda *_: None)
    finally:
        ended.set()
        thread.join()
    assert db.get("counter") == b"%d" % counted
