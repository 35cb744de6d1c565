"""Over sockets: the CPU time that a server spends on an operation, kevy-server beside redis-server.

redis-benchmark makes the load, 50 connections, each with 16 requests on the way or with one.
"""

import json
import statistics
import sys
import time

from servers import CONNECTIONS, Server, kevy, redis, read_options, running

KEYS = 100_000
ROUNDS, ROUNDS_QUICK = 5, 1
REQUESTS = {16: 400_000, 1: 60_000}  # by depth of the pipeline

# Over what, how deep, which two sides, and the goal for the first of them.
COMPARISONS = [
    ("TCP", 16, "kevy, 1 reactor", "redis-server", 0.75),
    ("TCP", 16, "kevy, 2 reactors", "kevy, 1 reactor", 1.15),
    ("Unix socket", 16, "kevy, 1 reactor", "redis-server", 0.65),
    ("TCP", 1, "kevy, 1 reactor", "redis-server", 1.0),
    ("Unix socket", 1, "kevy, 1 reactor", "redis-server", 1.0),
]


def show(**row) -> None:
    print(json.dumps(row), flush=True)


def idle_cost(server: Server) -> int:
    """CPU time in a second with silent connections, in ns."""
    connections = [server.connect() for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.sendall(b"PING\r\n")
        connection.recv(7)
    time.sleep(0.2)  # until the last thread sleeps
    before = server.cpu_ns()
    time.sleep(1)  # what is measured
    spent = server.cpu_ns() - before
    for connection in connections:
        connection.close()
    return spent


def main() -> None:
    options = read_options(__doc__)
    rounds = ROUNDS_QUICK if options.quick else ROUNDS
    with running(redis(), kevy(options.build, 1, "kevy, 1 reactor"),
                 kevy(options.build, 2, "kevy, 2 reactors")) as started:
        servers = {server.side: server for server in started}
        for over, depth, side, against, goal in COMPARISONS:
            for verb in ["SET", "GET"]:
                compare(servers[side], servers[against], over, verb, depth, goal, rounds)
        for server in started:
            show(name=f"idle, {CONNECTIONS} connections, 1 s", side=server.side,
                 value=idle_cost(server), unit="ns")


def compare(server: Server, other: Server, over: str, verb: str, depth: int, goal: float,
            rounds: int) -> None:
    name = f"{verb}, {over}, -c 50 -P {depth}"
    print(f"  {name}: {server.side} and {other.side}", file=sys.stderr, flush=True)
    words = over, depth, REQUESTS[depth], KEYS, "-t", verb.lower()
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(other.benchmark(*words))
        ours.append(server.benchmark(*words))
    ratio = statistics.median(mine / yours for mine, yours in zip(ours, theirs))
    show(name=name, side=other.side, value=statistics.median(theirs), unit="ns")
    show(name=name, side=server.side, value=statistics.median(ours), unit="ns",
         against=other.side, ratio=ratio, goal=goal)


if __name__ == "__main__":
    main()
