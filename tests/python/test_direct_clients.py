"""redis-py's and valkey-py's own clients on an instance, without a socket.

tools/redis_py.sh runs this file with each version of redis-py that is supported.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
import redis
import redis.asyncio
from conftest import DEADLINE, eventually

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator


@pytest.fixture(params=[2, 3])
def client(request: pytest.FixtureRequest, db: kevy.Instance[bytes]) -> Iterator[Any]:
    with db.redis(protocol=request.param) as made:
        yield made


def run(body: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(body, DEADLINE))


def test_commands(db: kevy.Instance[bytes], client: Any) -> None:
    assert type(client).__module__ == "redis.client"
    assert client.set("k", "v", ex=100) is True
    assert client.get("k") == db.get("k") == b"v"
    assert client.hset("h", mapping={"a": 1, "b": 2.5}) == 2
    assert client.hgetall("h") == {b"a": b"1", b"b": b"2.5"}
    assert client.sadd("s", "a", "b") == 2
    assert client.smembers("s") == {b"a", b"b"}
    assert client.zadd("z", {"a": 1.5}) == 1
    assert client.zscore("z", "a") == 1.5
    assert client.execute_command("CONFIG GET", "maxclients")
    assert client.get("none") is None
    assert not db.addresses


def test_what_redis_refuses_and_what_the_client_does(client: Any) -> None:
    client.set("k", "v")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        client.lpush("k", 1)
    with pytest.raises(redis.ResponseError, match="unknown command"):
        client.execute_command("NOSUCH")
    for wrong in (None, True, ["a"], object()):
        with pytest.raises(redis.DataError):
            client.set("k", wrong)
    assert client.get("k") == b"v"


def test_pipelines(client: Any) -> None:
    for transaction in (False, True):
        client.delete("n", "s")
        pipeline = client.pipeline(transaction=transaction)
        for i in range(100):
            pipeline.set(f"k{i}", i).incr("n")
        assert pipeline.execute()[-1] == 100
        pipeline.set("s", "x").lpush("s", 1).get("s")
        was_set, error, value = pipeline.execute(raise_on_error=False)
        assert (was_set, value) == (True, b"x")
        assert isinstance(error, redis.ResponseError)
        with pytest.raises(redis.ResponseError, match="Command # 1"):
            pipeline.lpush("s", 1).execute()


def test_watched_keys(db: kevy.Instance[bytes], client: Any) -> None:
    with client.pipeline() as pipeline:
        pipeline.watch("k")
        db.set("k", "from elsewhere")
        pipeline.multi()
        pipeline.set("k", "mine")
        with pytest.raises(redis.WatchError):
            pipeline.execute()
    attempts = []

    def double(pipeline: Any) -> None:
        attempts.append(pipeline.get("n"))
        if len(attempts) == 1:
            db.set("n", 2)
        pipeline.multi()
        pipeline.incr("n")

    assert client.transaction(double, "n") == [3]
    assert attempts == [None, b"2"]


def test_databases_and_encodings(db: kevy.Instance[bytes]) -> None:
    with (
        db.redis(db=1, decode_responses=True) as text,
        db.redis(encoding="latin-1", decode_responses=True) as latin,
    ):
        text.set("grüße", "☃")
        assert text.get("grüße") == "☃"
        assert text.keys() == ["grüße"]
        text.hset("h", "ä", "ö")
        assert text.hgetall("h") == {"ä": "ö"}
        latin.set("k", "grüße")
        assert db.get("k") == "grüße".encode("latin-1")
        assert latin.get("k") == "grüße"
        assert db.get("grüße") is None


def test_messages(db: kevy.Instance[bytes], client: Any) -> None:
    with client.pubsub() as pubsub:
        pubsub.subscribe("a", "b")
        pubsub.psubscribe("n*")
        assert [pubsub.get_message(timeout=DEADLINE)["data"] for _ in range(3)] == [1, 2, 3]
        assert db.publish("a", "x") == client.publish("news", "y") == 1
        first, second = (pubsub.get_message(timeout=DEADLINE) for _ in range(2))
        assert (first["type"], first["channel"], first["data"]) == ("message", b"a", b"x")
        assert (second["type"], second["pattern"], second["data"]) == ("pmessage", b"n*", b"y")
        assert pubsub.get_message(timeout=0.01) is None
        pubsub.unsubscribe()
        assert pubsub.get_message(timeout=DEADLINE)["type"] == "unsubscribe"


def test_messages_on_a_thread(db: kevy.Instance[bytes], client: Any) -> None:
    received: list[Any] = []
    pubsub = client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(c=received.append)
    thread = pubsub.run_in_thread(sleep_time=0.01, daemon=True)
    for i in range(100):
        db.publish("c", i)
    pubsub.subscribe(late=received.append)  # while the other thread reads
    eventually(lambda: db.publish("late", "x") == 1)
    eventually(lambda: len(received) == 101)
    assert [message["data"] for message in received[:100]] == [b"%d" % i for i in range(100)]
    thread.stop()
    thread.join(DEADLINE)
    assert not thread.is_alive()


def test_many_threads(client: Any) -> None:
    def work(number: int) -> None:
        for i in range(200):
            client.set(f"{number}:{i}", f"{number} {i}")
            assert client.get(f"{number}:{i}") == f"{number} {i}".encode()
            client.incr("sum")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert client.get("sum") == b"800"


def test_a_killed_connection_is_made_anew(db: kevy.Instance[bytes]) -> None:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    retrying = {"retry": Retry(NoBackoff(), 2), "retry_on_error": [redis.ConnectionError]}
    with db.redis(health_check_interval=1, client_name="mine", **retrying) as client:
        assert client.client_getname() in ("mine", b"mine")
        with db.session() as session:
            session.execute("CLIENT", "KILL", "TYPE", "normal")
        assert client.ping()
        assert client.client_getname() in ("mine", b"mine")


def test_a_stopped_instance_is_a_connection_error() -> None:
    db = kevy.start()
    client = db.redis()
    assert client.ping()
    db.stop()
    with pytest.raises(redis.ConnectionError):
        client.ping()
    client.close()


def test_pools_of_ones_own(db: kevy.Instance[bytes]) -> None:
    pool = redis.ConnectionPool(connection_class=db.connection_class, db=2)
    redis.Redis(connection_pool=pool).set("k", "two")
    with db.session() as session:
        session.execute("SELECT", 2)
        assert session.get("k") == b"two"
    pool.disconnect()

    async def body() -> None:
        pool = redis.asyncio.ConnectionPool(connection_class=db.async_connection_class, db=2)
        assert await redis.asyncio.Redis(connection_pool=pool).get("k") == b"two"
        await pool.disconnect()

    run(body())


@pytest.mark.parametrize("protocol", [2, 3])
def test_asyncio(db: kevy.Instance[bytes], protocol: int) -> None:
    async def body() -> None:
        client = db.aioredis(protocol=protocol)
        assert await client.set("k", "v") is True
        assert await client.get("k") == b"v"
        assert await client.pipeline().incr("n").incr("n").execute() == [1, 2]
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            await client.lpush("k", 1)
        with pytest.raises(redis.DataError):
            await client.set("k", None)
        async with client.pubsub() as pubsub:
            await pubsub.subscribe("c")
            assert (await pubsub.get_message(timeout=DEADLINE))["type"] == "subscribe"
            for i in range(20):
                task = asyncio.ensure_future(pubsub.get_message(timeout=DEADLINE))
                for _ in range(i % 5):
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert await pubsub.get_message(timeout=0.01) is None
            asyncio.get_running_loop().call_later(0.01, db.publish, "c", "x")
            assert (await pubsub.get_message(timeout=DEADLINE))["data"] == b"x"
        await client.connection_pool.disconnect()

    run(body())


def test_a_loop_of_awaits_lets_other_tasks_run(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        client = db.aioredis()
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.ensure_future(count())
        for i in range(1000):
            await client.set("k", i)
        other.cancel()
        assert turns > 10
        await client.connection_pool.disconnect()

    run(body())


def test_valkey_py(db: kevy.Instance[bytes]) -> None:
    valkey = pytest.importorskip("valkey")
    with db.valkey(decode_responses=True) as client:
        assert isinstance(client, valkey.Valkey)
        assert client.set("k", "v") is True
        assert client.pipeline().get("k").incr("n").execute() == ["v", 1]
        with pytest.raises(valkey.ResponseError, match="WRONGTYPE"):
            client.lpush("k", 1)


def test_instances_by_name() -> None:
    with kevy.from_url("kevy://one") as one, kevy.from_url("kevy://two") as two:
        one.set("k", "v")
        assert kevy.from_url("kevy://one/0?decode_responses=true").get("k") == "v"
        assert kevy.from_url("kevy://one", db=1).get("k") is None
        assert two.get("k") is None
    for wrong in ("redis://one", "kevy://", "one"):
        with pytest.raises(kevy.InvalidError, match="kevy://name"):
            kevy.from_url(wrong)


def test_patched_clients_land_on_instances_by_address() -> None:
    with kevy.patch() as instances:
        here = redis.Redis(decode_responses=True)
        here.set("k", "here")
        assert redis.from_url("redis://127.0.0.1:6379/0").get("k") == b"here"
        assert redis.Redis(db=1).get("k") is None
        assert redis.Redis(host="elsewhere").get("k") is None
        assert redis.Redis(unix_socket_path="/run/some.sock").get("k") is None
        assert redis.from_url("rediss://secure:1").ping()
        blocking: Any = redis.BlockingConnectionPool
        pool = blocking(host="localhost", max_connections=2, timeout=1)
        assert redis.Redis(connection_pool=pool).get("k") == b"here"

        async def body() -> None:
            client = redis.asyncio.from_url("redis://localhost")
            assert await client.get("k") == b"here"
            await client.connection_pool.disconnect()

        run(body())
        assert set(instances) == {
            "localhost:6379",
            "elsewhere:6379",
            "unix:/run/some.sock",
            "secure:1",
        }
        assert instances["localhost:6379"].get("k") == b"here"
    assert all(instance.stopped for instance in instances.values())
    with pytest.raises(redis.ConnectionError):
        redis.Redis(unix_socket_path="/nowhere/at/all.sock").ping()
