"""What SET over a Unix socket costs with an append-only file: time and CPU time of a request,
kevy-server beside redis-server, without one and with each of the two modes of appendfsync that sync.

redis-benchmark makes the load, 50 connections with 16 requests on the way each; the files are in the
directory for temporary ones. Usage: append_only_sockets.py --build DIRECTORY [--quick]. Prints rows;
see README.md.
"""

import json
import statistics
import sys
import time

from servers import Server, kevy, read_options, redis, running

KEYS = 100_000
DEPTH = 16
ROUNDS, ROUNDS_QUICK = 7, 1
REQUESTS, REQUESTS_QUICK = 500_000, 50_000
GOAL = 0.667  # of the time: 1.5 times the throughput

MODES = {
    "no log": ["--appendonly", "no"],
    "everysec": ["--appendonly", "yes", "--appendfsync", "everysec"],
    "always": ["--appendonly", "yes", "--appendfsync", "always"],
}


def cost(server: Server, requests: int) -> tuple[float, float]:
    """Time of a request and CPU time of the server for it, in ns."""
    begin = time.monotonic_ns()
    cpu = server.benchmark("Unix socket", DEPTH, requests, KEYS, "-t", "set")
    return (time.monotonic_ns() - begin) / requests, cpu


def main() -> None:
    options = read_options(__doc__)
    requests = REQUESTS_QUICK if options.quick else REQUESTS
    for mode, words in MODES.items():
        print(f"  {mode}", file=sys.stderr, flush=True)
        with running((*redis(), *words), (*kevy(options.build), *words)) as (theirs, ours):
            pairs = [(cost(ours, requests), cost(theirs, requests))
                     for _ in range(ROUNDS_QUICK if options.quick else ROUNDS)]
        for index, what in enumerate(("time", "CPU time")):
            row = {"name": f"SET, Unix socket, -c 50 -P 16, {mode}, {what}", "unit": "ns"}
            mine, other = (statistics.median(side[index] for side in sides) for sides in zip(*pairs))
            ratio = statistics.median(a[index] / b[index] for a, b in pairs)
            print(json.dumps(row | {"side": "redis-server", "value": round(other, 1)}))
            row |= {"side": "kevy-server", "value": round(mine, 1), "against": "redis-server",
                    "ratio": round(ratio, 3)}
            print(json.dumps(row | {"goal": GOAL if what == "time" else 1.0}), flush=True)


if __name__ == "__main__":
    main()
