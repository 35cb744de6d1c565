"""redis-py and valkey-py against a kevy that listens, unmodified."""

from __future__ import annotations

import asyncio
import errno
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
import redis
import redis.asyncio
import valkey
from conftest import DEADLINE, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[kevy.Instance[bytes], str]]:
    path = str(tmp_path / "kevy.sock")
    with kevy.start(listen=f"unix:{path}", threads=1) as db:
        yield db, path


@pytest.fixture(params=[(redis.Redis, 2), (redis.Redis, 3), (valkey.Valkey, 2), (valkey.Valkey, 3)])
def client(request: pytest.FixtureRequest, served: tuple[Any, str]) -> Iterator[Any]:
    kind, protocol = request.param
    with kind(unix_socket_path=served[1], protocol=protocol) as connected:
        yield connected


def test_addresses(tmp_path: Path) -> None:
    path = str(tmp_path / "kevy.sock")
    with kevy.start(listen=["127.0.0.1:0", f"unix:{path}"]) as db:
        tcp, unix = db.addresses
        assert unix == f"unix:{path}"
        port = int(tcp.rpartition(":")[2])
        assert port > 0
        assert db.listen("127.0.0.1:0") == db.addresses[2]
        assert repr(db) == f"<libkevy.Instance {', '.join(db.addresses)}>"
        with redis.Redis(port=port) as over_tcp:
            assert over_tcp.ping()
        with pytest.raises(kevy.HostError) as caught:
            db.listen(tcp)
        assert caught.value.errno == errno.EADDRINUSE
        assert tcp in str(caught.value)
    assert not Path(path).exists()


@pytest.mark.parametrize("address", ["", "nonsense", "127.0.0.1:99999", "unix:", "127.0.0.1:0\0"])
def test_wrong_addresses_are_refused(db: kevy.Instance[bytes], address: str) -> None:
    with pytest.raises(kevy.Error):
        db.listen(address)
    assert db.addresses == []
    with pytest.raises(kevy.Error):
        kevy.start(listen=address)


def test_the_client_and_the_process_see_the_same_data(
    served: tuple[kevy.Instance[bytes], str], client: Any
) -> None:
    db, _ = served
    assert client.set("k", "from the client", px=60_000)
    assert db.get("k") == b"from the client"
    db.set("k", "from the process")
    assert client.get("k") == b"from the process"
    assert client.incrby("n", 5) == 5
    assert client.mget("k", "none") == [b"from the process", None]
    assert client.config_get("databases") == {"databases": "16"}
    assert sorted(client.scan_iter()) == [b"k", b"n"]
    with pytest.raises(Exception, match="not an integer"):
        client.incr("k")


def test_pipelines_and_transactions(client: Any) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for i in range(1000):
            pipeline.set(f"k{i}", i)
        assert pipeline.execute() == [True] * 1000
    with client.pipeline() as pipeline:
        assert pipeline.incr("n").get("k7").execute() == [1, b"7"]
    with client.pipeline() as pipeline:
        pipeline.watch("n")
        client.incr("n")
        pipeline.multi()
        pipeline.set("n", "lost")
        with pytest.raises(Exception, match=r"(?i)watched variable changed"):
            pipeline.execute()


def test_publish_and_subscribe(served: tuple[kevy.Instance[bytes], str], client: Any) -> None:
    db, _ = served
    with client.pubsub() as pubsub:
        pubsub.subscribe("c")
        pubsub.psubscribe("p*")
        kinds = [pubsub.get_message(timeout=DEADLINE)["type"] for _ in range(2)]
        assert kinds == ["subscribe", "psubscribe"]
        assert db.execute("PUBLISH", "c", "from the process") == 1
        assert client.publish("px", "from the client") == 1
        assert pubsub.get_message(timeout=DEADLINE)["data"] == b"from the process"
        assert pubsub.get_message(timeout=DEADLINE)["data"] == b"from the client"
    with db.subscribe("c") as messages:
        client.publish("c", "to the process")
        assert messages.next(DEADLINE) == kevy.Message(b"c", b"to the process")


def test_clients_on_many_threads(served: tuple[kevy.Instance[bytes], str], client: Any) -> None:
    db, _ = served

    def work() -> None:
        for _ in range(100):
            client.incr("n")
            db.execute("INCR", "n")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert db.get("n") == b"800"


@pytest.mark.parametrize("protocol", [2, 3])
def test_asyncio_clients(served: tuple[kevy.Instance[bytes], str], protocol: int) -> None:
    db, path = served

    async def body() -> None:
        client: Any
        async with redis.asyncio.Redis(unix_socket_path=path, protocol=protocol) as client:
            assert await client.set("k", "v")
            assert await client.get("k") == b"v"
            assert await client.pipeline().incr("n").incr("n").execute() == [1, 2]
            async with client.pubsub() as pubsub:
                await pubsub.subscribe("c")
                assert (await pubsub.get_message(timeout=DEADLINE))["type"] == "subscribe"
                db.execute("PUBLISH", "c", "x")
                assert (await pubsub.get_message(timeout=DEADLINE))["data"] == b"x"

    asyncio.run(asyncio.wait_for(body(), DEADLINE))


def test_stopping_disconnects_clients(served: tuple[kevy.Instance[bytes], str]) -> None:
    db, path = served
    with redis.Redis(unix_socket_path=path) as client:
        assert client.ping()
        db.stop()
        eventually(lambda: not Path(path).exists())
        with pytest.raises(redis.ConnectionError):
            client.ping()
