"""CLIENT TRACKING: which bytes the clients get that keep copies of values, beside Valkey; and that
nobody ever keeps what is out of date, nor is told of what another one has read."""

import threading

import pytest
from servers import WAIT, command, kevy_server, receive_until, valkey_server

FENCE = b"$5\r\nfence\r\n"

# A script's steps: whose, and its commands, sent as one. Clients a to d speak RESP3, p and q RESP2.
# {x} is the id of client x. After each step everybody's bytes are compared.
SCRIPTS = {
    "wrong words": [
        "a CLIENT TRACKING; CLIENT TRACKING x; CLIENT TRACKING ON x; CLIENT TRACKING OFF x",
        "a CLIENT TRACKING on PREFIX a; CLIENT TRACKING ON PREFIX; CLIENT TRACKING ON REDIRECT",
        "a CLIENT TRACKING ON REDIRECT x; CLIENT TRACKING ON REDIRECT 99999; CLIENT TRACKING x REDIRECT 0",
        "a CLIENT TRACKING ON REDIRECT -1; CLIENT TRACKING ON REDIRECT {b} REDIRECT x",
        "a CLIENT TRACKING ON OPTIN OPTOUT; CLIENT TRACKING ON BCAST OPTIN; CLIENT TRACKING ON BCAST OPTOUT OPTIN",
        "a CLIENT CACHING; CLIENT CACHING x; CLIENT CACHING YES; CLIENT GETREDIR x; CLIENT TRACKINGINFO x",
        "a CLIENT TRACKING ON; CLIENT CACHING x; CLIENT CACHING YES; CLIENT CACHING no; CLIENT TRACKING ON BCAST OPTIN",
        "a CLIENT TRACKING ON BCAST PREFIX a; CLIENT TRACKING ON PREFIX a; CLIENT TRACKINGINFO; CLIENT TRACKING OFF BCAST",
        "a CLIENT TRACKING ON OPTIN; CLIENT TRACKING ON OPTOUT; CLIENT TRACKING ON OPTIN OPTOUT; CLIENT CACHING NO",
        "a CLIENT TRACKING OFF PREFIX x; CLIENT TRACKING ON OPTOUT; CLIENT TRACKING ON OPTIN; CLIENT CACHING YES",
        "a CLIENT TRACKING OFF; CLIENT TRACKING ON BCAST PREFIX x PREFIX xy; CLIENT TRACKING ON BCAST PREFIX x PREFIX x",
        "a CLIENT TRACKING ON BCAST PREFIX foo PREFIX bar; CLIENT TRACKING ON BCAST PREFIX fo; CLIENT TRACKING ON BCAST PREFIX food",
        "a CLIENT TRACKING ON BCAST PREFIX baz; CLIENT TRACKING ON OPTIN; CLIENT TRACKING ON BCAST; CLIENT TRACKING ON BCAST PREFIX q",
        "a CLIENT TRACKINGINFO; CLIENT GETREDIR; CLIENT CACHING YES",
    ],
    "what is on": [
        "a CLIENT TRACKINGINFO; CLIENT GETREDIR; CLIENT TRACKING ON; CLIENT TRACKINGINFO; CLIENT GETREDIR",
        "a CLIENT TRACKING ON OPTIN NOLOOP; CLIENT TRACKINGINFO; CLIENT CACHING YES; CLIENT TRACKINGINFO; GET a; CLIENT TRACKINGINFO",
        "a CLIENT TRACKING ON REDIRECT {b}; CLIENT TRACKINGINFO; CLIENT GETREDIR; CLIENT TRACKING ON; CLIENT GETREDIR",
        "a CLIENT TRACKING OFF; CLIENT TRACKING ON OPTOUT; CLIENT CACHING NO; CLIENT TRACKINGINFO; RESET; CLIENT TRACKINGINFO",
        "p CLIENT TRACKING ON BCAST PREFIX b PREFIX a NOLOOP; CLIENT TRACKINGINFO; CLIENT TRACKING OFF; CLIENT TRACKINGINFO",
    ],
    "what was read": [
        "a CLIENT TRACKING ON", "b MSET k1 b:1 k2 b:2 k3 b:3", "a GET k1; GET k2; GET none",
        "b SET k1 b:x; SET k1 b:y", "b DEL k2", "b SET none b:1", "a MGET k1 k2 k3; STRLEN k3", "b MSET k3 1 k1 2 k2 3",
        "a GET k1", "c MULTI; SET k1 c:1; SET k2 c:2; SET k1 c:3; EXEC", "b CLIENT TRACKING ON; GET k1", "a GET k1", "c INCR k2; APPEND k1 c",
    ],
    "what it changes itself": [
        "a CLIENT TRACKING ON; GET k; SET k a; GET k; PING", "a MULTI; SET k a; GET k; SET k b; EXEC; PING",
        "a GET k; GET l; MSET k 1 l 2; PING", "a CLIENT TRACKING ON NOLOOP; GET k; SET k a; PING", "b SET k b", "a GET k", "b SET k b",
    ],
    "caching said or not": [
        "a CLIENT TRACKING ON OPTIN; GET k; CLIENT CACHING YES; CLIENT ID; GET l", "b MSET k 1 l 2",
        "a CLIENT CACHING YES; CLIENT NOSUCH; GET k", "b SET k 1", "a CLIENT CACHING YES; NOSUCH; GET k", "b SET k 1",
        "a CLIENT CACHING YES; CLIENT ID x; GET k", "b SET k 1",
        "a CLIENT CACHING YES; MULTI; GET k; GET l; EXEC; GET m", "b MSET k 1 l 2 m 3",
        "a MULTI; CLIENT CACHING YES; GET k; GET l; EXEC; GET m", "b MSET k 1 l 2 m 3",
        "a CLIENT TRACKING OFF; CLIENT TRACKING ON OPTOUT; CLIENT CACHING NO; GET k; GET l", "b MSET k 1 l 2",
        "a CLIENT TRACKING ON; GET k", "b SET k 2",
    ],
    "all keys at once": [
        "a CLIENT TRACKING ON; GET k", "b FLUSHDB", "b FLUSHALL", "a GET k; FLUSHALL; PING", "a MULTI; GET x; FLUSHALL; GET y; EXEC",
        "b SET x 1; SET y 2", "a CLIENT TRACKING ON NOLOOP; GET k; FLUSHALL; PING", "c CLIENT TRACKING ON BCAST", "b FLUSHALL", "a GET k",
        "b SWAPDB 0 1", "b SWAPDB 0 1; SET k 1",
    ],
    "keys of other databases and names": [
        "a CLIENT TRACKING ON; GET k", "b SELECT 3; SET k x; SELECT 0", "b SET k b", "a GET k", "b MOVE k 5", "b SET k b; SET o b", "a GET k; GET n",
        "b RENAME k n", "a GET n; GET c", "b COPY n c", "a GET c", "b COPY n c REPLACE", "a GET n", "b RENAME o n",
    ],
    "times to live": [
        "b SET k 1; HSET h f 1 g 2", "a CLIENT TRACKING ON; GET k; HGET h f", "b EXPIRE k 100; HEXPIRE h 100 FIELDS 1 f", "a TTL k; HGET h g",
        "b PERSIST k; HPERSIST h FIELDS 1 f", "a GET k; HLEN h", "b EXPIRE k -1; HEXPIRE h 0 FIELDS 1 f", "a GET k", "b SET k 1 EX 100", "b TTL nosuch",
    ],
    "redirected": [
        "p CLIENT TRACKING ON; GET k", "b SET k 1", "p CLIENT TRACKING ON REDIRECT {q}; GET k", "b SET k 1",
        "q SUBSCRIBE __redis__:invalidate", "p GET k; GET l", "b SET k 2", "p GET k; GET l", "b MSET k 1 l 2", "p GET k; SET k p", "b FLUSHALL",
        "q UNSUBSCRIBE", "p GET k", "b SET k b", "q SUBSCRIBE other", "p GET k", "b SET k b", "q UNSUBSCRIBE",
        "a CLIENT TRACKING ON REDIRECT {c}; GET z", "b SET z 1", "a GET z", "c SET z 1; PING",
    ],
    "a redirection that is gone": [
        "a CLIENT TRACKING ON REDIRECT {d}; GET k", "d QUIT", "b SET k 1", "a CLIENT TRACKINGINFO; CLIENT GETREDIR; GET k", "b SET k 2",
        "p CLIENT TRACKING ON REDIRECT {c}; GET k", "c QUIT", "b SET k 3", "p CLIENT TRACKINGINFO; CLIENT TRACKING ON; CLIENT TRACKINGINFO",
    ],
    "whatever begins so": [
        "a CLIENT TRACKING ON BCAST PREFIX u: PREFIX o:", "b MSET u:2 1 u:1 2 o:1 3 x 1 u:1 4", "a SET u:9 a",
        "b MULTI; SET u:z 1; SET o:1 1; DEL u:1; EXEC", "b DEL nosuch u:nosuch", "b FLUSHALL", "a CLIENT TRACKING ON BCAST PREFIX x",
        "c CLIENT TRACKING ON BCAST NOLOOP", "c SET u:1 c", "b SET u:1 b", "b MULTI; SET u:1 b; FLUSHALL; SET n 1; EXEC",
        "c MULTI; SET u:1 c; FLUSHALL; SET n 1; EXEC", "c CLIENT TRACKING OFF", "b SET u:1 b", "a CLIENT TRACKING OFF", "b SET u:1 b",
    ],
    "scripts": [
        "a CLIENT TRACKING ON; EVAL return(redis.call('get',KEYS[1])) 1 s", "b SET s 1", "a EVAL_RO return(1) 1 s", "b SET s 1",
        "a EVAL redis.call('get',KEYS[1])return(redis.call('set',KEYS[1],'x')) 1 s", "b SET s 3", "a GET s", "b EVAL return(redis.call('set',KEYS[1],'x')) 1 s",
    ],
    "what counts as reading": [
        step
        for line in ["EXISTS k", "TYPE k", "TTL k", "OBJECT ENCODING k", "KEYS *", "TOUCH k", "STRLEN k", "SORT_RO k",
                     "MEMORY USAGE nosuch", "BITCOUNT k", "LCS k l", "GETEX k", "SMEMBERS k", "PFCOUNT k", "RANDOMKEY", "XINFO STREAM k",
                     "SUNION k l", "EXPIRETIME k", "SORT k", "WATCH k", "UNWATCH", "GETDEL k", "SPUBLISH k x", "LPOS k a"]
        for step in (f"a CLIENT TRACKING ON; {line}", "b SET k 1", "b DEL k")
    ],
}


class Talk:
    """Six connections to a server; what each of them gets after a step."""

    def __init__(self, server):
        self.connections, self.ids = {}, {}
        with server.connect() as connection:
            connection.sendall(command("FLUSHALL"))
            assert connection.recv(100) == b"+OK\r\n"
        for name in "abcdpq":
            connection = self.connections[name] = server.connect()
            if name in "abcd":
                connection.sendall(command("HELLO", "3") + command("PING", "fence"))
                receive_until(connection, FENCE)
            connection.sendall(command("CLIENT", "ID"))
            self.ids[name] = connection.recv(100)[1:-2]

    def step(self, text):
        name, commands = text.split(" ", 1)
        names = {key: number.decode() for key, number in self.ids.items()}
        lines = [line.split() for line in commands.split("; ")]
        words = [[names[word[1]] if word[0] == "{" and word[2:] == "}" else word for word in line]
                 for line in lines]
        own, first = self.connections[name], b""
        if words == [["QUIT"]]:
            own.sendall(command("QUIT"))
            assert own.recv(100) == b"+OK\r\n"
            assert own.recv(100) == b""
            del self.connections[name]
            own.close()
        else:
            own.sendall(b"".join(command(*each) for each in words))
            first = own.recv(1 << 16)  # what Valkey broadcasts comes behind all that it has read
        # Its own first: then all is done.
        order = sorted(self.connections, key=lambda each: each != name)
        return {each: self.received(each, first if each == name else b"") for each in order}

    def received(self, name, first):
        connection = self.connections[name]
        connection.sendall(command("PING", "fence"))
        data = first + receive_until(connection, FENCE)
        for other, number in self.ids.items():
            data = data.replace(b":%s\r\n" % number, b":id of %s\r\n" % other.encode())
        return data

    def close(self):
        for connection in self.connections.values():
            connection.close()


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_what_everybody_is_told_is_what_valkey_tells(kevy, valkey, script):
    ours, theirs = Talk(kevy), Talk(valkey)
    try:
        for step in script:
            assert ours.step(step) == theirs.step(step), step
    finally:
        ours.close()
        theirs.close()


def ask(connection, *words):
    """What is answered, and what is pushed meanwhile."""
    connection.sendall(command(*words) + command("PING", "fence"))
    data = b""
    while FENCE not in data or not data.endswith(b"\r\n"):
        piece = connection.recv(1 << 20)
        assert piece, "closed"
        data += piece
    return data.replace(FENCE, b"")


@pytest.fixture
def both(tmp_path):
    """A kevy and a Valkey of the test's own."""
    (tmp_path / "kevy").mkdir()
    (tmp_path / "valkey").mkdir()
    servers = [kevy_server(tmp_path / "kevy", ["--threads", "2"]), valkey_server(tmp_path / "valkey")]
    yield servers
    for server in servers:
        server.stop()


def test_client_list_and_info_show_who_tracks_what(both):
    for server in both:
        with server.connect() as a, server.connect() as b:
            assert ask(b, "CLIENT", "INFO").count(b" redir=-1 ") == 1
            number = ask(b, "CLIENT", "ID")[1:-2]
            ask(a, "CLIENT", "TRACKING", "ON", "REDIRECT", number)
            shown = ask(a, "CLIENT", "INFO")
            assert b" flags=tU " in shown
            assert b" redir=%s " % number in shown
            ask(a, "MGET", "k", "l")
            ask(b, "CLIENT", "TRACKING", "ON")
            ask(b, "GET", "k")
            info = ask(a, "INFO")
            for line in (b"tracking_clients:2", b"tracking_total_keys:2", b"tracking_total_items:3",
                         b"tracking_total_prefixes:0"):
                assert line in info
            ask(b, "CLIENT", "TRACKING", "OFF")
            ask(b, "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "x", "PREFIX", "y")
            assert b" flags=tBU " in ask(b, "CLIENT", "INFO")
            assert b"tracking_total_prefixes:2" in ask(a, "INFO")
            assert ask(a, "CLIENT", "LIST", "FLAGS", "B").count(b"id=") == 1
            ask(a, "CLIENT", "TRACKING", "OFF")
            ask(b, "RESET")
            assert b"tracking_clients:0" in ask(a, "INFO")
            assert b"tracking_total_prefixes:0" in ask(a, "INFO")


def test_a_key_that_expires_is_told_of_though_nobody_asks_for_it(both):
    for server in both:
        with server.connect() as a, server.connect() as b:
            ask(a, "HELLO", "3")
            ask(a, "CLIENT", "TRACKING", "ON")
            ask(b, "SET", "k", "v", "PX", "50")
            ask(a, "GET", "k")
            assert receive_until(a, b"k\r\n") == b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"


def test_no_more_keys_are_remembered_than_the_table_may_have(start):
    server = start("--tracking-table-max-keys", "100")
    with server.connect() as a, server.connect() as b:
        ask(a, "HELLO", "3")
        ask(a, "CLIENT", "TRACKING", "ON")
        told = b"".join(ask(a, "GET", f"key {i}") for i in range(1000)).count(b"invalidate")
        assert told == 900
        assert b"tracking_total_keys:100\r" in ask(b, "INFO")
        ask(b, "CONFIG", "SET", "tracking-table-max-keys", "10")
        while told < 990:
            told += receive_until(a, b"\r\n").count(b"invalidate")
        assert b"tracking_total_keys:10\r" in ask(b, "INFO")
        ask(b, "CONFIG", "SET", "tracking-table-max-keys", "0")
        assert ask(a, "MGET", *[f"other {i}" for i in range(500)]).count(b"invalidate") == 0
        assert b"tracking_total_keys:510\r" in ask(b, "INFO")


def test_clients_that_come_and_go_leave_nothing_that_grows(start):
    server = start()
    with server.connect() as observer:
        for _ in range(300):
            with server.connect() as passing:
                ask(passing, "CLIENT", "TRACKING", "ON")
                ask(passing, "GET", "k")
        items = ask(observer, "INFO", "stats").split(b"tracking_total_items:")[1].split(b"\r")[0]
        assert int(items) <= 128


class Cache(threading.Thread):
    """A client that keeps what it has read until it is told of a change. Values are tagged with the
    key they belong to, and some keys are its own."""

    def __init__(self, server, name, broadcast):
        super().__init__()
        self.connection = server.connect()
        self.copies, self.wrong, self.buffer = {}, [], b""
        self.over = threading.Event()
        self.keys = [f"{name}:{i}" for i in range(10)] + [f"shared:{i}" for i in range(10)]
        self.prefix = f"{name}:" if broadcast else None
        ask(self.connection, "HELLO", "3")
        options = ["BCAST", "PREFIX", self.prefix] if broadcast else []
        ask(self.connection, "CLIENT", "TRACKING", "ON", *options)
        if broadcast:
            self.keys = self.keys[:10]

    def run(self):
        while not self.over.is_set():
            self.ask("")
            for key in self.keys:
                if key not in self.copies:
                    self.ask(key, "GET", key)

    def ask(self, key, *words):
        """Goes through pushes and replies in their order, up to the fence."""
        asked = command(*words) if words else b""
        self.connection.sendall(asked + command("PING", "fence"))
        while (frame := self.next_frame()) != b"fence":
            if isinstance(frame, list):
                name = frame[1][0].decode()
                if len(frame[1]) != 1 or name not in self.keys:
                    self.wrong.append(frame)
                self.copies.pop(name, None)
            else:
                if frame is not None and not frame.startswith(key.encode() + b"="):
                    self.wrong.append((key, frame))
                self.copies[key] = frame

    def next_frame(self):
        while (found := parse(self.buffer)) is None:
            self.buffer += self.connection.recv(1 << 16)
        frame, self.buffer = found
        return frame


def parse(data):
    """The first frame, of bulks, nulls, arrays and pushes, and what is behind it; or None."""
    line, newline, rest = data.partition(b"\r\n")
    if not newline:
        return None
    if line == b"_":
        return None, rest
    size = int(line[1:])
    if line[:1] == b"$":
        return (rest[:size], rest[size + 2 :]) if len(rest) >= size + 2 else None
    items = []
    for _ in range(size):
        found = parse(rest)
        if found is None:
            return None
        items.append(found[0])
        rest = found[1]
    return items, rest


def test_nobody_keeps_what_is_out_of_date(kevy):
    with kevy.connect() as connection:
        ask(connection, "FLUSHALL")
    caches = [Cache(kevy, name, broadcast) for name, broadcast in
              [("one", False), ("two", False), ("three", True), ("four", False)]]
    for cache in caches:
        cache.start()

    def write(number):
        with kevy.connect() as connection:
            for i in range(1500):
                cache = caches[(i + number) % len(caches)]
                key = cache.keys[i % len(cache.keys)]
                ask(connection, "SET", key, f"{key}={number}/{i}")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(WAIT * 3)
    for cache in caches:
        cache.over.set()
        cache.join(WAIT)
        cache.ask("")
        assert cache.wrong == []
        assert cache.copies
    with kevy.connect() as connection:
        for cache in caches:
            for key, value in cache.copies.items():
                now = ask(connection, "GET", key)
                assert now == (b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)), key
            cache.connection.close()
