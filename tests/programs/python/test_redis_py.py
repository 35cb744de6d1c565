"""redis-py's own tools: locks, scripts, transactions, messages; and the same in an event loop."""

import asyncio
import threading

import libkevy as kevy
import pytest
import redis
import redis.asyncio
from conftest import WAIT
from redis.exceptions import LockNotOwnedError


def in_threads(count, body):
    """Runs ``body`` with the number of its thread; what went wrong there goes wrong here."""
    wrong = []

    def run(number):
        try:
            body(number)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert not wrong
    assert not any(thread.is_alive() for thread in threads)


def test_a_lock_lets_one_in_at_a_time(client):
    inside = []

    def body(number):
        for turn in range(5):
            with client.lock("door", timeout=WAIT, sleep=0.001, blocking_timeout=WAIT):
                inside.append((number, turn))
                assert len(inside) == 1
                client.incr("turns")
                inside.clear()

    in_threads(4, body)
    assert client.get("turns") == b"20"


def test_a_lock_that_ran_out_is_not_its_owners(client):
    lock = client.lock("door", timeout=1000)
    assert lock.acquire(blocking=False)
    assert not client.lock("door").acquire(blocking=False)
    assert lock.extend(1000)
    assert client.ttl("door") > 1000
    assert lock.reacquire()
    client.set("door", "of another")
    with pytest.raises(LockNotOwnedError):
        lock.release()
    assert client.get("door") == b"of another"


def test_scripts_know_their_keys(client):
    script = client.register_script(
        "return {KEYS[1], redis.call('INCRBY', KEYS[1], ARGV[1]), ARGV[2]}")
    client.script_flush()
    in_threads(4, lambda number: [
        script(keys=[f"n{number}"], args=[turn, f"for {number}"]) for turn in range(50)])
    assert [script([f"n{i}"], [0, "x"]) for i in range(4)] == [
        [f"n{i}".encode(), sum(range(50)), b"x"] for i in range(4)]
    pipeline = client.pipeline()
    script(["n0"], [5, "piped"], client=pipeline)
    pipeline.get("n0")
    assert pipeline.execute() == [[b"n0", 1230, b"piped"], b"1230"]


def test_transactions_try_again(client):
    def add(pipeline):
        value = int(pipeline.get("sum") or 0)
        pipeline.multi()
        pipeline.set("sum", value + 1)

    in_threads(4, lambda _: [client.transaction(add, "sum") for _ in range(25)])
    assert client.get("sum") == b"100"


def test_messages_come_to_those_who_listen(client):
    heard = {name: [] for name in ("one", "two", "both")}
    listeners = []
    for name, patterns in (("one", False), ("two", False), ("both", True)):
        listener = client.pubsub(ignore_subscribe_messages=True)

        def hear(message, to=heard[name]):
            to.append(message["data"].decode())

        if patterns:
            listener.psubscribe(**{"*": hear})
        else:
            listener.subscribe(**{name: hear})
        while listener.get_message(timeout=WAIT) or not listener.subscribed:
            pass
        listeners.append(listener)
    for number in range(20):
        assert client.publish("one", f"one:{number}") == 2
        assert client.publish("two", f"two:{number}") == 2
    for listener, name in zip(listeners, heard):
        while len(heard[name]) < (40 if name == "both" else 20):
            listener.get_message(timeout=WAIT)
        listener.close()
    assert heard["one"] == [f"one:{number}" for number in range(20)]
    assert heard["both"] == [f"{name}:{n}" for n in range(20) for name in ("one", "two")]


def test_in_an_event_loop(door, request):
    async def body(client):
        taken = [asyncio.create_task(client.blpop(f"queue{i}", timeout=WAIT)) for i in range(20)]
        async with client.pubsub() as listener:
            await listener.subscribe("news")
            assert (await listener.get_message(timeout=WAIT))["type"] == "subscribe"
            async with client.pipeline() as pipeline:
                for i in range(20):
                    pipeline.rpush(f"queue{i}", f"for {i}")
                pipeline.publish("news", "pushed")
                await pipeline.execute()
            assert (await listener.get_message(timeout=WAIT))["data"] == b"pushed"
        assert await asyncio.gather(*taken) == [
            (f"queue{i}".encode(), f"for {i}".encode()) for i in range(20)]
        async with client.lock("door", timeout=WAIT):
            assert not await client.lock("door").acquire(blocking=False)
        await client.aclose()

    async def run():
        if door == "process":
            with kevy.start() as db:
                await body(db.aioredis(protocol=2))
        else:
            url = request.getfixturevalue("server").url(door)
            await body(redis.asyncio.Redis.from_url(url, protocol=2))

    asyncio.run(asyncio.wait_for(run(), 2 * WAIT))
