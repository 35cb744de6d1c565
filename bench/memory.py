"""The memory of a key, kevy beside redis-server: growth of the resident set per key.

Prints rows (see README.md). Usage: memory.py --build DIRECTORY [--quick]
"""

import argparse
import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

GOAL = 0.65
VALUE = b"a value of 16 b."
BATCH = 10_000


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


def connect(path: Path, deadline: float) -> socket.socket:
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
            return connection
        except OSError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


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
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "redis.sock"
        server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "",
             "--dir", directory],
            stdout=subprocess.DEVNULL,
        )
        try:
            with connect(path, time.monotonic() + 10) as connection:
                before = resident_bytes(server.pid)
                fill(connection, keys)
                return (resident_bytes(server.pid) - before) / keys
        finally:
            server.terminate()
            server.wait()


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
