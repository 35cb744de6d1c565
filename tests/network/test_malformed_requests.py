"""What is no request, or nearly one, byte for byte beside Valkey until the connection is closed."""

import random
import socket
import sys

import pytest
from servers import command, receive_to_end

NUMBER = b"%d" % int(sys.float_info.max)  # the largest double, written out
CONVERSATIONS = {
    "NUL first": b"\0PING\r\nPING\r\n",
    "NUL before the line's end": b"PING\0\r\nPING\r\n",
    "NUL behind the line": b"PING\r\n\0\r\nPING\r\n",
    "NULs without end": b"PING\0\r\n" * 12_000,
    "array length NUL": b"*\0\r\n",
    "array length with NUL": b"*1\0\r\n$4\r\nPING\r\n",
    "bulk length NUL": b"*1\r\n$\0\r\n",
    "bulk length with NUL": b"*1\r\n$4\0\r\nPING\r\n",
    "NUL for $": b"*1\r\n\0$4\r\nPING\r\n",
    "inline line without an end": b"PING\r\n" + b"x" * 66_000,
    "array header without an end": b"*1\r\n$4\r\nPING\r\n*" + b"1" * 66_000,
    "bulk header without an end": b"*1\r\n$" + b"1" * 66_000,
    "CR and another in an array header": b"*1\rx$4\r\nPING\r\n",
    "CR and another behind no number": b"*x\rx",
    "CR and another in a bulk header": b"*1\r\n$4\rxPING\r\n",
    "CR and another in a header of two digits": b"*1\r\n$12\rxabcdefghijkl\r\n",
    "CR and another in a header of three digits": b"*1\r\n$100\rx" + b"a" * 100 + b"\r\n",
    "no CR LF behind a bulk": command("PING") + b"*1\r\n$4\r\nPINGxx" + command("PING"),
    "CR and another behind a bulk": b"*1\r\n$4\r\nPING\rx",
    "half of CR LF behind a bulk": b"*1\r\n$4\r\nPINGx",
    "vertical tab and form feed in a line": b"ECHO a\vb\r\nECHO a\fb\r\nPING\vx\r\n\vPING\r\n",
    "tabs and spaces in a line": b" \tECHO\t a \r\n \r\n\t\nPING \t\r\n",
    "words of quoted parts": b"ECHO \"a\"b\r\nECHO 'a'\"b\"c\r\n\"PI\"NG\r\nECHO a\"b\"\r\nECHO \"\"\r\n",
    "quotes that do not end": b"PING\r\nECHO 'a\r\nPING\r\n",
    "unknown with long words": b"nosuch " + b"a" * 200 + b"\r\nnosuch " + b"a" * 60 + b" "
                               + b"b" * 200 + b"\r\n" + b"n" * 200 + b" a\r\n",
    "what is nearly POST": command("POSTS") + command("POS") + command("HOST") + command("Host:s"),
    "line of 64 KB": b"ECHO " + b"x" * (65536 - 6) + b"\r\nPING\r\n",
    "line of 70,000 bytes": b"ECHO " + b"x" * 70_000 + b"\r\nPING\r\n",
    "numbers of 300 digits in lines": b"ZADD z %s a\r\nZSCORE z a\r\nZADD z -%s a\r\nZSCORE z a\r\n" % (
        NUMBER, NUMBER) + b"ZADD z %s0 a\r\nZADD z 0.%s b\r\nZSCORE z b\r\n" % (NUMBER, NUMBER)
        + b"INCRBY i %s\r\nSET f 1\r\nINCRBYFLOAT f %s\r\nDEL z i f\r\n" % (NUMBER, NUMBER),
    "unknown with 120 to 130 bytes": b"".join(b"nosuch " + b"a" * size + b" b c\r\n"
                                              for size in range(120, 131)),
}

# What a browser sends: what comes before it, and itself.
HTTP = {
    "POST as a command": (command("PING"), command("POST", "/")),
    "POST alone": (b"", command("post")),
    "POST behind a NUL": (command("PING"), command("POST\0x", "/")),
    "POST in a line": (b"PING\r\n", b"POST /\r\n"),
    "POST in a line with NUL": (b"PING\r\n", b'"POST\\x00x" /\r\n'),
    "Host: as a command": (command("PING"), command("Host:", "x")),
    "POST in a transaction": (command("MULTI"), command("POST")),
    "POST without an answer": (command("CLIENT", "REPLY", "SKIP"), command("POST")),
    "POST of a subscriber": (command("SUBSCRIBE", "c"), command("POST")),
}

VERBS = [b"PING", b"ECHO", b"GET", b"SET", b"DEL", b"APPEND", b"LPUSH", b"LRANGE", b"MULTI", b"EXEC",
         b"DISCARD", b"SUBSCRIBE", b"SELECT", b"EXISTS", b"INCR", b"WATCH"]
WORDS = [b"a", b"b", b"", b"0", b"1", b"-1", b"x" * 10, b"y" * 100, b"z" * 1000, b"\0", b"\r\n", b"*1\r\n",
         b"$", b"a\0b", b"2147483648", b"\xfd\xfe", b"it's", b'"', b"\\x41"]
PIECES = [b"\r\n", b"\r", b"\n", b"\0", b"*", b"$", b"-", b"+", b" ", b"1", b"0", b"9", b"\xfe", b"\t",
          b"\v", b"*1\r\n", b"*-1\r\n", b"*0\r\n", b"$-1\r\n", b"'", b'"', b"\\", b"PING\r\n",
          b"*2\r\n$4\r\nECHO\r\n", b"99999999999"]


def inline(words):
    return b" ".join(words) + b"\r\n"


def mutated(stream, generator):
    data = bytearray(stream)
    for _ in range(generator.choice([0, 1, 1, 1, 2, 3, 8])):
        at = generator.randrange(len(data) + 1)
        change = generator.randrange(5)
        if change == 0:
            del data[at : at + generator.choice([1, 1, 2, 5, 50])]
        elif change == 1:
            data[at:at] = generator.choice(PIECES)
        elif change == 2 and at < len(data):
            data[at] = generator.randrange(255)  # Valkey drops 255 from lines
        elif change == 3:
            data[at:at] = data[at : at + generator.randrange(1, 40)]
        elif change == 4:
            data[at : at + 2] = generator.choice(PIECES)
    return bytes(data)


def random_stream(generator):
    if generator.random() < 0.1:
        return b"".join(generator.choice(PIECES + WORDS) for _ in range(generator.randrange(1, 30)))
    stream = b""
    for _ in range(generator.randrange(1, 8)):
        words = [generator.choice(VERBS)]
        words += [generator.choice(WORDS) for _ in range(generator.choice([0, 1, 1, 2, 2, 3]))]
        stream += inline(words) if generator.random() < 0.2 else command(*words)
    return mutated(stream, generator)


def converse(server, sent, cut=None):
    """Everything that is answered to `sent`, in one or two pieces, with nothing behind it."""
    with server.connect() as connection:
        try:
            for piece in (sent[:cut], sent[cut:] if cut is not None else b""):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # closed for an error before all was sent
        return receive_to_end(connection)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_answers_are_those_of_valkey(kevy, valkey, name):
    sent = CONVERSATIONS[name]
    theirs = converse(valkey, sent)
    assert converse(kevy, sent) == theirs
    for cut in range(len(sent)) if len(sent) < 200 else ():
        assert converse(kevy, sent, cut) == theirs, cut


def test_a_line_holds_every_byte_as_in_redis(kevy, redis):
    """Valkey drops 255 from the words of lines, which is a loss of data."""
    sent = b"".join(b"ECHO a%cb\r\nECHO \"%c\"\r\nECHO '%c'\r\nECHO %c%c\r\n%cPING\r\n" % (
        (byte,) * 6) for byte in (1, 127, 128, 254, 255))
    assert converse(kevy, sent) == converse(redis, sent)


@pytest.mark.parametrize("name", HTTP)
def test_a_browser_is_not_answered(kevy, valkey, name):
    before, http = HTTP[name]
    sent = before + http + command("PING")
    assert converse(kevy, sent) == converse(valkey, sent) == b""
    answered_before = converse(kevy, before)
    assert answered_before == converse(valkey, before)
    for cut in range(len(sent)):
        assert converse(kevy, sent, cut) in (b"", answered_before), cut


@pytest.mark.parametrize("seed", range(8))
def test_mutated_requests_are_answered_as_valkey_does(kevy, valkey, seed):
    generator = random.Random(seed)
    answered = 0
    for _ in range(250):
        sent = random_stream(generator)
        for server in (kevy, valkey):
            converse(server, command("FLUSHALL"))
        theirs = converse(valkey, sent)
        assert converse(kevy, sent) == theirs, sent
        state = command("EXISTS", "a", "b", "") + command("DBSIZE")
        assert converse(kevy, state) == converse(valkey, state), sent
        answered += len(theirs) > 0
    assert answered > 150
