"""Operations on two big sets: the CPU time that kevy-server spends beside redis-server's.

Two sets of 100,000 members of 16 bytes, half of them in both. What is counted is the time all threads
of the server have run, the reply included.
"""

import argparse
import json
import socket
import statistics
import sys
import tempfile
from pathlib import Path

from network import Server

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


class Client:
    def __init__(self, server: Server):
        self.server = server
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(server.path))
        for first in range(0, MEMBERS, BATCH):
            numbers = range(first, first + BATCH)
            self.run(["SADD", "first", *(f"member:{n:09}" for n in numbers)])
            self.run(["SADD", "second", *(f"member:{n + n % 2 * MEMBERS:09}" for n in numbers)])

    def run(self, words: list[str]) -> None:
        """Sends a command, and an ECHO whose reply is the end of what there is to read."""
        end = b"$3\r\nend\r\n"
        parts = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        self.socket.sendall(f"*{len(words)}\r\n{parts}*2\r\n$4\r\nECHO\r\n$3\r\nend\r\n".encode())
        tail = b""
        while not tail.endswith(end):
            tail = (tail + self.socket.recv(1 << 20))[-len(end):]

    def cost(self, operation: str) -> int:
        """CPU time of the server, in ns."""
        before = self.server.cpu_ns()
        self.run(operation.split())
        return self.server.cpu_ns() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    rounds = ROUNDS_QUICK if options.quick else ROUNDS
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        servers = [Server("redis-server", "redis-server", 27391, directory),
                   Server("kevy-server", str(options.build / "server" / "kevy-server"), 27392,
                          directory, "--threads", "1")]
        try:
            theirs, ours = (Client(server) for server in servers)
            for operation, goal in OPERATIONS.items():
                print(operation, file=sys.stderr)
                pairs = [(ours.cost(operation), theirs.cost(operation)) for _ in range(rounds)]
                for side, costs in zip(("kevy-server", "redis-server"), zip(*pairs)):
                    row = {"name": f"CPU of {operation.split()[0]}, 2 x 100,000", "side": side,
                           "value": statistics.median(costs), "unit": "ns"}
                    if goal is not None and side == "kevy-server":
                        ratio = statistics.median(mine / other for mine, other in pairs)
                        row |= {"against": "redis-server", "ratio": round(ratio, 3), "goal": goal}
                    print(json.dumps(row), flush=True)
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
