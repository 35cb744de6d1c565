"""What is written while a new base is being made belongs either to the base or to the increment behind
it, whatever the thread that writes the file is at just then."""

import signal
import threading

import pytest
from appending import KEVY_SERVER, Client, preloadable
from servers import Server, eventually

ROUNDS, WRITERS = 10, 6


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return preloadable(tmp_path_factory.mktemp("shim"), "hesitating.c")


class Writer(threading.Thread):
    """Counts in a key of its own, and what was answered beside it."""

    def __init__(self, server, name):
        super().__init__()
        self.client, self.name_of_key = Client(server), name
        self.answered, self.over = 0, False

    def run(self):
        while not self.over:
            self.answered = self.client.run("INCR", self.name_of_key)
        self.client.close()


def start(folder, **environment):
    return Server(KEVY_SERVER, folder,
                  ["--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec"],
                  environment)


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(20)


def test_no_write_is_lost_between_two_increments(folder, shim):
    """What WAITAOF says is on disk is there after a kill, with a rewrite beside it too."""
    for _ in range(ROUNDS):
        server = start(folder, LD_PRELOAD=str(shim))
        writers = [Writer(server, f"n{i}") for i in range(WRITERS)]
        for writer in writers:
            writer.client.run("DEL", writer.name_of_key)
            writer.start()
        client = Client(server)
        eventually(lambda writers=writers: all(writer.answered > 20 for writer in writers))
        client.run("BGREWRITEAOF")
        eventually(lambda client=client: client.info("persistence")["aof_rewrite_in_progress"] == "0")
        for writer in writers:
            writer.over = True
            writer.join()
        client.run("SET", "last", "1")  # behind all that was written
        assert client.run("WAITAOF", "1", "0", "0") == [1, 0]
        client.close()
        kill(server)
        server = start(folder)
        client = Client(server)
        found = {writer.name_of_key: int(client.run("GET", writer.name_of_key) or 0)
                 for writer in writers}
        assert found == {writer.name_of_key: writer.answered for writer in writers}
        client.close()
        kill(server)
