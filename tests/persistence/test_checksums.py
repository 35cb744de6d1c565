"""The checksums in an append-only file: for Redis and Valkey and their tools they are not there, and what these
servers write between kevy's groups, or behind one that a crash has cut, is data as before."""

import errno
import itertools
import os
import re
import signal
import subprocess

import pytest
from appending import PROGRAMS, Client, digest_of, increments, refused, start
from servers import command, eventually
from test_failing_disk import CODES, Disk, shim  # noqa: F401

SUM = re.compile(rb"#SUM:(\d+):(\d+):[0-9a-f]{16}:[0-9a-f]{8}\r\n")


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """The programs that look at an append-only file: a server's, by another name."""
    made = tmp_path_factory.mktemp("tools") / "valkey-check-aof"
    made.symlink_to(PROGRAMS["valkey"])
    return ["redis-check-aof", str(made)]


def find_nothing(tools, folder):
    for tool in tools:
        checked = subprocess.run([tool, str(folder / "appendonlydir" / "appendonly.aof.manifest")],
                                 capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "valid" in checked.stdout


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(20)


def check_groups(content):
    """Groups stand one behind another where they stand, and what they say of the disk is so; how many."""
    count = 0
    for found in SUM.finditer(content):
        size, safe = map(int, found.groups())
        assert safe <= found.start() and found.end() + size <= len(content)
        following = content[found.end() + size:found.end() + size + 1]
        assert following in (b"", b"#", b"*")
        count += 1
    return count


def write_some(server, name, number):
    client = Client(server)
    for database in (0, 3):
        client.run("SELECT", database)
        client.run("SET", f"{name}{number}", name * 700)
        client.run("RPUSH", "names", name)
    client.send("MULTI")
    for word in ("INCR", "INCR"):
        client.send(word, "steps")
    client.send("EXEC")
    assert [client.read() for _ in range(4)][-1][1] >= 2
    client.close()


@pytest.mark.parametrize("stamps", ["yes", "no"])
@pytest.mark.parametrize("reference", ["redis", "valkey"])
@pytest.mark.parametrize("ends", ["well", "killed"])
def test_a_file_that_servers_append_to_in_turn(folder, tools, reference, stamps, ends):
    arguments = ["--aof-timestamp-enabled", stamps]
    digest = None
    for number, name in enumerate(["kevy", reference, "kevy", "kevy", reference, reference, "kevy"]):
        server = start(name, folder, *arguments)
        if digest is not None:
            assert digest_of(server) == digest
        write_some(server, name, number)
        digest = digest_of(server)
        if ends == "killed" and name == "kevy":
            kill(server)
        else:
            server.stop()
        find_nothing(tools, folder)
    content = b"".join(path.read_bytes() for path in increments(folder))
    assert check_groups(content) >= 12
    assert (b"#TS:" in content) == (stamps == "yes")


def write_a_group(folder):
    """A file that ends with a group of many units, that of a killed server."""
    server = start("kevy", folder, fsync="always")
    client = Client(server)
    client.run("SET", "k", "v")
    words = [["RPUSH", "numbers", f"{number:03}" * 20] for number in range(100)]
    client.connection.sendall(b"".join(command(*line) for line in words))
    for _ in words:
        client.read()
    client.close()
    kill(server)
    return increments(folder)[0]


@pytest.mark.parametrize("reference", ["redis", "valkey"])
def test_what_another_server_appends_to_a_cut_group_is_data(folder, reference):
    path = write_a_group(folder)
    whole = path.read_bytes()
    last = list(SUM.finditer(whole))[-1]
    loaded = 0
    for size in range(last.start(), len(whole), max(1, (len(whole) - last.start()) // 12)):
        path.write_bytes(whole[:size])
        for kept in path.parent.glob("*.cut-at-*"):
            kept.unlink()
        other = start(reference, folder)
        client = Client(other)
        client.run("SET", "appended", size)
        digest = client.digest()
        client.close()
        other.stop()
        server = start("kevy", folder)
        assert digest_of(server) == digest
        assert server.stop() == 0
        loaded += 1
    assert loaded > 8


def test_checksums_are_turned_off_and_on_while_it_runs(folder):
    server = start("kevy", folder)
    client = Client(server)
    path = increments(folder)[0]
    for value, there in (("yes", 1), ("no", 1), ("yes", 2)):
        assert client.run("CONFIG", "SET", "aof-checksums", value) == "OK"
        client.run("APPEND", "k", value)
        assert len(SUM.findall(path.read_bytes())) == there
    digest = client.digest()
    kill(server)
    server = start("kevy", folder)
    assert digest_of(server) == digest
    assert server.stop() == 0


def test_a_value_that_was_changed_is_told_and_the_ways_out_are_ways(folder):
    server = start("kevy", folder)
    client = Client(server)
    client.run("SET", "before", "it")
    client.run("SET", "k", "a" * 10_000)
    client.run("SET", "behind", "it")
    assert server.stop() == 0
    path = increments(folder)[0]
    content = path.read_bytes()
    path.write_bytes(content.replace(b"a" * 5000, b"a" * 4999 + b"A", 1))
    said = refused(folder)
    assert path.name in said and "was on disk" in said and "aof-checksums no" in said
    begin = int(re.search(r"truncate -s (\d+)", said).group(1))
    server = start("kevy", folder, "--aof-checksums", "no")
    client = Client(server)
    assert client.run("GET", "k").count(b"A") == 1 and client.run("GET", "behind") == b"it"
    assert server.stop() == 0
    os.truncate(path, begin)
    server = start("kevy", folder)
    client = Client(server)
    assert client.run("MGET", "before", "k", "behind") == [b"it", None, None]
    assert server.stop() == 0


def test_large_units_and_many_small_ones_have_their_sums(folder):
    server = start("kevy", folder, fsync="everysec")
    client = Client(server)
    for size, count in itertools.product([10, 5000, 100_000, 3_000_000], [1, 7]):
        for number in range(count):
            client.send("SET", f"{size}:{number}", "x" * size)
        for _ in range(count):
            assert client.read() == "OK"
    digest = client.digest()
    assert server.stop() == 0
    content = increments(folder)[0].read_bytes()
    assert check_groups(content) > 5
    server = start("kevy", folder)
    assert digest_of(server) == digest
    kill(server)


def test_a_file_is_cut_at_a_moment_by_the_tool(folder, tools):
    """It is cut within a group."""
    server = start("kevy", folder, "--aof-timestamp-enabled", "yes", fsync="no")
    client = Client(server)
    path = increments(folder)[0]
    numbers = iter(range(1_000_000))

    def second_moment():
        for _ in range(50):
            client.send("RPUSH", "numbers", next(numbers))
        for _ in range(50):
            client.read()
        return path.read_bytes().count(b"#TS:") >= 3

    eventually(second_moment)
    kill(server)
    whole = path.read_bytes()
    moments = [int(moment) for moment in re.findall(rb"#TS:(\d+)", whole)]
    cut = subprocess.run([tools[0], "--truncate-to-timestamp", str(moments[1]),
                          str(folder / "appendonlydir" / "appendonly.aof.manifest")],
                         capture_output=True, text=True)
    assert cut.returncode == 0, cut.stdout + cut.stderr
    left = path.read_bytes()
    assert len(left) < len(whole) and left.count(b"#TS:") == 2
    server = start("kevy", folder)
    client = Client(server)
    assert client.run("LLEN", "numbers") == left.count(b"RPUSH")
    assert client.run("LRANGE", "numbers", 0, 2) == [b"0", b"1", b"2"]
    assert server.stop() == 0


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
@pytest.mark.parametrize("call, kind", [("writev", "ENOSPC"), ("writev", "EIO"), ("writev", "short"),
                                        ("fdatasync", "EIO"), ("ftruncate", "EIO")])
def test_groups_are_whole_whatever_the_disk_has_refused(shim, folder, call, kind, fsync):  # noqa: F811
    """B30: some calls fail, of which a short one may be followed by one that fails."""
    disk = Disk(shim, folder)
    server = disk.start(folder, fsync)
    client = Client(server)

    def write(value):
        eventually(lambda: client.info("persistence")["aof_last_write_status"] == "ok")
        client.connection.sendall(b"".join(command("APPEND", f"k{number % 7}", value) for number in range(20)))
        for _ in range(20):
            client.read()

    for after in range(4):
        write("before")
        disk.fail("writev" if call == "ftruncate" else call, after, 2, CODES[kind][0])
        for size in (1, 700, 60_000):
            write("x" * size)
        if kind != "short" and call == "writev":
            disk.fail("writev", after, 1, 0)
            write("y" * 300)
            disk.fail("ftruncate", 0, 1, errno.EIO)
            write("z" * 300)
        if call == "ftruncate":
            disk.fail("ftruncate", 0, 2, errno.EIO)
            write("z" * 300)
    disk.fail(None)
    eventually(lambda: client.info("persistence")["aof_last_write_status"] == "ok")
    assert client.run("CONFIG", "SET", "appendfsync", "always") == "OK"
    assert client.run("SET", "last", "it") == "OK"
    digest = client.digest()
    kill(server)
    assert check_groups(b"".join(path.read_bytes() for path in increments(folder))) > 0
    server = start("kevy", folder, "--aof-load-truncated", "no")
    assert digest_of(server) == digest
    assert server.stop() == 0
    assert not list((folder / "appendonlydir").glob("*.cut-at-*"))
