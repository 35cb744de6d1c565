"""Clients over a connected socket of an instance, for what polls it or brings a parser along.

tools/redis_py.sh runs this file, too, with each version of redis-py that is supported.
"""

from __future__ import annotations

import asyncio
import importlib
import select
import sys
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
import redis
import redis.asyncio
from conftest import DEADLINE, run_python

if TYPE_CHECKING:
    from collections.abc import Coroutine


def run(body: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(body, DEADLINE))


def kinds_of_parsers(protocol: int) -> list[Any]:
    own = importlib.import_module("redis._parsers")
    python = own._RESP3Parser if protocol == 3 else own._RESP2Parser
    return [python, own._HiredisParser]


def test_a_socket_speaks_with_the_instance(db: kevy.Instance[bytes]) -> None:
    with db.connect() as connected:
        assert connected.gettimeout() is None
        connected.sendall(b"SET k v\r\n")
        assert connected.recv(100) == b"+OK\r\n"
        assert db.get("k") == b"v"
        db.stop()
        assert connected.recv(100) == b""
    with pytest.raises(kevy.ClosedError):
        db.connect()


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_client_by_descriptor(db: kevy.Instance[bytes], protocol: int) -> None:
    with db.redis(mode="descriptor", protocol=protocol, db=1) as client:
        assert client.set("k", "v") is True
        assert client.pipeline().get("k").incr("n").execute() == [b"v", 1]
        with pytest.raises(redis.DataError):
            client.set("k", None)
        with client.pubsub() as pubsub:
            pubsub.subscribe("c")
            assert pubsub.get_message(timeout=DEADLINE)["type"] == "subscribe"
            polled = pubsub.connection._sock
            assert select.select([polled], [], [], 0)[0] == []
            db.publish("c", "x")
            assert select.select([polled], [], [], DEADLINE)[0] == [polled]
            assert pubsub.get_message(timeout=DEADLINE)["data"] == b"x"
    assert db.addresses == []


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="hiredis is for CPython")
@pytest.mark.parametrize("protocol", [2, 3])
def test_a_parser_of_ones_own(db: kevy.Instance[bytes], protocol: int) -> None:
    pytest.importorskip("hiredis")
    for parser in kinds_of_parsers(protocol):
        with db.redis(parser_class=parser, protocol=protocol) as client:
            assert client.set("k", parser.__name__) is True
            assert client.get("k") == parser.__name__.encode()
            connection = client.connection_pool.make_connection()
            connection.connect()
            assert type(connection._parser) is parser
            assert select.select([connection._sock], [], [], 0)[0] == []
            connection.disconnect()


def test_pools_of_ones_own(db: kevy.Instance[bytes]) -> None:
    kind = db.connection_class_for("redis", mode="descriptor")
    pool = redis.ConnectionPool(connection_class=kind)
    assert redis.Redis(connection_pool=pool).set("k", "v")
    assert db.get("k") == b"v"
    pool.disconnect()

    async def body() -> None:
        kind = db.connection_class_for("redis", asyncio=True, mode="descriptor")
        pool = redis.asyncio.ConnectionPool(connection_class=kind)
        assert await redis.asyncio.Redis(connection_pool=pool).get("k") == b"v"
        await pool.disconnect()

    run(body())


@pytest.mark.parametrize("protocol", [2, 3])
def test_asyncio_by_descriptor(db: kevy.Instance[bytes], protocol: int) -> None:
    async def body() -> None:
        client = db.aioredis(mode="descriptor", protocol=protocol)
        assert await client.set("k", "v") is True
        assert await client.pipeline().incr("n").incr("n").execute() == [1, 2]
        async with client.pubsub() as pubsub:
            await pubsub.subscribe("c")
            assert (await pubsub.get_message(timeout=DEADLINE))["type"] == "subscribe"
            asyncio.get_running_loop().call_later(0.01, db.publish, "c", "x")
            assert (await pubsub.get_message(timeout=DEADLINE))["data"] == b"x"
        await client.connection_pool.disconnect()

    run(body())


def test_valkey_by_descriptor(db: kevy.Instance[bytes]) -> None:
    pytest.importorskip("valkey")
    with db.valkey(mode="descriptor") as client:
        assert client.set("k", "v") is True

    async def body() -> None:
        client = db.aiovalkey(mode="descriptor")
        assert await client.get("k") == b"v"
        await client.connection_pool.disconnect()

    run(body())


@pytest.mark.parametrize("mode", ["direct", "descriptor"])
def test_a_stopped_instance_is_a_connection_error(mode: Any) -> None:
    db = kevy.start()
    client = db.redis(mode=mode)
    assert client.ping()
    db.stop()
    for _ in range(2):
        with pytest.raises(redis.ConnectionError):
            client.ping()
    client.close()


def test_an_unknown_mode_is_refused(db: kevy.Instance[bytes]) -> None:
    unknown: Any = "telepathy"
    for make in (db.redis, db.aioredis, db.valkey, db.aiovalkey):
        with pytest.raises(kevy.InvalidError, match="'direct' or 'descriptor'"):
            make(mode=unknown)
    with pytest.raises(kevy.InvalidError, match="'direct' or 'descriptor'"):
        db.connection_class_for("redis", mode=unknown)


def test_under_gevent_clients_go_by_descriptor_and_let_others_run() -> None:
    pytest.importorskip("gevent")
    printed = run_python(
        """
from gevent import monkey
monkey.patch_all()
import gevent, redis
import libkevy as kevy
beats = 0
def beat():
    global beats
    while True:
        beats += 1
        gevent.sleep(0.001)
def publish_after_beats(before):
    while beats < before + 10:
        gevent.sleep(0.001)
    db.publish("c", "x")
gevent.spawn(beat)
db = kevy.start()
client = db.redis()
client.set("k", "v")
with client.pubsub(ignore_subscribe_messages=True) as pubsub:
    pubsub.subscribe("c")
    gevent.spawn(publish_after_beats, before := beats)
    message = None
    while message is None:
        message = pubsub.get_message(timeout=20)
    assert beats - before >= 10, beats
with kevy.patch():
    redis.Redis().set("k", "v")
    kinds = {type(redis.Redis().connection_pool.make_connection()).__name__}
print(client.get("k"), message["data"], kinds)
"""
    )
    assert printed == "b'v' b'x' {'KevySocketConnection'}\n"


def kombu_or_skip() -> Any:
    kombu = pytest.importorskip("kombu")
    if int(redis.__version__.partition(".")[0]) < 7:
        pytest.skip("kombu wants a newer redis-py")
    return kombu


def test_kombu_declares_publishes_and_gets() -> None:
    kombu = kombu_or_skip()
    with kevy.patch() as instances, kombu.Connection("redis://broker:6379/2") as connection:
        channel = connection.channel()
        exchange = kombu.Exchange("exchange")
        queue = kombu.Queue("queue", exchange, routing_key="key", channel=channel)
        queue.declare()
        producer = kombu.Producer(channel)
        for i in range(3):
            producer.publish({"number": i}, exchange="exchange", routing_key="key")
        messages = [queue.get() for _ in range(3)]
        assert [message.payload for message in messages] == [{"number": i} for i in range(3)]
        for message in messages:
            message.ack()
        assert queue.get() is None
        assert set(instances) == {"broker:6379"}


def test_kombu_polls_for_what_is_published_to_all() -> None:
    kombu = kombu_or_skip()
    with (
        kevy.patch(),
        kombu.Connection("redis://broker") as one,
        kombu.Connection("redis://broker") as two,
        kombu.Connection("redis://broker") as says,
    ):
        exchange = kombu.Exchange("news", type="fanout")
        seen: dict[str, Any] = {}
        for name, hears in (("one", one), ("two", two)):
            queue = kombu.Queue(name, exchange, exclusive=True)
            consumer = hears.Consumer([queue], no_ack=True)
            consumer.register_callback(lambda body, _, name=name: seen.__setitem__(name, body))
            consumer.consume()
        producer = kombu.Producer(says.channel())
        while len(seen) < 2:
            producer.publish("hello", exchange="news", declare=[exchange])
            for hears in (one, two):
                try:
                    hears.drain_events(timeout=0.2)
                except OSError:  # nothing came: the subscription may not have been live yet
                    continue
        assert seen == {"one": "hello", "two": "hello"}
