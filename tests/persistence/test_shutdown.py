"""SHUTDOWN and signals: what is saved, what is answered, and that the append-only file is on disk."""

import ctypes
import signal
import sys
import threading
from pathlib import Path

import pytest
from appending import PROGRAMS, Client, increments
from servers import Server, eventually

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "differential"))
from doors import Kevy, parse  # noqa: E402

WAIT = 60


def start(name, folder, *arguments):
    return Server(PROGRAMS[name], folder, ["--dir", str(folder), *arguments])


def ends(client):
    """Whether the connection ends without a reply."""
    try:
        client.read()
    except ConnectionError:
        return True
    return False


def block(file):
    file.mkdir()
    (file / "occupied").touch()


@pytest.fixture(params=["kevy", "valkey", "redis"])
def name(request):
    return request.param


@pytest.mark.parametrize("rules", ["", "900 1"])
@pytest.mark.parametrize("words, saves", [((), None), (("SAVE",), True), (("NOSAVE",), False),
                                          (("save", "now"), True), (("NOSAVE", "FORCE", "NOW"), False)])
def test_it_saves_when_it_is_to(name, folder, rules, words, saves):
    server = start(name, folder)
    client = Client(server)
    client.run("CONFIG", "SET", "save", rules)
    assert client.run("SET", "of alice", "1") == "OK"
    client.send("SHUTDOWN", *words)
    assert ends(client)
    assert server.process.wait(WAIT) == 0
    assert (folder / "dump.rdb").exists() == (rules != "" if saves is None else saves)


def test_errors_are_those_of_the_references(name, folder):
    server = start(name, folder)
    client = Client(server)
    for words in (["X"], ["NOSAVE", "SAVE"], ["ABORT", "NOW"], ["now", "abort"], ["SAVE", "FORCE", "X"]):
        assert client.run("SHUTDOWN", *words) == "-ERR syntax error", words
    assert client.run("SHUTDOWN", "ABORT") == "-ERR No shutdown in progress."
    assert client.run("MULTI") == "OK"
    assert "not allowed inside a transaction" in client.run("SHUTDOWN")
    assert client.run("EXEC").startswith("-EXECABORT")
    assert client.run("PING") == "PONG"
    assert server.stop() == 0


def test_it_goes_on_when_it_can_not_save_unless_forced(name, folder):
    server = start(name, folder)
    client = Client(server)
    assert client.run("SET", "a", "b") == "OK"  # it has started
    block(folder / "dump.rdb")
    for words in (["SAVE"], ["SAVE", "NOW"]):
        assert client.run("SHUTDOWN", *words) == "-ERR Errors trying to SHUTDOWN. Check logs."
    client.run("CONFIG", "SET", "save", "900 1")
    assert client.run("SHUTDOWN") == "-ERR Errors trying to SHUTDOWN. Check logs."
    server.process.send_signal(signal.SIGTERM)
    assert client.run("PING") == "PONG"
    client.send("SHUTDOWN", "FORCE")
    assert ends(client)
    assert server.process.wait(WAIT) == 0


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_by_the_rules(name, folder, asked):
    server = start(name, folder)
    client = Client(server)
    client.run("CONFIG", "SET", "save", "900 1")
    assert client.run("SET", "of alice", "1") == "OK"
    server.process.send_signal(asked)
    assert server.process.wait(WAIT) == 0
    server = start(name, folder)
    assert Client(server).run("GET", "of alice") == b"1"
    assert server.stop() == 0


def test_what_was_appended_is_there(folder):
    server = start("kevy", folder, "--appendonly", "yes", "--appendfsync", "no")
    client = Client(server)
    for i in range(100):
        client.run("SET", f"key {i}", i)
    client.send("SHUTDOWN")
    assert ends(client)
    assert server.process.wait(WAIT) == 0
    assert b"key 99" in increments(folder)[0].read_bytes()
    server = start("kevy", folder, "--appendonly", "yes")
    assert Client(server).run("DBSIZE") == 100
    assert server.stop() == 0


def test_one_that_writes_in_the_background_does_not_keep_it(folder):
    server = start("kevy", folder, "--rdbcompression", "no")
    client = Client(server)
    client.run("CONFIG", "SET", "save", "900 1")
    for i in range(60):
        client.run("SETRANGE", f"key {i}", 1000000, "x")
    client.run("BGSAVE")
    client.run("SET", "of alice", "last")
    client.send("SHUTDOWN")
    assert ends(client)
    assert server.process.wait(WAIT) == 0
    assert [file.name for file in folder.glob("*.rdb")] == ["dump.rdb"]
    server = start("kevy", folder)
    assert Client(server).run("GET", "of alice") == b"last"
    assert server.stop() == 0


WAYS = {"SHUTDOWN": None, "SHUTDOWN NOSAVE": False, "SHUTDOWN SAVE": True, "SHUTDOWN NOW FORCE": None,
        "SIGTERM": None}


def fill(name, client):
    """So that what is written in the background goes on for a while."""
    for i in range(60):
        client.run("SETRANGE", f"key {i}", 1_000_000 if name == "kevy" else 10, "x")


def slowly(name):
    return ["--rdbcompression", "no", *(() if name == "kevy" else ("--rdb-key-save-delay", "10000"))]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rules", ["", "900 1"])
@pytest.mark.parametrize("writes", ["BGSAVE", "BGREWRITEAOF"])
def test_what_is_written_meanwhile_is_given_up_and_leaves_nothing(name, folder, writes, rules, way):
    log = writes == "BGREWRITEAOF"
    server = start(name, folder, "--appendonly", "yes" if log else "no", *slowly(name))
    client = Client(server)
    client.run("CONFIG", "SET", "save", rules)
    fill(name, client)
    assert "started" in client.run(writes)
    assert client.run("SET", "of alice", "last") == "OK"
    if way == "SIGTERM":
        server.process.send_signal(signal.SIGTERM)
    else:
        client.send(*way.split())
        assert ends(client)
    assert server.process.wait(WAIT) == 0
    saves = rules != "" if WAYS[way] is None else WAYS[way]
    assert [file.name for file in folder.glob("*.rdb")] == (["dump.rdb"] if saves else [])
    assert not list(folder.rglob("temp*"))
    if saves:
        server = start(name, folder)
        assert Client(server).run("GET", "of alice") == b"last"
        assert server.stop() == 0
    if log:
        server = start(name, folder, "--appendonly", "yes")
        assert Client(server).run("DBSIZE") == 61
        assert server.stop() == 0


@pytest.mark.parametrize("words", [["SHUTDOWN"], ["SHUTDOWN", "NOSAVE"], ["SHUTDOWN", "FORCE"]])
def test_an_append_only_file_that_is_being_begun(name, folder, words):
    """Nothing else has the keys: the references refuse to end before it has been made, unless they are forced
    to; kevy ends when it has been."""
    server = start(name, folder, *slowly(name))
    client = Client(server)
    fill(name, client)
    assert client.run("CONFIG", "SET", "appendonly", "yes") == "OK"
    client.run("SET", "of alice", "last")
    if name != "kevy" and "FORCE" not in words:
        assert client.run(*words) == "-ERR Errors trying to SHUTDOWN. Check logs."
        server.process.kill()
        server.process.wait(WAIT)
        return
    client.send(*words)
    assert ends(client)
    assert server.process.wait(WAIT) == 0
    if name == "kevy":
        server = start(name, folder, "--appendonly", "yes")
        assert Client(server).run("DBSIZE") == 61
        assert server.stop() == 0


def test_a_busy_script_lets_only_nosave_through(folder):
    server = start("kevy", folder)
    client, other = Client(server), Client(server)
    client.run("CONFIG", "SET", "busy-reply-threshold", 1, "save", "900 1")
    client.send("EVAL", "redis.call('set', KEYS[1], 1) while true do end", 1, "of alice")
    eventually(lambda: str(other.run("PING")).startswith("-BUSY"))
    assert other.run("SHUTDOWN").startswith("-BUSY")
    other.send("SHUTDOWN", "NOSAVE")
    assert ends(other)
    assert server.process.wait(WAIT) == 0
    assert not (folder / "dump.rdb").exists()


def test_in_a_program_it_is_the_programs_matter(tmp_path):
    door = Kevy(1, ["dir", str(tmp_path), "save", "900 1"])
    answer = parse(door.run([b"SHUTDOWN"]))
    assert answer == b"ERR this instance is a part of a program, which alone stops it"
    assert parse(door.run([b"PING"])) == b"PONG"
    door.close()


@pytest.mark.parametrize("word, saves", [("SAVE", True), ("NOSAVE", False), ("NOW", True)])
def test_a_program_may_ask_to_be_told(word, saves, tmp_path):
    door = Kevy(1, ["dir", str(tmp_path), "save", "900 1"])
    told = threading.Event()
    user = ctypes.c_int(17)
    seen = []

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    def callback(address):
        seen.append(address)
        told.set()

    assert door.library.kevy_on_shutdown(door.instance, callback, ctypes.byref(user)) == 0
    assert parse(door.run([b"SET", b"of alice", b"1"])) == b"OK"
    assert parse(door.run([b"SHUTDOWN", word.encode()])) == b"OK"
    assert told.wait(WAIT) and seen == [ctypes.addressof(user)]
    assert parse(door.run([b"SET", b"later", b"1"])) == b"OK"
    assert door.library.kevy_on_shutdown(door.instance, None, None) == 0
    assert parse(door.run([b"SHUTDOWN", b"NOSAVE"])).startswith(b"ERR ")
    door.close()
    door = Kevy(1, ["dir", str(tmp_path)])
    assert parse(door.run([b"DBSIZE"])) == (2 if saves else 0)
    door.close()
