"""Sessions: connection state, pushes, and the raw form."""

from __future__ import annotations

import select
import threading

import libkevy as kevy
import pytest
from conftest import DEADLINE


def test_a_session_has_a_database_of_its_own(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("SELECT", 1)
        session.execute("SET", "k", "one")
        assert db.get("k") is None
        assert session.execute("GET", "k") == b"one"


def test_transactions(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        assert session.execute("MULTI") == b"OK"
        assert session.execute("SET", "k", "x") == b"QUEUED"
        assert session.execute("INCR", "k") == b"QUEUED"
        assert db.get("k") is None
        replies = session.execute("EXEC")
        assert replies[0] == b"OK"
        assert isinstance(replies[1], kevy.ResponseError)


def test_pushes(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        assert session.execute("SUBSCRIBE", "a", "b") == [b"subscribe", b"a", 1]
        assert session.next(0) == [b"subscribe", b"b", 2]
        assert session.next(0) is None
        assert session.next(0.01) is None
        assert db.execute("PUBLISH", "b", "x") == 1
        assert session.next(DEADLINE) == [b"message", b"b", b"x"]


def test_next_is_woken_by_a_push(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("SUBSCRIBE", "c")
        received = []
        reader = threading.Thread(target=lambda: received.append(session.next(DEADLINE)))
        reader.start()
        db.execute("PUBLISH", "c", "x")
        reader.join(DEADLINE)
        assert received == [[b"message", b"c", b"x"]]


def test_the_descriptor_polls_readable(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("SUBSCRIBE", "c")
        assert select.select([session], [], [], 0) == ([], [], [])
        db.execute("PUBLISH", "c", "x")
        assert select.select([session], [], [], DEADLINE) == ([session], [], [])
        assert session.next(0) == [b"message", b"c", b"x"]
        assert select.select([session], [], [], 0) == ([], [], [])


def test_no_reply_when_none_is_wanted(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        assert session.execute("CLIENT", "REPLY", "OFF") is None
        assert session.execute("SET", "k", "v") is None
        assert session.execute("CLIENT", "REPLY", "ON") == b"OK"
        assert session.execute("GET", "k") == b"v"


def test_raw_bytes_in_and_out(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.feed(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2")
        assert session.take() == b""
        session.feed(bytearray(b"\r\nvw\r\nGET k\r\n"))
        assert session.take(3) == b"+OK"
        assert session.take() == b"\r\n$2\r\nvw\r\n"


def test_raw_pushes(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.feed(b"SUBSCRIBE c\r\n")
        assert session.take() == b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
        session.fileno()
        db.execute("PUBLISH", "c", "x")
        assert select.select([session], [], [], DEADLINE)[0] == [session]
        assert session.take() == b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"


def test_a_protocol_error_ends_a_raw_session(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        with pytest.raises(kevy.ClosedError):
            session.feed(b"PING\r\n*1\r\n!oops\r\n")
        output = session.take()
        assert output.startswith(b"+PONG\r\n-ERR Protocol error")
        with pytest.raises(kevy.ClosedError):
            session.feed(b"PING\r\n")


def test_a_session_takes_commands_or_bytes(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("PING")
        with pytest.raises(kevy.InvalidError):
            session.feed(b"PING\r\n")
        assert session.execute("PING") == b"PONG"


def test_quit_closes(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        assert session.execute("QUIT") == b"OK"
        with pytest.raises(kevy.ClosedError):
            session.execute("PING")


def test_a_session_in_use_refuses_other_threads(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        session.execute("SUBSCRIBE", "c")
        received = []
        reader = threading.Thread(target=lambda: received.append(session.next(DEADLINE)))
        reader.start()
        refused = False
        while not refused:
            try:
                session.execute("PING")
            except kevy.InvalidError as error:
                refused = "another thread" in str(error)
        with pytest.raises(kevy.InvalidError, match="another thread"):
            session.close()
        db.execute("PUBLISH", "c", "x")
        reader.join(DEADLINE)
        assert received == [[b"message", b"c", b"x"]]


def test_use_after_close(db: kevy.Instance[bytes]) -> None:
    session = db.session()
    session.close()
    session.close()
    assert session.closed
    for call in (
        lambda: session.execute("PING"),
        lambda: session.next(0),
        session.fileno,
        session.take,
        lambda: session.feed(b"PING\r\n"),
        session.pipeline().command("PING").execute,
        session.__enter__,
    ):
        with pytest.raises(kevy.ClosedError):
            call()


def test_a_killed_session_is_listed_no_more(db: kevy.Instance[bytes]) -> None:
    with db.session() as killer, db.session() as killed:
        number = killed.execute("CLIENT", "ID")
        wanted = f"\nid={number} ".encode()
        assert wanted in b"\n" + killer.execute("CLIENT", "LIST")
        assert killer.execute("CLIENT", "KILL", "ID", number) == 1
        assert wanted not in b"\n" + killer.execute("CLIENT", "LIST")
        assert killer.execute("CLIENT", "KILL", "ID", number) == 0
        with pytest.raises(kevy.ClosedError):
            killed.ping()
