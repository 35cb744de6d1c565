"""From Python (both doors) and from Node: what get and set cost beside the least they could cost, a
bare call out of the language and the same operation from C.

Needs the Python package in .venv and the Node package built (make python node).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BARE = ROOT / "bench" / "bare"
PYTHON = ROOT / ".venv" / "bin" / "python"
NODE_HEADERS = ROOT / "bindings" / "node" / "node_modules" / "node-api-headers" / "include"
ROUNDS, ROUNDS_QUICK = 9, 3


def compile_shared(source: str, output: Path, *arguments: str) -> None:
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(output), str(BARE / source),
                    *arguments], check=True)


def measured(command: list, door: str = "native") -> dict:
    environment = {**os.environ, "KEVY_PYTHON_BACKEND": door}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env=environment)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


class Rows:
    """Collects rounds; a ratio is the median of the rounds' own ratios."""

    def __init__(self):
        self.rounds = []

    def show(self, name, side, key, against=None, bound=None, goal=None):
        value = statistics.median(round[key] for round in self.rounds)
        row = {"name": name, "side": side, "value": value, "unit": "ns"}
        if goal is not None:
            ratio = statistics.median(round[key] / bound(round) for round in self.rounds)
            row |= {"against": against, "ratio": ratio, "goal": goal}
        print(json.dumps(row), flush=True)


def show_adopter(rows: Rows) -> None:
    """What a program of Node's sees that used ioredis or ioredis-mock before."""
    for name, side, key, against, goal in [
        ("hgetall of 10 fields, Node", "db.hgetall", "hgetall", "hgetall mock", 1.0),
        ("hgetall of 10 fields, Node", "with buffers", "hgetall buffers", "hgetall", 2.0),
        ("get, Node", "with buffers", "get buffers", "get", 2.0),
        ("exec GET, Node", "with buffers", "exec buffers", "exec", 2.0),
        ("lrange of 5000, Node", "with buffers", "lrange buffers", "lrange", 2.0),
        ("10 GETs, Node", "db.pipeline", "pipeline", "ten gets", 1.0),
        ("GET by ioredis, awaited", "in process", "awaited", "awaited server", 0.25),
        ("GET by ioredis, awaited", "in process", "awaited", "awaited mock", 5.0),
    ]:
        rows.show(name, side, f"adopter {key}", {
            "hgetall mock": "ioredis-mock", "ten gets": "10 times db.get",
            "awaited server": "redis-server, Unix socket", "awaited mock": "ioredis-mock",
        }.get(against, "without"), lambda round, against=against: round[f"adopter {against}"], goal)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if not PYTHON.exists() or not NODE_HEADERS.exists():
        raise SystemExit("the bindings are not built: make python node")
    library = options.build.resolve() / "capi"
    with tempfile.TemporaryDirectory() as directory:
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        compile_shared("bare_python.c", Path(directory) / f"bare_python{suffix}",
                       f"-I{sysconfig.get_paths()['include']}", f"-I{ROOT}/capi/include",
                       f"-L{library}", "-lkevy", f"-Wl,-rpath,{library}")
        bare_node = Path(directory) / "bare.node"
        compile_shared("bare_node.c", bare_node, f"-I{NODE_HEADERS}")
        rows = Rows()
        for number in range(ROUNDS_QUICK if options.quick else ROUNDS):
            print(f"  round {number + 1}", file=sys.stderr, flush=True)
            native = measured([PYTHON, BARE / "measure.py", directory])
            cffi = measured([PYTHON, BARE / "measure.py", directory], door="cffi")
            node = measured(["node", BARE / "measure.mjs", bare_node])
            adopter = measured(["node", BARE / "measure_adopter.mjs"])
            rows.rounds.append({**{f"adopter {key}": ns for key, ns in adopter.items()},
                                **{f"python {key}": ns for key, ns in native.items()},
                                **{f"cffi {key}": ns for key, ns in cffi.items()},
                                **{f"node {key}": ns for key, ns in node.items()}})
    for verb in ["get", "set"]:
        rows.show(f"{verb}, Python", "C", f"python c {verb}")
        rows.show(f"{verb}, Python", "bare call", f"python bare {verb}")
        rows.show(f"{verb}, Python", "db." + verb, f"python {verb}", "C + bare call",
                  lambda round: round[f"python c {verb}"] + round[f"python bare {verb}"], 1.5)
        rows.show(f"{verb}, Python", "bare cffi call", f"cffi bare {verb}")
        rows.show(f"{verb}, Python", "db." + verb + " (cffi)", f"cffi {verb}", "db." + verb,
                  lambda round: round[f"python {verb}"], 8)
        rows.show(f"{verb}, Node", "bare call", f"node bare {verb}")
        rows.show(f"{verb}, Node", "db." + verb, f"node {verb}", "C + bare call",
                  lambda round: round[f"python c {verb}"] + round[f"node bare {verb}"], 1.5)
    rows.show("execute GET, Python", "db.execute", "python execute", "db.get",
              lambda round: round["python get"], 2.5)
    rows.show("10 GETs, Python", "db.pipeline", "python pipeline", "10 times db.get",
              lambda round: round["python ten gets"], 1.0)
    rows.show("exec GET, Node", "db.exec", "node exec")
    show_adopter(rows)


if __name__ == "__main__":
    main()
