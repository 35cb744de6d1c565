"""CPU time of handing an element from one client to another that waits for it, over a Unix socket.

Usage: hand_off_sockets.py --build DIRECTORY [--quick]. Prints rows; see README.md.
"""

import json
import statistics
import sys

from servers import Server, kevy, read_options, redis, running

ELEMENTS, ELEMENTS_QUICK = 4000, 500  # of one server before the other has its turn
ROUNDS, ROUNDS_QUICK = 7, 2
GOAL = 0.9
BLPOP = b"*3\r\n$5\r\nBLPOP\r\n$5\r\nqueue\r\n$1\r\n0\r\n"
RPUSH = b"*3\r\n$5\r\nRPUSH\r\n$5\r\nqueue\r\n$16\r\nsixteen bytes...\r\n"
SERVED = b"*2\r\n$5\r\nqueue\r\n$16\r\nsixteen bytes...\r\n"
PUSHED = b":1\r\n"


def cost(server: Server, elements: int) -> float:
    """Each element is pushed when the one before was received."""
    with server.connect() as waiting, server.connect() as pushing:
        before = server.cpu_ns()
        waiting.sendall(BLPOP)
        for _ in range(elements):
            pushing.sendall(RPUSH)
            assert pushing.recv(100) == PUSHED
            assert waiting.recv(100) == SERVED
            waiting.sendall(BLPOP)
        return (server.cpu_ns() - before) / elements


def main() -> None:
    options = read_options(__doc__)
    elements = ELEMENTS_QUICK if options.quick else ELEMENTS
    name = "CPU of an element to a client in BLPOP, Unix socket"
    print(f"  {name}", file=sys.stderr, flush=True)
    with running(redis(), kevy(options.build)) as (theirs, ours):
        pairs = [(cost(ours, elements), cost(theirs, elements))
                 for _ in range(ROUNDS_QUICK if options.quick else ROUNDS)]
    row = {"name": name, "unit": "ns"}
    mine, other = (statistics.median(side) for side in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    print(json.dumps(row | {"side": "redis-server", "value": round(other, 1)}))
    print(json.dumps(row | {"side": "kevy-server", "value": round(mine, 1),
                            "against": "redis-server", "ratio": round(ratio, 3), "goal": GOAL}),
          flush=True)


if __name__ == "__main__":
    main()
