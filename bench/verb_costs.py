"""The verbs of data beside redis-server's: the CPU time of the server for the same commands on the
same data, of a hundred thousand or a million elements.

As a piece of run.py: the cases of verb_cases.py with a goal. With --survey: all of them, and the
ratios above 1.0 as a table; it fails when a verb of kevy's has no case.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import bit_cases
import stream_cases
import verb_cases
from servers import Server, kevy, redis, running
from verb_cases import Case

PARTS = verb_cases, bit_cases, stream_cases
GOAL = 1.0  # of the survey
ROUND_NS = 4_000_000  # of CPU that one measurement should take
ROUNDS, ROUNDS_QUICK = 7, 3
BIG_INTSET = 100_000
SETTLE, IDLE_NS = 0.1, 500_000  # seconds, and the CPU time in them of a server that does nothing
PREPARED = 0.02  # seconds; what was prepared may have left something to free
# Verbs that have nothing to do with the size of data.
NOT_TIMED = frozenset(
    "auth client command config debug discard exec flushall flushdb hello info multi persist "
    "psubscribe publish pubsub punsubscribe quit reset spublish ssubscribe subscribe sunsubscribe "
    "unsubscribe pfdebug pfselftest role wait waitaof readonly readwrite asking monitor slowlog "
    "latency lolwut shutdown save bgsave bgrewriteaof lastsave migrate restore".split())
# Verbs that redis-server 7.0 does not have.
NOT_TIMED |= frozenset(
    "hexpire hpexpire hexpireat hpexpireat httl hpttl hexpiretime hpexpiretime hpersist hgetex "
    "hsetex hgetdel delex delifeq digest increx lmovem msetex sdiffcard sunioncard blmovem xdelex xackdel "
    "xnack xcfgset xidmprecord commandlog".split())


def prepare(server: Server, size: int) -> None:
    for part in PARTS:
        for command in part.fill(size):
            server.send(command)
    # An intset larger than the limit stays one while it only shrinks.
    server.send(verb_cases.commands(f"CONFIG SET set-max-intset-entries {BIG_INTSET}"))
    for command in verb_cases.filled("SADD", "bigintset", words=list(range(BIG_INTSET))):
        server.send(command)


def measure(server: Server, case: Case, calls: int) -> float:
    """CPU time of one unit, in ns."""
    for command in case.prepare:
        server.send(command)
    before = settled(server, PREPARED) if case.prepare else server.cpu_ns()
    server.send(case.unit * calls, case.piece)
    after = settled(server, SETTLE) if case.lazy else server.cpu_ns()
    return max(after - before, 1) / calls  # the clock of a process has steps


def settled(server: Server, seconds: float) -> int:
    """Its CPU time once it has had nothing to do for so long."""
    before, now = -1, server.cpu_ns()
    while now - before > IDLE_NS * seconds / SETTLE:
        time.sleep(seconds)
        before, now = now, server.cpu_ns()
    return now


def calls_for(server: Server, case: Case) -> int:
    cost = min(measure(server, case, 1) for _ in range(2))
    return max(1, min(case.calls_max, int(ROUND_NS / max(cost, 1))))


def compare(ours: Server, theirs: Server, case: Case, rounds: int) -> dict:
    calls = calls_for(theirs, case)
    pairs = [(measure(ours, case, calls), measure(theirs, case, calls)) for _ in range(rounds)]
    return {"ours": statistics.median(mine for mine, _ in pairs),
            "theirs": statistics.median(other for _, other in pairs),
            "ratio": statistics.median(mine / other for mine, other in pairs)}


def survey(ours: Server, theirs: Server, cases: list[Case], size: int, rounds: int) -> None:
    above = 0
    for case in cases:
        found = compare(ours, theirs, case, rounds)
        if found["ratio"] > GOAL:
            above += 1
            print(f"{found['ratio']:8.2f} {found['ours']:14,.0f} {found['theirs']:14,.0f} ns  {case.name}",
                  flush=True)
    print(f"{above} of {len(cases)} cases above {GOAL} at {size:,} elements")


def check_coverage(server: Server, cases: list[Case]) -> None:
    timed = {verb for case in cases for verb in case.verbs()}
    missing = set(server.verbs()) - timed - NOT_TIMED
    if missing:
        raise SystemExit(f"no case for {', '.join(sorted(missing))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--survey", action="store_true", help="all cases, not only those with a goal")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--only", help="cases whose name has this in it")
    options = parser.parse_args()
    rounds = ROUNDS_QUICK if options.quick else ROUNDS
    cases = [case for part in PARTS for case in part.cases(options.size)
             if (options.survey or case.goal) and (options.only or "") in case.name]
    with running(redis(), kevy(options.build)) as (theirs, ours):
        for server in theirs, ours:
            prepare(server, options.size)
        if options.survey:
            if not options.only:
                check_coverage(ours, cases)
            survey(ours, theirs, cases, options.size, rounds)
            return
        for case in cases:
            print(f"  {case.name}", file=sys.stderr, flush=True)
            found = compare(ours, theirs, case, rounds)
            row = {"name": f"CPU of {case.name}", "unit": "ns"}
            print(json.dumps(row | {"side": theirs.side, "value": found["theirs"]}))
            print(json.dumps(row | {"side": ours.side, "value": found["ours"], "against": theirs.side,
                                    "ratio": round(found["ratio"], 3), "goal": case.goal_ratio}), flush=True)


if __name__ == "__main__":
    main()
