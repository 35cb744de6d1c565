"""Shows kevy at work: counts the words of the licence texts that every Debian has, in instances
inside a C program, a Python program and a Node program, looks at the C program's counts through
redis-cli, and says how long one INCR took beside redis-server's."""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "release"
TEXTS = sorted(str(path) for path in Path("/usr/share/common-licenses").iterdir())
WAIT = 20  # seconds, for a server to come up


@dataclass
class Count:
    words: int
    different: int
    each_ns: int

    @classmethod
    def read(cls, output: str) -> "Count":
        found = re.search(r"(\d+) words, (\d+) different, (\d+) ns each", output)
        if found is None:
            sys.exit(f"the example did not say what it counted:\n{output}")
        return cls(*map(int, found.groups()))


def show(title: str, output: str, lines: int = 3) -> None:
    print(f"== {title}")
    for line in output.splitlines()[:lines]:
        print(line)
    print(f"     ...  {output.splitlines()[-1]}", flush=True)


def run(title: str, *command: str) -> Count:
    done = subprocess.run([*command, *TEXTS], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{title} failed:\n{done.stdout}{done.stderr}")
    show(title, done.stdout)
    return Count.read(done.stdout)


def compile_example() -> str:
    program = BUILD / "word_count"
    subprocess.run(
        ["cc", "-O2", "-std=c11", "-I", ROOT / "capi/include", ROOT / "examples/c/word_count.c",
         "-o", program, "-L", BUILD / "capi", "-lkevy", f"-Wl,-rpath,{BUILD}/capi"], check=True)
    return str(program)


def redis_cli(path: str, *words: str) -> str:
    done = subprocess.run(["redis-cli", "-s", path, *words], capture_output=True, text=True,
                          timeout=WAIT, check=True)
    return done.stdout.strip()


def run_c(directory: str) -> Count:
    """Counts in C, and looks in from outside while the program holds its instance."""
    path = os.path.join(directory, "kevy.sock")
    output = ""
    with subprocess.Popen([compile_example(), "--listen", f"unix:{path}", *TEXTS],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            if line.startswith("listening on"):
                break
            output += line
        show("C: an instance inside the program", output)
        print("== the same instance through redis-cli and its Unix socket")
        for words in [("GET", "the"), ("DBSIZE",)]:
            print(f"   redis-cli> {' '.join(words):<10} {redis_cli(path, *words)}")
        program.stdin.close()
    return Count.read(output)


def redis_server_ns(directory: str) -> float:
    """What one INCR takes a client of redis-server that waits for each answer."""
    path = os.path.join(directory, "redis.sock")
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", directory],
        stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + WAIT
        while not os.path.exists(path):
            if time.monotonic() > deadline or server.poll() is not None:
                sys.exit("redis-server does not come up")
            time.sleep(0.02)  # between two looks
        done = subprocess.run(
            ["redis-benchmark", "-s", path, "-c", "1", "-n", "30000", "-r", "10000", "-t", "incr",
             "--csv"], capture_output=True, text=True, check=True)
        rate = re.search(r'"INCR","([\d.]+)"', done.stdout)
        return 1e9 / float(rate.group(1))
    finally:
        server.terminate()
        server.wait(WAIT)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        counts = {"C": run_c(directory)}
        counts["Python"] = run("Python", str(ROOT / ".venv/bin/python"),
                               str(ROOT / "examples/python/word_count.py"))
        counts["Node"] = run("Node", "node", str(ROOT / "examples/node/word_count.mjs"))
        theirs = redis_server_ns(directory)
    if len({(count.words, count.different) for count in counts.values()}) != 1:
        sys.exit(f"the three do not agree: {counts}")
    print(f"== {counts['C'].words:,} words counted three times, and the three agree; for each word,"
          " reading included:")
    for language, count in counts.items():
        print(f"   kevy in {language:<8} {count.each_ns:>8,} ns   "
              f"{theirs / count.each_ns:>6,.0f} times as fast as redis-server")
    print(f"   redis-server     {theirs:>8,.0f} ns   (over a Unix socket, one INCR after another)")


if __name__ == "__main__":
    main()
