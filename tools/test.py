"""Runs every test of every language on the release build, one runner after the other, and ends with
a total. Fails when a test fails, or when a runner ran none."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "release"

# What is run, and how its output says how many tests passed.
RUNNERS = [
    ("C and C++",
     ["ctest", "--test-dir", str(BUILD), "--output-on-failure", "--no-tests=error", "-j2",
      "--progress"],
     r"tests failed out of (\d+)"),
    ("beside Valkey and Redis, over the network, rules of the house",
     [str(ROOT / ".venv/bin/pytest"), "-q", "--timeout", "300", "-n", "2", "--dist", "worksteal",
      "tests/differential", "tests/network", "tests/persistence",
      "tests/tidy"],
     r"(\d+) passed"),
    ("Python", ["sh", str(ROOT / "tools/python.sh")], r"(\d+) passed"),
    ("Node", ["sh", str(ROOT / "tools/node.sh")], r"^Node: (\d+) tests"),
    ("programs of PyPI's and npm's", ["sh", str(ROOT / "tools/programs.sh")],
     r"(\d+)(?= passed| tests are fine)"),
]


def run(title: str, command: list, count_pattern: str) -> tuple:
    """Shows the runner's output as it comes; whether it was content, and how many tests passed."""
    print(f"== {title}", flush=True)
    environment = {**os.environ, "KEVY_LIBRARY": str(BUILD / "capi" / "libkevy.so.1"),
                   "KEVY_SERVER": str(BUILD / "server" / "kevy-server")}
    passed = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd=ROOT, env=environment) as running:
        for line in running.stdout:
            print(line, end="", flush=True)
            passed += sum(map(int, re.findall(count_pattern, line)))
    return running.returncode == 0 and passed > 0, passed


def main() -> None:
    started = time.monotonic()
    results = [(title, *run(title, command, pattern)) for title, command, pattern in RUNNERS]
    print("== total")
    for title, content, passed in results:
        print(f"{passed:6} {'passed' if content else 'passed, BUT IT FAILED'}  {title}")
    total = sum(passed for _, _, passed in results)
    failed = [title for title, content, _ in results if not content]
    print(f"{total:6} tests passed in {time.monotonic() - started:.0f} s; "
          + (f"FAILED: {', '.join(failed)}" if failed else "no failure"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
