"""An append-only file that is turned on and off, or made anew, while the disk fails, and the lock on its
directory when the process forks."""

import errno
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest
from appending import KEVY_SERVER, LIBRARY, Client, increments, start
from servers import Server, eventually
from test_failing_disk import Disk, shim  # noqa: F401


def rewriting(client):
    return client.info("persistence")["aof_rewrite_in_progress"] == "1"


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(20)


def test_it_can_be_turned_on_again_after_the_disk_had_failed(shim, folder):  # noqa: F811
    disk = Disk(shim, folder)
    server = disk.start(folder, "always")
    client, other = Client(server), Client(server)
    assert client.run("SET", "before", "1") == "OK"
    disk.fail("writev", 0, 1 << 30, errno.ENOSPC)
    client.send("SET", "during", "1")
    eventually(lambda: other.run("PING").startswith("-MISCONF"))
    assert other.run("CONFIG", "SET", "appendonly", "no") == "OK"
    assert client.read() == "OK"
    eventually(lambda: other.run("PING") == "PONG")
    disk.fail(None)
    eventually(lambda: not rewriting(other))
    assert other.run("CONFIG", "SET", "appendonly", "yes") == "OK"
    eventually(lambda: not rewriting(other))
    assert other.info("persistence")["aof_enabled"] == "1"
    for i in range(20):
        assert client.run("INCR", "after") == i + 1
    kill(server.process)
    server = start("kevy", folder)
    assert Client(server).run("MGET", "before", "during", "after") == [b"1", b"1", b"20"]
    assert server.stop() == 0


def test_what_is_not_on_disk_is_not_shown_because_it_is_turned_off(shim, folder):  # noqa: F811
    disk = Disk(shim, folder)
    server = disk.start(folder, "always")
    client, other = Client(server), Client(server)
    disk.fail("fdatasync", 0, 1, -2)
    client.send("SET", "k", "v")
    eventually(disk.waits)
    other.send("CONFIG", "SET", "appendonly", "no")
    readable, _, _ = select.select([client.connection], [], [], 0.3)
    assert readable == []
    disk.fail(None)
    assert client.read() == "OK"
    assert server.stop() == 0


def test_a_rewrite_that_goes_on_failing_is_not_tried_all_the_time(folder):
    server = start("kevy", folder, "--auto-aof-rewrite-min-size", "1kb")
    client = Client(server)
    for number in range(1, 200):
        (folder / "appendonlydir" / f"appendonly.aof.{number}.base.rdb").mkdir()
    for _ in range(4000):
        assert client.run("SET", "key", "v" * 200) == "OK"
    assert client.info("persistence")["aof_last_bgrewrite_status"] == "err"
    assert len(increments(folder)) < 12
    kill(server.process)


@pytest.mark.parametrize("first, second", [(4, 2), (5, 3), (5, 4), (4, 4), (5, 5), (3, 4)])
def test_two_rewrites_that_fail_one_after_the_other_apply_nothing_twice(shim, folder, first, second):  # noqa: F811
    """B31: which manifest is on disk after the first one is not known, and both are right."""
    disk = Disk(shim, folder)
    server = disk.start(folder, "always")
    client = Client(server)
    expected = []
    for round_, after in enumerate((None, first, second)):
        for number in range(2):
            assert isinstance(client.run("RPUSH", "list", f"{round_}:{number}"), int)
            expected.append(f"{round_}:{number}".encode())
        if after is not None:
            disk.fail("fsync", after, 1, errno.EIO)
        assert not client.run("BGREWRITEAOF").startswith("-")
        eventually(lambda: not rewriting(client))
        disk.fail(None)
        eventually(lambda: client.info("persistence")["aof_last_write_status"] == "ok")
        assert isinstance(client.run("RPUSH", "list", f"{round_}:last"), int)
        expected.append(f"{round_}:last".encode())
    kill(server.process)
    for _ in range(2):
        server = start("kevy", folder)
        client = Client(server)
        assert client.run("LRANGE", "list", 0, -1) == expected
        client.run("BGREWRITEAOF")
        eventually(lambda client=client: not rewriting(client))
        kill(server.process)
    assert len(list((folder / "appendonlydir").glob("*.base.rdb"))) == 1
    assert not list((folder / "appendonlydir").glob("temp-*"))


def test_a_sync_that_failed_has_a_new_base_made(shim, folder):  # noqa: F811
    """What the kernel had taken and then lost is in no file; it is still in memory."""
    disk = Disk(shim, folder)
    server = disk.start(folder, "everysec")
    client = Client(server)
    assert client.run("SET", "before", "1") == "OK"
    disk.fail("fdatasync", 0, 1, errno.EIO)
    assert client.run("SET", "doubtful", "1") == "OK"
    eventually(lambda: client.info("persistence")["aof_rewrites"] != "0")
    eventually(lambda: client.run("PING") == "PONG")
    assert client.run("SET", "after", "1") == "OK"
    assert server.stop() == 0
    server = start("kevy", folder)
    assert Client(server).run("MGET", "before", "doubtful", "after") == [b"1", b"1", b"1"]
    assert server.stop() == 0


def test_a_child_of_fork_does_not_hold_the_directory(folder, tmp_path):
    program = tmp_path / "forking"
    source = Path(__file__).with_name("forking.c")
    root = source.parents[2]
    subprocess.run(["cc", "-o", str(program), str(source), f"-I{root / 'capi/include'}", LIBRARY,
                    f"-Wl,-rpath,{Path(LIBRARY).parent}"], check=True)
    parent = subprocess.Popen([str(program), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, env={**os.environ, "LD_LIBRARY_PATH": str(Path(LIBRARY).parent)})
    assert parent.stdout.readline() == "child\n"
    kill(parent)
    server = Server(KEVY_SERVER, folder, ["--dir", str(folder), "--appendonly", "yes"])
    assert server.stop() == 0
    parent.stdin.close()
