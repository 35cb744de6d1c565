"""The memory of an element of collections, kevy beside redis-server: growth of the resident set.

Many small collections of 10 elements, keys of 16 bytes included, and single large ones. Both sides
get the same requests, in a process of their own: kevy in process (feed.cpp), redis-server over its
Unix socket. Prints rows (see README.md). Usage: collections_memory.py --build DIRECTORY [--quick]
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from servers import redis, running

SMALL, LARGE = 10, 1_000_000  # elements
KEYS, KEYS_QUICK = 1_000_000, 200_000
LARGE_QUICK = 200_000
GOAL_SMALL, GOAL_LARGE = 0.8, 0.7
IN_A_COMMAND = 100  # elements of a large collection
CHUNK = 500  # commands sent at once

# The words of element `n` of a collection.
KINDS: dict[str, tuple[bytes, Callable[[int, int], tuple[bytes, ...]]]] = {
    # A small hash has fields "field:N", all values have 16 bytes.
    "hash": (b"HSET", lambda n, salt: (b"field:%d" % n, b"value:%010d" % (n + salt))),
    "list": (b"RPUSH", lambda n, salt: (b"value:%010d" % (n + salt),)),
    "set of integers": (b"SADD", lambda n, salt: (b"%d" % (n * 7 + salt),)),
    "set of strings": (b"SADD", lambda n, salt: (b"member:%09d" % (n + salt),)),
    "sorted set": (b"ZADD", lambda n, salt: (b"%d" % (n * 3 + salt), b"member:%09d" % n)),
}


def request(words: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def small(kind: str, keys: int) -> Iterator[bytes]:
    """A request a key."""
    verb, element = KINDS[kind]
    for key in range(keys):
        words = [verb, b"key:%012d" % key]
        for n in range(SMALL):
            words += element(n, key)
        yield request(words)


def large(kind: str, elements: int) -> Iterator[bytes]:
    verb, element = KINDS[kind]
    if kind == "hash":
        element = lambda n, salt: (b"field:%010d" % n, b"value:%010d" % n)  # noqa: E731
    for first in range(0, elements, IN_A_COMMAND):
        words = [verb, b"large"]
        for n in range(first, first + IN_A_COMMAND):
            # Scattered, so that scores and numbers do not come in order.
            words += element(n * 7_368_787 % elements, 0)
        yield request(words)


def large_random_list(elements: int) -> Iterator[bytes]:
    """Values of 16 random bytes: kevy can not compress them."""
    draw = random.Random(1)
    for _ in range(0, elements, IN_A_COMMAND):
        yield request([b"RPUSH", b"large", *(draw.randbytes(16) for _ in range(IN_A_COMMAND))])


def chunks(requests: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """Bytes to send, and how many replies they will get."""
    gathered: list[bytes] = []
    for one in requests:
        gathered.append(one)
        if len(gathered) == CHUNK:
            yield b"".join(gathered), len(gathered)
            gathered.clear()
    if gathered:
        yield b"".join(gathered), len(gathered)


def kevy_growth(program: Path, requests: Iterator[bytes]) -> int:
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None and running.stdout is not None
        for data, _ in chunks(requests):
            running.stdin.write(data)
        running.stdin.close()
        answer = running.stdout.read()
    if running.returncode != 0:
        raise SystemExit(f"{program} failed")
    return int(answer)


def redis_growth(requests: Iterator[bytes]) -> int:
    with running(redis()) as (server,):
        before = server.resident_bytes()
        for data, replies in chunks(requests):
            server.connection.sendall(data)
            while replies > 0:
                answer = server.connection.recv(1 << 16)
                if b"-" in answer:
                    raise SystemExit(f"redis-server: {answer!r}")
                replies -= answer.count(b"\n")
        return server.resident_bytes() - before


def compare(name: str, program: Path, requests: Callable[[], Iterator[bytes]], elements: int,
            goal: float | None) -> None:
    print(f"  {name}", file=sys.stderr, flush=True)
    ours = kevy_growth(program, requests()) / elements
    row = {"name": name, "side": "kevy", "value": round(ours, 1), "unit": "bytes"}
    if shutil.which("redis-server"):
        theirs = redis_growth(requests()) / elements
        print(json.dumps(row | {"side": "redis-server", "value": round(theirs, 1)}), flush=True)
        if goal is not None:
            row |= {"against": "redis-server", "ratio": round(ours / theirs, 3), "goal": goal}
    print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    program = options.build / "bench" / "bench_feed"
    keys, elements = (KEYS_QUICK, LARGE_QUICK) if options.quick else (KEYS, LARGE)
    for kind in KINDS:
        # The other kinds are told as well by a part of the keys.
        count = keys if kind == "hash" else KEYS_QUICK
        compare(f"element of {count:,} small: {kind}", program,
                lambda: small(kind, count), count * SMALL, GOAL_SMALL)
        compare(f"element of one of {elements:,}: {kind}", program,
                lambda: large(kind, elements), elements, GOAL_LARGE)
    compare(f"element of one of {elements:,}: list of random bytes", program,
            lambda: large_random_list(elements), elements, None)


if __name__ == "__main__":
    main()
