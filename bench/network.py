"""Over sockets: the CPU time that a server spends on an operation, kevy-server beside redis-server.

redis-benchmark makes the load, 50 connections, each with 16 requests on the way or with one. What
is counted is the time all threads of the server have run, so the rate of the client does not matter.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WAIT = 20  # seconds for a server to come up
KEYS = 100_000
ROUNDS, ROUNDS_QUICK = 5, 1
REQUESTS = {16: 400_000, 1: 60_000}  # by depth of the pipeline


class Server:
    """A server on a Unix socket and a TCP port of its own."""

    def __init__(self, side: str, program: str, port: int, directory: Path, *arguments: str):
        self.side = side
        self.port = port
        self.path = directory / f"{port}.sock"
        self.process = subprocess.Popen(
            [program, "--port", str(port), "--unixsocket", str(self.path), "--save", "",
             "--appendonly", "no", "--dir", str(directory), *arguments],
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT
        while subprocess.run(["redis-cli", "-s", str(self.path), "ping"],
                             capture_output=True).returncode != 0:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"{program} does not come up")
            time.sleep(0.05)

    def cpu_ns(self) -> int:
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def cost(self, over: str, verb: str, depth: int) -> float:
        """CPU time of the server for one operation, in ns."""
        where = ["-s", str(self.path)] if over == "Unix socket" else ["-p", str(self.port)]
        requests = REQUESTS[depth]
        before = self.cpu_ns()
        subprocess.run(["redis-benchmark", *where, "-c", "50", "-P", str(depth), "-n",
                        str(requests), "-r", str(KEYS), "-d", "16", "-t", verb.lower(), "-q"],
                       check=True, capture_output=True)
        return (self.cpu_ns() - before) / requests

    def idle_cost(self) -> int:
        """CPU time in a second with 50 silent connections, in ns."""
        connections = []
        for _ in range(50):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(self.path))
            connection.sendall(b"PING\r\n")
            connection.recv(7)
            connections.append(connection)
        time.sleep(0.2)  # until the last thread sleeps
        before = self.cpu_ns()
        time.sleep(1)  # what is measured
        spent = self.cpu_ns() - before
        for connection in connections:
            connection.close()
        return spent

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(WAIT)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    kevy = str(options.build / "server" / "kevy-server")
    rounds = ROUNDS_QUICK if options.quick else ROUNDS
    with tempfile.TemporaryDirectory() as directory:
        started = [
            Server("redis-server", "redis-server", 16390, Path(directory)),
            Server("kevy, 1 reactor", kevy, 16391, Path(directory), "--threads", "1"),
            Server("kevy, 2 reactors", kevy, 16392, Path(directory), "--threads", "2"),
        ]
        servers = {server.side: server for server in started}
        try:
            for over, depth, side, against, goal in COMPARISONS:
                for verb in ["SET", "GET"]:
                    compare(servers[side], servers[against], over, verb, depth, goal, rounds)
            for server in started:
                show(name="idle, 50 connections, 1 s", side=server.side,
                     value=server.idle_cost(), unit="ns")
        finally:
            for server in started:
                server.stop()


def compare(server: Server, other: Server, over: str, verb: str, depth: int, goal: float,
            rounds: int) -> None:
    name = f"{verb}, {over}, -c 50 -P {depth}"
    print(f"  {name}: {server.side} and {other.side}", file=sys.stderr, flush=True)
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(other.cost(over, verb, depth))
        ours.append(server.cost(over, verb, depth))
    ratio = statistics.median(mine / yours for mine, yours in zip(ours, theirs))
    show(name=name, side=other.side, value=statistics.median(theirs), unit="ns")
    show(name=name, side=server.side, value=statistics.median(ours), unit="ns",
         against=other.side, ratio=ratio, goal=goal)


if __name__ == "__main__":
    main()
