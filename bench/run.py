"""Runs the benchmarks and shows them as one table, with the goals.

Usage: run.py [--build DIRECTORY] [--quick] [--only PIECE ...] [--output DIRECTORY]

Every piece is a program of its own that prints rows (see README.md). The table goes to standard
output, the rows to results.json and a chart to results.svg in the output directory.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

import chart

BENCH = Path(__file__).resolve().parent
# bench/<piece>.py, where it is there
SCRIPTS = ["memory", "network", "hot_key", "set_operations", "verb_costs", "collections_memory", "collections_cpu",
           "streams", "hand_off_sockets", "append_only_sockets", "load_times", "bindings"]


def commands(build: Path, quick: bool) -> dict[str, list[str]]:
    """What to run for each piece, in order."""
    programs = {
        "in_process": ["7"] if quick else ["21"],
        "publish_latency": ["500"] if quick else ["3000"],
        "hand_off": ["500"] if quick else ["3000"],
        "pipeline": ["3", "1000000"] if quick else ["15"],
        "collections": ["5"] if quick else ["15"],
        "long_list": ["3"] if quick else ["15"],
        "sorted_set_structure": ["100000"] if quick else ["1000000"],
        "longest_set": ["1000000"] if quick else ["10000000"],
        "longest_add": ["1000000"] if quick else ["10000000"],
    }
    found = {
        piece: [str(build / "bench" / f"bench_{piece}"), *arguments]
        for piece, arguments in programs.items()
        if (build / "bench" / f"bench_{piece}").exists()
    }
    for piece in SCRIPTS:
        script = BENCH / f"{piece}.py"
        if script.exists():
            found[piece] = [sys.executable, str(script), "--build", str(build)]
            found[piece] += ["--quick"] if quick else []
    return found


def run_piece(piece: str, command: list[str], failed: list[str]) -> list[dict]:
    """The rows of one piece, shown as they come; its own progress goes to standard error. A piece
    that fails is added to `failed`, and the others are not lost with it."""
    rows = []
    print(f"== {piece}", file=sys.stderr, flush=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            rows.append({"piece": piece, **json.loads(line)})
            print(f"  {rows[-1]['name']} ({rows[-1]['side']})", file=sys.stderr, flush=True)
    if running.returncode != 0:
        failed.append(piece)
    return rows


def verdict(row: dict) -> str:
    if "goal" not in row:
        return ""
    return "ok" if row["ratio"] <= row["goal"] else "MISSED"


def table(rows: list[dict]) -> str:
    lines = []
    for row in rows:
        line = f"{row['name']:<48} {row['side']:<24} {row['value']:>12,.1f} {row['unit']:<6}"
        if "goal" in row:
            line += f" {row['ratio']:>7.2f} of {row['goal']:<5g} {verdict(row):<7} {row['against']}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=BENCH.parent / "build" / "release")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it runs")
    parser.add_argument("--only", nargs="+", metavar="PIECE", help="these pieces alone")
    parser.add_argument("--output", type=Path, default=BENCH / "results")
    options = parser.parse_args()
    pieces = commands(options.build, options.quick)
    if not any(piece not in SCRIPTS for piece in pieces):
        raise SystemExit(f"no benchmarks in {options.build}: configure with -DKEVY_BENCH=ON")
    for piece in options.only or []:
        if piece not in pieces:
            raise SystemExit(f"no such piece: {piece}; there are {', '.join(pieces)}")
    rows: list[dict] = []
    failed: list[str] = []
    for piece, command in pieces.items():
        if options.only is None or piece in options.only:
            rows += run_piece(piece, command, failed)
    print(table(rows))
    missed = sum(verdict(row) == "MISSED" for row in rows)
    goals = sum("goal" in row for row in rows)
    print(f"\n{goals - missed} of {goals} goals reached")
    options.output.mkdir(parents=True, exist_ok=True)
    result = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": platform.machine(),
        "rows": rows,
    }
    (options.output / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    (options.output / "results.svg").write_text(chart.draw(rows))
    print(f"written: {options.output}/results.json, {options.output}/results.svg")
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
