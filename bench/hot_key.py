"""Two reactors on one key, or on the same ten: the CPU time of an operation beside that of one.

redis-benchmark makes the load: 50 connections, each with 16 requests on the way or with 64.
"""

import json
import statistics
import sys

from servers import CONNECTIONS, Server, kevy, read_options, running

GOAL = 1.4
DEPTHS = 16, 64
MEMBERS = 1000
REQUESTS = 150_000
ROUNDS, ROUNDS_QUICK = 9, 1
COMMANDS = {
    "ZADD to one key": ["ZADD", "hot", "__rand_int__", "member:__rand_int__"],
    "MSET of ten keys": ["MSET", *(word for i in range(10) for word in (f"hot:{i}", "value"))],
}


def cost(server: Server, depth: int, words: list[str]) -> float:
    return server.benchmark("Unix socket", depth, REQUESTS, MEMBERS, *words)


def main() -> None:
    options = read_options(__doc__)
    rounds = ROUNDS_QUICK if options.quick else ROUNDS
    with running(kevy(options.build, 1, "kevy, 1 reactor"),
                 kevy(options.build, 2, "kevy, 2 reactors")) as (one, two):
        for name, words in COMMANDS.items():
            for depth in DEPTHS:
                print(f"  {name}, -P {depth}", file=sys.stderr, flush=True)
                pairs = [(cost(two, depth, words), cost(one, depth, words)) for _ in range(rounds)]
                row = {"name": f"{name}, Unix socket, -c {CONNECTIONS} -P {depth}", "unit": "ns"}
                ours, theirs = (statistics.median(side) for side in zip(*pairs))
                ratio = statistics.median(a / b for a, b in pairs)
                print(json.dumps(row | {"side": one.side, "value": theirs}))
                print(json.dumps(row | {"side": two.side, "value": ours, "against": one.side,
                                        "ratio": round(ratio, 3), "goal": GOAL}), flush=True)


if __name__ == "__main__":
    main()
