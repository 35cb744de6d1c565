"""What the tests of programs share: one server for all, and the doors that a program comes in by.

Without an argument the server is kevy-server; KEVY_PROGRAMS_SERVER names another one, to see what
that one makes of a test. Every name that a test hands to a program comes back with its own results.
"""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import libkevy as kevy
import pytest
import redis

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[2] / "build" / "release"
KEVY_SERVER = os.environ.get("KEVY_SERVER", str(BUILD / "server" / "kevy-server"))
PROGRAM = os.environ.get("KEVY_PROGRAMS_SERVER", KEVY_SERVER)
WAIT = 60  # seconds, for anything that has to happen


def eventually(condition):
    """What ``condition`` returns, once that is true of it."""
    deadline = time.monotonic() + WAIT
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)  # between two looks
    return found


class Server:
    """A server's process, with the addresses that a program may know it by."""

    def __init__(self, directory):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.path = str(directory / "server.sock")
        self.process = subprocess.Popen(
            [PROGRAM, "--port", str(self.port), "--unixsocket", self.path, "--save", "",
             "--dir", str(directory)],
            stdout=subprocess.DEVNULL)
        eventually(self.answers)

    def answers(self):
        assert self.process.poll() is None
        try:
            return self.client().ping()
        except redis.ConnectionError:
            return False

    def client(self, over="unix", **options):
        return redis.Redis.from_url(self.url(over), **options)

    def url(self, over, database=0):
        if over == "unix":
            return f"unix://{self.path}?db={database}"
        return f"redis://127.0.0.1:{self.port}/{database}"

    def stop(self):
        self.process.terminate()
        return self.process.wait(WAIT)


@pytest.fixture(scope="session")
def running_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    assert server.stop() == 0


@pytest.fixture
def server(running_server):
    """The server, with nothing in it."""
    with running_server.client() as client:
        client.flushall()
    return running_server


@pytest.fixture(params=["tcp", "unix"])
def over(request):
    """The socket that a program with a process of its own comes in by."""
    return request.param


@pytest.fixture(params=["tcp", "unix", "process"])
def door(request):
    return request.param


@pytest.fixture
def client(request, door):
    """redis-py's client on an empty database of the server, or on an instance in this process."""
    if door == "process":
        with kevy.start() as db, db.redis() as made:
            yield made
    else:
        with request.getfixturevalue("server").client(door) as made:
            yield made


@contextmanager
def worker(log, *command, **environment):
    """A program's worker in a process of its own; what it says stands in the file ``log``, and is shown
    with a test that fails."""
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    with open(log, "ab") as said:
        process = subprocess.Popen(
            [sys.executable, *command], stdout=said, stderr=said, cwd=HERE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment})
    try:
        yield process
        assert process.poll() is None, "the worker ended early"
    finally:
        process.terminate()
        try:
            process.wait(WAIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        print(Path(log).read_text(encoding="utf-8", errors="replace"))
