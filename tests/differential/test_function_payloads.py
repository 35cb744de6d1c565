"""FUNCTION DUMP and FUNCTION RESTORE: payloads go from kevy to both references and back; whatever can not be
restored is refused in the words of the references, and nothing has changed then."""

import random

import pytest
from compare import check_on_both
from doors import parse

LETTERS = "#!lua name=letters\nredis.register_function('first', function() return 'a' end)"
LETTERS_ANEW = "#!lua name=letters\nredis.register_function('second', function() return 'b' end)"
DIGITS = "#!lua name=digits\nredis.register_function('one', function() return 1 end)"
DIGITS_NAMED_AS_LETTERS = "#!lua name=digits\nredis.register_function('FIRST', function() return 1 end)"
LONG = "#!lua name=long\nredis.register_function('long', function() return 7 end)\n--" + "x" * 5000
WRONG = {
    "does not compile": "#!lua name=broken\nredis.register_function('f', function(",
    "fails": "#!lua name=fails\nnosuch()",
    "has no function": "#!lua name=empty\nlocal x = 1",
    "has no first line": "redis.register_function('f', function() end)",
    "is of another engine": "#!basic name=x\n10 PRINT",
    "has a bad name": "#!lua name=a-b\nredis.register_function('f', function() end)",
}


def run(door, *words):
    return parse(door.run([word.encode() if isinstance(word, str) else word for word in words]))


def checksum(data):
    """CRC-64 of Jones, with all bits in reverse."""
    polynomial, crc = 0x95AC9329AC4BC9B5, 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
    return crc


def payload(*parts, version=10):
    """Libraries, or bytes as they are, with a footer that is right."""
    body = b"".join(part if isinstance(part, bytes) else b"\xf5\x80" + len(part).to_bytes(4, "big") + part.encode()
                    for part in parts)
    body += version.to_bytes(2, "little")
    return body + checksum(body).to_bytes(8, "little")


def libraries(door):
    """Name and functions of each; what they are ordered by is nobody's business."""
    shown = run(door, "FUNCTION", "LIST", "WITHCODE")
    return sorted([fields[1], sorted(function[1] for function in fields[5]), fields[7]] for fields in shown)


@pytest.fixture
def doors(reference, kevy):
    for door in (reference, kevy):
        run(door, "FUNCTION", "FLUSH")
    return reference, kevy


def restore(doors, *words):
    """On both sides, with the same answer, after which both have the same."""
    answer = check_on_both(doors, "FUNCTION", "RESTORE", *words)
    theirs, ours = map(libraries, doors)
    assert theirs == ours
    return answer


def test_payloads_are_understood_on_the_other_side(doors):
    sets = [[], [LETTERS], [LETTERS, DIGITS, LONG]]
    for codes in sets:
        for source, target in (doors, doors[::-1], (doors[1], doors[1])):
            run(source, "FUNCTION", "FLUSH")
            for code in codes:
                run(source, "FUNCTION", "LOAD", code)
            expected, dumped = libraries(source), run(source, "FUNCTION", "DUMP")
            run(target, "FUNCTION", "FLUSH")
            run(target, "FUNCTION", "LOAD", "#!lua name=gone\nredis.register_function('gone', function() end)")
            if int.from_bytes(dumped[-10:-8], "little") <= 10 or target is doors[1]:
                assert run(target, "FUNCTION", "RESTORE", dumped, "FLUSH") == b"OK"
                assert libraries(target) == expected and len(expected) == len(codes)
    assert run(doors[1], "FCALL", "long", "0") == 7
    assert int.from_bytes(run(doors[1], "FUNCTION", "DUMP")[-10:-8], "little") == 10


def test_policies(doors):
    assert restore(doors, payload(LETTERS)) == b"+OK\r\n"
    assert restore(doors, payload(LETTERS)) == b"-ERR Library letters already exists\r\n"
    assert restore(doors, payload(DIGITS), "APPEND") == b"+OK\r\n"
    assert restore(doors, payload(LETTERS_ANEW), "replace") == b"+OK\r\n"
    assert restore(doors, payload(DIGITS_NAMED_AS_LETTERS), "REPLACE") == b"+OK\r\n"
    refused = restore(doors, payload(LETTERS), "REPLACE")
    assert refused.lower() == b"-err function first already exists\r\n"
    # Two libraries that exchange the names of their functions are both replaced.
    exchanged = [LETTERS.replace("first", "FIRST"), DIGITS]
    assert restore(doors, payload(*exchanged), "REPLACE") == b"+OK\r\n"
    assert restore(doors, payload(LONG), "FLUSH") == b"+OK\r\n"
    assert [library[0] for library in libraries(doors[1])] == [b"long"]
    assert restore(doors, payload(), "FLUSH") == b"+OK\r\n" and libraries(doors[1]) == []


def test_nothing_is_restored_where_something_is_wrong(doors):
    run(doors[0], "FUNCTION", "LOAD", LETTERS), run(doors[1], "FUNCTION", "LOAD", LETTERS)
    before = libraries(doors[1])
    wrong = [[code] for code in WRONG.values()]
    wrong += [[DIGITS, DIGITS], [DIGITS, DIGITS.replace("digits", "others")],
              [DIGITS, b"\xff"], [b"\x00\x01a\x01b"], [DIGITS, b"\xfa\x01a\x01b"]]
    for parts in wrong:
        for policy in ("FLUSH", "REPLACE", "APPEND"):
            for ordered in (parts, [DIGITS, *parts], [*parts, LONG]):
                answer = restore(doors, payload(*ordered), policy)
                assert answer.startswith(b"-ERR"), (ordered, answer)
                assert libraries(doors[1]) == before, ordered
    # The references take what is missing from the footer, so that what they say is by chance.
    for cut in ([DIGITS, b"\xf5"], [b"\xf5\x05abc"], [DIGITS, b"\xf5\x80\x7f\xff\xff\xff"], [b"\xf5\xc3"]):
        answer = run(doors[1], "FUNCTION", "RESTORE", payload(*cut), "FLUSH")
        assert answer == b"ERR Failed loading library payload"
        assert libraries(doors[1]) == before
    assert run(doors[1], "FCALL", "first", "0") == b"a"


def test_arguments(doors):
    good = payload(LETTERS)
    flipped = good[:20] + bytes([good[20] ^ 1]) + good[21:]
    for words in (["x"], [b""], ["x", "foo"], [good, "foo"], [good, "append", "foo"], ["x", "APPEND", "REPLACE"], [],
                  [flipped], [good[:-1]], [good[1:]], [payload(LETTERS, version=81)],
                  [payload(LETTERS, version=65535)]):
        assert restore(doors, *words).startswith(b"-ERR"), words
    check_on_both(doors, "FUNCTION", "DUMP", "x")
    check_on_both(doors, "Function", "fluSH", "SYNC", "x")
    check_on_both(doors, "EVAL", "return pcall(redis.call, 'function', 'dump')", "0")
    for words in (["MULTI"], ["FUNCTION", "RESTORE", good], ["FUNCTION", "RESTORE", good], ["EXEC"]):
        check_on_both(doors, *words)


def test_damaged_payloads_change_nothing(doors):
    """A wrong checksum is found at once, so these have a right one."""
    seed = random.Random(7)
    body = payload(LETTERS, DIGITS)[:-10]
    run(doors[1], "FUNCTION", "LOAD", LONG)
    before, refused = libraries(doors[1]), 0
    for _ in range(2000):
        damaged = bytearray(body)
        for _ in range(seed.randrange(1, 4)):
            damaged[seed.randrange(len(damaged))] = seed.randrange(256)
        del damaged[seed.randrange(len(damaged) + 1) if seed.random() < 0.3 else len(damaged):]
        answer = run(doors[1], "FUNCTION", "RESTORE", payload(bytes(damaged)), "REPLACE")
        if answer == b"OK":  # it was inside of a function
            assert run(doors[1], "FUNCTION", "RESTORE", payload(LONG), "FLUSH") == b"OK"
        else:
            refused += 1
            assert answer.startswith(b"ERR"), answer
        assert libraries(doors[1]) == before
    assert refused > 500
