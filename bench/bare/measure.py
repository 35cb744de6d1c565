"""One round of the Python side of bindings.py: a JSON object of nanoseconds an operation."""

import json
import sys
import time

sys.path.insert(0, sys.argv[1])

import bare_python  # noqa: E402
import libkevy as kevy  # noqa: E402

ROUNDS = 300
KEYS = [f"key:{i:08}".encode() for i in range(1000)]
VALUE = b"v" * 64


def one_argument(call):
    start = time.perf_counter_ns()
    for _ in range(ROUNDS):
        for key in KEYS:
            call(key)
    return (time.perf_counter_ns() - start) / (ROUNDS * len(KEYS))


def two_arguments(call, first=None):
    start = time.perf_counter_ns()
    if first is None:
        for _ in range(ROUNDS):
            for key in KEYS:
                call(key, VALUE)
    else:
        for _ in range(ROUNDS):
            for key in KEYS:
                call(first, key)
    return (time.perf_counter_ns() - start) / (ROUNDS * len(KEYS))


def ten_gets(db):
    """Ten keys at a time: in a pipeline, and one after another."""
    tens = [KEYS[first : first + 10] for first in range(0, len(KEYS), 10)]
    times = [time.perf_counter_ns()]
    for _ in range(ROUNDS // 10):
        for keys in tens:
            pipeline = db.pipeline()
            for key in keys:
                pipeline.get(key)
            pipeline.execute()
    times.append(time.perf_counter_ns())
    for _ in range(ROUNDS // 10):
        for keys in tens:
            for key in keys:
                db.get(key)
    times.append(time.perf_counter_ns())
    count = ROUNDS // 10 * len(tens)
    return {"pipeline": (times[1] - times[0]) / count, "ten gets": (times[2] - times[1]) / count}


def bare_cffi():
    """The calls of the library that get and set over cffi come down to, and nothing else."""
    from libkevy._cffi_library import INSTANCE, SIZE, ffi, lib

    instance = ffi.new(INSTANCE)
    lib.kevy_start(ffi.NULL, instance)
    db, get, set_ = instance[0], lib.kevy_get, lib.kevy_set
    buffer, size = ffi.new("char[]", 2048), ffi.new(SIZE)
    start = time.perf_counter_ns()
    for _ in range(ROUNDS):
        for key in KEYS:
            set_(db, key, 12, VALUE, 64, 0, 0)
    between = time.perf_counter_ns()
    for _ in range(ROUNDS):
        for key in KEYS:
            get(db, key, 12, buffer, 2048, size)
    end = time.perf_counter_ns()
    lib.kevy_stop(db)
    operations = ROUNDS * len(KEYS)
    return {"bare get": (end - between) / operations, "bare set": (between - start) / operations}


with kevy.start() as db:
    c_get, c_set = bare_python.c_cost(ROUNDS)
    result = {
        "c get": c_get,
        "c set": c_set,
        "bare get": one_argument(bare_python.take),
        "bare set": two_arguments(bare_python.take),
        "set": two_arguments(db.set),
        "get": one_argument(db.get),
        "execute": two_arguments(db.execute, "GET"),
        **ten_gets(db),
    }
if kevy.backend == "cffi":
    result |= bare_cffi()
print(json.dumps(result))
