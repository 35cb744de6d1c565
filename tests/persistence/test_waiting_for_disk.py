"""WAITAOF, and when the append-only file is synced: beside the references, whose numbers count."""

import signal
import time

import pytest
from appending import Client, increments, start
from servers import eventually

NAMES = ["kevy", "valkey"]  # redis-server 7.0 has no WAITAOF


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_what_is_answered_for_each_policy(name, folder):
    for fsync, late in (("everysec", [1, 0]), ("no", [0, 0]), ("always", [1, 0])):
        below = folder / fsync
        below.mkdir()
        server = start(name, below, fsync=fsync)
        client, other = Client(server), Client(server)
        assert other.run("WAITAOF", 1, 0, 100) == [1, 0]  # it has written nothing
        client.run("SET", "of alice", "1")
        assert client.run("WAITAOF", 1, 0, 0 if late == [1, 0] else 50) == late
        assert client.run("WAITAOF", 0, 0, 0) == late
        assert client.run("WAITAOF", 1, 1, 50) == late
        assert server.stop() == 0


def test_it_waits_for_the_sync(folder):
    """With everysec what it has answered 1 for is there after the machine's crash, and no sooner."""
    server = start("kevy", folder)
    client, other = Client(server), Client(server)
    client.run("SET", "first", "1")
    client.run("CONFIG", "SET", "appendfsync", "no")
    client.run("SET", "of alice", "1")
    client.send("WAITAOF", 1, 0, 0)
    eventually(lambda: other.info("clients")["blocked_clients"] == "1")
    assert other.run("WAITAOF", 1, 0, 20) == [1, 0]  # its own matter alone
    other.run("CONFIG", "SET", "appendfsync", "everysec")
    assert client.read() == [1, 0]
    assert other.info("clients")["blocked_clients"] == "0"
    assert server.stop() == 0


def test_its_time_is_up(name, folder):
    server = start(name, folder, fsync="no")
    client, other = Client(server), Client(server)
    client.run("SET", "of alice", "1")
    before = time.monotonic()
    assert client.run("WAITAOF", 1, 0, 150) == [0, 0]
    assert time.monotonic() - before >= 0.14
    client.send("WAITAOF", 1, 0, 0)
    eventually(lambda: other.info("clients")["blocked_clients"] == "1")
    number = client_id(other, "waitaof")
    assert other.run("CLIENT", "UNBLOCK", number) == 1
    assert client.read() == [0, 0]
    client.send("WAITAOF", 1, 0, 0)
    eventually(lambda: other.info("clients")["blocked_clients"] == "1")
    assert other.run("CLIENT", "UNBLOCK", number, "ERROR") == 1
    assert client.read().startswith("-UNBLOCKED ")
    assert client.run("PING") == "PONG"
    assert server.stop() == 0


def client_id(other, command):
    lines = other.run("CLIENT", "LIST").decode().splitlines()
    return next(line.split()[0][3:] for line in lines if f"cmd={command}" in line)


def test_in_a_transaction_it_answers_at_once(name, folder):
    server = start(name, folder, fsync="no")
    client = Client(server)
    client.run("SET", "of alice", "1")
    client.run("MULTI")
    client.run("WAITAOF", 1, 0, 0)
    client.run("SET", "of alice", "2")
    client.run("WAITAOF", 0, 1, 0)
    assert client.run("EXEC") == [[0, 0], "OK", [0, 0]]
    assert server.stop() == 0


def test_turning_the_file_off_ends_the_wait(folder):
    server = start("kevy", folder, fsync="no")
    client, other = Client(server), Client(server)
    client.run("SET", "of alice", "1")
    client.send("WAITAOF", 1, 0, 0)
    eventually(lambda: other.info("clients")["blocked_clients"] == "1")
    assert other.run("CONFIG", "SET", "appendonly", "no") == "OK"
    assert client.read() in (
        [1, 0], "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
    assert server.stop() == 0


def test_what_waits_goes_with_the_server(folder):
    server = start("kevy", folder, fsync="no")
    client, other = Client(server), Client(server)
    client.run("SET", "of alice", "1")
    client.send("WAITAOF", 1, 0, 0)
    eventually(lambda: other.info("clients")["blocked_clients"] == "1")
    assert server.stop() == 0


@pytest.mark.parametrize("loads", ["kevy", "valkey", "redis"])
def test_timestamps_are_written_and_passed_over(loads, folder):
    server = start("kevy", folder, "--aof-timestamp-enabled", "yes")
    client = Client(server)
    before = int(time.time())
    client.run("SET", "of alice", "1")
    client.run("MULTI")
    client.run("RPUSH", "list", "a", "b")
    client.run("SET", "of bob", "2")
    client.run("EXEC")
    client.run("SET", "long", "x" * 100000)
    client.run("EVAL", "for i = 1, 2000 do redis.call('set', 'key' .. i, ('y'):rep(20)) end", 0)
    digest = client.digest()
    assert server.stop() == 0
    written = increments(folder)[0].read_bytes()
    assert written.startswith(b"#SUM:") and written.partition(b"\n")[2].startswith(b"#TS:")
    stamps = [int(part.split(b"\r\n")[0]) for part in written.split(b"#TS:")[1:]]
    assert stamps == sorted(set(stamps)) and before <= stamps[0] and stamps[-1] <= time.time()
    server = start(loads, folder)
    client = Client(server)
    eventually(lambda: client.info("persistence")["loading"] == "0")
    assert client.digest() == digest
    assert server.stop() == 0


def test_timestamps_go_with_the_setting(folder):
    server = start("kevy", folder)
    client = Client(server)
    assert client.run("CONFIG", "GET", "aof-timestamp-enabled")[1] == b"no"
    client.run("SET", "of alice", "1")
    assert b"#TS:" not in increments(folder)[0].read_bytes()
    client.run("CONFIG", "SET", "aof-timestamp-enabled", "yes")

    def stamped():
        client.run("SET", "of bob", "2")
        return b"#TS:" in increments(folder)[0].read_bytes()

    eventually(stamped)
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(60)
    server = start("kevy", folder)
    assert Client(server).run("MGET", "of alice", "of bob") == [b"1", b"2"]
    assert server.stop() == 0


def test_replayed_commands_were_not_processed(name, folder):
    server = start(name, folder)
    client = Client(server)
    for i in range(100):
        client.run("SET", f"key {i}", i)
    client.run("GET", "nothing")
    assert server.stop() == 0
    server = start(name, folder)
    client = Client(server)
    eventually(lambda: client.info("persistence")["loading"] == "0")
    stats = client.info("stats")
    # Who waited for the server was answered LOADING a few times, which counts.
    assert int(stats["total_commands_processed"]) < 50 and int(stats["total_error_replies"]) < 50
    assert stats["keyspace_misses"] == "0"
    assert client.info("persistence")["rdb_changes_since_last_save"] == "100"
    assert server.stop() == 0


SYNC_OFF = "no-appendfsync-on-rewrite"


def test_syncs_wait_for_a_snapshot_if_told_to(folder):
    server = start("kevy", folder, "--rdbcompression", "no", fsync="everysec")
    client, other = Client(server), Client(server)
    assert client.run("CONFIG", "GET", SYNC_OFF)[1] == b"no"
    assert client.run("CONFIG", "SET", SYNC_OFF, "yes") == "OK"
    assert client.run("CONFIG", "SET", SYNC_OFF, "perhaps").endswith("argument must be 'yes' or 'no'")
    for i in range(60):
        client.run("SETRANGE", f"key {i}", 1000000, "x")
    client.run("BGSAVE")
    client.run("SET", "of alice", "1")
    client.send("WAITAOF", 1, 0, 0)
    assert client.read() == [1, 0]  # once the snapshot is there
    assert other.info("persistence")["rdb_last_bgsave_status"] == "ok"
    assert server.stop() == 0
