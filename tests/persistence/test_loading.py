"""A server that still reads its files: what it answers, beside the reference, and what ends it."""

import os
import signal
import socket
import subprocess

import pytest
from appending import KEVY_SERVER, PROGRAMS, Client, preloadable, start
from servers import WAIT, Server, command, eventually, receive_to_end

KEYS = 3000


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return preloadable(tmp_path_factory.mktemp("shim"), "held.c")


def keep(folder, kind):
    """Data of some hundred kilobytes: a snapshot, or an append-only file."""
    server = start("valkey", folder, fsync="no") if kind == "aof" else Server(
        PROGRAMS["valkey"], folder, ["--dir", str(folder), "--rdbcompression", "no"])
    client = Client(server)
    for i in range(KEYS):
        client.run("SET", f"key:{i}", "v" * 100)
    client.run("SADD", "of bob", "a", "b")
    if kind == "rdb":
        client.run("SAVE")
    client.close()
    server.stop()


class Held:
    """A kevy-server that reads its files as far as it is let."""

    def __init__(self, shim, folder, kind, *arguments):
        self.gate = folder / "gate"
        os.mkfifo(self.gate)
        self.tokens = os.open(self.gate, os.O_RDWR | os.O_CLOEXEC)  # as both ends, it waits for none
        self.path = str(folder / "kevy.sock")
        self.process = subprocess.Popen(
            [KEVY_SERVER, "--port", "0", "--unixsocket", self.path, "--dir", str(folder),
             "--appendonly", "yes" if kind == "aof" else "no", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "LD_PRELOAD": str(shim), "HELD_UNTIL": str(self.gate)})
        assert self.process.stdout.readline().startswith("kevy-server: loading ")
        os.write(self.tokens, b"x" * (2 if kind == "rdb" else 1))

    connect = Server.connect

    def go_on(self):
        if self.tokens is not None:
            os.close(self.tokens)
        self.tokens = None

    def end(self):
        """Its exit status, and what it said."""
        said, wrong = self.process.communicate(timeout=WAIT)
        return self.process.returncode, said, wrong


@pytest.fixture(params=["rdb", "aof"])
def kind(request):
    return request.param


@pytest.fixture
def held(shim, folder, kind):
    keep(folder, kind)
    servers = []

    def hold(*arguments):
        servers.append(Held(shim, folder, kind, *arguments))
        return servers[-1]

    yield hold
    for server in servers:
        server.go_on()
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate(timeout=WAIT)


# Nothing here ends the connection, or the server.
REQUESTS = [
    ["PING"], ["PING", "x"], ["ECHO", "x"], ["GET", "key:1"], ["SET", "a", "b"], ["DEL", "key:1"],
    ["DBSIZE"], ["KEYS", "*"], ["SCAN", "0"], ["RANDOMKEY"], ["EXISTS", "key:1"], ["FLUSHALL"],
    ["SELECT", "1"], ["SELECT", "0"], ["SWAPDB", "0", "1"], ["AUTH", "x"], ["CLIENT", "GETNAME"],
    ["CLIENT", "SETNAME", "n"], ["CLIENT", "NO-EVICT", "on"], ["CLIENT", "REPLY", "ON"],
    ["CONFIG", "GET", "maxmemory-policy"], ["CONFIG", "SET", "maxmemory-policy", "noeviction"],
    ["CONFIG", "RESETSTAT"], ["CONFIG", "GET", "appendfsync"],
    ["CONFIG", "SET", "appendonly", "yes"], ["CONFIG", "SET", "appendonly", "no"], ["CONFIG", "SET", "save", ""],
    ["COMMAND", "GETKEYS", "GET", "a"], ["SAVE"], ["BGSAVE"], ["BGREWRITEAOF"], ["MULTI"],
    ["GET", "key:1"], ["EXEC"], ["MULTI"], ["SELECT", "0"], ["EXEC"], ["MULTI"], ["DISCARD"],
    ["WATCH", "key:1"], ["UNWATCH"], ["PUBLISH", "c", "m"], ["SPUBLISH", "c", "m"],
    ["PUBSUB", "NUMPAT"], ["SUBSCRIBE", "c"], ["UNSUBSCRIBE", "c"], ["PSUBSCRIBE", "c*"],
    ["PUNSUBSCRIBE", "c*"], ["EVAL", "return 1", "0"], ["EVALSHA", "x", "0"],
    ["SCRIPT", "LOAD", "return 1"], ["SCRIPT", "EXISTS", "x"], ["SCRIPT", "FLUSH"],
    ["SCRIPT", "KILL"], ["FUNCTION", "LIST"], ["FUNCTION", "FLUSH"], ["FCALL", "f", "0"],
    ["OBJECT", "ENCODING", "key:1"], ["MEMORY", "USAGE", "key:1"], ["DUMP", "key:1"],
    ["EXPIRE", "key:1", "1"], ["BLPOP", "l", "1"], ["WAIT", "0", "1"],
    ["LATENCY", "RESET"], ["SLOWLOG", "GET"], ["SLOWLOG", "LEN"], ["DEBUG", "SLEEP", "0"],
    ["NOSUCH"], ["GET"], ["SHUTDOWN", "ABORT"], ["SHUTDOWN", "NOSAVE", "SAVE"],
    ["HELLO"], ["RESET"],
]


def test_each_command_is_answered_as_by_the_reference(held, kind, folder, tmp_path):
    beside = tmp_path / "beside"
    beside.mkdir()
    keep(beside, "rdb")  # of an append-only file it reads a thousand commands before it answers
    reference = Server(PROGRAMS["valkey"], beside,
                       ["--dir", str(beside), "--enable-debug-command", "yes",
                        "--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024"],
                       loaded=False)
    kevy = held()
    try:
        theirs, ours = Client(reference), Client(kevy)
        for words in REQUESTS:
            answers = [client.run(*words) for client in (theirs, ours)]
            if words[0] == "HELLO":
                assert len(answers[0]) == len(answers[1])
                continue
            assert answers[1] == answers[0], words
        infos = [client.info("persistence") for client in (theirs, ours)]
        names = [[name for name in info if "loading" in name] for info in infos]
        assert names[1] == names[0]
        for info in infos:
            assert (info["loading"], info["async_loading"]) == ("1", "0")
            total, loaded = int(info["loading_total_bytes"]), int(info["loading_loaded_bytes"])
            assert 0 < loaded < total
            assert abs(float(info["loading_loaded_perc"]) - 100 * loaded / total) < 0.01
            assert int(info["loading_eta_seconds"]) >= 0
        if kind == "rdb":
            assert infos[1]["loading_total_bytes"] == str((folder / "dump.rdb").stat().st_size)
            assert int(infos[1]["loading_rdb_used_mem"]) > 0
        assert ours.info("clients")["connected_clients"] == "1"
        kevy.go_on()
        eventually(lambda: ours.info("persistence")["loading"] == "0")
        assert ours.run("DBSIZE") == KEYS + 1
        assert not [name for name in ours.info("persistence") if name.startswith("loading_")]
    finally:
        reference.process.kill()
        reference.process.wait(WAIT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_files_stay(held, kind, folder, number):
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    server = held("--save", "1 1")
    client = Client(server)
    assert client.run("GET", "key:1").startswith("-LOADING ")
    server.process.send_signal(number)
    server.go_on()
    assert server.end()[0] == 0
    assert receive_to_end(client.connection) == b""
    assert {path: path.read_bytes() for path in files} == files


def was_taken(other):
    """Whether the SHUTDOWN of another client waits, or has ended the server already."""
    try:
        return other.info("clients")["blocked_clients"] == "1"
    except ConnectionError:
        return True


@pytest.mark.parametrize("words", [["SHUTDOWN"], ["SHUTDOWN", "NOSAVE"], ["SHUTDOWN", "SAVE"]])
def test_shutdown_ends_it_and_the_files_stay(held, folder, words):
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    server = held("--save", "1 1")
    client, other = Client(server), Client(server)
    client.send(*words)
    eventually(lambda: was_taken(other))
    server.go_on()
    status, said, _ = server.end()
    assert (status, "SHUTDOWN, stopping" in said) == (0, True)
    assert receive_to_end(client.connection) == b""
    assert {path: path.read_bytes() for path in files} == files


LIBRARY = "#!lua name=endless\nredis.register_function('loop', function() while true do end end)"
LOOPS = {"script": [["EVAL", "while true do end", "0"]],
         "script that has written": [["EVAL", "redis.call('set', KEYS[1], 1) while true do end", "1", "k"]],
         "script that catches errors": [["EVAL", "while true do pcall(function() while true do end end) end", "0"]],
         "function": [["FUNCTION", "LOAD", LIBRARY], ["FCALL", "loop", "0"]],
         "one in a transaction": [["MULTI"], ["EVAL", "while true do end", "0"], ["EXEC"]]}


@pytest.fixture(params=LOOPS)
def looping(request, tmp_path):
    """A server with a script in its file that does not end; it listens when it has come near it."""
    endless = (tmp_path / "appendonlydir" / "appendonly.aof.1.incr.aof")
    endless.parent.mkdir()
    (endless.parent / "appendonly.aof.manifest").write_text(f"file {endless.name} seq 1 type i\n")
    filling = command("SET", "of alice", "v" * 100_000)
    endless.write_bytes(filling + b"".join(command(*words) for words in LOOPS[request.param]) + filling)
    path = str(tmp_path / "kevy.sock")
    process = subprocess.Popen(
        [KEVY_SERVER, "--port", "0", "--unixsocket", path, "--dir", str(tmp_path), "--appendonly", "yes"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.path, process.file = path, endless
    eventually(lambda: os.path.exists(path))
    yield process
    process.kill()
    process.communicate(timeout=WAIT)


def test_shutdown_ends_a_script_that_loops_in_a_file(looping):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(WAIT)
        client.connect(looping.path)
        client.sendall(command("SHUTDOWN", "NOSAVE"))
        assert receive_to_end(client) == b""
    said, _ = looping.communicate(timeout=WAIT)
    assert (looping.returncode, "SHUTDOWN, stopping" in said) == (0, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_script_that_loops_in_a_file(looping, number):
    file = looping.file.read_bytes()
    looping.send_signal(number)
    said, _ = looping.communicate(timeout=WAIT)
    assert (looping.returncode, f"{number.name}, stopping" in said) == (0, True)
    assert looping.file.read_bytes() == file


class Counted:
    """A client, and what INFO stats has come to in all with its own look."""

    def __init__(self, server):
        self.client = Client(server)

    def look(self):
        info = self.client.info("stats")
        return int(info["total_commands_processed"]), int(info["total_error_replies"])


def test_what_clients_do_meanwhile_is_counted_and_what_is_loaded_is_not(held):
    server = held()
    counted = Counted(server)
    commands, errors = counted.look()
    assert commands <= 1 and errors == 0
    client = Client(server)
    for _ in range(5):
        client.run("CONFIG", "GET", "save")
    for _ in range(3):
        assert client.run("GET", "of alice").startswith("-LOADING")
    for words in (["SPUBLISH", "c", "m"], ["MULTI"], ["EXEC"], ["PUBLISH", "c", "m"]):
        client.run(*words)
    assert counted.look() == (commands + 5 + 4 + 1, 3)
    server.go_on()
    looks = 1
    while client.info("persistence")["loading"] == "1":
        looks += 1
    assert counted.look() == (commands + 5 + 4 + 1 + looks + 1, 3)
    assert client.run("DBSIZE") == KEYS + 1
    assert counted.look() == (commands + 5 + 4 + 1 + looks + 3, 3)


WRITTEN = [["FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)"],
           ["SELECT", "1"], ["MULTI"], ["SET", "a", "1"], ["EXEC"], ["FLUSHDB"], ["LPUSH", "a", "1"],
           ["EVAL", "return redis.pcall('lpush', KEYS[1], 1)", "1", "a"]]


@pytest.mark.parametrize("kind", ["aof", "snapshot"])
def test_what_was_loaded_is_no_command_of_anybodys(folder, kind):
    server = start("kevy", folder)
    client = Client(server)
    for words in WRITTEN:
        client.run(*words)
    if kind == "snapshot":
        client.run("SAVE")
    server.stop()
    server = Server(PROGRAMS["kevy"], folder,
                    ["--dir", str(folder), "--appendonly", "yes" if kind == "aof" else "no"])
    client = Client(server)
    info = client.info("stats")
    assert int(info["total_commands_processed"]) <= 2 and info["total_error_replies"] == "0"  # PING, INFO
    assert client.run("FCALL", "f", "0") == 1
    server.stop()


def test_a_damaged_file_ends_it_as_before_and_closes_its_clients(held, kind, folder):
    file = next(folder.glob("dump.rdb" if kind == "rdb" else "appendonlydir/*.incr.aof"))
    whole = file.read_bytes()
    late = len(whole) * 9 // 10  # behind what is let through
    file.write_bytes(whole[:late] + b"\xff" * 200 + whole[late + 200:])
    server = held()
    client = Client(server)
    assert client.run("GET", "key:1").startswith("-LOADING ")
    server.go_on()
    status, _, wrong = server.end()
    assert status == 1
    assert wrong.startswith("kevy-server: ")
    assert f"{file.name}" in wrong
    assert "byte " in wrong
    assert receive_to_end(client.connection) == b""


def test_many_clients_come_and_go_meanwhile(held):
    server = held()
    clients = [Client(server) for _ in range(50)]
    for client in clients:
        client.connection.sendall(command("GET", "key:1") * 100 + command("PUBLISH", "c", "m"))
    for client in clients:
        assert {client.read() for _ in range(100)} == {
            "-LOADING Valkey is loading the dataset in memory"}
        assert client.read() == 0
    for client in clients[::2]:
        client.close()
    server.go_on()
    eventually(lambda: clients[1].info("persistence")["loading"] == "0")
    for client in clients[1::2]:
        assert client.run("GET", "key:1") == b"v" * 100
