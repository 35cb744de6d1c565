"""redis-py's and valkey-py's own clients on an instance, without a socket.

tools/redis_py.sh runs this file with each version of redis-py that is supported.
"""

from __future__ import annotations

import asyncio
import textwrap
import threading
from typing import TYPE_CHECKING, Any, Callable

import libkevy as kevy
import pytest
import redis
import redis.asyncio
from conftest import DEADLINE, eventually, run_python

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
    assert set(client.smembers("s")) == {b"a", b"b"}
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


def test_an_error_that_ends_connections(db: kevy.Instance[bytes]) -> None:
    """The client's own kinds of errors: such a connection is closed, wherever the error stands."""
    with db.redis() as client:
        pipeline: Any = client.pipeline()
        for each in (client, pipeline):
            with pytest.raises(redis.BusyLoadingError):
                each.execute_command("DEBUG", "ERROR", "LOADING")
                pipeline.execute()
            assert client.ping()
            free = client.connection_pool._available_connections
            assert len(free) == 1

    async def body() -> None:
        client = db.aioredis()
        with pytest.raises(redis.BusyLoadingError):
            await client.pipeline().execute_command("DEBUG", "ERROR", "LOADING").execute()
        assert await client.ping()
        await client.connection_pool.disconnect()

    run(body())


def reply_without_callbacks(client: Any, words: tuple[str, ...]) -> Any:
    connection = client.connection_pool.make_connection()
    connection.send_command(*words)
    try:
        return connection.read_response()
    finally:
        connection.disconnect()


@pytest.mark.parametrize("library", ["redis", "valkey"])
@pytest.mark.parametrize("protocol", [2, 3])
def test_shapes_are_those_of_the_clients_own_parser(
    db: kevy.Instance[bytes], library: str, protocol: int
) -> None:
    make = {"redis": db.redis, "valkey": db.valkey}[library]
    with make(protocol=protocol) as direct, make(protocol=protocol, mode="descriptor") as other:
        direct.sadd("s", "a")
        direct.zadd("z", {"a": 1.5})
        direct.hset("h", "f", "v")
        for words in (
            ("SMEMBERS", "s"),
            ("ZRANGE", "z", "0", "-1", "WITHSCORES"),
            ("ZSCORE", "z", "a"),
            ("HGETALL", "h"),
            ("CONFIG", "GET", "maxclients"),
            ("PUBSUB", "NUMSUB", "c"),
            ("MGET", "none", "s"),
            ("LPOP", "none"),
            ("INFO", "keyspace"),
            ("HRANDFIELD", "h", "1", "WITHVALUES"),
        ):
            ours, theirs = (reply_without_callbacks(each, words) for each in (direct, other))
            assert ours == theirs, words
            assert type(ours) is type(theirs), words
        words = ("COMMAND", "GETKEYSANDFLAGS", "GET", "k")
        ((_, ours),), ((_, theirs),) = (
            reply_without_callbacks(each, words) for each in (direct, other)
        )
        assert sorted(ours) == sorted(theirs)
        assert type(ours) is type(theirs)


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


def test_a_reader_asks_for_the_descriptor_while_no_other_thread_has_the_session(
    db: kevy.Instance[bytes],
) -> None:
    connection = db.connection_class()
    connection.connect()
    session, held = connection._line.session, []

    class Asked:
        def fileno(self) -> int:
            held.append(connection._lock.locked())
            number: int = session.fileno()
            return number

        def __getattr__(self, name: str) -> Any:
            return getattr(session, name)

    connection._line.session = Asked()
    assert not connection.can_read(0.001)
    connection.disconnect()
    assert held
    assert all(held)


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

    retrying: dict[str, Any] = {
        "retry": Retry(NoBackoff(), 2),
        "retry_on_error": [redis.ConnectionError],
    }
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


@pytest.mark.filterwarnings("ignore:Call to 'get_connection'")
def test_a_pool_hands_out_what_is_as_new(db: kevy.Instance[bytes]) -> None:
    client = db.redis()
    pool = client.connection_pool
    first = pool.get_connection("PING")
    second = pool.get_connection("PING")
    assert first is not second
    pool.release(first)
    assert pool.get_connection("PING") is first
    assert pool.get_connection("PING") is not first
    first.send_command("GET", "k")
    pool.release(first)  # with a reply that nobody has read
    client.set("k", "v")
    for _ in range(3):
        connection = pool.get_connection("PING")
        connection.send_command("GET", "k")
        assert connection.read_response() == b"v"
    pool.disconnect()
    assert client.get("k") == b"v"
    client.close()


@pytest.mark.filterwarnings("ignore:Call to 'get_connection'")
def test_a_pool_opens_anew_what_was_killed_or_stays_subscribed(db: kevy.Instance[bytes]) -> None:
    client = db.redis()
    killed = client.client_id()
    with db.session() as session:
        assert session.execute("CLIENT", "KILL", "ID", killed) == 1
    assert client.client_id() != killed
    connection = client.connection_pool.get_connection("PING")
    connection.send_command("SUBSCRIBE", "channel")
    assert connection.read_response()[0] == b"subscribe"
    client.connection_pool.release(connection)
    db.publish("channel", "not for a reader of keys")
    client.set("k", "v")
    assert client.get("k") == b"v"
    client.close()


@pytest.mark.filterwarnings("ignore:Call to 'get_connection'")
def test_a_connection_is_given_back_in_the_midst_of_what_its_pool_does(
    db: kevy.Instance[bytes],
) -> None:
    """As the collector of garbage has it, when it comes upon a pipeline that nobody has reset."""
    client = db.redis()
    pool = client.connection_pool
    connections = [pool.get_connection("PING") for _ in range(2)]
    pool.release(connections[0])

    with pool._lock:
        assert pool._lock.acquire(timeout=DEADLINE / 20)  # by the same thread
        pool._lock.release()
        pool.release(connections[1])
        assert pool.get_connection("PING") is connections[1]
    assert pool.get_connection("PING") is connections[0]
    client.close()


@pytest.mark.parametrize("library", ["redis", "valkey"])
def test_a_fork_while_another_thread_has_the_pool(library: str) -> None:
    program = """
        import importlib, os, signal, sys, threading
        import libkevy

        library = importlib.import_module(sys.argv[1])
        instance = libkevy.start()
        client = instance.redis() if sys.argv[1] == "redis" else instance.valkey()
        client.set("k", "v")
        held, over = threading.Event(), threading.Event()

        def hold():
            with client.connection_pool._lock:
                held.set()
                over.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        if (child := os.fork()) == 0:
            signal.alarm(10)  # ends it if it stands still
            try:
                client.get("k")
            except library.ConnectionError:
                os._exit(0)
            os._exit(1)
        print(os.waitpid(child, 0)[1])
        over.set()
        thread.join()
        print(client.get("k"))
    """
    assert run_python(textwrap.dedent(program), library) == "0\nb'v'\n"


def test_what_is_said_about_keys_is_no_message(db: kevy.Instance[bytes]) -> None:
    """A connection that tracks keys subscribes: what it hears of both comes at the same time."""
    with db.redis(protocol=3) as client, client.pubsub() as pubsub:
        pubsub.subscribe("first")
        assert pubsub.get_message(timeout=DEADLINE)["channel"] == b"first"
        pubsub.execute_command("CLIENT", "TRACKING", "ON", "BCAST")
        assert pubsub.connection.read_response() == b"OK"
        db.set("k", "v")
        pubsub.subscribe("second", "third")
        db.publish("third", "message")
        seen: list[Any] = []
        while len(seen) < 3:
            message = pubsub.get_message(timeout=DEADLINE)
            seen += [message["channel"]] if message is not None else []
        assert seen == [b"second", b"third", b"third"]


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


def caches_of_redis_py() -> Any:
    caches = pytest.importorskip("redis.cache")
    with_hiredis = redis.connection.DefaultParser.__name__ == "_HiredisParser"
    if with_hiredis and redis.__version__.startswith("5."):
        pytest.skip("the cache of redis-py 5 does not work with the parser of hiredis")
    return caches


@pytest.mark.parametrize("mode", ["direct", "descriptor"])
def test_a_client_side_cache_knows_what_others_change(db: kevy.Instance[bytes], mode: Any) -> None:
    caches = caches_of_redis_py()
    with db.redis(protocol=3, cache_config=caches.CacheConfig(), mode=mode) as client:
        cache = client.get_cache()
        db.set("k", "1")
        db.hset("h", "f", "1")

        def commands_run() -> int:
            return int(db.info("stats")["total_commands_processed"])

        assert (client.get("k"), client.hget("h", "f")) == (b"1", b"1")
        assert cache.size == 2
        before = commands_run()
        assert [client.get("k") for _ in range(10)] == [b"1"] * 10
        assert commands_run() - before < 10  # what the question itself takes

        def comes(ask: Callable[[], Any], wanted: Any) -> None:
            # What is said over a socket takes its time.
            if mode == "descriptor":
                eventually(lambda: ask() == wanted)
            assert ask() == wanted
            assert ask() == wanted

        for i in range(100):
            db.set("k", i)
            comes(lambda: client.get("k"), b"%d" % i)
        client.set("k", "own")
        comes(lambda: client.get("k"), b"own")
        db.hdel("h", "f")
        comes(lambda: client.hget("h", "f"), None)
        db.set("gone", "x", px=100_000)
        comes(lambda: client.get("gone"), b"x")
        db.clock.freeze()
        db.clock.advance(200_000)
        comes(lambda: client.get("gone"), None)
        comes(lambda: client.get("k"), b"own")
        db.flushall()
        comes(lambda: client.get("k"), None)


@pytest.mark.parametrize("mode", ["direct", "descriptor"])
def test_a_client_side_cache_beside_commands_that_wait(db: kevy.Instance[bytes], mode: Any) -> None:
    caches = caches_of_redis_py()
    with db.redis(protocol=3, cache_config=caches.CacheConfig(), mode=mode) as client:
        db.set("k", "1")
        assert client.get("k") == b"1"
        popped: list[Any] = []
        waiting = threading.Thread(target=lambda: popped.append(client.blpop(["l"], 0)))
        waiting.start()
        eventually(lambda: int(db.info("clients")["blocked_clients"]) == 1)
        db.set("k", "2")  # said to the connection that waits
        db.rpush("l", "x")
        waiting.join(DEADLINE)
        assert popped == [[b"l", b"x"]]
        eventually(lambda: client.get("k") == b"2")


def test_client_side_caches_of_many_threads_are_never_out_of_date(
    db: kevy.Instance[bytes],
) -> None:
    caches = caches_of_redis_py()
    failures: list[str] = []
    values = {f"{number}:{i}": threading.Lock() for number in range(3) for i in range(5)}

    def work(number: int) -> None:
        with db.redis(protocol=3, cache_config=caches.CacheConfig()) as client:
            for i in range(200):
                key = f"{(number + i) % 3}:{i % 5}"
                with values[key]:
                    db.set(key, f"{key} {number} {i}")
                    if client.get(key) != f"{key} {number} {i}".encode():
                        failures.append(f"{key} of {number} at {i}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert not failures
    assert not any(thread.is_alive() for thread in threads)


def test_valkey_py_with_asyncio(db: kevy.Instance[bytes]) -> None:
    valkey_asyncio = pytest.importorskip("valkey.asyncio")

    async def body() -> None:
        client = db.aiovalkey(decode_responses=True)
        assert isinstance(client, valkey_asyncio.Valkey)
        assert await client.set("k", "v") is True
        assert await client.pipeline().get("k").incr("n").execute() == ["v", 1]
        await client.connection_pool.disconnect()
        pool = valkey_asyncio.ConnectionPool(
            connection_class=db.connection_class_for("valkey", asyncio=True)
        )
        assert await valkey_asyncio.Valkey(connection_pool=pool).get("k") == b"v"
        await pool.disconnect()

    run(body())


def test_valkey_py(db: kevy.Instance[bytes]) -> None:
    valkey = pytest.importorskip("valkey")
    with db.valkey(decode_responses=True) as client:
        assert isinstance(client, valkey.Valkey)
        assert client.set("k", "v") is True
        assert client.pipeline().get("k").incr("n").execute() == ["v", 1]
        with pytest.raises(valkey.ResponseError, match="WRONGTYPE"):
            client.lpush("k", 1)
    pool = valkey.ConnectionPool(connection_class=db.connection_class_for("valkey"))
    assert valkey.Valkey(connection_pool=pool).get("k") == b"v"
    pool.disconnect()


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
