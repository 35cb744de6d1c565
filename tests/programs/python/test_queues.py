"""Dramatiq, Huey and taskiq, each with its workers in threads or tasks of this process."""

import asyncio
import time

import pytest
from conftest import WAIT, eventually
from dramatiq import Worker, actor, group, pipeline, set_broker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.rate_limits import ConcurrentRateLimiter
from dramatiq.rate_limits.backends import RedisBackend as DramatiqLimits
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend as DramatiqResults
from huey import PriorityRedisHuey, RedisHuey
from huey.exceptions import TaskException
from taskiq.receiver import Receiver
from taskiq_redis import ListQueueBroker, RedisAsyncResultBackend, RedisStreamBroker


def test_dramatiq(client):
    broker = RedisBroker(client=client, middleware=None)
    broker.add_middleware(Results(backend=DramatiqResults(client=client), store_results=True))
    set_broker(broker)  # whom a message asks for its result

    @actor(broker=broker, max_retries=3, min_backoff=1, max_backoff=5)
    def named(name):
        return f"done:{name}"

    tries = []

    @actor(broker=broker, max_retries=3, min_backoff=1, max_backoff=5)
    def third_time(name):
        tries.append(name)
        if tries.count(name) < 3:
            raise ValueError(f"again:{name}")
        return f"{name}:{tries.count(name)}"

    limits = ConcurrentRateLimiter(DramatiqLimits(client=client), "two", limit=2)
    with limits.acquire(), limits.acquire(), limits.acquire(raise_on_failure=False) as third:
        assert not third

    worker = Worker(broker, worker_threads=4, worker_timeout=100)
    worker.start()
    try:
        def result(message):
            return message.get_result(block=True, timeout=WAIT * 1000)

        messages = [named.send(str(i)) for i in range(50)]
        assert [result(message) for message in messages] == [f"done:{i}" for i in range(50)]
        assert result(third_time.send("r")) == "r:3"
        due = time.time() + 0.3
        later = named.send_with_options(args=("later",), delay=300)
        assert result(later) == "done:later"
        assert time.time() >= due
        grouped = group([named.message(f"g{i}") for i in range(5)], broker=broker).run()
        assert list(grouped.get_results(block=True, timeout=WAIT * 1000)) == [
            f"done:g{i}" for i in range(5)]
        piped = pipeline([named.message("a"), named.message()], broker=broker).run()
        assert result(piped) == "done:done:a"
        broker.join("default", timeout=WAIT * 1000)
    finally:
        worker.stop()


@pytest.mark.parametrize("kind", [RedisHuey, PriorityRedisHuey])
def test_huey(client, kind):
    huey = kind("program", connection_pool=client.connection_pool)

    @huey.task()
    def named(name):
        return f"done:{name}"

    tries = []

    @huey.task(retries=2)
    def third_time(name):
        tries.append(name)
        if tries.count(name) < 3:
            raise ValueError(f"again:{name}")
        return f"{name}:{tries.count(name)}"

    @huey.task()
    @huey.lock_task("one at a time")
    def failing(name):
        raise ValueError(f"wrong:{name}")

    revoked = named("never")
    revoked.revoke()
    consumer = huey.create_consumer(workers=3, worker_type="thread", initial_delay=0.01,
                                    scheduler_interval=1, backoff=1)
    consumer.start()
    try:
        def result(given):
            return given.get(blocking=True, timeout=WAIT)

        given = [named(str(i)) for i in range(50)]
        assert [result(each) for each in given] == [f"done:{i}" for i in range(50)]
        third_time("r")
        eventually(lambda: tries == ["r"] * 3)
        with pytest.raises(TaskException, match="wrong:f"):
            result(failing("f"))
        assert result(named.schedule(("later",), delay=0.5)) == "done:later"
        chain = huey.enqueue(named.s("a").then(named))
        assert [result(each) for each in chain] == ["done:a", "done:done:a"]
        assert eventually(lambda: huey.pending_count() == huey.scheduled_count() == 0)
        assert revoked.get() is None
    finally:
        consumer.stop(graceful=True)


@pytest.mark.parametrize("kind", [ListQueueBroker, RedisStreamBroker])
def test_taskiq(server, over, kind):
    async def body():
        url = server.url(over)
        results = RedisAsyncResultBackend(redis_url=url)
        says, hears = (kind(url=url).with_result_backend(results) for _ in range(2))
        hears.is_worker_process = True
        await hears.startup()
        await says.startup()

        async def named(name):
            return f"done:{name}"

        task = says.register_task(named, task_name="named")
        hears.register_task(named, task_name="named")
        ended = asyncio.Event()
        listening = asyncio.create_task(Receiver(hears, max_async_tasks=10).listen(ended))
        sent = [await task.kiq(str(i)) for i in range(50)]
        for number, each in enumerate(sent):
            result = await each.wait_result(check_interval=0.01, timeout=WAIT)
            assert result.return_value == f"done:{number}"
        ended.set()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await says.shutdown()
        await hears.shutdown()

    asyncio.run(asyncio.wait_for(body(), 2 * WAIT))


