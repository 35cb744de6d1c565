"""More of what verb_costs.py times: streams, commands that could wait, scripts and functions."""

import hashlib
from collections.abc import Iterator

from verb_cases import SMALL, Case, commands, resp

GROUP_SIZE = 10_000  # entries that consumers of the group were given and have not acknowledged
CALL = b"return redis.call('GET', KEYS[1])"
LOOP = b"local n = 0 for i = 1, 1000 do n = n + i % 7 end return n"
LIBRARY = (b"#!lua name=bench\n"
           b"redis.register_function{function_name='of_key', flags={'no-writes'},"
           b" callback=function(keys, args) return redis.call('GET', keys[1]) end}")


def sha1(script: bytes) -> str:
    return hashlib.sha1(script).hexdigest()


def entry(key: str, i: int) -> bytes:
    return resp("XADD", key, f"{i + 1}-0", "sensor", f"{i % 997:06}", "temperature", i % 400 / 10, "state",
                "running")


def fill(n: int) -> Iterator[bytes]:
    for first in range(0, n, 1000):
        yield b"".join(entry("stream", i) for i in range(first, min(n, first + 1000)))
    yield b"".join(entry("smallstream", i) for i in range(SMALL))
    for i in range(100):
        yield b"".join(entry(f"xfew:{i}", j) for j in range(10))
    for group in "g", "again":
        yield resp("XGROUP", "CREATE", "stream", group, 0)
    yield resp("XREADGROUP", "GROUP", "g", "c", "COUNT", GROUP_SIZE, "STREAMS", "stream", ">")
    for script in CALL, LOOP:
        yield resp("SCRIPT", "LOAD", script)
    yield resp("FUNCTION", "LOAD", "REPLACE", LIBRARY)


def of_streams(n: int) -> Iterator[Case]:
    half = n // 2
    few = " ".join(f"xfew:{i}" for i in range(100))
    for text in (
            "XLEN stream", "XRANGE stream - + COUNT 10", f"XRANGE stream {half} + COUNT 10",
            f"XRANGE stream {half} {half + 100}", "XRANGE smallstream - +", f"XRANGE stream {n + 5} +",
            "XREVRANGE stream + - COUNT 10", f"XREVRANGE stream {half} - COUNT 10", "XREVRANGE smallstream + -",
            f"XREAD COUNT 10 STREAMS stream {half}", f"XREAD STREAMS stream {n}",
            f"XREAD STREAMS {few}{' 5' * 100}", f"XREAD BLOCK 0 COUNT 1 STREAMS stream {half}",
            "XADD smallstream MAXLEN = 128 * a b", f"XADD stream MAXLEN ~ {n} * a b",
            f"XADD stream NOMKSTREAM MAXLEN = {n} * a b", "XADD nothing NOMKSTREAM * a b",
            f"XTRIM stream MAXLEN {2 * n}", "XTRIM stream MINID 0", "XDEL stream 9999999999999-1 9999999999999-2",
            "XREADGROUP GROUP g c COUNT 10 STREAMS stream 0",
            f"XREADGROUP GROUP g c COUNT 10 STREAMS stream {GROUP_SIZE // 2}",
            "XREADGROUP GROUP again c COUNT 10 STREAMS stream >;XGROUP SETID stream again 0",
            "XREADGROUP GROUP again c COUNT 10 NOACK STREAMS stream >;XGROUP SETID stream again 0",
            f"XACK stream g {n + 5}", "XPENDING stream g", "XPENDING stream g - + 10",
            f"XPENDING stream g {GROUP_SIZE // 2} + 10 c", "XPENDING stream g IDLE 0 - + 10",
            "XCLAIM stream g c 0 7", "XCLAIM stream g c 0 7 8 9 JUSTID", "XAUTOCLAIM stream g c 0 0 COUNT 10",
            f"XAUTOCLAIM stream g c 100000000 {GROUP_SIZE // 2} COUNT 10", "XINFO STREAM stream",
            "XINFO STREAM stream FULL COUNT 5", "XINFO GROUPS stream", "XINFO CONSUMERS stream g",
            "XGROUP CREATE stream more 0;XGROUP DESTROY stream more",
            "XGROUP CREATECONSUMER stream again d;XGROUP DELCONSUMER stream again d"):
        yield Case(text if len(text) <= 60 else text[:57] + "...", commands(text))
    copied = (commands("COPY stream scratch REPLACE"),)
    yield Case("XDEL of 1,000", resp("XDEL", "scratch", *range(1, 1001)), copied, 1)
    yield Case("XTRIM to half", commands(f"XTRIM scratch MAXLEN {half}"), copied, 1)
    yield Case("XTRIM to ten", commands("XTRIM scratch MAXLEN 10"), copied, 1, lazy=True)
    yield Case("XACK of 1,000", resp("XACK", "scratch", "g", *range(1, 1001)), copied, 1)
    yield Case("XSETID", commands("XSETID scratch 9999999999999-5"), copied, 100)
    yield Case("COPY of stream", commands("COPY stream scratch REPLACE"))
    yield Case("DEL of stream", commands("DEL scratch"), copied, 1, lazy=True)


def of_waits() -> Iterator[Case]:
    for text in (
            "LPUSH list x;BLPOP list 0", "RPUSH list x;BRPOP list 0", "BRPOPLPUSH list list 0",
            "BLMOVE list list LEFT RIGHT 0", "LPUSH list x;BLMPOP 0 2 nothing list LEFT",
            "ZADD zset -9 x;BZPOPMIN zset 0", "ZADD zset 9999999999 x;BZPOPMAX zset 0",
            "ZADD zset -9 x;BZMPOP 0 2 nothing zset MIN", "MULTI;BLPOP nothing 0;EXEC"):
        yield Case(text, commands(text))


def of_scripts() -> Iterator[Case]:
    for verb in "EVAL", "EVAL_RO":
        yield Case(f"{verb} of a call", resp(verb, CALL, 1, "key:7"))
        yield Case(f"{verb} of a loop", resp(verb, LOOP, 0))
    for verb in "EVALSHA", "EVALSHA_RO":
        yield Case(f"{verb} of a call", resp(verb, sha1(CALL), 1, "key:7"))
        yield Case(f"{verb} of a loop", resp(verb, sha1(LOOP), 0))
    for verb in "FCALL", "FCALL_RO":
        yield Case(f"{verb} of a call", resp(verb, "of_key", 1, "key:7"))
    yield Case("SCRIPT EXISTS", resp("SCRIPT", "EXISTS", sha1(CALL), sha1(b"none")))
    yield Case("FUNCTION LIST", resp("FUNCTION", "LIST"))


def cases(n: int) -> list[Case]:
    return [*of_streams(n), *of_waits(), *of_scripts()]
