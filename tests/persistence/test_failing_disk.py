"""Every system call that the append-only file makes fails: nothing that was answered is lost, what can
not be kept is refused, and it goes on when the disk does."""

import errno
import os
import signal
import subprocess

import pytest
from appending import KEVY_SERVER, Client, increments, preloadable, refused, start
from servers import Server, eventually

CODES = {"ENOSPC": (errno.ENOSPC, "No space left on device"),
         "EIO": (errno.EIO, "Input/output error"), "short": (0, None)}


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    return preloadable(tmp_path_factory.mktemp("shim"), "failing_disk.c")


class Disk:
    """What fails on the disk of a server that was started with it."""

    def __init__(self, shim, folder):
        self.plan = folder / "plan"
        self.environment = {"LD_PRELOAD": str(shim), "FAILING_DISK": str(self.plan)}
        self.fail(None)

    def fail(self, call, after=0, count=0, code=0):
        aside = self.plan.with_suffix(".new")
        aside.write_text("" if call is None else f"{call} {after} {count} {code}\n")
        os.replace(aside, self.plan)

    def waits(self):
        """Whether a call of the server's is kept waiting."""
        return self.plan.with_name("plan.waits").exists()

    def start(self, folder, fsync):
        """A server that has begun to serve, so that what fails is not of its start."""
        server = Server(KEVY_SERVER, folder,
                        ["--dir", str(folder), "--appendonly", "yes", "--appendfsync", fsync],
                        self.environment)
        client = Client(server)
        eventually(lambda: client.run("PING") == "PONG")
        return server


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(20)


@pytest.mark.parametrize("call, kind", [("writev", "ENOSPC"), ("writev", "EIO"), ("writev", "short"),
                                        ("fdatasync", "EIO"), ("fdatasync", "ENOSPC")])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_one_failure_loses_nothing(shim, folder, call, kind, after):
    """B30 B44: with appendfsync always what was answered is there, after a disk that fails once too."""
    disk = Disk(shim, folder)
    server = disk.start(folder, "always")
    client = Client(server)
    disk.fail(call, after, 1, CODES[kind][0])
    answered = []
    for i in range(12):
        reply = client.run("RPUSH", "list", f"element {i}")
        if isinstance(reply, int):
            answered.append(b"element %d" % i)
        else:
            assert reply.startswith("-MISCONF Errors writing to the AOF file: ")
            eventually(lambda: client.info("persistence")["aof_last_write_status"] == "ok")
    assert len(answered) >= 10
    there = client.run("LRANGE", "list", 0, -1)
    assert there == answered
    kill(server)
    server = start("kevy", folder)
    assert Client(server).run("LRANGE", "list", 0, -1) == answered
    assert server.stop() == 0


@pytest.mark.parametrize("sums", ["yes", "no"])
def test_a_disk_that_is_full_is_no_reason_not_to_start(shim, folder, sums):
    """B30: what was not written whole is cut off, although there is no room to keep that."""
    disk = Disk(shim, folder)
    server = disk.start(folder, "always")
    client = Client(server)
    assert client.run("CONFIG", "SET", "aof-checksums", sums) == "OK"
    assert client.run("SET", "before", "1") == "OK"
    whole = increments(folder)[0].read_bytes()
    assert client.run("SET", "during", "x" * 5000) == "OK"
    kill(server)
    path = increments(folder)[0]
    path.write_bytes(path.read_bytes()[:len(whole) + 3000])
    for _ in range(2):  # with a part to cut off, and without
        disk.fail("write", 0, 1 << 30, errno.ENOSPC)
        server = disk.start(folder, "always")
        assert Client(server).run("MGET", "before", "during") == [b"1", None]
        kill(server)
        assert path.read_bytes() == whole
        assert sorted(found.name for found in path.parent.iterdir()) == [path.name, "appendonly.aof.manifest"]
    disk.fail(None)
    server = disk.start(folder, "always")
    client = Client(server)
    assert client.run("SET", "after", "1") == "OK"
    assert client.run("MGET", "before", "during", "after") == [b"1", None, b"1"]
    assert server.stop() == 0


@pytest.mark.parametrize("fsync", ["always", "everysec"])
@pytest.mark.parametrize("call", ["writev", "fdatasync"])
def test_writes_are_refused_while_the_disk_fails(shim, folder, fsync, call):
    """B30: a failing append refuses writes, shows nothing of what is not kept, and recovers."""
    disk = Disk(shim, folder)
    server = disk.start(folder, fsync)
    client, other = Client(server), Client(server)
    assert client.run("SET", "before", "1") == "OK"
    disk.fail(call, 0, 1 << 30, errno.ENOSPC)
    client.send("SET", "during", "1")
    misconf = "-MISCONF Errors writing to the AOF file: No space left on device"
    eventually(lambda: other.run("PING") == misconf)
    assert other.run("SET", "refused", "1") == misconf
    assert other.run("MULTI") == "OK"
    assert other.run("SET", "refused", "1") == misconf
    assert other.run("EXEC").startswith("-EXECABORT")
    if fsync == "everysec":  # who holds all shards waits, as whatever it shows may be lost
        assert other.info("persistence")["aof_last_write_status"] == "err"
        assert misconf[1:] in other.run("EVAL", "return redis.call('set', KEYS[1], 1)", 1, "refused")
        assert other.run("GET", "before") == b"1"
    disk.fail(None)
    assert client.read() == "OK"
    eventually(lambda: other.run("PING") == "PONG")
    assert other.run("SET", "after", "1") == "OK"
    assert other.run("MGET", "before", "during", "refused", "after") == [b"1", b"1", None, b"1"]
    if fsync == "always":
        kill(server)
    else:
        assert server.stop() == 0
    server = start("kevy", folder)
    assert Client(server).run("MGET", "before", "during", "refused", "after") == [b"1", b"1", None, b"1"]
    assert server.stop() == 0


@pytest.mark.parametrize("call", ["openat", "writev", "fsync", "renameat", "ftruncate", "fdatasync"])
def test_a_rewrite_that_fails_at_any_call_loses_nothing(shim, folder, call):
    """B31: wherever a rewrite fails, the files that the manifest names hold everything once."""
    disk = Disk(shim, folder)
    server = disk.start(folder, "always")
    client = Client(server)
    expected = []
    outcomes = set()
    for after in range(8):
        for number in range(3):
            value = f"{after}:{number}"
            if number == 1:
                disk.fail(call, after, 1, errno.EIO)
                rewrites = client.run("BGREWRITEAOF")
                assert not rewrites.startswith("-")
            reply = client.run("RPUSH", "list", value)
            if isinstance(reply, int):
                expected.append(value.encode())
        eventually(lambda: client.info("persistence")["aof_rewrite_in_progress"] == "0")
        outcomes.add(client.info("persistence")["aof_last_bgrewrite_status"])
        disk.fail(None)
        eventually(lambda: client.info("persistence")["aof_last_write_status"] == "ok")
        copy = folder.parent / f"copy{after}"
        subprocess.run(["cp", "-r", str(folder), str(copy)], check=True)
        for leftover in copy.glob("*.sock"):
            leftover.unlink()
        second = start("kevy", copy)
        assert Client(second).run("LRANGE", "list", 0, -1) == expected
        assert second.stop() == 0
    kill(server)
    server = start("kevy", folder)
    assert Client(server).run("LRANGE", "list", 0, -1) == expected
    assert server.stop() == 0
    if call in ("openat", "fsync", "renameat"):
        assert outcomes == {"ok", "err"}


@pytest.mark.parametrize("call", ["openat", "writev", "fsync", "renameat"])
def test_a_start_that_fails_at_any_call_says_so_and_loses_nothing(shim, folder, call):
    disk = Disk(shim, folder)
    server = start("kevy", folder)
    Client(server).run("SET", "k", "v")
    assert server.stop() == 0
    path = increments(folder)[0]
    path.write_bytes(path.read_bytes() + b"*2\r\n$3\r\nD")
    failed = 0
    for after in range(12):
        disk.fail(call, after, 1, errno.EIO)
        ran = subprocess.Popen([KEVY_SERVER, "--port", "0", "--unixsocket", str(folder / "s.sock"),
                                "--dir", str(folder), "--appendonly", "yes"], stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env={**os.environ, **disk.environment})
        if any("listens on" in line for line in ran.stdout):  # or it has ended
            ran.send_signal(signal.SIGTERM)
        said = ran.communicate(timeout=20)[1]
        if ran.returncode != 0:
            failed += 1
            assert "Input/output error" in said, said
    if call != "writev":
        assert failed > 0
    server = start("kevy", folder)
    assert Client(server).run("GET", "k") == b"v"
    assert server.stop() == 0


def test_a_directory_without_rights_is_told(folder):
    file = folder / "file"
    file.write_text("")
    assert "Not a directory" in refused(file.parent, "--appenddirname", "file")
