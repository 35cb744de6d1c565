"""The append-only file: what was acknowledged is there after a restart, kevy's files are the
references' and theirs are kevy's, and what is wrong is said."""

import re
import shutil
import signal
import subprocess
import time

import pytest
from appending import PROGRAMS, Client, digest_of, increments, refused, start
from servers import Server, eventually

# A program of every type of value, with effects that need to be made deterministic.
PROGRAM = [line.split() for line in """
SET string value
SET number 17
INCRBY number 25
INCRBYFLOAT float 3.5
INCRBYFLOAT float 1.25
SET timed value EX 10000
SET kept value PX 5000000
GETEX kept PERSIST
APPEND string -more
SETRANGE string 20 far
SETBIT bits 77 1
BITFIELD fields SET u8 0 200 INCRBY u8 0 100
MSET a 1 b 2 c 3
DEL b
GETDEL c
RENAME a renamed
RPUSH list one two three four five
LPOP list
LMOVE list other LEFT RIGHT
LINSERT other BEFORE two first
SADD set 1 2 3 4 5 6 7 8
SPOP set
SPOP set 2
SMOVE set moved 1
HSET hash field value other 1
HINCRBY hash other 41
HINCRBYFLOAT hash real 2.5
HDEL hash field
ZADD zset 1 one 2 two 3 three
ZADD zset GT CH 7 one
ZINCRBY zset 2.5 two
ZPOPMIN zset
ZUNIONSTORE union 1 zset
GEOADD geo 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
PFADD counts x y z
XADD stream * field value
XADD stream * field second
XADD stream MAXLEN 1 * field third
XGROUP CREATE stream group 0
XREADGROUP GROUP group consumer COUNT 1 STREAMS stream >
EXPIRE list 10000
PEXPIRE zset 99999999
EXPIREAT hash 4102444800
PERSIST zset
COPY string copied
SELECT 3
SET elsewhere value
MOVE elsewhere 5
SELECT 0
SORT set STORE sorted
BITOP NOT inverted string
MULTI
SET in-transaction 1
INCR in-transaction
LPUSH transaction-list a b
EXEC
EVAL redis.call('set',KEYS[1],'script');redis.call('incr',KEYS[2]);return{KEYS[1]} 2 script:1 script:2
BLPOP other 1
SWAPDB 5 6
SET empty-value
""".strip().splitlines()]
PROGRAM[-1] = ["SET", "empty-value", ""]


def run_program(server, commands=PROGRAM):
    client = Client(server)
    for words in commands:
        reply = client.run(*words)
        assert not (isinstance(reply, str) and reply.startswith("-")), (words, reply)
    client.close()


def rewrite(server):
    """Has a base made, with an increment behind it."""
    client = Client(server)
    client.run("BGREWRITEAOF")
    eventually(lambda: client.info("persistence")["aof_rewrite_in_progress"] == "0" and
               client.info("persistence")["aof_rewrite_scheduled"] == "0")
    assert client.info("persistence")["aof_last_bgrewrite_status"] == "ok"
    client.close()


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(20)


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
def test_everything_is_back_after_a_restart(folder, fsync):
    """B32"""
    server = start("kevy", folder, fsync=fsync)
    run_program(server)
    digest = digest_of(server)
    assert server.stop() == 0
    server = start("kevy", folder, fsync=fsync)
    assert digest_of(server) == digest
    client = Client(server)
    assert client.run("TTL", "timed") > 9000
    assert client.run("PTTL", "zset") == -1
    assert server.stop() == 0


def test_everything_acknowledged_is_back_after_a_kill(folder):
    """B32 G5"""
    server = start("kevy", folder)
    run_program(server)
    digest = digest_of(server)
    kill(server)
    server = start("kevy", folder)
    assert digest_of(server) == digest
    run_program(server, [["SET", "more", "1"]])
    digest = digest_of(server)
    kill(server)
    server = start("kevy", folder)
    assert digest_of(server) == digest
    assert server.stop() == 0


@pytest.mark.parametrize("reference", ["redis", "valkey"])
def test_kevys_file_loads_in_the_references(folder, reference):
    server = start("kevy", folder)
    run_program(server)
    digest = digest_of(server)
    assert server.stop() == 0
    checked = subprocess.run(
        ["redis-check-aof", str(folder / "appendonlydir" / "appendonly.aof.manifest")],
        capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    other = start(reference, folder)
    assert digest_of(other) == digest
    other.stop()


@pytest.mark.parametrize("preamble", ["yes", "no"])
@pytest.mark.parametrize("reference", ["redis", "valkey"])
def test_the_references_files_load_in_kevy(folder, reference, preamble):
    other = start(reference, folder, "--aof-use-rdb-preamble", preamble)
    run_program(other)
    rewrite(other)
    run_program(other, [["RPUSH", "behind", "the", "base"], ["INCR", "number"]])
    digest = digest_of(other)
    other.stop()
    server = start("kevy", folder)
    assert digest_of(server) == digest
    run_program(server, [["RPUSH", "behind", "kevy"]])
    digest = digest_of(server)
    assert server.stop() == 0
    other = start(reference, folder, "--aof-use-rdb-preamble", "no")
    assert digest_of(other) == digest
    other.stop()


def test_what_expired_meanwhile_is_gone_and_what_came_after_it_is_not(folder):
    server = start("kevy", folder)
    client = Client(server)
    client.run("SET", "short", "value", "PX", "50")
    client.run("APPEND", "short", "-more")
    client.run("SET", "long", "value", "EX", "1000")
    eventually(lambda: client.run("EXISTS", "short") == 0)
    client.run("APPEND", "short", "new")
    client.run("SET", "dying", "value", "PX", "1")
    kill(server)
    time.sleep(0.01)  # lets `dying` expire while nobody runs
    server = start("kevy", folder)
    client = Client(server)
    assert client.run("GET", "short") == b"new"
    assert client.run("TTL", "short") == -1
    assert client.run("GET", "dying") is None
    assert client.run("TTL", "long") > 900
    assert server.stop() == 0


def test_a_file_cut_at_any_byte_loses_only_what_is_cut(folder, tmp_path):
    server = start("kevy", folder)
    client = Client(server)
    states = {}
    path = increments(folder)[0]
    commands = [["SET", "a", "1"], ["RPUSH", "l", "x", "y"], ["SELECT", "2"], ["SET", "b", "2"]]
    transaction = [["MULTI"], ["SET", "t1", "1"], ["SET", "t2", "1"], ["EXEC"]]
    for words in commands:
        client.run(*words)
        states[path.stat().st_size] = client.digest()
    for words in transaction:
        client.run(*words)
    states[path.stat().st_size] = client.digest()
    states[0] = "0" * 40
    assert server.stop() == 0
    whole = path.read_bytes()
    for size in range(len(whole) + 1):
        copy = tmp_path / f"cut{size}"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.sock"))
        cut = increments(copy)[0]
        cut.write_bytes(whole[:size])
        server = start("kevy", copy)
        expected = max(at for at in states if at <= size)
        assert digest_of(server) == states[expected], size
        assert server.stop() == 0
        kept = list(cut.parent.glob("*.cut-at-*"))
        # The line of a group that is not all there is not that of what is appended.
        left = cut.read_bytes().replace(b"#OLD:", b"#SUM:")
        assert whole[:size] == left + b"".join(one.read_bytes() for one in kept)
        shutil.rmtree(copy)


def test_a_cut_file_is_refused_where_that_is_forbidden(folder):
    server = start("kevy", folder)
    run_program(server)
    assert server.stop() == 0
    path = increments(folder)[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    said = refused(folder, "--aof-load-truncated", "no")
    assert "aof-load-truncated" in said and path.name in said
    assert path.read_bytes() == whole[:-3]


def test_damage_in_the_middle_is_told_and_nothing_is_changed(folder):
    server = start("kevy", folder)
    run_program(server)
    assert server.stop() == 0
    path = increments(folder)[0]
    whole = bytearray(path.read_bytes())
    at = whole.index(b"*3\r\n", len(whole) // 2)
    whole[at] = ord("!")
    path.write_bytes(whole)
    said = refused(folder)
    begin, end = map(int, re.findall(r"byte (\d+)", said)[:2])
    assert begin < at < end and "aof-checksums no" in said
    assert path.read_bytes() == whole
    said = refused(folder, "--aof-checksums", "no")
    assert f"byte {at}" in said and "redis-check-aof" in said
    assert path.read_bytes() == whole


def test_zeros_at_the_end_are_cut_off_and_kept(folder):
    server = start("kevy", folder)
    run_program(server)
    digest = digest_of(server)
    assert server.stop() == 0
    path = increments(folder)[0]
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(5000))
    server = start("kevy", folder)
    assert digest_of(server) == digest
    assert server.stop() == 0
    assert path.read_bytes() == whole
    (kept,) = path.parent.glob("*.cut-at-*")
    assert kept.read_bytes() == bytes(5000)


def test_a_missing_increment_is_told(folder):
    server = start("kevy", folder)
    run_program(server)
    assert server.stop() == 0
    manifest = folder / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text(manifest.read_text() + "file appendonly.aof.2.incr.aof seq 2 type i\n")
    assert "appendonly.aof.2.incr.aof" in refused(folder)


@pytest.mark.parametrize("text, told", [
    ("", "empty"), ("file x seq 1 type b", "does not end"), ("nonsense\n", "line 1"),
    ("file a seq 1 type b\nfile b seq 1 type b\n", "second base"),
    ("file a seq 2 type i\nfile b seq 2 type i\n", "order"),
    ("file ../a seq 1 type i\n", "line 1"), ("file a seq 1 type q\n", "type")])
def test_a_wrong_manifest_is_told(folder, text, told):
    (folder / "appendonlydir").mkdir()
    (folder / "appendonlydir" / "appendonly.aof.manifest").write_text(text)
    assert told in refused(folder)


def test_two_instances_do_not_share_a_directory(folder):
    server = start("kevy", folder)
    assert "in use by another instance" in refused(folder)
    kill(server)
    server = start("kevy", folder)
    assert server.stop() == 0


def test_a_file_of_before_there_were_several_is_taken_over(folder):
    (folder / "appendonly.aof").write_bytes(
        b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$3\r\nold\r\n$5\r\nvalue\r\n")
    for _ in range(2):
        server = start("kevy", folder)
        client = Client(server)
        assert client.run("GET", "old") == b"value"
        client.run("INCR", "starts")
        client.close()
        assert server.stop() == 0
    assert not (folder / "appendonly.aof").exists()
    assert (folder / "appendonlydir" / "appendonly.aof").exists()


def test_timestamps_are_read_over(folder):
    (folder / "appendonlydir").mkdir()
    (folder / "appendonlydir" / "appendonly.aof.manifest").write_text(
        "file appendonly.aof.1.incr.aof seq 1 type i\n")
    increments_file = folder / "appendonlydir" / "appendonly.aof.1.incr.aof"
    increments_file.write_bytes(b"#TS:1700000000\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
                                b"#TS:1700000001\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n")
    server = start("kevy", folder)
    client = Client(server)
    assert client.run("MGET", "a", "b") == [b"1", b"2"]
    assert server.stop() == 0


def test_what_is_told_of_the_file(folder):
    server = start("kevy", folder)
    client = Client(server)
    client.run("SET", "k", "v")
    told = client.info("persistence")
    assert told["aof_enabled"] == "1" and told["aof_last_write_status"] == "ok"
    assert int(told["aof_current_size"]) == increments(folder)[0].stat().st_size
    assert client.run("CONFIG", "GET", "append*") == [
        b"appenddirname", b"appendonlydir", b"appendfilename", b"appendonly.aof",
        b"appendfsync", b"always", b"appendonly", b"yes"]
    assert client.run("WAITAOF", "1", "0", "0") == [1, 0]
    for policy in ("no", "everysec", "always"):
        assert client.run("CONFIG", "SET", "appendfsync", policy) == "OK"
        assert client.run("SET", "k", policy) == "OK"
    assert client.run("CONFIG", "SET", "appendfsync", "seldom").startswith("-")
    kill(server)
    server = start("kevy", folder)
    assert Client(server).run("GET", "k") == b"always"
    assert server.stop() == 0


@pytest.mark.parametrize("reference", ["redis", "valkey"])
def test_kevys_base_loads_in_the_references(folder, reference):
    server = start("kevy", folder)
    run_program(server)
    rewrite(server)
    run_program(server, [["RPUSH", "behind", "the", "base"], ["INCR", "number"]])
    digest = digest_of(server)
    assert server.stop() == 0
    files = sorted(path.name for path in (folder / "appendonlydir").iterdir())
    assert files == ["appendonly.aof.1.base.rdb", "appendonly.aof.2.incr.aof",
                     "appendonly.aof.manifest"]
    checked = subprocess.run(
        ["redis-check-aof", str(folder / "appendonlydir" / "appendonly.aof.manifest")],
        capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    other = start(reference, folder)
    assert digest_of(other) == digest
    other.stop()


def test_a_new_base_takes_the_place_of_what_came_before(folder):
    """B31: nothing is applied twice."""
    server = start("kevy", folder)
    for i in range(3):
        run_program(server, [["INCR", "counter"], ["RPUSH", "list", str(i)], ["SET", "timed", "v", "EX", "1000"],
                             ["FUNCTION", "LOAD", "REPLACE",
                              "#!lua name=lib\nredis.register_function('f',function() return 'kept' end)"]])
        rewrite(server)
    run_program(server, [["INCR", "counter"]])
    digest = digest_of(server)
    kill(server)
    server = start("kevy", folder)
    assert digest_of(server) == digest
    client = Client(server)
    assert client.run("GET", "counter") == b"4"
    assert client.run("FCALL", "f", 0) == b"kept"
    assert client.run("TTL", "timed") > 900
    assert server.stop() == 0


def test_the_file_is_made_anew_when_it_has_grown(folder):
    server = start("kevy", folder, "--auto-aof-rewrite-min-size", "20kb")
    client = Client(server)
    for _ in range(400):
        client.run("SET", "key", "v" * 100)
    eventually(lambda: client.info("persistence")["aof_rewrites"] != "0")
    eventually(lambda: client.info("persistence")["aof_rewrite_in_progress"] == "0")
    client.run("SET", "last", "1")
    eventually(lambda: int(client.info("persistence")["aof_current_size"]) < 40 * 1024)
    told = client.info("persistence")
    kill(server)
    server = start("kevy", folder)
    assert Client(server).run("MGET", "key", "last") == [b"v" * 100, b"1"]
    assert server.stop() == 0


def test_the_file_is_turned_on_and_off(folder):
    server = Server(PROGRAMS["kevy"], folder, ["--dir", str(folder), "--appendfsync", "always"])
    client = Client(server)
    assert not (folder / "appendonlydir").exists()
    assert client.run("BGREWRITEAOF").startswith("-")
    client.run("SET", "before", "1")
    for _ in range(2):
        assert client.run("CONFIG", "SET", "appendonly", "yes") == "OK"
        eventually(lambda: client.info("persistence")["aof_enabled"] == "1" and
                   client.info("persistence")["aof_rewrite_in_progress"] == "0")
        client.run("INCR", "during")
        assert client.run("CONFIG", "SET", "appendonly", "no") == "OK"
        eventually(lambda: client.info("persistence")["aof_enabled"] == "0" and
                   client.info("persistence")["aof_rewrite_in_progress"] == "0")
        client.run("SET", "lost", "1")
    client.run("DEL", "lost")
    kill(server)
    server = start("kevy", folder)
    assert Client(server).run("MGET", "before", "during", "lost") == [b"1", b"2", b"1"]
    assert server.stop() == 0
