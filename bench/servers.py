"""The servers that are compared: starts them, speaks to them, and tells what they have spent.

What is counted of CPU is the time all threads of a server have run, so the rate of the client does
not matter, and what else the machine does matters little.
"""

import argparse
import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

WAIT = 20  # seconds for a server to come up or to end
VALUE_SIZE = 16  # bytes, of redis-benchmark's values
CONNECTIONS = 50  # of redis-benchmark


def read_options(description: str) -> argparse.Namespace:
    """What a script that compares servers is told: `build`, the build directory, and `quick`."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    return parser.parse_args()


def redis() -> tuple[str, ...]:
    """What running() is to start: the name of the side, and the command."""
    return "redis-server", "redis-server", "--appendonly", "no"


def kevy(build: Path, reactors: int = 1, side: str = "kevy-server") -> tuple[str, ...]:
    return side, str(build / "server" / "kevy-server"), "--threads", str(reactors)


@contextlib.contextmanager
def running(*sides: tuple[str, ...]) -> Iterator[list["Server"]]:
    """Servers in this order; stopped at the end."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        servers = []
        for number, (side, *command) in enumerate(sides):
            server = Server(side, command, Path(directory) / str(number))
            stack.callback(server.stop)
            server.come_up()
            servers.append(server)
        yield servers


class Server:
    """A server with a directory, a Unix socket and a TCP port of its own."""

    def __init__(self, side: str, command: list[str], directory: Path):
        directory.mkdir()
        self.side = side
        self.path = directory / "socket"
        self.connection: socket.socket | None = None  # for run(); there once it has come up
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--unixsocket", str(self.path), "--save", "",
             "--dir", str(directory)],
            stdout=subprocess.DEVNULL)

    def come_up(self) -> None:
        deadline = time.monotonic() + WAIT
        while True:
            try:
                self.connection = self.connect()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit(f"{self.side} does not come up") from None
                time.sleep(0.01)

    def stop(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.process.terminate()
        self.process.wait(WAIT)

    def connect(self) -> socket.socket:
        """A connection over the Unix socket."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(self.path))
        except OSError:
            connection.close()
            raise
        return connection

    def cpu_ns(self) -> int:
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    def run(self, *commands: list[str]) -> None:
        """Sends commands and waits for their replies."""
        sent = b""
        for words in commands:
            sent += f"*{len(words)}\r\n".encode()
            sent += "".join(f"${len(word)}\r\n{word}\r\n" for word in words).encode()
        self.send(sent)

    def send(self, sent: bytes, piece: int = 1 << 20) -> None:
        """Sends bytes, `piece` of them at a time, and waits for all replies: an ECHO behind them
        tells the end of what there is to read."""
        view = memoryview(sent)
        for first in range(0, len(view), piece):
            self.connection.sendall(view[first:first + piece])
        self.connection.sendall(b"*2\r\n$4\r\nECHO\r\n$3\r\nend\r\n")
        end = b"$3\r\nend\r\n"
        tail = b""
        while not tail.endswith(end):
            tail = (tail + self.connection.recv(1 << 20))[-len(end):]

    def verbs(self) -> list[str]:
        """The names of all its commands."""
        shown = subprocess.run(["redis-cli", "-s", str(self.path), "COMMAND", "LIST"],
                               check=True, capture_output=True, text=True)
        return shown.stdout.split()

    def cost(self, command: str) -> int:
        """CPU time of one command without spaces in its words, in ns."""
        before = self.cpu_ns()
        self.run(command.split())
        return self.cpu_ns() - before

    def benchmark(self, over: str, depth: int, requests: int, draw_from: int,
                  *words: str) -> float:
        """CPU time of one of redis-benchmark's requests, in ns. `over`: TCP or Unix socket;
        `depth`: requests on the way; `words`: a command, or -t and the name of a test."""
        where = ["-s", str(self.path)] if over == "Unix socket" else ["-p", str(self.port)]
        before = self.cpu_ns()
        subprocess.run(["redis-benchmark", *where, "-c", str(CONNECTIONS), "-P", str(depth),
                        "-n", str(requests), "-r", str(draw_from), "-d", str(VALUE_SIZE), "-q",
                        *words],
                       check=True, capture_output=True)
        return (self.cpu_ns() - before) / requests
