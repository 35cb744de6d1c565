"""What waits and what runs scripts in redis-py's own clients, on an instance.

tools/redis_py.sh runs this file, too, with each version of redis-py that is supported.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

import libkevy as kevy
import pytest
import redis
import redis.asyncio
from conftest import DEADLINE, eventually, run_python

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator


@pytest.fixture(params=["direct 2", "direct 3", "descriptor 3"])
def client(request: pytest.FixtureRequest, db: kevy.Instance[bytes]) -> Iterator[Any]:
    mode, protocol = request.param.split()
    with db.redis(mode=mode, protocol=int(protocol)) as made:
        yield made


def run(body: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(body, DEADLINE))


def waiting(db: kevy.Instance[bytes]) -> int:
    return int(db.info("clients")["blocked_clients"])


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nobody else can tell
        await asyncio.sleep(0.001)


async def wait_and_be_cancelled(db: kevy.Instance[bytes], body: Coroutine[Any, Any, Any]) -> None:
    task = asyncio.ensure_future(body)
    await until(lambda: waiting(db) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: waiting(db) == 0)


def in_thread(call: Any, *args: Any) -> tuple[threading.Thread, list[Any]]:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(call(*args)), daemon=True)
    thread.start()
    return thread, results


def test_a_client_waits(db: kevy.Instance[bytes], client: Any) -> None:
    thread, results = in_thread(client.blpop, ["none", "list"])
    eventually(lambda: waiting(db) == 1)
    assert client.rpush("list", "x") == 1  # by another connection
    thread.join(DEADLINE)
    assert [tuple(result) for result in results] == [(b"list", b"x")]
    assert client.blpop("list", timeout=0.01) is None
    assert not client.xread({"stream": "$"}, block=1)
    pipeline = client.pipeline(transaction=False)
    db.rpush("list", "y")
    first, second = pipeline.blpop("list").get("none").execute()
    assert (tuple(first), second) == ((b"list", b"y"), None)


@pytest.mark.parametrize("mode", ["direct", "descriptor"])
def test_a_socket_timeout_ends_a_wait(db: kevy.Instance[bytes], mode: Any) -> None:
    with db.redis(mode=mode, socket_timeout=0.1, retry=None) as client:
        with pytest.raises(redis.TimeoutError):
            client.blpop("list", timeout=DEADLINE)
        eventually(lambda: waiting(db) == 0)
        db.rpush("list", "x")
        assert tuple(client.blpop("list")) == (b"list", b"x")


def test_errors_of_what_waits(db: kevy.Instance[bytes], client: Any) -> None:
    db.set("string", "x")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        client.blpop("string")
    failed: list[Any] = []

    def wait() -> None:
        try:
            client.blpop("list")
        except redis.RedisError as error:
            failed.append(str(error))

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    eventually(lambda: waiting(db) == 1)
    number = next(each["id"] for each in client.client_list() if "b" in each["flags"])
    assert client.client_unblock(int(number), error=True)
    thread.join(DEADLINE)
    assert "UNBLOCKED" in str(failed)
    assert client.ping()


@pytest.mark.parametrize("mode", ["direct", "descriptor"])
def test_asyncio_waits(db: kevy.Instance[bytes], mode: Any) -> None:
    async def body() -> None:
        client = db.aioredis(mode=mode)
        tasks = [asyncio.ensure_future(client.blpop(f"list {i}")) for i in range(20)]
        await until(lambda: waiting(db) == 20)
        for i in range(20):
            await client.rpush(f"list {i}", i)
        taken = await asyncio.gather(*tasks)
        assert [tuple(each) for each in taken] == [(b"list %d" % i, b"%d" % i) for i in range(20)]
        await wait_and_be_cancelled(db, client.blpop("list"))
        await client.rpush("list", "x")
        assert tuple(await client.blpop("list")) == (b"list", b"x")
        await client.connection_pool.disconnect()

    run(body())


@pytest.mark.parametrize("mode", ["direct", "descriptor"])
def test_asyncio_waits_in_pipelines(db: kevy.Instance[bytes], mode: Any) -> None:
    async def body() -> None:
        client = db.aioredis(mode=mode)

        async def take() -> Any:
            pipeline = client.pipeline(transaction=False).set("k", "v").blpop("list").blpop("more")
            return await pipeline.get("k").execute()

        taker = asyncio.ensure_future(take())
        for key in ("list", "more"):
            await until(lambda: waiting(db) == 1)
            await client.rpush(key, "x")
            await until(lambda key=key: not db.exists(key))  # type: ignore[misc]
        done, *taken, value = await taker
        assert [tuple(each) for each in taken] == [(b"list", b"x"), (b"more", b"x")]
        assert (done, value) == (True, b"v")
        await wait_and_be_cancelled(db, take())
        await client.rpush("list", "x")
        assert await client.llen("list") == 1
        await client.connection_pool.disconnect()

    run(body())


def test_a_pipeline_that_waits(db: kevy.Instance[bytes], client: Any) -> None:
    pipeline = client.pipeline(transaction=False)
    pipeline.rpush("list", "a", "b").blpop("list").execute_command("blpop", "list", 0)
    pipeline.blpop("none", timeout=0.01).blpop("list").get("list")
    thread, results = in_thread(lambda: pipeline.execute(raise_on_error=False))
    eventually(lambda: waiting(db) == 1)
    eventually(lambda: client.rpush("list", "c") == 1)
    thread.join(DEADLINE)
    ((pushed, *taken, none, last, missing),) = results
    assert (pushed, none, missing) == (2, None, None)
    assert [tuple(each) for each in [*taken, last]] == [
        (b"list", each) for each in (b"a", b"b", b"c")
    ]
    db.set("string", "x")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        client.pipeline(transaction=False).blpop("string").delete("string").execute()
    assert not db.exists("string")


@pytest.mark.parametrize("mode", ["direct", "descriptor"])
def test_a_socket_timeout_ends_a_pipeline(db: kevy.Instance[bytes], mode: Any) -> None:
    with db.redis(mode=mode, socket_timeout=0.1, retry=None) as client:
        with pytest.raises(redis.TimeoutError):
            client.pipeline(transaction=False).blpop("list", timeout=DEADLINE).get("k").execute()
        eventually(lambda: waiting(db) == 0)
        db.set("k", "v")
        assert client.get("k") == b"v"


@pytest.mark.parametrize("word", [{}, None, True, "\ud800"], ids=ascii)
def test_a_pipeline_with_what_is_no_word_waits_for_nothing(
    db: kevy.Instance[bytes], client: Any, word: Any
) -> None:
    db.rpush("list", "a")
    pipeline = client.pipeline(transaction=False)
    pipeline.blpop("list").blpop("none", timeout=0.01).set("key", word).get("key")
    with pytest.raises((redis.DataError, UnicodeEncodeError)):
        pipeline.execute()
    assert db.llen("list") == 1
    assert client.get("key") is None


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_pipeline_that_waits_has_the_words_it_was_given(
    db: kevy.Instance[bytes], protocol: int
) -> None:
    word = bytearray(b"value")
    pipeline = db.redis(mode="direct", protocol=protocol).pipeline(transaction=False)
    pipeline.blpop("list").set("key", memoryview(word))
    thread, _ = in_thread(pipeline.execute)
    eventually(lambda: waiting(db) == 1)
    word[:] = b"other"
    db.rpush("list", "x")
    thread.join(DEADLINE)
    assert db.get("key") == b"value"


def test_waits_of_a_process_with_many_open_files() -> None:
    program = """
import os, resource, threading
import libkevy as kevy
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
db = kevy.start()
client = db.redis()
print(client.blpop("list", timeout=0.01))
threading.Timer(0.05, db.rpush, ("list", "x")).start()
print(client.blpop("list"))
"""
    assert run_python(program) == "None\n(b'list', b'x')\n"


def test_scripts(db: kevy.Instance[bytes], client: Any) -> None:
    add = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    assert add(keys=["n"], args=[2]) == 2
    pipeline = client.pipeline()
    add(keys=["n"], args=[3], client=pipeline)
    add(keys=["n"], args=[4], client=pipeline)
    assert pipeline.execute() == [5, 9]
    assert client.eval("return {1, 'a', false}", 0) == [1, b"a", None]
    with pytest.raises(redis.ResponseError, match="no such thing"):
        client.eval("return redis.error_reply('no such thing')", 0)
    assert db.get("n") == b"9"


def test_locks(db: kevy.Instance[bytes], client: Any) -> None:
    order = []

    def hold(number: int) -> None:
        with client.lock("lock", timeout=DEADLINE, sleep=0.001):
            order.append(number)
            held = db.get("lock")
            time.sleep(0)
            assert db.get("lock") == held
            order.append(number)

    threads = [threading.Thread(target=hold, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert sorted(order[::2]) == sorted(order[1::2]) == [0, 1, 2, 3]
    assert order[::2] == order[1::2]
    assert db.get("lock") is None
    lock = client.lock("lock", timeout=10)
    assert lock.acquire()
    assert lock.extend(10)
    assert lock.owned()
    assert not client.lock("lock").acquire(blocking=False)
    db.delete("lock")
    with pytest.raises(redis.exceptions.LockError):
        lock.release()


def test_locks_of_asyncio(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        client = db.aioredis()
        inside = 0

        async def hold() -> None:
            nonlocal inside
            async with client.lock("lock", timeout=DEADLINE, sleep=0.001):
                inside += 1
                await asyncio.sleep(0)
                assert inside == 1
                inside -= 1

        await asyncio.gather(*(hold() for _ in range(10)))
        await client.connection_pool.disconnect()

    run(body())


@pytest.mark.skipif(
    not hasattr(redis.Connection, "should_reconnect"),
    reason="this redis-py reconnects where it finds a reply, and asks nothing before",
)
@pytest.mark.parametrize("protocol", [2, 3])
def test_what_was_interrupted_before_its_reply_was_read_is_over(
    db: kevy.Instance[bytes], monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    """Ctrl-C behind the sending of a command and before the reading of its reply."""
    client = db.redis(protocol=protocol)
    parse = client.parse_response
    interrupted: list[str] = []

    def parse_response(connection: Any, command: str, **options: Any) -> Any:
        if command in interrupted:
            interrupted.remove(command)
            raise KeyboardInterrupt
        return parse(connection, command, **options)

    monkeypatch.setattr(client, "parse_response", parse_response)
    for i in range(3):
        interrupted[:] = ["BLPOP", "GET"]
        with pytest.raises(KeyboardInterrupt):
            client.blpop("list")
        assert waiting(db) == 0
        db.rpush("list", i)
        assert list(client.blpop("list")) == [b"list", b"%d" % i]
        db.mset({"first": f"first {i}", "second": f"second {i}"})
        with pytest.raises(KeyboardInterrupt):
            client.get("first")
        assert client.get("second") == b"second %d" % i


def test_a_reply_is_there_once_where_ctrl_c_came_when_it_was_put_there() -> None:
    program = """
import signal, threading, time
import libkevy as kevy
signal.signal(signal.SIGINT, signal.default_int_handler)
db = kevy.start()
client = db.redis()
forget = kevy.Session._forget_outcome
def forget_outcome(session):
    kevy.Session._forget_outcome = forget
    raise KeyboardInterrupt
def push():
    while db.info("clients")["blocked_clients"] != 1:
        pass
    kevy.Session._forget_outcome = forget_outcome
    db.rpush("list", "x")
threading.Thread(target=push).start()
pipeline = client.pipeline(transaction=False)
try:
    print(pipeline.blpop("list").echo("a").echo("b").execute())
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    print("interrupted")
"""
    assert run_python(program) == "[(b'list', b'x'), b'a', b'b']\ninterrupted\n"


def test_kombu_consumes_a_queue() -> None:
    kombu = pytest.importorskip("kombu")
    if int(redis.__version__.partition(".")[0]) < 7:
        pytest.skip("kombu wants a newer redis-py")
    with (
        kevy.patch(),
        kombu.Connection("redis://broker") as says,
        kombu.Connection("redis://broker") as hears,
    ):
        queue = kombu.Queue("work", kombu.Exchange("work"), routing_key="work")
        seen: list[int] = []

        def take(body: dict[str, int], message: Any) -> None:
            seen.append(body["number"])
            message.ack()

        producer = kombu.Producer(says.channel())
        with hears.Consumer([queue], callbacks=[take]):
            for number in range(20):
                producer.publish(
                    {"number": number}, exchange="work", routing_key="work", declare=[queue]
                )
            while len(seen) < 20:
                hears.drain_events(timeout=DEADLINE)
        assert seen == list(range(20))
