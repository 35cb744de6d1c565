"""Servers that MIGRATE is pointed at and that are none: each says what it was told to say, to one
connection after another, and keeps what it was sent."""

import contextlib
import socket
import threading

from servers import WAIT


class Target:
    """Answers each connection with `answer`, all at once when something has come, and then closes it, or
    holds it until the test is over. `wait_for`: how many requests are to have come first."""

    def __init__(self, answer, holds=False, wait_for=1, host="127.0.0.1"):
        self.answer, self.holds, self.wait_for = answer, holds, wait_for
        self.heard = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.bind((host, 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.over = threading.Event()
        self.came = threading.Event()  # what was waited for has come, once
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            if self.over.is_set():
                connection.close()
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(WAIT)
                self._talk(connection)

    def _talk(self, connection):
        data = b""
        while data.count(b"\r\n*") + data.startswith(b"*") < self.wait_for:
            piece = connection.recv(1 << 16)
            if not piece:
                break
            data += piece
        self.heard.append(data)
        self.came.set()
        answers = [self.answer] if isinstance(self.answer, bytes) else self.answer
        for answer in answers:
            connection.sendall(answer)
        if self.holds:
            self.over.wait(WAIT)

    def close(self):
        self.over.set()
        with contextlib.suppress(OSError), socket.create_connection(
                self.listener.getsockname()[:2], timeout=1):
            pass
        self.thread.join(WAIT)
        self.listener.close()


@contextlib.contextmanager
def target(*arguments, **named):
    made = Target(*arguments, **named)
    try:
        yield made
    finally:
        made.close()
