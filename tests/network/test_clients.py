"""Clients as they are: redis-cli, redis-benchmark and redis-py, over TCP and a Unix socket."""

import asyncio
import re
import subprocess
import time

import pytest
import redis as redis_py
import redis.asyncio as redis_asyncio
from servers import WAIT


def where(server, over):
    return ["-s", server.path] if over == "unix" else ["-p", str(server.port)]


def cli(server, *words, over="unix", stdin=None):
    done = subprocess.run(["redis-cli", *where(server, over), *words], input=stdin,
                          capture_output=True, timeout=WAIT, check=True)
    return done.stdout.decode()


@pytest.fixture(params=["unix", "tcp"])
def over(request):
    return request.param


@pytest.fixture(params=[2, 3])
def client(kevy, over, request):
    place = ({"unix_socket_path": kevy.path} if over == "unix"
             else {"host": "127.0.0.1", "port": kevy.port})
    with redis_py.Redis(protocol=request.param, **place) as made:
        made.flushall()
        yield made


def test_redis_cli_runs_commands(kevy, over):
    assert cli(kevy, "set", "greeting", "hello world", over=over) == "OK\n"
    assert cli(kevy, "get", "greeting", over=over) == "hello world\n"
    assert cli(kevy, "-3", "get", "greeting", over=over) == "hello world\n"
    assert cli(kevy, "incr", "greeting", over=over).startswith(
        "ERR value is not an integer or out of range")
    assert "redis_version:7.4.0" in cli(kevy, "info", "server", over=over)


def test_redis_cli_reads_commands_from_its_input(kevy):
    script = "MULTI\nSET x 1\nINCR x\nEXEC\n"
    assert cli(kevy, stdin=script.encode()) == "OK\nQUEUED\nQUEUED\nOK\n2\n"


def test_redis_cli_inserts_masses(kevy):
    cli(kevy, "flushall")
    lines = "".join(f"SET mass:{i} {i}\r\n" for i in range(20_000))
    assert "errors: 0, replies: 20000" in cli(kevy, "--pipe", stdin=lines.encode())
    assert cli(kevy, "dbsize") == "20000\n"
    keys = cli(kevy, "--scan", "--pattern", "mass:1999*")
    assert sorted(keys.split()) == sorted(f"mass:{i}" for i in [1999, *range(19990, 20000)])


def test_redis_cli_shows_what_is_published(kevy):
    with subprocess.Popen(["redis-cli", *where(kevy, "unix"), "--no-raw", "psubscribe", "show:*"],
                          stdout=subprocess.PIPE, text=True) as listener:
        for _ in range(5):  # the subscription and its acknowledgement
            line = listener.stdout.readline()
            if "(integer) 1" in line:
                break
        assert cli(kevy, "publish", "show:me", "now") == "1\n"
        assert [listener.stdout.readline().strip() for _ in range(4)] == [
            '1) "pmessage"', '2) "show:*"', '3) "show:me"', '4) "now"']
        listener.terminate()


def test_redis_benchmark_runs(kevy, over):
    done = subprocess.run(
        ["redis-benchmark", *where(kevy, over), "-c", "50", "-P", "16", "-n", "20000", "-r", "1000",
         "-t", "ping,set,get,incr,mset", "--csv"],
        capture_output=True, timeout=60, check=True, text=True)
    named = re.findall(r'^"([A-Z_]+)', done.stdout, re.MULTILINE)
    assert {"PING_INLINE", "SET", "GET", "INCR", "MSET"} <= set(named)
    assert "error" not in (done.stdout + done.stderr).lower().replace("warning", "")


def test_redis_py_strings_and_expiry(client):
    assert client.set("k", "v", px=60_000) is True
    assert client.get("k") == b"v"
    assert 0 < client.pttl("k") <= 60_000
    assert client.getdel("k") == b"v" and client.get("k") is None
    with pytest.raises(redis_py.ResponseError, match="not an integer"):
        client.set("word", "x")
        client.incr("word")


def test_redis_py_pipeline_transaction_and_watch(client):
    with client.pipeline(transaction=True) as pipe:
        assert pipe.set("a", 1).incr("a").get("a").execute() == [True, 2, b"2"]

    def double(pipe):
        value = int(pipe.get("a"))
        pipe.multi()
        pipe.set("a", value * 2)

    assert client.transaction(double, "a") == [True]
    assert client.get("a") == b"4"
    with client.pipeline() as pipe:
        pipe.watch("a")
        client.set("a", "changed")
        pipe.multi()
        pipe.set("a", "lost")
        with pytest.raises(redis_py.WatchError):
            pipe.execute()


def test_redis_py_scans_everything(client):
    client.mset({f"scan:{i}": i for i in range(1000)})
    assert set(client.scan_iter("scan:*", count=100)) == {f"scan:{i}".encode() for i in range(1000)}


def next_message(pubsub):
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if message := pubsub.get_message(timeout=1):
            return message
    raise AssertionError("no message")


def test_redis_py_publishes_and_subscribes(client):
    with client.pubsub() as pubsub:
        pubsub.subscribe("news")
        pubsub.psubscribe("n*")
        assert [next_message(pubsub)["type"] for _ in range(2)] == ["subscribe", "psubscribe"]
        assert client.publish("news", "hot") == 2
        assert sorted(next_message(pubsub)["type"] for _ in range(2)) == ["message", "pmessage"]
        pubsub.unsubscribe()
        assert next_message(pubsub)["type"] == "unsubscribe"


def test_redis_py_learns_of_clients_and_commands(client):
    client.client_setname("tester")
    assert client.client_getname() in ("tester", b"tester")
    assert any(found["name"] == "tester" for found in client.client_list())
    assert client.command_count() > 50
    assert client.config_get("maxclients") == {"maxclients": "10000"}
    assert client.info()["redis_version"] == "7.4.0"


def test_redis_py_asyncio(kevy, over):
    place = ({"unix_socket_path": kevy.path} if over == "unix"
             else {"host": "127.0.0.1", "port": kevy.port})

    async def converse():
        client = redis_asyncio.Redis(**place)
        async with client, client.pubsub() as pubsub:
            await client.set("async", 1)
            assert await client.incr("async") == 2
            results = await asyncio.gather(*(client.incr("async") for _ in range(20)))
            assert sorted(results) == list(range(3, 23))
            await pubsub.subscribe("tea")
            assert (await pubsub.get_message(timeout=WAIT))["type"] == "subscribe"
            assert await client.publish("tea", "hot") == 1
            assert (await pubsub.get_message(timeout=WAIT))["data"] == b"hot"

    asyncio.run(asyncio.wait_for(converse(), WAIT))
