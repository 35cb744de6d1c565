"""Operations on two big sets: the CPU time that kevy-server spends beside redis-server's.

Two sets of 100,000 members of 16 bytes, half of them in both. The reply is counted as well.
"""

import json
import statistics
import sys

from servers import Server, kevy, redis, read_options, running

MEMBERS = 100_000
BATCH = 1_000
ROUNDS, ROUNDS_QUICK = 15, 3
GOAL = 0.8
OPERATIONS = {  # the goal, if there is one
    "SINTER first second": GOAL,
    "SINTERCARD 2 first second": GOAL,
    "SINTERSTORE result first second": None,
    "SUNION first second": None,
    "SUNIONSTORE result first second": None,
    "SDIFF first second": None,
    "SMEMBERS first": None,
}


def fill(server: Server) -> None:
    for first in range(0, MEMBERS, BATCH):
        numbers = range(first, first + BATCH)
        server.run(["SADD", "first", *(f"member:{n:09}" for n in numbers)])
        server.run(["SADD", "second", *(f"member:{n + n % 2 * MEMBERS:09}" for n in numbers)])


def main() -> None:
    options = read_options(__doc__)
    rounds = ROUNDS_QUICK if options.quick else ROUNDS
    with running(redis(), kevy(options.build)) as (theirs, ours):
        for server in theirs, ours:
            fill(server)
        for operation, goal in OPERATIONS.items():
            print(operation, file=sys.stderr)
            pairs = [(ours.cost(operation), theirs.cost(operation)) for _ in range(rounds)]
            for server, costs in zip((ours, theirs), zip(*pairs)):
                row = {"name": f"CPU of {operation.split()[0]}, 2 x 100,000", "side": server.side,
                       "value": statistics.median(costs), "unit": "ns"}
                if goal is not None and server is ours:
                    ratio = statistics.median(mine / other for mine, other in pairs)
                    row |= {"against": theirs.side, "ratio": round(ratio, 3), "goal": goal}
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
