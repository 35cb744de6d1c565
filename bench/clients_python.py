"""redis-py on an instance in its own process, beside redis-py on redis-server over a Unix socket and
beside fakeredis: microseconds an operation, and ratios of the medians of interleaved rounds.

Needs the Python package in .venv, redis-server, and fakeredis where it is to be compared.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv" / "bin" / "python"
OPERATIONS, PIPELINE = 2000, 100


def timed(run, operations):
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) / operations * 1e6


def repeated(call):
    def run():
        for _ in range(OPERATIONS):
            call()

    return run


def piped(client):
    def run():
        for _ in range(OPERATIONS // PIPELINE):
            pipeline = client.pipeline(transaction=False)
            for _ in range(PIPELINE):
                pipeline.get("k")
            pipeline.execute()

    return run


async def awaited(client):
    await client.set("k", "v")
    begin = time.perf_counter()
    for _ in range(OPERATIONS):
        await client.get("k")
    each = (time.perf_counter() - begin) / OPERATIONS * 1e6
    await client.connection_pool.disconnect()
    return each


def measure(client, make_async):
    client.set("k", "v")
    return {
        "get": timed(repeated(lambda: client.get("k")), OPERATIONS),
        "set": timed(repeated(lambda: client.set("k", "v")), OPERATIONS),
        "pipeline": timed(piped(client), OPERATIONS),
        "asyncio get": asyncio.run(awaited(make_async())),
    }


def rounds(count, path):
    import libkevy as kevy
    import redis
    import redis.asyncio

    db = kevy.start()
    served = redis.Redis(unix_socket_path=path)
    sides = {
        "kevy": (db.redis(), db.aioredis),
        "redis-server": (served, lambda: redis.asyncio.Redis(unix_socket_path=path)),
    }
    try:
        import fakeredis

        sides["fakeredis"] = (fakeredis.FakeRedis(), fakeredis.FakeAsyncRedis)
    except ImportError:
        print("fakeredis is not installed: not compared", file=sys.stderr)
    found = {side: [] for side in sides}
    for _ in range(count):
        for side, (client, make_async) in sides.items():
            found[side].append(measure(client, make_async))
    return found


GOALS = [
    ("get", "fakeredis", 0.2),
    ("get", "redis-server", 0.2),
    ("set", "fakeredis", 0.2),
    ("set", "redis-server", 0.2),
    ("pipeline", "redis-server", 0.35),
    ("asyncio get", "redis-server", 0.3),
]


def show(found):
    def median(side, key):
        return statistics.median(each[key] for each in found[side])

    for key, against, goal in GOALS:
        if against not in found:
            continue
        ours, theirs = median("kevy", key), median(against, key)
        print(json.dumps({"name": f"redis-py {key}", "side": "kevy in process", "value": ours,
                          "unit": "us", "against": against, "their value": theirs,
                          "ratio": ours / theirs, "goal": goal}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", help="ignored: what is measured is the installed package")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if Path(sys.prefix) != PYTHON.parents[1] and PYTHON.exists():
        raise SystemExit(subprocess.call([PYTHON, __file__, *sys.argv[1:]]))
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/redis.sock"
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", ""],
                                  stdout=subprocess.DEVNULL)
        try:
            while not Path(path).exists():
                time.sleep(0.01)
            show(rounds(3 if options.quick else 9, path))
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
