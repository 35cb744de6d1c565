"""The conditions of CLIENT LIST and CLIENT KILL, and the fields that CLIENT LIST shows, beside Valkey:
which of the same clients are meant, and what wrong conditions are answered."""

import re

import pytest
from servers import command, eventually, receive_exactly

SETUP = {  # client: what it sends first
    "asker": [],
    "bee": ["SELECT 3", "CLIENT SETINFO LIB-NAME lib", "CLIENT SETINFO LIB-VER 1.0",
            "CLIENT CAPA other REDIRECT"],
    "twin": ["CLIENT NO-EVICT ON", "CLIENT NO-TOUCH ON", "WATCH a b", "WATCH a c"],
    "queue": ["MULTI", "GET a", "CLIENT LIST"],
    "tcp": ["SELECT 3", "HELLO 3"],
    "reader": ["SUBSCRIBE c"],
}
FILTERS = """
ID {bee} | ID {reader} {bee} {reader} | ID {bee} TYPE normal {asker} | ID x | ID 0 | ID -1 | ID {bee} 0
ID | ID {bee} x | ID {bee} ID {asker} | ID 99999999 | ID 03 | ID +3 | ID 9223372036854775808
ID {bee} NOT-ID {bee} | NOT-ID {bee} | NOT-ID {bee} {tcp} | NOT-ID {bee} NOT-ID {asker} | NOT-ID x
NOT-ID 0 | NOT-ID | ID {bee} NOT-ID | ID {bee} ID | NOT-ID {bee} ID | ID NAME bee | NAME bee ID NAME bee
TYPE | TYPE x | TYPE normal | TYPE PUBSUB | TYPE primary | TYPE master | TYPE slave | TYPE replica
NOT-TYPE normal | NOT-TYPE x | NOT-TYPE pubsub | TYPE normal NOT-TYPE normal | TYPE normal TYPE pubsub
NOT-TYPE master | USER default | USER x | USER DEFAULT | NOT-USER default | NOT-USER x | USER
ADDR x | ADDR '' | NOT-ADDR x | NOT-ADDR '' | LADDR x | LADDR | NOT-LADDR x | LADDR {laddr}
NOT-LADDR {laddr} | ADDR {addr} | NOT-ADDR {addr} | ADDR {addr} LADDR x
SKIPME yes | SKIPME no | SKIPME x | SKIPME | SKIPME YES ID {asker} | SKIPME yes SKIPME no | NOT-SKIPME yes
MAXAGE 0 | MAXAGE 100000 | MAXAGE -1 | MAXAGE x | MAXAGE | MAXAGE 99999999999999999999
MAXAGE 9223372036854775807 | NOT-MAXAGE 1 | IDLE 0 | IDLE 100000 | IDLE -1 | IDLE x | NOT-IDLE 1
MAXAGE 0 IDLE 0 | NAME bee | NAME BEE | NAME '' | NAME 'a b' | NAME | NOT-NAME bee | NOT-NAME ''
NAME bee NAME asker | FLAGS N | FLAGS P | FLAGS PN | FLAGS PU | FLAGS UP | FLAGS UU | FLAGS '' | FLAGS Z
FLAGS NZ | FLAGS n | FLAGS x | FLAGS e | FLAGS T | FLAGS eTU | FLAGS SMObtRBdcuArIiE | FLAGS
NOT-FLAGS P | NOT-FLAGS U | NOT-FLAGS PU | NOT-FLAGS Z | NOT-FLAGS '' | NOT-FLAGS N
LIB-NAME lib | LIB-NAME '' | LIB-NAME | NOT-LIB-NAME lib | NOT-LIB-NAME '' | LIB-VER 1.0 | LIB-VER ''
NOT-LIB-VER 1.0 | NOT-LIB-VER x | DB 3 | DB 0 | DB 16 | DB -1 | DB x | DB | DB 2147483648 | NOT-DB 3
NOT-DB x | NOT-DB 16 | DB 0 NOT-DB 0 | CAPA r | CAPA redirect | CAPA R | CAPA rr | CAPA '' | NOT-CAPA r
NOT-CAPA x | NOT-CAPA '' | IP 127.0.0.1 | NOT-IP 127.0.0.1 | IP x | IP '' | NOT-IP '' | foo | foo bar
ID {bee} foo bar | TYPE normal foo | TYPE normal foo bar | type NORMAL skipme YES
DB 3 TYPE normal NAME bee LIB-NAME lib LIB-VER 1.0 | NOT- x | NOT-x y | FLAGS U NOT-FLAGS P NOT-NAME bee
"""
FILTERS = [given.strip() for given in re.split(r"[|\n]", FILTERS) if given.strip()]
FIELDS = ["name", "flags", "capa", "db", "sub", "psub", "ssub", "multi", "watch", "cmd", "user", "redir",
          "resp", "lib-name", "lib-ver", "tot-cmds"]


def read_line(connection):
    line = b""
    while not line.endswith(b"\r\n"):
        line += receive_exactly(connection, 1)
    return line[:-2]


def read(connection):
    """One reply: an integer, a line, a text, or a list of such."""
    line = read_line(connection)
    kind, rest = line[:1], line[1:]
    if kind in b"$=":
        text = receive_exactly(connection, int(rest) + 2)[:-2] if rest != b"-1" else b""
        return text[4:] if kind == b"=" else text
    if kind in b"*%":
        return [read(connection) for _ in range(int(rest) * (2 if kind == b"%" else 1))]
    return int(rest) if kind == b":" else line


def words(text):
    return [word if word != "''" else "" for word in re.findall(r"'[^']*'|\S+", text)]


class Clients:
    """The clients of SETUP on one server."""

    def __init__(self, server):
        self.connections, self.places = {}, {}
        for name, programs in SETUP.items():
            self.connections[name] = server.connect("tcp" if name == "tcp" else "unix")
            self.ask(name, "CLIENT", "SETNAME", name)
            self.places[name] = self.ask(name, "CLIENT", "ID")
            for program in programs:
                self.ask(name, *program.split())
        own = self.connections["tcp"].getsockname()
        self.places["addr"] = "%s:%d" % own
        self.places["laddr"] = "127.0.0.1:%d" % server.port

    def ask(self, name, *given):
        self.connections[name].sendall(command(*given))
        return read(self.connections[name])

    def lines(self, *conditions):
        """Field to value of each client, in the order of their names; or the error. (Valkey's own order
        changes with time: it takes turns in looking after its clients.)"""
        reply = self.ask("asker", "CLIENT", "LIST", *conditions)
        if reply.startswith(b"-"):
            return reply
        lines = [re.findall(r"(\S+?)=(\S*)", line) for line in reply.decode().splitlines()]
        return sorted(map(dict, lines), key=lambda fields: fields["name"])

    def names(self, *conditions):
        found = self.lines(*conditions)
        return found if isinstance(found, bytes) else [fields["name"] for fields in found]

    def close(self):
        for connection in self.connections.values():
            connection.close()


@pytest.fixture
def both(kevy, valkey):
    opened = Clients(kevy), Clients(valkey)
    yield opened
    for clients in opened:
        clients.close()


def alone(clients):
    """Whether the clients of tests before are gone."""
    return clients.names() == sorted(SETUP)


def test_CLIENT_LIST_shows_the_clients_that_Valkey_shows(both):
    assert len(FILTERS) > 120
    eventually(lambda: all(map(alone, both)))
    meant = set()
    for text in FILTERS:
        ours, theirs = (clients.names(*words(text.format(**clients.places))) for clients in both)
        assert ours == theirs, text
        meant.add(str(theirs))
    assert len(meant) > 30  # the conditions tell the clients apart


def test_CLIENT_LIST_ID_shows_each_once_in_the_order_of_the_numbers(both):
    clients, _ = both
    reader, bee = clients.places["reader"], clients.places["bee"]
    listed = clients.ask("asker", "CLIENT", "LIST", "ID", reader, bee, reader).decode()
    assert re.findall(r"^id=(\d+)", listed, re.M) == [str(bee), str(reader)]


def test_CLIENT_LIST_shows_of_each_what_Valkey_shows(both):
    ours, theirs = (clients.lines() for clients in both)
    assert len(ours) == len(theirs) == len(SETUP)
    for mine, reference in zip(ours, theirs):
        assert list(mine) == list(reference)
        for field in FIELDS:
            if (mine["name"], field) != ("asker", "tot-cmds"):  # it has asked until all were gone
                assert mine[field] == reference[field], (mine["name"], field)


TRANSACTIONS = [
    "WATCH a", "WATCH a; UNWATCH", "UNWATCH", "WATCH a; SET a 1", "WATCH a b; SET b 1; WATCH c",
    "WATCH a; SET a 1; UNWATCH", "WATCH a; SET a 1; UNWATCH; WATCH b", "WATCH a; RESET", "WATCH a; SET a 1; RESET",
    "WATCH a; SET a 1; MULTI", "WATCH a; SET a 1; MULTI; SET a 2", "WATCH a; SET a 1; MULTI; PING; EXEC",
    "WATCH a; SET a 1; MULTI; DISCARD", "WATCH a; SET b 1", "WATCH a; DEL a", "SET a 1; WATCH a; DEL a",
    "SET a 1; WATCH a; EXPIRE a -1", "WATCH a; FLUSHALL",
    "SET a 1; WATCH a b c; FLUSHALL", "SET a 1; WATCH a b c; FLUSHDB", "SET a 1; WATCH a b; SWAPDB 0 1; SWAPDB 0 1",
    "SET a 1; WATCH a b c; FLUSHALL; WATCH d", "SET a 1; WATCH a b c; FLUSHALL; SET b 1",
    "SET a 1; WATCH a b c; FLUSHALL; SET a 1", "SET a 1; WATCH a b; SET a 2; FLUSHALL",
    "SET a 1; WATCH a b; FLUSHALL; MULTI; DISCARD", "SET a 1; WATCH a b; FLUSHALL; MULTI", "MULTI", "MULTI; DISCARD", "MULTI; EXEC",
    "MULTI; NOSUCH; EXEC", "MULTI; MULTI", "WATCH a; MULTI; GET a; EXEC", "WATCH a; MULTI; SET a 1; EXEC",
    "MULTI; WATCH a", "RESET", "NOSUCH", "GET", "CLIENT NOSUCH", "MULTI; GET; GET a", "GET a; GET a; APPEND a x",
    "MULTI; GET a; LPUSH a x; GET a; EXEC", "SUBSCRIBE c; UNSUBSCRIBE c",
    "HELLO 4", "SELECT 99",
]


SILENT = {"CLIENT REPLY OFF; PING; CLIENT REPLY ON": 2, "CLIENT REPLY SKIP; PING; PING": 2}


@pytest.mark.parametrize("text", [*TRANSACTIONS, *SILENT])
def test_CLIENT_LIST_tells_of_transactions_and_traffic_as_valkey(kevy, valkey, text):
    given = [each.split() for each in ["FLUSHALL", "CLIENT ID", *text.split(";")]]
    seen = []
    for server in (kevy, valkey):
        with server.connect() as other, server.connect() as asker:
            sent = b"".join(command(*each) for each in given)
            other.sendall(sent)
            replies = [read(other) for _ in range(len(given) - SILENT.get(text, 0))]

            def fields():
                asker.sendall(command("CLIENT", "LIST", "ID", replies[1]))
                return dict(re.findall(r"(\S+?)=(\S*)", read(asker).decode()))

            eventually(lambda: int(fields()["tot-net-out"]) > 0)  # noted after it was sent
            assert int(fields()["tot-net-in"]) == len(sent)
            shown = fields()
            seen.append({field: shown[field] for field in ("flags", "multi", "watch", "tot-cmds")})
    assert seen[0] == seen[1]


@pytest.mark.parametrize("text", [
    "GET a", "get a", "foo", "CLIENT foo", "CLIENT", "GET", "CLIENT GETNAME", "MULTI", "SUBSCRIBE c",
    "WATCH a", "EXEC", "SUBSCRIBE c; GET a", "MULTI; GET a", "MULTI; CLIENT ID; EXEC", "MULTI; foo",
    "MULTI; foo; EXEC", "GET a; foo; PING", "CLIENT CAPA redirect; RESET", "HELLO 3; OBJECT HELP", "QUIT x",
    "CLIENT CAPA", "CLIENT CAPA ''", "CLIENT CAPA nothing", "CLIENT SETINFO lib-name x; RESET",
])
def test_CLIENT_LIST_tells_the_last_command_as_Valkey(kevy, valkey, text):
    seen = []
    for server in (kevy, valkey):
        with server.connect() as other, server.connect() as asker:
            other.sendall(command("CLIENT", "ID"))
            number = read(other)
            for given in text.split(";"):
                other.sendall(command(*words(given)))
                read(other)
            if text.startswith("QUIT"):
                return
            asker.sendall(command("CLIENT", "LIST", "ID", number))
            fields = dict(re.findall(r"(\S+?)=(\S*)", read(asker).decode()))
            seen.append({field: fields[field] for field in ("cmd", "flags", "capa", "lib-name")})
    assert seen[0] == seen[1]


def test_CLIENT_INFO_in_EXEC_is_of_EXEC_as_in_Valkey(both):
    replies = []
    for clients in both:
        for given in (["WATCH", "x"], ["MULTI"], ["CLIENT", "INFO"], ["PING"]):
            clients.ask("asker", *given)
        fields = dict(re.findall(r"(\S+?)=(\S*)", clients.ask("asker", "EXEC")[0].decode()))
        replies.append({field: fields[field] for field in ("cmd", "flags", "multi")})
    assert replies[0] == replies[1]


KILLS = [
    "ID {bee}", "ID {bee} {reader} 99999999", "ID {asker}", "TYPE pubsub", "TYPE normal", "USER default",
    "NAME bee", "DB 3", "DB 3 NOT-NAME bee", "FLAGS x", "NOT-FLAGS U", "LIB-NAME lib", "CAPA r",
    "IP 127.0.0.1", "ADDR {addr}", "LADDR {laddr}", "{addr}", "MAXAGE 100000", "NAME zzz", "ID", "nobody",
    "''", "ID x", "ID 0", "NAME bee ID", "NAME zzz LADDR", "ID {bee} SKIPME no", "SKIPME x", "USER x",
    "FLAGS Z", "CAPA x", "DB 16", "IDLE 0", "MAXAGE 0", "foo bar", "ADDR ''", "NAME ''", "IP ''",
]


@pytest.mark.parametrize("text", KILLS)
def test_CLIENT_KILL_ends_the_clients_that_Valkey_ends(both, text):
    eventually(lambda: all(map(alone, both)))
    replies = [clients.ask("asker", "CLIENT", "KILL", *words(text.format(**clients.places)))
               for clients in both]
    assert replies[0] == replies[1]
    eventually(lambda: both[0].names() == both[1].names())


def test_CLIENT_KILL_of_oneself_is_answered_first(both):
    for clients in both:
        own = clients.places["asker"]
        assert clients.ask("asker", "CLIENT", "KILL", "ID", own, "SKIPME", "no") == 1
        assert clients.connections["asker"].recv(1) == b""


def test_the_address_of_a_client_on_a_unix_socket_is_the_path_as_in_redis(kevy, redis):
    """Valkey puts it into brackets together with its port, and another port behind."""
    for server in (kevy, redis):
        with server.connect() as connection:
            connection.sendall(command("CLIENT", "INFO"))
            fields = dict(re.findall(r"(\S+?)=(\S*)", read(connection).decode()))
            assert fields["addr"] == fields["laddr"] == server.path + ":0"
            connection.sendall(command("CLIENT", "KILL", "ADDR", fields["addr"], "SKIPME", "no"))
            assert read(connection) >= 1
