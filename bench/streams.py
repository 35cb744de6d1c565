"""Streams, kevy-server beside redis-server: the memory of an entry of three fields, and the CPU time of
XADD, of XREADGROUP with XACK, and of XRANGE of 100 entries, pipelined over a Unix socket.

Memory is the growth of the resident set. kevy has one reactor.
"""

import json
import random
import statistics
import sys
from collections.abc import Callable, Iterator

from servers import Server, kevy, read_options, redis, running

ENTRIES, ENTRIES_QUICK = 1_000_000, 100_000
ROUNDS, ROUNDS_QUICK = 5, 2
GOAL_MEMORY, GOAL_CPU = 0.9, 0.6
TOGETHER = 10  # entries that are read by a consumer, and acknowledged, at once
FIRST_MS = 1_700_000_000_000


def encode(words: list[str]) -> bytes:
    return f"*{len(words)}\r\n".encode() + "".join(
        f"${len(word)}\r\n{word}\r\n" for word in words).encode()


def same_names(n: int) -> list[str]:
    return ["sensor", f"{n % 997:06}", "temperature", f"{n % 400 / 10}", "state", "running"]


def varying_names(n: int) -> list[str]:
    return [f"sensor{n % 7}", f"{n % 997:06}", f"value{n % 11}", f"{n % 400 / 10}", "state", "running"]


def entries(key: str, count: int, fields: Callable[[int], list[str]]) -> bytes:
    """Three in a millisecond."""
    return b"".join(encode(["XADD", key, f"{FIRST_MS + n // 3}-{n % 3}", *fields(n)])
                    for n in range(count))


def reads(key: str, count: int) -> bytes:
    sent = []
    for first in range(0, count, TOGETHER):
        ids = [f"{FIRST_MS + n // 3}-{n % 3}" for n in range(first, first + TOGETHER)]
        sent.append(encode(["XREADGROUP", "GROUP", "g", "consumer", "COUNT", str(TOGETHER), "STREAMS",
                            key, ">"]) + encode(["XACK", key, "g", *ids]))
    return b"".join(sent)


def ranges(key: str, count: int, commands: int) -> bytes:
    draw = random.Random(1)
    return b"".join(
        encode(["XRANGE", key, str(FIRST_MS + draw.randrange(count // 3)), "+", "COUNT", "100"])
        for _ in range(commands))


def cost(server: Server, sent: bytes, operations: int) -> float:
    before = server.cpu_ns()
    server.send(sent, 1 << 16)
    return (server.cpu_ns() - before) / operations


def growth(server: Server, key: str, sent: bytes, count: int) -> float:
    before = server.resident_bytes()
    server.send(sent)
    return (server.resident_bytes() - before) / count


def show(name: str, unit: str, pairs: list[tuple[float, float]], goal: float) -> None:
    print(f"  {name}", file=sys.stderr, flush=True)
    ours, theirs = zip(*pairs)
    row = {"name": name, "unit": unit}
    print(json.dumps(row | {"side": "redis-server", "value": round(statistics.median(theirs), 1)}))
    ratio = statistics.median(mine / other for mine, other in pairs)
    print(json.dumps(row | {"side": "kevy-server", "value": round(statistics.median(ours), 1),
                            "against": "redis-server", "ratio": round(ratio, 3), "goal": goal}),
          flush=True)


def measure(ours: Server, theirs: Server, count: int, rounds: int) -> Iterator[tuple]:
    """Name, unit, pairs of costs, goal."""
    for name, fields in ("the same field names", same_names), ("varying field names", varying_names):
        sent = entries("memory", count, fields)
        pair = tuple(growth(server, "memory", sent, count) for server in (ours, theirs))
        yield f"memory of an entry of 3 fields, {name}", "bytes", [pair], GOAL_MEMORY
        for server in ours, theirs:
            server.run(["DEL", "memory"])
    some = count // 5
    added, read = entries("cpu", some, same_names), reads("cpu", some)
    asked = ranges("cpu", some, some // 100)
    adds, given, ranged = [], [], []
    for _ in range(rounds):
        for server in ours, theirs:
            server.run(["DEL", "cpu"])
        adds.append(tuple(cost(server, added, some) for server in (ours, theirs)))
        for server in ours, theirs:
            server.run(["XGROUP", "CREATE", "cpu", "g", "0"])
        given.append(tuple(cost(server, read, some) for server in (ours, theirs)))
        ranged.append(tuple(cost(server, asked, some // 100) for server in (ours, theirs)))
    yield "CPU of XADD of 3 fields", "ns", adds, GOAL_CPU
    yield f"CPU of XREADGROUP COUNT {TOGETHER} and XACK, of an entry", "ns", given, GOAL_CPU
    yield "CPU of XRANGE of 100 entries", "ns", ranged, GOAL_CPU


def main() -> None:
    options = read_options(__doc__)
    with running(redis(), kevy(options.build)) as (theirs, ours):
        for row in measure(ours, theirs, ENTRIES_QUICK if options.quick else ENTRIES,
                           ROUNDS_QUICK if options.quick else ROUNDS):
            show(*row)


if __name__ == "__main__":
    main()
