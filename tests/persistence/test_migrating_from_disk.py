"""G5: another server is shown nothing that a crash could take back."""

import os

import pytest
from appending import KEVY_SERVER, Client, preloadable
from servers import WAIT, Server
from targets import target

A_WHILE = 0.5  # seconds in which nothing is to come


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return preloadable(tmp_path_factory.mktemp("shim"), "held.c")


@pytest.mark.parametrize("options", [(), ("COPY",)])
def test_a_value_is_sent_to_another_server_once_it_is_on_disk(shim, folder, options):
    gate = folder / "gate"
    server = Server(KEVY_SERVER, folder, ["--dir", str(folder), "--appendonly", "yes", "--appendfsync", "always"],
                    {"LD_PRELOAD": str(shim), "HELD_SYNCS": str(gate)})
    alice, bob = Client(server), Client(server)
    os.mkfifo(gate)
    bob.send("SET", "key", "of bob")
    held = os.open(gate, os.O_WRONLY)  # which waits until its sync is held
    with target(b"+OK\r\n+OK\r\n", wait_for=2) as other:
        alice.send("MIGRATE", "127.0.0.1", other.port, "key", 0, 60_000, *options)
        assert not other.came.wait(A_WHILE)
        gate.unlink()
        os.close(held)
        assert other.came.wait(WAIT)
        assert b"of bob" in other.heard[0]
        assert bob.read() == "OK"
        assert alice.read() == "OK"
    assert bob.run("EXISTS", "key") == len(options)
    assert server.stop() == 0
