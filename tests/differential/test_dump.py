"""DUMP and RESTORE: payloads go from kevy to both references and back, for values of every type, form and
border size, and what arrives has the same digest; wrong payloads get the errors of the references."""

import ctypes
import random

import pytest
from compare import check_on_both
from differences import REDIS
from doors import encode, make_fresh, parse, reply_end

LISTPACK_BORDER = 16378  # an element for which the references differ in how they write its length
LENGTHS = [0, 1, 11, 12, 20, 21, 44, 45, 63, 64, 65, 127, 128, 192, 193, 4095, 4096, 8192, 8193, 16377,
           LISTPACK_BORDER, 16379, 65535, 65537]
NUMBERS = ["0", "-1", "12", "127", "128", "-128", "-129", "4095", "4096", "-4096", "-4097", "32767",
           "32768", "-32769", "8388607", "8388608", "-8388609", "2147483647", "2147483648",
           "-2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808"]
NO_NUMBERS = ["", "-0", "01", "+1", " 1", "1.5", "9223372036854775808", "x", "\xff\x00"]
COUNTS = [1, 2, 127, 128, 129, 257, 511, 512, 513, 5000]


def text_of(length, seed=0):
    """Half of it can be compressed."""
    rng = random.Random(length + seed)
    return bytes(rng.randrange(256) for _ in range(length // 2)) + b"x" * (length - length // 2)


def elements(count, kind):
    if kind == "numbers":
        return [str(i * 7 - 300).encode() for i in range(count)]
    if kind == "long":
        return [b"%05d" % i + b"v" * 70 for i in range(count)]
    return [f"element:{i}".encode() for i in range(count)]


def strings():
    yield from ([["SET", "k", text_of(length)]] for length in LENGTHS)
    yield from ([["SET", "k", text]] for text in NUMBERS + NO_NUMBERS)
    yield [["SET", "k", "a"], ["APPEND", "k", "b"]]
    yield [["SETBIT", "k", "100000", "1"]]
    yield [["PFADD", "k", "a", "b", "c"]]


def collections():
    for count in COUNTS:
        for kind in ("numbers", "short", "long"):
            members = elements(count, kind)
            yield [["RPUSH", "k", *members]]
            yield [["SADD", "k", *members]]
            yield [["HSET", "k", *(word for m in members for word in (m, m + b"v"))]]
            yield [["ZADD", "k", *(word for i, m in enumerate(members) for word in (str(i / 8), m))]]
    for length in LENGTHS:
        text = text_of(length)
        yield [["RPUSH", "k", "a", text, "b", text]]
        yield [["SADD", "k", "a", text]]
        yield [["HSET", "k", "a", text, text, "a"]]
        yield [["ZADD", "k", "1", "a", "2", text]]
        yield [["XADD", "k", "1-1", "a", text, "b", "c"], ["XADD", "k", "1-2", "a", "1", "b", "2"]]
    everything = [*NUMBERS, *NO_NUMBERS]
    yield [["RPUSH", "k", *everything]]
    yield [["SADD", "k", *everything]]
    yield [["HSET", "k", *(word for text in everything for word in (text, text))]]
    yield [["SADD", "k", *NUMBERS]]
    scores = ["-inf", "-1e300", "-1.5", "0", "5e-324", "0.1", "1", "4611686018427387904",
              "9007199254740993", "1e20", "1.7976931348623157e308", "inf"]
    yield [["ZADD", "k", *(word for i, score in enumerate(scores) for word in (score, f"m{i}"))]]
    yield [["ZADD", "k", *(word for i in range(300) for word in ("1.25", f"m{i}"))]]


def streams():
    yield [["XADD", "k", f"{i}-1", "f", f"v{i}", *(["g", "1"] if i % 5 == 0 else [])]
           for i in range(1, 350)]
    yield [["XADD", "k", "5-5", "a", "b"], ["XDEL", "k", "5-5"]]
    yield [["XADD", "k", f"{i}-0", "a", "b"] for i in range(1, 20)] + [["XDEL", "k", "3-0", "19-0"],
                                                                      ["XTRIM", "k", "MAXLEN", "10"]]
    yield [["XADD", "k", "18446744073709551614-18446744073709551615", "a", "b"]]
    yield [["XADD", "k", "1-1", "a", "b"], ["XADD", "k", "18446744073709551615-1", "a", "b"]]
    yield [["XGROUP", "CREATE", "k", "g", "$", "MKSTREAM"], ["XGROUP", "CREATE", "k", "h", "7-7"]]
    yield [*(["XADD", "k", f"{i}-0", "a", str(i)] for i in range(1, 300)),
           ["XGROUP", "CREATE", "k", "g", "0"], ["XGROUP", "CREATE", "k", "empty", "5"],
           ["XREADGROUP", "GROUP", "g", "one", "COUNT", "150", "STREAMS", "k", ">"],
           ["XREADGROUP", "GROUP", "g", "two", "COUNT", "20", "STREAMS", "k", ">"],
           ["XACK", "k", "g", "3-0", "160-0"], ["XDEL", "k", "4-0"]]


CASES = {"strings": strings, "collections": collections, "streams": streams}


def run(door, *words):
    return parse(door.run([word.encode("latin-1") if isinstance(word, str) else word for word in words]))


def whole(door):
    """All that can be asked of the value, beside its digest."""
    kind = run(door, "TYPE", "k")
    if kind == b"stream":
        groups = run(door, "XINFO", "GROUPS", "k")
        pending = [run(door, "XPENDING", "k", group[1], "-", "+", "1000") for group in groups]
        for entries in pending:
            for entry in entries:
                entry[2] = 0  # for how long it has been
        groups = [[item for item in group if item not in (b"lag", b"entries-read")] for group in groups]
        return [kind, run(door, "XRANGE", "k", "-", "+"), sorted(groups, key=str), sorted(pending)]
    if kind == b"zset":  # whose digest differs in the digits of scores
        pairs = run(door, "ZRANGE", "k", "0", "-1", "WITHSCORES")
        return [kind, pairs[::2], [float(score) for score in pairs[1::2]]]
    return [kind, run(door, "DEBUG", "DIGEST-VALUE", "k")]


def knows(reference, payload):
    """Whether the reference knows the version of the payload."""
    return int.from_bytes(payload[-10:-8], "little") <= (10 if reference.version == REDIS else 80)


def carry(source, target, expected):
    """Takes the value of k from one to the other, where it must be what it was."""
    payload = run(source, "DUMP", "k")
    run(target, "DEL", "k")
    assert run(target, "RESTORE", "k", "0", payload) == b"OK", payload[:80]
    assert whole(target) == expected
    return payload


@pytest.mark.parametrize("case", CASES)
def test_payloads_are_understood_on_the_other_side(reference, kevy, case):
    make_fresh(reference, kevy)
    if reference.version == REDIS:
        run(reference, "CONFIG", "SET", "sanitize-dump-payload", "yes")
    checked = foreign = 0
    for commands in CASES[case]():
        for door in (reference, kevy):
            run(door, "FLUSHALL")
            for command in commands:
                run(door, *command)
        expected = whole(kevy)
        assert whole(reference) == expected, commands[0][:3]
        carry(reference, kevy, expected)
        carry(kevy, kevy, expected)
        if knows(reference, run(kevy, "DUMP", "k")):
            carry(kevy, reference, expected)
            checked += 1
        else:
            foreign += 1
    assert checked > 6 and foreign <= 2, (checked, foreign)


def test_fields_that_expire_go_both_ways(reference, kevy):
    if reference.version == REDIS:
        pytest.skip("fields have no time to live there")
    make_fresh(reference, kevy)
    for count in (1, 3, 600):
        for door in (reference, kevy):
            run(door, "DEL", "k")
            run(door, "HSET", "k", *(word for i in range(count) for word in (f"f{i}", f"v{i}")))
            run(door, "HPEXPIREAT", "k", "4000000000123", "FIELDS", "1", "f0")
        for source, target in ((reference, kevy), (kevy, reference), (kevy, kevy)):
            carry(source, target, whole(kevy))
            fields = [f"f{i}" for i in range(count)]
            moments = [4000000000123] + [-1] * (count - 1)
            assert run(target, "HPEXPIRETIME", "k", "FIELDS", str(count), *fields) == moments
        run(kevy, "HPERSIST", "k", "FIELDS", "1", "f0")
        carry(kevy, reference, whole(kevy))


def restored_payloads(kevy):
    run(kevy, "RPUSH", "list", "a", "b")
    payload = run(kevy, "DUMP", "list")
    run(kevy, "DEL", "list")
    return payload


def test_restore_answers_as_the_references(reference, kevy):
    doors = (reference, kevy)
    make_fresh(*doors)
    payload = restored_payloads(kevy)
    flipped = bytes([payload[0] ^ 1]) + payload[1:]
    check_on_both(doors, "SET", "taken", "x")
    for key in ("k", "taken"):
        for words in (["0", payload], ["x", payload], ["-1", payload], ["0", flipped], ["0", b""],
                      ["0", payload[:-1]], ["0", payload, "FOO"], ["0", payload, "IDLETIME"],
                      ["0", payload, "IDLETIME", "-1"], ["0", payload, "IDLETIME", "x"],
                      ["0", payload, "FREQ", "256"], ["0", payload, "FREQ", "-1"],
                      ["0", payload, "FREQ", "1", "IDLETIME", "1"],
                      ["0", payload, "IDLETIME", "1", "FREQ", "1"],
                      ["0", flipped, "REPLACE"], ["x", flipped, "REPLACE"], ["0"],
                      ["0", payload, "IDLETIME", "1000", "REPLACE"], ["0", payload, "FREQ", "7", "REPLACE"],
                      ["100000", payload, "REPLACE"], ["9223372036854775807", payload, "REPLACE"],
                      ["1", payload, "REPLACE", "ABSTTL"], ["4000000000000", payload, "ABSTTL", "REPLACE"]):
            check_on_both(doors, "RESTORE", key, *words)
            check_on_both(doors, "EXISTS", key)
            check_on_both(doors, "PTTL", key)
            if words[-1] == "ABSTTL" or "100000" in words:
                check_on_both(doors, "SET", key, "x")
    check_on_both(doors, "DUMP", "nosuch")
    check_on_both(doors, "RESTORE", "idle", "0", payload, "IDLETIME", "1000")
    assert 1000 <= run(kevy, "OBJECT", "IDLETIME", "idle") <= 1002


def test_a_restored_value_serves_who_waits(reference, kevy):
    make_fresh(reference, kevy)
    payload = restored_payloads(kevy)
    for door in (reference, kevy):
        waiting = door.another()
        waiting_id = run(waiting, "CLIENT", "ID")
        run(door, "DEL", "q")
        replies = serve_by_restore(door, waiting, payload, waiting_id)
        assert replies == [b"q", b"a"]
        waiting.close()


def serve_by_restore(door, waiting, payload, waiting_id):
    """What BLPOP q answers to one session when another restores q."""
    request = encode([b"BLPOP", b"q", b"20"])
    if hasattr(waiting, "socket"):
        waiting.socket.sendall(request)
        while b"cmd=blpop" not in run(door, "CLIENT", "LIST", "ID", str(waiting_id)):
            pass
        assert run(door, "RESTORE", "q", "0", payload) == b"OK"
        data = b""
        while reply_end(data) is None:
            data += waiting.socket.recv(4096)
        return parse(data)
    assert waiting.library.kevy_session_feed(waiting.session, request, ctypes.c_size_t(len(request))) == 0
    assert waiting.more() == b""
    assert run(door, "RESTORE", "q", "0", payload) == b"OK"
    return parse(waiting.more())
