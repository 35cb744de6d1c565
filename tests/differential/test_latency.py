"""LATENCY beside the references. Moments and durations differ; sleeps make them certain."""

import re

import pytest
from differences import REDIS
from doors import parse


def sleep(door, seconds):
    assert door.run([b"DEBUG", b"SLEEP", b"%g" % seconds]) == b"+OK\r\n"


def watch(door, threshold):
    words = [b"CONFIG", b"SET", b"latency-monitor-threshold", b"%d" % threshold]
    assert door.run(words) == b"+OK\r\n"


def test_spikes_are_noted_by_event(reference, kevy):
    for door in (reference, kevy):
        watch(door, 10)
        door.run([b"LATENCY", b"RESET"])
        door.run([b"PING"])
        assert door.run([b"LATENCY", b"LATEST"]) == b"*0\r\n"
        sleep(door, 0.03)
        sleep(door, 0.02)
        ((name, moment, last, worst, *further),) = parse(door.run([b"LATENCY", b"LATEST"]))
        assert name == b"command" and moment > 1e9 and 20 <= last <= worst and worst >= 30
        if getattr(door, "version", None) != REDIS:
            assert further[0] >= 50 and further[1] == 2
        history = parse(door.run([b"LATENCY", b"HISTORY", b"command"]))
        assert history[-1] == [moment, last] and 1 <= len(history) <= 2
        assert door.run([b"LATENCY", b"HISTORY", b"nosuch"]) == b"*0\r\n"
        assert door.run([b"LATENCY", b"RESET", b"command", b"nosuch"]) == b":1\r\n"
        assert door.run([b"LATENCY", b"HISTORY", b"command"]) == b"*0\r\n"
        watch(door, 0)
        sleep(door, 0.02)
        assert door.run([b"LATENCY", b"LATEST"]) == b"*0\r\n"
        assert door.run([b"LATENCY", b"RESET"]) == b":0\r\n"


def test_the_graph_has_a_column_for_each_second(reference, kevy):
    graphs = []
    for door in (reference, kevy):
        watch(door, 10)
        door.run([b"LATENCY", b"RESET"])
        sleep(door, 0.025)
        lines = parse(door.run([b"LATENCY", b"GRAPH", b"command"])).decode().split("\n")
        lines[0] = re.sub(r"\d+ ms", "so many ms", lines[0])
        graphs.append([line for line in lines if line.strip() not in tuple("0123456789")])
        watch(door, 0)
    assert graphs[0] == graphs[1]


def test_durations_are_spread_over_steps(reference, kevy):
    for door in (reference, kevy):
        assert door.run([b"CONFIG", b"SET", b"latency-tracking", b"yes"]) == b"+OK\r\n"
        door.run([b"CONFIG", b"RESETSTAT"])
        for _ in range(3):
            door.run([b"SET", b"a", b"1"])
        door.run([b"GET"])
        door.run([b"CLIENT", b"ID"])
        sleep(door, 0.01)
        (verb, [calls, count, name, steps]) = parse(door.run([b"LATENCY", b"HISTOGRAM", b"set"]))
        assert (verb, calls, count, name) == (b"set", b"calls", 3, b"histogram_usec")
        assert steps[-1] == 3
        (_, [_, _, _, steps]) = parse(door.run([b"LATENCY", b"HISTOGRAM", b"debug"]))
        assert steps[-1] == 1 and steps[0] >= 16908
        bounds = {1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454}
        for found in parse(door.run([b"LATENCY", b"HISTOGRAM"]))[1::2]:
            assert {bound for bound in found[3][::2] if bound < 10_000} <= bounds
        names = parse(door.run([b"LATENCY", b"HISTOGRAM", b"SET", b"nosuch", b"client|id", b"client",
                                b"config|nosuch", b"get"]))[::2]
        assert names == [b"set", b"client|id", b"client|id"]


@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_errors_and_empty_replies(reference, kevy, protocol):
    for door in (reference, kevy):
        door.run([b"HELLO", protocol])
        watch(door, 0)
        door.run([b"LATENCY", b"RESET"])
    for command in ["LATENCY", "LATENCY X", "LATENCY GRAPH", "LATENCY GRAPH x", "LATENCY HISTORY", "LATENCY LATEST",
                    "LATENCY LATEST x", "LATENCY RESET", "LATENCY RESET x y", "LATENCY HELP x",
                    "LATENCY HISTOGRAM nosuch", "CONFIG SET latency-tracking x",
                    "CONFIG SET latency-monitor-threshold -1", "CONFIG SET latency-monitor-threshold x",
                    "CONFIG SET latency-monitor-threshold 1", "CONFIG GET latency-monitor-threshold",
                    "CONFIG SET latency-monitor-threshold 0"]:
        words = command.encode().split()
        assert kevy.run(words) == reference.run(words), command
    for door in (reference, kevy):
        door.run([b"HELLO", b"2"])
