"""One command and its whole reply, whatever that is, over a socket."""

from servers import command


class Talk:
    """A connection that is asked one thing after another."""

    def __init__(self, server):
        self.server = server
        self.socket = server.connect()
        self.data = b""

    def send(self, *words):
        self.socket.sendall(command(*words))

    def reply(self):
        """The next reply, as it came."""
        while (end := _end(self.data)) is None:
            piece = self.socket.recv(1 << 16)
            assert piece, "closed"
            self.data += piece
        reply, self.data = self.data[:end], self.data[end:]
        return reply

    def __call__(self, *words):
        self.send(*words)
        return self.reply()

    def close(self):
        self.socket.close()


def _end(data, at=0):
    line_end = data.find(b"\r\n", at)
    if line_end < 0:
        return None
    kind, rest, at = data[at : at + 1], data[at + 1 : line_end], line_end + 2
    if kind in b"+-:":
        return at
    count = int(rest)
    if kind == b"$":
        end = at if count < 0 else at + count + 2
        return end if end <= len(data) else None
    for _ in range(max(count, 0)):
        at = _end(data, at)
        if at is None:
            return None
    return at
