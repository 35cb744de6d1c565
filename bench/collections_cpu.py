"""Commands on collections over sockets: the CPU time that kevy-server spends beside redis-server's.

redis-benchmark makes the load, 50 connections with 16 requests on the way, but for the commands that
take long, which one connection asks for one after the other. kevy has one reactor.
"""

import json
import statistics
import sys
from collections.abc import Iterator

from servers import CONNECTIONS, Server, kevy, redis, read_options, running

ROUNDS, ROUNDS_QUICK = 5, 1
BIG, BIG_QUICK = 1_000_000, 100_000  # members of the sorted set
MEMBERS = 100_000  # of the others
KEYS = 100_000  # that redis-benchmark draws from
DEPTH = 16  # requests on the way
NUMBER = "__rand_int__"  # redis-benchmark's word for 12 random digits

# Over a Unix socket. Requests in a round, the command, and the goal.
BIG_SORTED_SET = [
    (100_000, f"ZADD big {NUMBER} member:{NUMBER}", 0.6),
    (100_000, f"ZRANK big member:{NUMBER}", 0.6),
    (50_000, f"ZRANGEBYSCORE big {NUMBER} +inf LIMIT 0 10", 0.6),
]
RANGES = [
    (20_000, "LRANGE list 0 99", 0.5),
    (20_000, "SMEMBERS set", 0.5),
    (20_000, "HGETALL hash", 0.5),
    (20_000, "ZRANGE sorted 0 99 WITHSCORES", 0.5),
]
LONG = [
    ("ZUNIONSTORE result 2 first second", 0.8),
    ("SORT numbers", 0.8),
]
# redis-benchmark's own, over TCP: what they find there, if the test before does not leave it.
DEFAULTS = [
    (200_000, "LPUSH", 0.75),
    (200_000, "RPUSH", 0.75),
    (200_000, "LPOP", 0.75),
    (200_000, "RPOP", 0.75),
    (200_000, "SADD", 0.85),
    (200_000, "HSET", 0.75),
    (50_000, "SPOP", 0.75),  # fewer than SADD leaves
    (200_000, "ZADD", 0.5),
    (50_000, "ZPOPMIN", 0.75),
    (20_000, "LRANGE_100", 0.75),
    (10_000, "LRANGE_300", 0.75),
    (5_000, "LRANGE_500", 0.75),
    (5_000, "LRANGE_600", 0.75),
    (20_000, "MSET", 0.6),
    (200_000, "INCR", 0.6),
]


def fill(server: Server, big: int) -> None:
    """All but what redis-benchmark's own tests make."""
    for first in range(0, big, 1000):
        words = ["ZADD", "big"]
        for n in range(first, first + 1000):
            words += [str(n * 7_368_787 % big), f"member:{n:012}"]
        server.run(words)
    for first in range(0, MEMBERS, 1000):
        numbers = range(first, first + 1000)
        for key, odd in ("first", 0), ("second", MEMBERS):
            words = ["ZADD", key]
            for n in numbers:
                words += [str(n * 31 % MEMBERS), f"member:{n + n % 2 * odd:09}"]
            server.run(words)
        server.run(["RPUSH", "numbers", *(str(n * 7919 % MEMBERS) for n in numbers)])
    texts = [f"value:{n:010}" for n in range(100)]
    fields = [word for n in range(50) for word in (f"field:{n}", texts[n])]
    scored = [word for n in range(100) for word in (str(n), f"member:{n:09}")]
    server.run(["RPUSH", "list", *texts], ["SADD", "set", *texts], ["HSET", "hash", *fields],
               ["ZADD", "sorted", *scored])


def default(server: Server, requests: int, test: str) -> float:
    if not test.startswith("LRANGE_"):  # those would push as well
        return server.benchmark("TCP", DEPTH, requests, KEYS, "-t", test.lower())
    # The short list is filled anew: what the pushes before left is of any length.
    server.run(["DEL", "mylist"], ["RPUSH", "mylist", *["a value of 16 b."] * 1000])
    return server.benchmark("TCP", DEPTH, requests, KEYS, "LRANGE", "mylist", "0",
                            str(int(test.split("_")[1]) - 1))


def show(name: str, pairs: list[tuple[float, float]], goal: float) -> None:
    print(f"  {name}", file=sys.stderr, flush=True)
    ours, theirs = zip(*pairs)
    row = {"name": f"CPU of {name}", "unit": "ns"}
    print(json.dumps(row | {"side": "redis-server", "value": statistics.median(theirs)}))
    ratio = statistics.median(mine / other for mine, other in pairs)
    print(json.dumps(row | {"side": "kevy-server", "value": statistics.median(ours),
                            "against": "redis-server", "ratio": round(ratio, 3), "goal": goal}),
          flush=True)


def measure(ours: Server, theirs: Server, rounds: int, share: float, big: int) -> Iterator[tuple]:
    """Name, pairs of costs, goal."""
    for commands, members in (BIG_SORTED_SET, big), (RANGES, 100):
        for requests, command, goal in commands:
            def cost(server: Server) -> float:
                return server.benchmark("Unix socket", DEPTH, int(requests * share), members,
                                        *command.split())
            name = command.replace(NUMBER, "n")
            yield (f"{name}, {members:,} members" if members == big else name,
                   [(cost(ours), cost(theirs)) for _ in range(rounds)], goal)
    for command, goal in LONG:
        yield (f"{command}, of {MEMBERS:,}",
               [(ours.cost(command), theirs.cost(command)) for _ in range(rounds * 2 + 1)], goal)
    costs: dict[str, list[tuple[float, float]]] = {test: [] for _, test, _ in DEFAULTS}
    for _ in range(rounds):
        for server in ours, theirs:
            server.run(["DEL", "mylist", "myset", "myzset", "myhash"])
        for requests, test, _ in DEFAULTS:
            count = int(requests * share)
            costs[test].append((default(ours, count, test), default(theirs, count, test)))
    for _, test, goal in DEFAULTS:
        yield f"{test}, TCP, -c {CONNECTIONS} -P {DEPTH}", costs[test], goal


def main() -> None:
    options = read_options(__doc__)
    rounds = ROUNDS_QUICK if options.quick else ROUNDS
    big = BIG_QUICK if options.quick else BIG
    with running(redis(), kevy(options.build)) as (theirs, ours):
        for server in ours, theirs:
            fill(server, big)
        for row in measure(ours, theirs, rounds, 0.25 if options.quick else 1, big):
            show(*row)


if __name__ == "__main__":
    main()
