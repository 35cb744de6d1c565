"""The memory of a key, kevy beside redis-server: growth of the resident set per key.

Prints rows (see README.md). Usage: memory.py --build DIRECTORY [--quick]
"""

import argparse
import json
import shutil
import socket
import subprocess
from pathlib import Path

from servers import redis, running

GOAL = 0.65
VALUE = b"a value of 16 b."
BATCH = 10_000


def fill(connection: socket.socket, keys: int) -> None:
    """SETs keys of 16 bytes through pipelines and waits for every answer."""
    for first in range(0, keys, BATCH):
        last = min(first + BATCH, keys)
        connection.sendall(
            b"".join(
                b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$16\r\n%s\r\n" % (number, VALUE)
                for number in range(first, last)
            )
        )
        left = (last - first) * len(b"+OK\r\n")
        while left:
            left -= len(connection.recv(1 << 16))


def redis_bytes_per_key(keys: int) -> float:
    with running(redis()) as (server,):
        before = server.resident_bytes()
        fill(server.connection, keys)
        return (server.resident_bytes() - before) / keys


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    keys = 100_000 if options.quick else 1_000_000
    measured = subprocess.run(
        [options.build / "bench" / "bench_memory", str(keys)], check=True, capture_output=True
    )
    row = json.loads(measured.stdout)
    if shutil.which("redis-server"):
        redis = redis_bytes_per_key(keys)
        print(json.dumps({**row, "side": "redis-server", "value": round(redis, 1)}))
        row |= {
            "against": "redis-server",
            "ratio": round(row["value"] / redis, 3),
            "goal": GOAL,
        }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
