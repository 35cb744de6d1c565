"""Caches and limits: django-redis, limits, cashews, aiocache."""

import asyncio
import threading

import django
import pytest
from aiocache import RedisCache
from aiocache.lock import RedLock
from conftest import WAIT, eventually
from django.conf import settings
from limits import parse
from limits.storage import RedisStorage
from limits.strategies import (
    FixedWindowRateLimiter,
    MovingWindowRateLimiter,
    SlidingWindowCounterRateLimiter,
)


def django_cache(url, **options):
    from django.core.cache import CacheHandler

    if not settings.configured:
        settings.configure()
        django.setup()
    return CacheHandler({"default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "OPTIONS": options,
    }})["default"]


@pytest.mark.parametrize("options", [
    {}, {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor",
         "SERIALIZER": "django_redis.serializers.json.JSONSerializer"}])
def test_django_redis(server, over, options):
    cache = django_cache(server.url(over), **options)
    cache.set_many({f"k{i}": {"name": f"k{i}" * 50} for i in range(50)}, timeout=100)
    assert cache.get_many([f"k{i}" for i in range(60)]) == {
        f"k{i}": {"name": f"k{i}" * 50} for i in range(50)}
    assert cache.add("k0", "other") is False
    assert cache.get_or_set("new", lambda: "made", timeout=None) == "made"
    assert (cache.ttl("new"), cache.ttl("none"), 90 < cache.ttl("k1") <= 100) == (None, 0, True)
    assert cache.touch("k1", 1000)
    assert cache.ttl("k1") > 900
    assert [cache.incr("count", 3) if cache.get("count") else cache.set("count", 1)
            for _ in range(3)] == [True, 4, 7]
    with pytest.raises(ValueError, match="none"):
        cache.incr("none")
    assert sorted(cache.keys("k4*")) == ["k4", *(f"k4{i}" for i in range(10))]
    assert len(list(cache.iter_keys("k*", itersize=7))) == 50
    assert cache.delete_pattern("k1*") == 11
    assert cache.get("k1") is None
    with cache.lock("door", timeout=WAIT):
        assert not cache.lock("door").acquire(blocking=False)
    assert cache.set("short", "x", timeout=0.01)
    eventually(lambda: cache.get("short") is None)
    assert cache.incr_version("k2") == 2
    assert cache.get("k2", version=2) == {"name": "k2" * 50}
    cache.clear()
    assert cache.keys("*") == []
    cache.close()


@pytest.mark.parametrize("strategy", [
    FixedWindowRateLimiter, MovingWindowRateLimiter, SlidingWindowCounterRateLimiter])
def test_limits(client, strategy):
    limiter = strategy(RedisStorage("redis://", connection_pool=client.connection_pool))
    limit = parse("10 per hour")
    hits = {name: [] for name in "abcd"}

    def hit(name):
        for _ in range(20):
            hits[name].append(limiter.hit(limit, "shared"))
            hits[name].append(limiter.hit(limit, name))

    threads = [threading.Thread(target=hit, args=(name,)) for name in hits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    for each in hits.values():
        assert each[1::2] == [True] * 10 + [False] * 10
    assert sum(sum(each[0::2]) for each in hits.values()) == 10
    assert limiter.get_window_stats(limit, "a").remaining == 0
    assert limiter.test(limit, "e")
    limiter.clear(limit, "a")
    assert limiter.hit(limit, "a", cost=10)
    assert not limiter.test(limit, "a")


def test_cashews(server):
    from cashews import Cache

    async def body():
        cache = Cache()
        cache.setup(server.url("tcp"))
        calls = []

        @cache(ttl="1h", key="user:{name}", tags=["users"])
        async def user(name):
            calls.append(name)
            return {"name": name}

        @cache.early(ttl="1h", key="early:{name}")
        async def early(name):
            calls.append(name)
            return name

        for _ in range(3):
            assert [await user(f"u{i}") for i in range(5)] == [{"name": f"u{i}"} for i in range(5)]
            assert await early("e") == "e"
        assert sorted(calls) == ["e", *(f"u{i}" for i in range(5))]
        await cache.delete_tags("users")
        assert await user("u1") == {"name": "u1"}
        assert calls.count("u1") == 2
        async with cache.lock("door", expire=WAIT):
            assert await cache.is_locked("door")
        assert not await cache.is_locked("door")
        await cache.set_many({f"m{i}": f"m{i}" for i in range(20)}, expire=100)
        assert await cache.get_many(*(f"m{i}" for i in range(20))) == tuple(
            f"m{i}" for i in range(20))
        assert sorted([key async for key in cache.scan("m1*")]) == [
            "m1", *(f"m1{i}" for i in range(10))]
        await cache.delete_match("m1*")
        assert await cache.get("m10") is None
        assert [await cache.incr("n") for _ in range(3)] == [1, 2, 3]
        await cache.close()

    asyncio.run(asyncio.wait_for(body(), 2 * WAIT))


def test_aiocache(server):
    async def body():
        async with RedisCache(endpoint="127.0.0.1", port=server.port, namespace="aio:") as cache:
            pairs = [[f"k{i}", f"v{i}"] for i in range(20)]
            await cache.multi_set(pairs, ttl=100)
            assert await cache.multi_get([key for key, _ in pairs]) == [v for _, v in pairs]
            with pytest.raises(ValueError, match="k1"):
                await cache.add("k1", "other")
            assert await cache.increment("n", 5) == 5
            assert await cache.exists("k1")
            assert await cache.expire("k1", 10)
            assert await cache.delete("k1") == 1
            inside = []

            async def enter(name):
                async with RedLock(cache, "door", lease=WAIT):
                    inside.append(name)
                    assert len(inside) == 1
                    await cache.get("k2")
                    inside.clear()

            await asyncio.gather(*(enter(name) for name in "ab"))
            assert await cache.clear(namespace="aio:")
            assert await cache.get("k2") is None

    asyncio.run(asyncio.wait_for(body(), 2 * WAIT))
