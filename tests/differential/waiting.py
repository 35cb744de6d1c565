"""Sessions whose commands may wait, on a reference and on kevy: who is answered what, and when.

After each step a side is asked for all that its sessions have received, so two sides that do the same
give the same transcript. A reference is one thread: when another connection has been answered twice,
all that followed from a step has been written. kevy's raw sessions need no such thing.
"""

import ctypes
import time

from doors import KevySession, ReferenceConnection, encode, parse

SESSIONS = 6
ENDED = b"<ended>"


class ReferencePeer(ReferenceConnection):
    """A session of the scenario, which is not waited for."""

    ended = False

    def __init__(self, path):
        super().__init__(path)
        self.id = parse(self.run([b"CLIENT", b"ID"]))
        self.socket.setblocking(False)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # it has ended

    def received(self):
        data = b""
        while not self.ended:
            try:
                more = self.socket.recv(1 << 20)
            except BlockingIOError:
                break
            except OSError:
                more = b""
            self.ended = not more
            data += more or ENDED
        return data


class KevyPeer(KevySession):
    ended = False

    def __init__(self, library, instance):
        super().__init__(library, instance)
        self.buffer = ctypes.create_string_buffer(1 << 16)
        self.id = parse(self.run([b"CLIENT", b"ID"]))

    def send(self, data):
        self.library.kevy_session_feed(self.session, data, ctypes.c_size_t(len(data)))

    def received(self):
        data = b""
        while not self.ended:
            size = ctypes.c_size_t()
            status = self.library.kevy_session_take(
                self.session, self.buffer, ctypes.c_size_t(len(self.buffer)), ctypes.byref(size))
            self.ended = status != 0
            if self.ended:
                data += ENDED
            if self.ended or size.value == 0:
                break
            data += self.buffer.raw[: size.value]
        return data


class Side:
    """One of the two: an observer, which never waits, and the sessions."""

    def __init__(self, observer, open_peer):
        self.observer, self.open_peer = observer, open_peer
        self.peers = [open_peer() for _ in range(SESSIONS)]

    def begin(self):
        """Everybody idle, and nothing stored."""
        self.observer.run([b"CLIENT", b"UNPAUSE"])
        for peer in self.peers:
            peer.send(encode([b"RESET"]))
        # Behind a command that waits there may be others.
        while self.blocked() != 0:
            for peer in self.peers:
                self.observer.run([b"CLIENT", b"UNBLOCK", b"%d" % peer.id])
                peer.received()
        self.transcript()
        for i, peer in enumerate(self.peers):
            if peer.ended:
                peer.close()
                self.peers[i] = self.open_peer()
        self.observer.run([b"FLUSHALL"])

    def settle(self):
        for _ in range(2):
            assert self.observer.run([b"PING"]) == b"+PONG\r\n"

    def blocked(self):
        lines = parse(self.observer.run([b"INFO", b"clients"])).split(b"\r\n")
        return next(int(line[16:]) for line in lines if line.startswith(b"blocked_clients:"))

    def step(self, session, words):
        """Words may name a session's id as {n}."""
        return self.step_all(session, [words])

    def step_all(self, session, commands):
        """The same with several commands at once."""
        def filled(word):
            names_one = word[:1] == b"{" and word[1:-1].isdigit()
            return b"%d" % self.peers[int(word[1:-1])].id if names_one else word

        self.peers[session].send(b"".join(encode([*map(filled, words)]) for words in commands))
        return self.transcript()

    def transcript(self):
        """What each session has received. A raw session of kevy's runs what was sent behind a command that
        waited only when it is asked, so others may have received more then."""
        whole = [b""] * SESSIONS
        while True:
            self.settle()
            more = [peer.received() for peer in self.peers]
            if not any(more):
                return whole
            whole = [a + b for a, b in zip(whole, more)]

    def await_reply(self, session, whole):
        """For a command whose time runs out: `whole` with all that comes until then."""
        deadline = time.monotonic() + 20
        while not whole[session] and not self.peers[session].ended:
            assert time.monotonic() < deadline
            whole = [a + b for a, b in zip(whole, self.transcript())]
        return whole

    def data(self):
        """What is stored."""
        found = {}
        for database in (b"0", b"1"):
            self.observer.run([b"SELECT", database])
            for key in parse(self.observer.run([b"KEYS", b"*"])):
                kind = parse(self.observer.run([b"TYPE", key]))
                ask = {b"stream": [b"XRANGE", key, b"-", b"+"], b"list": [b"LRANGE", key, b"0", b"-1"], b"string": [b"GET", key],
                       b"zset": [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]}[kind]
                found[database, key] = parse(self.observer.run(ask))
        self.observer.run([b"SELECT", b"0"])
        return found

    def close(self):
        for peer in self.peers:
            peer.close()


def reference_side(reference):
    return Side(reference, lambda: ReferencePeer(reference.path))


def kevy_side(kevy):
    return Side(kevy, lambda: KevyPeer(kevy.library, kevy.instance))
