"""MIGRATE from Python: keys go to another instance of the process, or to any server, while other
threads go on; a session's wait for it is cancelled as any other."""

from __future__ import annotations

import socket
import threading

import libkevy as kevy
import pytest
from conftest import eventually


def test_keys_go_from_one_instance_to_another() -> None:
    with kevy.start() as source, kevy.start() as target:
        host, port = target.listen("127.0.0.1:0").rsplit(":", 1)
        source.set("a", "1")
        source.rpush("b", "x", "y")
        words = ("MIGRATE", host, port, "", 0, 5000, "KEYS", "a", "b", "nosuch")
        assert source.execute(*words) == b"OK"
        assert target.get("a") == b"1"
        assert target.lrange("b", 0, -1) == [b"x", b"y"]
        assert source.execute("DBSIZE") == 0
        assert source.execute(*words) == b"NOKEY"


def test_the_verb_has_the_options_of_redis_py() -> None:
    with kevy.start() as source, kevy.start() as target:
        host, port = target.listen("127.0.0.1:0").rsplit(":", 1)
        target.execute("CONFIG", "SET", "requirepass", "secret")
        source.set_many({"a": "1", "b": "2"})
        with pytest.raises(kevy.ResponseError, match="NOAUTH"):
            source.migrate(host, int(port), "a", 3, 5000)
        with source.session() as session:
            assert session.migrate(host, int(port), "a", 3, 5000, copy=True, auth="secret") == b"OK"
        assert source.get("a") == b"1"
        with pytest.raises(kevy.ResponseError, match="BUSYKEY"):
            source.migrate(host, int(port), ["a", "b"], 3, 5000, auth="secret")
        pipeline = source.pipeline().migrate(
            host, int(port), ["a", "b"], 3, 5000, replace=True, auth="secret"
        )
        assert pipeline.dbsize().execute() == [b"OK", 0]
        with target.session() as session:
            session.execute("SELECT", 3)
            assert session.mget("a", "b") == [b"1", b"2"]
        assert source.migrate(host, int(port), "a", 3, 5000) == b"NOKEY"
        with pytest.raises(kevy.InvalidError, match="at least one key"):
            source.migrate(host, int(port), [], 3, 5000)


def test_other_threads_go_on_meanwhile_and_it_is_cancelled() -> None:
    with kevy.start() as source, socket.create_server(("127.0.0.1", 0)) as silent:
        source.set("a", "1")
        session = source.session()
        ended: list[BaseException] = []

        def migrate() -> None:
            try:
                session.execute("MIGRATE", "127.0.0.1", silent.getsockname()[1], "a", 0, 60_000)
            except kevy.CancelledError as error:
                ended.append(error)

        thread = threading.Thread(target=migrate)
        thread.start()
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1)
            assert source.incr("a") == 2
            eventually(session.cancel)
            thread.join()
        assert len(ended) == 1
        assert source.get("a") == b"2"


def test_what_is_wrong_is_an_error() -> None:
    with kevy.start() as source, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        source.set("a", "1")
        with pytest.raises(kevy.ResponseError, match="IOERR error or timeout writing to"):
            source.execute("MIGRATE", "127.0.0.1", nobody.getsockname()[1], "a", 0, 500)
