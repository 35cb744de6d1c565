"""Payloads of forms that nobody writes any more, made here by hand, and of Redis 7.4's: kevy takes them as
the references do that know them, and what is wrong in them is refused."""

import struct

import pytest
from differences import REDIS
from doors import make_fresh, parse

POLYNOMIAL = 0x95AC9329AC4BC9B5
MOMENT = 4_000_000_000_000


def table():
    rows = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        rows.append(byte)
    return rows


TABLE = table()


def crc64(data):
    checksum = 0
    for byte in data:
        checksum = TABLE[(checksum ^ byte) & 0xFF] ^ checksum >> 8
    return checksum


def payload(kind, body, version=9):
    data = bytes([kind]) + body + struct.pack("<H", version)
    return data + struct.pack("<Q", crc64(data))


def length(number):
    if number < 1 << 6:
        return bytes([number])
    if number < 1 << 14:
        return struct.pack(">H", 0x4000 | number)
    return b"\x80" + struct.pack(">I", number)


def string(text):
    return length(len(text)) + text


def ziplist(*elements):
    entries, before, last = b"", 0, 10
    for element in elements:
        if isinstance(element, int):
            if 0 <= element <= 12:
                code = bytes([0xF1 + element])
            elif -128 <= element < 128:
                code = b"\xfe" + struct.pack("<b", element)
            elif -(1 << 15) <= element < 1 << 15:
                code = b"\xc0" + struct.pack("<h", element)
            elif -(1 << 23) <= element < 1 << 23:
                code = b"\xf0" + struct.pack("<i", element)[:3]
            elif -(1 << 31) <= element < 1 << 31:
                code = b"\xd0" + struct.pack("<i", element)
            else:
                code = b"\xe0" + struct.pack("<q", element)
        elif len(element) < 64:
            code = bytes([len(element)]) + element
        elif len(element) < 1 << 14:
            code = struct.pack(">H", 0x4000 | len(element)) + element
        else:
            code = b"\x80" + struct.pack(">I", len(element)) + element
        head = bytes([before]) if before < 254 else b"\xfe" + struct.pack("<I", before)
        last = 10 + len(entries)
        entries += head + code
        before = len(head + code)
    return struct.pack("<IIH", 11 + len(entries), last, len(elements)) + entries + b"\xff"


def zipmap(*pairs):
    def size(text):
        return bytes([len(text)]) if len(text) < 254 else b"\xfe" + struct.pack("<I", len(text))

    body = b"".join(size(field) + field + size(value) + bytes([free]) + value + b"?" * free
                    for field, value, free in pairs)
    return bytes([len(pairs)]) + body + b"\xff"


def listpack(*elements):
    body = b""
    for element in elements:
        if isinstance(element, int):
            code = bytes([element]) if 0 <= element < 128 else b"\xf4" + struct.pack("<q", element)
        else:
            code = bytes([0x80 | len(element)]) + element
        body += code + bytes([len(code)])
    return struct.pack("<IH", 7 + len(body), len(elements)) + body + b"\xff"


ELEMENTS = [0, 12, 13, -1, 127, -129, 40000, -8388608, 1 << 30, -(1 << 40), b"", b"text", b"x" * 63,
            b"y" * 64, b"z" * 300, b"w" * 20000, b"end"]
SCORED = [b"a", -5, b"b", 1, b"c", 1, b"d", b"2.5", b"e", b"1e+20"]
FIELDS = [b"f", b"v", b"g", 7, b"h", b"x" * 300]
MEMBERS = [b"1", b"\xc0\x02", string(b"word")[1:], b"long" * 20]


def stream_of_old():
    """Without what newer ones tell of entries that are gone; a group with a consumer."""
    piece = listpack(2, 1, 1, b"f", 0, 2, 0, 0, b"v1", 4, 3, 1, 0, b"v2", 4, 0, 2, 0, 2, b"a", b"b", b"c",
                     b"d", 8)
    first = struct.pack(">QQ", 5, 1)
    second = struct.pack(">QQ", 7, 1)
    group = (string(b"group") + length(7) + length(1) + length(1) + second + struct.pack("<q", 1000) +
             length(3) + length(1) + string(b"me") + struct.pack("<q", 2000) + length(1) + second)
    return (length(1) + string(first) + string(piece) + length(2) + length(7) + length(1) + length(1) +
            group)


GOOD = {
    "list": (1, length(3) + string(b"a") + b"\xc1\x10\x27" + string(b"c" * 100)),
    "set": (2, length(3) + string(b"a") + b"\xc2\x40\x42\x0f\x00" + string(b"c" * 100)),
    "zset text": (3, length(4) + string(b"a") + b"\x031.5" + string(b"b") + b"\xfe" + string(b"c") +
                  b"\xff" + string(b"d") + b"\x02-3"),
    "zset": (5, length(2) + string(b"a") + struct.pack("<d", 1.5) + string(b"b") + struct.pack("<d", -3)),
    "hash": (4, length(2) + string(b"a") + string(b"1") + string(b"b") + string(b"x" * 100)),
    "hash zipmap": (9, string(zipmap((b"f", b"v", 0), (b"g", b"w" * 300, 3), (b"h" * 260, b"", 0)))),
    "list ziplist": (10, string(ziplist(*ELEMENTS))),
    "set intset": (11, string(struct.pack("<IIhhh", 2, 3, -7, 0, 9))),
    "set wide intset": (11, string(struct.pack("<IIqq", 8, 2, -7, 9))),
    "zset ziplist": (12, string(ziplist(*SCORED))),
    "hash ziplist": (13, string(ziplist(*FIELDS))),
    "list quicklist": (14, length(2) + string(ziplist(*ELEMENTS)) + string(ziplist(b"more"))),
    "stream": (15, stream_of_old()),
}
NOT_IN_REDIS = {"set listpack": (20, string(listpack(b"a", 5, b"word")), 11)}


def run(door, *words):
    return parse(door.run([word.encode() if isinstance(word, str) else word for word in words]))


@pytest.mark.parametrize("name", [*GOOD, *NOT_IN_REDIS])
def test_old_forms_are_understood(reference, kevy, name):
    if name in NOT_IN_REDIS and reference.version == REDIS:
        pytest.skip("a newer form")
    make_fresh(reference, kevy)
    data = payload(*{**GOOD, **NOT_IN_REDIS}[name])
    digests = []
    for door in (reference, kevy):
        assert run(door, "RESTORE", "k", "0", data) == b"OK"
        kind = run(door, "TYPE", "k")
        if kind == b"zset":  # Redis 7.0 takes more digits of the scores
            digests.append(run(door, "ZRANGE", "k", "0", "-1"))
        else:
            digests.append([run(door, "DEBUG", "DIGEST-VALUE", "k")])
        if kind == b"stream":
            digests[-1].append(run(door, "XINFO", "GROUPS", "k"))
            digests[-1].append(run(door, "XPENDING", "k", "group"))
    assert digests[0] == digests[1]


def test_what_is_wrong_in_old_forms_is_refused(kevy):
    """Each with a byte more, a byte less, and every length changed."""
    refused = 0
    for kind, body, *version in [*GOOD.values(), *NOT_IN_REDIS.values()]:
        for wrong in (body + b"\0", body[:-1], b"\x80\x7f\xff\xff\xff" + body[1:]):
            answer = run(kevy, "RESTORE", "k", "0", payload(kind, wrong, *version))
            assert answer == b"ERR Bad data format", (kind, wrong[:40])
            refused += 1
    twice = [(2, length(2) + string(b"a") * 2), (20, string(listpack(b"a", b"a"))),
             (4, length(2) + (string(b"a") + string(b"b")) * 2), (16, string(listpack(b"a", 1, b"a", 2))),
             (5, length(2) + (string(b"a") + struct.pack("<d", 1)) * 2),
             (17, string(listpack(b"a", 1, b"a", 2))), (13, string(ziplist(b"a", 1, b"a", 1)))]
    disordered = [(17, string(listpack(b"a", 2, b"b", 1))), (17, string(listpack(b"b", 1, b"a", 1))),
                  (11, string(struct.pack("<IIhh", 2, 2, 5, 5))), (11, string(struct.pack("<IIhh", 2, 2, 5, 4)))]
    empty = [(1, length(0)), (2, length(0)), (4, length(0)), (5, length(0)), (10, string(ziplist())),
             (16, string(listpack())), (18, length(0)), (11, string(struct.pack("<II", 2, 0)))]
    others = [(5, length(1) + string(b"a") + struct.pack("<d", float("nan"))), (3, length(1) + b"\x01a\xfd"),
              (17, string(listpack(b"a", b"nan"))), (16, string(listpack(b"a"))), (18, length(1) + b"\x03a"),
              (6, b""), (7, b"\0" * 20), (8, b"\0" * 20), (22, b"\0" * 20), (23, b"\0" * 20), (200, b"")]
    for kind, body in twice + disordered + empty + others:
        assert run(kevy, "RESTORE", "k", "0", payload(kind, body, 11)) == b"ERR Bad data format", (kind, body)
        refused += 1
    assert refused > 60
    assert run(kevy, "RESTORE", "k", "0", payload(0, string(b"a"), 81)).endswith(b"are wrong")


def test_hashes_of_redis_7_4_with_fields_that_expire(kevy):
    """As it documents them; no reference here writes them."""
    metadata = (struct.pack("<q", MOMENT) + length(3) + length(0) + string(b"a") + string(b"1") + length(1) +
                string(b"b") + string(b"2") + length(6) + string(b"c") + string(b"3"))
    pairs = struct.pack("<q", MOMENT) + string(listpack(b"b", 2, MOMENT, b"c", 3, MOMENT + 5, b"a", 1, 0))
    for kind, body in ((24, metadata), (25, pairs)):
        assert run(kevy, "RESTORE", "k", "0", payload(kind, body, 12), "REPLACE") == b"OK"
        assert run(kevy, "HMGET", "k", "a", "b", "c") == [b"1", b"2", b"3"]
        moments = run(kevy, "HPEXPIRETIME", "k", "FIELDS", "3", "a", "b", "c")
        assert moments == [-1, MOMENT, MOMENT + 5]


def test_a_payload_allocates_no_more_than_is_there(kevy):
    """Lengths of terabytes cost nothing."""
    huge = b"\x81" + struct.pack(">Q", 1 << 42)
    for kind in (0, 1, 2, 3, 4, 5, 10, 11, 14, 15, 16, 18, 20, 21, 24):
        for body in (huge, huge + b"a" * 30, length(1) + huge, b"\xc3\x05" + huge + b"\0" * 5):
            assert run(kevy, "RESTORE", "k", "0", payload(kind, body, 11)) == b"ERR Bad data format"
