"""CPU time of scripts: EVALSHA of a script of three calls, pipelined over a Unix socket, on kevy and on
redis-server side by side, as a ratio within one run.

    bench/scripts_cpu.py [REQUESTS]
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVER = os.environ.get("KEVY_SERVER", str(Path(__file__).parents[1] / "build/release/server/kevy-server"))
SCRIPT = b"redis.call('set', KEYS[1], ARGV[1]) redis.call('incr', KEYS[2]) return redis.call('get', KEYS[1])"
PIPELINE = 50


def encode(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, command, path):
        self.process = subprocess.Popen([*command, "--port", "0", "--unixsocket", path],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        self.socket.sendall(encode(b"SCRIPT", b"LOAD", SCRIPT))
        sha1 = self.socket.recv(1000).split(b"\r\n")[1]
        self.batch = encode(b"EVALSHA", sha1, b"2", b"key:1", b"counter:1", b"value") * PIPELINE
        self.reply = b"$5\r\nvalue\r\n" * PIPELINE

    def run(self, batches):
        before = cpu_seconds(self.process.pid)
        for _ in range(batches):
            self.socket.sendall(self.batch)
            got = b""
            while len(got) < len(self.reply):
                got += self.socket.recv(1 << 20)
            assert got == self.reply
        return cpu_seconds(self.process.pid) - before

    def close(self):
        self.socket.close()
        self.process.kill()
        self.process.wait()


def main():
    batches = int(sys.argv[1] if len(sys.argv) > 1 else 400_000) // PIPELINE
    with tempfile.TemporaryDirectory() as directory:
        kevy = Server([SERVER], f"{directory}/kevy.sock")
        redis = Server(["redis-server", "--save", "", "--dir", directory], f"{directory}/redis.sock")
        totals = {kevy: 0.0, redis: 0.0}
        for _ in range(4):  # by turns, so that both meet the same weather
            for server in totals:
                totals[server] += server.run(batches // 4)
        for name, server in (("kevy", kevy), ("redis-server", redis)):
            print(f"{name}: {totals[server] / batches / PIPELINE * 1e6:.2f} us of CPU time a script")
        print(f"ratio: {totals[kevy] / totals[redis]:.2f}")
        kevy.close()
        redis.close()


main()
