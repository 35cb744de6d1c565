"""Programs of typed verbs: calls in order, in a store of their own, and what each gives.

Whatever is wrong here against redis-py is found by test_verbs_redis_py.py, which asks it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from verb_calls import call as _call
from verbs_of_types import MORE_PROGRAMS


class Condition(Enum):
    """As redis-py's DataPersistOptions, which its older versions have not."""

    NX = "NX"
    XX = "XX"


NX, XX = Condition


FAR = datetime(2100, 1, 1, tzinfo=timezone.utc)
FAR_S = 4102444800

DIGEST_OF_X = b"eaf06c6480b2cd11"

STRINGS = [
    _call("set", "s", "x", gives=True),
    _call("set", "s", "y", nx=True, gives=None),
    _call("set", "none", "y", xx=True, gives=None),
    _call("set", "s", "z", xx=True, get=True, gives=b"x"),
    _call("set", "none", "z", get=True, nx=True, gives=None),
    _call("set", "s", "x", ex=timedelta(seconds=9), gives=True),
    _call("ttl", "s", gives=9),
    _call("set", "s", "x", keepttl=True, gives=True),
    _call("ttl", "s", gives=9),
    _call("set", "s", "x", 10, gives=True),
    _call("pttl", "s", gives=10_000),
    _call("set", "s", "x", exat=FAR, gives=True),
    _call("set", "s", "x", pxat=FAR_S * 1000, nx=False, gives=True),
    _call("get", "s", gives=b"x"),
    _call("get", "nothing", gives=None),
    _call("set", "s", "y", ifeq="x", gives=True),
    _call("set", "s", "z", ifne="y", gives=None),
    _call("set", "s", "x", ifeq="y", get=True, gives=b"y"),
    _call("digest", "s", gives=DIGEST_OF_X),
    _call("digest", "nothing", gives=None),
    _call("set", "s", "y", ifdeq="0" * 16, gives=None),
    _call("delex", "s", ifne="x", gives=0),
    _call("delex", "s", ifdne=DIGEST_OF_X.decode(), gives=0),
    _call("delex", "s", ifeq="x", gives=1),
    _call("delex", "none", gives=1),
    _call("delex", "none", gives=0),
    _call("msetex", {"s": 1, "t": 2}, ex=7, gives=1),
    _call("msetex", {"s": 3, "u": 4}, NX, gives=0),
    _call("msetex", {"s": 3, "t": 4}, XX, keepttl=True, gives=1),
    _call("ttl", "t", gives=7),
    _call("delete", "s", "t", gives=2),
    _call("increx", "i", gives=[1, 1]),
    _call("increx", "i", byint=5, ubound=4, saturate=True, ex=10, gives=[4, 3]),
    _call("ttl", "i", gives=10),
    _call("delete", "i", gives=1),
    _call("mset", {"a": "1", b"b": b"two"}, gives=True),
    _call("msetnx", {"a": 3, "c": 4}, gives=False),
    _call("msetnx", {"c": 4.5}, gives=True),
    _call("mget", "a", "none", gives=[b"1", None]),
    _call("mget", ["a", "b"], "c", gives=[b"1", b"two", b"4.5"]),
    _call("setnx", "a", "x", gives=False),
    _call("setnx", "d", "x", gives=True),
    _call("getset", "d", "y", gives=b"x"),
    _call("getset", "e", "y", gives=None),
    _call("getdel", "e", gives=b"y"),
    _call("getdel", "e", gives=None),
    _call("setex", "e", 100, "x", gives=True),
    _call("setex", "e", timedelta(minutes=1), "x", gives=True),
    _call("ttl", "e", gives=60),
    _call("psetex", "e", 100_000, "x", gives=True),
    _call("psetex", "e", timedelta(minutes=2), "x", gives=True),
    _call("ttl", "e", gives=120),
    _call("getex", "e", persist=True, gives=b"x"),
    _call("ttl", "e", gives=-1),
    _call("getex", "e", ex=50, gives=b"x"),
    _call("ttl", "e", gives=50),
    _call("getex", "e", px=timedelta(seconds=70), gives=b"x"),
    _call("ttl", "e", gives=70),
    _call("getex", "e", exat=FAR, gives=b"x"),
    _call("getex", "e", pxat=FAR_S * 1000, gives=b"x"),
    _call("getex", "e", gives=b"x"),
    _call("getex", "none", ex=5, gives=None),
    _call("append", "d", "z", gives=2),
    _call("strlen", "d", gives=2),
    _call("getrange", "b", 0, 1, gives=b"tw"),
    _call("getrange", "none", 0, -1, gives=b""),
    _call("setrange", "d", 1, "!!", gives=3),
    _call("incr", "n", gives=1),
    _call("incr", "n", 4, gives=5),
    _call("incrby", "n", 10, gives=15),
    _call("incrby", "n", gives=16),
    _call("decr", "n", gives=15),
    _call("decr", "n", 5, gives=10),
    _call("decrby", "n", 3, gives=7),
    _call("incrbyfloat", "n", gives=8.0),
    _call("incrbyfloat", "n", 0.5, gives=8.5),
]

KEYS = [
    _call("mset", {"a": 1, "b": 2, "c": 3}, gives=True),
    _call("exists", "a", "b", "none", gives=2),
    _call("touch", "a", "none", gives=1),
    _call("type", "a", gives=b"string"),
    _call("type", "none", gives=b"none"),
    _call("delete", "a", "none", gives=1),
    _call("unlink", "b", "none", gives=1),
    _call("keys", gives=[b"c"]),
    _call("keys", "x*", gives=[]),
    _call("randomkey", gives=b"c"),
    _call("rename", "c", "d", gives=True),
    _call("setnx", "e", "x", gives=True),
    _call("migrate", "127.0.0.1", 1, "none", 0, 1000, gives=b"NOKEY"),
    _call(
        *("migrate", "127.0.0.1", 1, ["none", "nothing"], 0, 1000),
        copy=True,
        replace=True,
        auth="secret",
        gives=b"NOKEY",
    ),
    _call("renamenx", "d", "e", gives=False),
    _call("renamenx", "d", "f", gives=True),
    _call("copy", "e", "f", gives=False),
    _call("copy", "e", "f", replace=True, gives=True),
    _call("copy", "e", "e", destination_db=2, gives=True),
    _call("expire", "e", 100, gives=True),
    _call("expire", "e", timedelta(seconds=50), gt=True, gives=False),
    _call("expire", "none", 100, gives=False),
    _call("ttl", "e", gives=100),
    _call("pexpire", "e", 90_000, lt=True, gives=True),
    _call("pexpire", "e", timedelta(seconds=80), xx=True, gives=True),
    _call("pttl", "none", gives=-2),
    _call("pttl", "f", gives=-1),
    _call("persist", "e", gives=True),
    _call("persist", "e", gives=False),
    _call("expireat", "e", FAR, nx=True, gives=True),
    _call("expireat", "e", FAR_S, nx=True, gives=False),
    _call("pexpireat", "e", FAR, gives=True),
    _call("pexpireat", "e", FAR_S * 1000, gt=True, gives=False),
    _call("rpush", "list", 3, 1, 2, gives=3),
    _call("sort", "list", gives=[b"1", b"2", b"3"]),
    _call("sort", "list", desc=True, alpha=True, start=0, num=2, gives=[b"3", b"2"]),
    _call("mset", {"w1": 3, "w2": 2, "w3": 1, "o1": "x"}, gives=True),
    _call("sort", "list", by="w*", get="#", gives=[b"3", b"2", b"1"]),
    _call("sort", "list", get=["o*", "#"], gives=[b"x", b"1", None, b"2", None, b"3"]),
    _call(
        "sort",
        "list",
        get=["#", "o*"],
        groups=True,
        gives=[(b"1", b"x"), (b"2", None), (b"3", None)],
    ),
    _call("sort", "list", store="sorted", gives=3),
    _call("sort", "none", gives=[]),
]

LISTS = [
    _call("rpush", "l", "a", b"b", 3, gives=3),
    _call("lpush", "l", "y", "z", gives=5),
    _call("lpushx", "none", "x", gives=0),
    _call("rpushx", "l", 4.5, gives=6),
    _call("lrange", "l", 0, -1, gives=[b"z", b"y", b"a", b"b", b"3", b"4.5"]),
    _call("lpop", "l", gives=b"z"),
    _call("lpop", "l", 2, gives=[b"y", b"a"]),
    _call("rpop", "l", gives=b"4.5"),
    _call("rpop", "l", count=1, gives=[b"3"]),
    _call("lpop", "none", gives=None),
    _call("lpop", "none", 2, gives=None),
    _call("rpop", "none", gives=None),
    _call("llen", "l", gives=1),
    _call("lindex", "l", 0, gives=b"b"),
    _call("lindex", "l", 9, gives=None),
    _call("lset", "l", 0, "m", gives=True),
    _call("linsert", "l", "before", "m", "k", gives=2),
    _call("linsert", "l", "AFTER", "m", "m", gives=3),
    _call("linsert", "l", "AFTER", "none", "m", gives=-1),
    _call("lpos", "l", "m", gives=1),
    _call("lpos", "l", "none", gives=None),
    _call("lpos", "l", "m", rank=-1, gives=2),
    _call("lpos", "l", "m", count=0, gives=[1, 2]),
    _call("lpos", "l", "none", count=0, gives=[]),
    _call("lpos", "l", "m", maxlen=1, gives=None),
    _call("lrem", "l", 0, "m", gives=2),
    _call("rpush", "l", 1, 2, 3, gives=4),
    _call("ltrim", "l", 1, 2, gives=True),
    _call("lmove", "l", "other", gives=b"1"),
    _call("lmove", "l", "other", "RIGHT", "LEFT", gives=b"2"),
    _call("lmove", "l", "other", gives=None),
    _call("rpoplpush", "other", "l", gives=b"1"),
    _call("rpoplpush", "none", "l", gives=None),
    _call("rpush", "m", 1, 2, 3, 4, gives=4),
    _call("lmovem", "m", "n", "LEFT", "RIGHT", 2, None, "BULK", gives=[b"1", b"2"]),
    _call("lmovem", "m", "n", count=3, mode="EXACTLY", ordering="OBO", gives=None),
    _call("lmovem", "m", "n", gives=[b"3"]),
]

HASHES = [
    _call("hset", "h", "a", 1, gives=1),
    _call("hset", "h", mapping={"a": 2, b"b": b"x"}, gives=1),
    _call("hset", "h", "c", "y", {"d": "z"}, gives=2),
    _call("hset", "h", items=["e", "v"], gives=1),
    _call("hsetnx", "h", "a", 5, gives=False),
    _call("hsetnx", "h", "f", 5, gives=True),
    _call("hget", "h", "a", gives=b"2"),
    _call("hget", "h", "none", gives=None),
    _call("hmget", "h", "a", "none", gives=[b"2", None]),
    _call("hmget", "h", ["a", "b"], gives=[b"2", b"x"]),
    _call("hdel", "h", "c", "d", "none", gives=2),
    _call("hgetall", "h", gives={b"a": b"2", b"b": b"x", b"e": b"v", b"f": b"5"}),
    _call("hgetall", "none", gives={}),
    _call("hsetex", "x", "a", 1, ex=50, gives=1),
    _call("hsetex", "x", mapping={"b": 2}, items=["c", 3], px=timedelta(seconds=60), gives=1),
    _call("hsetex", "x", "a", 2, keepttl=True, gives=1),
    _call("hsetex", "x", "d", 4, exat=FAR, gives=1),
    _call("hsetex", "x", "e", 5, pxat=FAR_S * 1000, gives=1),
    _call("httl", "x", "a", "b", "none", gives=[50, 60, -2]),
    _call("hpttl", "x", "a", gives=[50000]),
    _call("hexpiretime", "x", "d", gives=[FAR_S]),
    _call("hpexpiretime", "x", "e", gives=[FAR_S * 1000]),
    _call("hgetex", "x", "a", "none", ex=5, gives=[b"2", None]),
    _call("hgetex", "x", "a", pxat=FAR_S * 1000, gives=[b"2"]),
    _call("hgetex", "x", "a", persist=True, gives=[b"2"]),
    _call("hexpire", "x", 70, "a", "none", gives=[1, -2]),
    _call("hexpire", "x", timedelta(seconds=80), "a", gt=True, gives=[1]),
    _call("hpexpire", "x", 70000, "a", nx=True, gives=[0]),
    _call("hexpireat", "x", FAR, "a", xx=True, gives=[1]),
    _call("hpexpireat", "x", FAR_S * 1000, "a", lt=True, gives=[0]),
    _call("hpersist", "x", "a", "none", gives=[1, -2]),
    _call("hexpire", "x", 0, "b", gives=[2]),
    _call("hgetdel", "x", "a", "none", gives=[b"2", None]),
    _call("hexists", "h", "a", gives=True),
    _call("hexists", "h", "c", gives=False),
    _call("hkeys", "h", gives=[b"a", b"b", b"e", b"f"]),
    _call("hvals", "h", gives=[b"2", b"x", b"v", b"5"]),
    _call("hlen", "h", gives=4),
    _call("hstrlen", "h", "b", gives=1),
    _call("hincrby", "h", "a", gives=3),
    _call("hincrby", "h", "a", -10, gives=-7),
    _call("hincrbyfloat", "h", "a", gives=-6.0),
    _call("hincrbyfloat", "h", "a", 0.25, gives=-5.75),
]

SETS = [
    _call("sadd", "s", "a", b"b", 3, "a", gives=3),
    _call("srem", "s", 3, "none", gives=1),
    _call("sismember", "s", "a", gives=True),
    _call("sismember", "s", "none", gives=False),
    _call("smismember", "s", "a", "none", gives=[True, False]),
    _call("smismember", "s", ["none", "b"], gives=[False, True]),
    _call("scard", "s", gives=2),
    _call("smembers", "s", gives={b"a", b"b"}),
    _call("smembers", "none", gives=set()),
    _call("sadd", "t", "b", "c", gives=2),
    _call("sinter", "s", "t", gives={b"b"}),
    _call("sinter", ["s", "none"], gives=set()),
    _call("sunion", ["s", "t"], gives={b"a", b"b", b"c"}),
    _call("sdiff", ["s"], "t", gives={b"a"}),
    _call("sinterstore", "x", "s", "t", gives=1),
    _call("sunionstore", "x", ["s", "t"], gives=3),
    _call("sdiffstore", "x", "s", "none", gives=2),
    _call("sintercard", 2, ["s", "t"], gives=1),
    _call("sintercard", 2, ["s", "x"], limit=1, gives=1),
    _call("sunioncard", 2, ["s", "t"], gives=3),
    _call("sunioncard", 2, ["s", "t"], limit=2, gives=2),
    _call("sdiffcard", 2, ["t", "s"], gives=1),
    _call("sdiffcard", 2, ["t", "none"], limit=1, gives=1),
    _call("smove", "s", "t", "a", gives=True),
    _call("smove", "s", "t", "a", gives=False),
    _call("srandmember", "s", gives=b"b"),
    _call("srandmember", "s", -2, gives=[b"b", b"b"]),
    _call("srandmember", "none", gives=None),
    _call("srandmember", "none", 3, gives=[]),
    _call("spop", "s", gives=b"b"),
    _call("spop", "s", gives=None),
    _call("spop", "none", 3, gives=[]),
    _call("sadd", "s", "a", gives=1),
    _call("spop", "s", 3, gives=[b"a"]),
]

ABC = {b"a": 1.0, b"b": 2.0, b"c": 3.0}

SORTED_SETS = [
    _call("zadd", "z", {"a": 1, b"b": 2.0, "c": 3}, gives=3),
    _call("zadd", "z", {"a": 5, "d": 4}, nx=True, gives=1),
    _call("zadd", "z", {"a": 0.5, "e": 4}, xx=True, ch=True, gives=1),
    _call("zadd", "z", {"a": 1}, gt=True, gives=0),
    _call("zadd", "z", {"d": 3.5}, lt=True, ch=True, gives=1),
    _call("zadd", "z", {"d": 0.25}, incr=True, gives=3.75),
    _call("zadd", "z", {"none": 1}, xx=True, incr=True, gives=None),
    _call("zscore", "z", "d", gives=3.75),
    _call("zscore", "z", "none", gives=None),
    _call("zmscore", "z", ["a", "none"], gives=[1.0, None]),
    _call("zrem", "z", "d", "none", gives=1),
    _call("zincrby", "z", 2, "n", gives=2.0),
    _call("zincrby", "z", -0.5, "n", gives=1.5),
    _call("zadd", "z", {"n": float("inf")}, gives=0),
    _call("zscore", "z", "n", gives=float("inf")),
    _call("zrem", "z", "n", gives=1),
    _call("zcard", "z", gives=3),
    _call("zcount", "z", "(1", "+inf", gives=2),
    _call("zcount", "z", 1, 2.5, gives=2),
    _call("zrank", "z", "c", gives=2),
    _call("zrank", "z", "none", gives=None),
    _call("zrevrank", "z", "c", gives=0),
    _call("zrank", "z", "c", withscore=True, gives=[2, 3.0]),
    _call("zrevrank", "z", "c", True, gives=[0, 3.0]),
    _call("zrank", "z", "none", withscore=True, gives=None),
    _call("zrange", "z", 0, -1, gives=[*ABC]),
    _call("zrange", "z", 0, -1, withscores=True, gives=[*ABC.items()]),
    _call("zrange", "z", 0, 0, desc=True, gives=[b"c"]),
    _call("zrange", "z", 0, 0, True, True, gives=[(b"c", 3.0)]),
    _call("zrange", "z", 2, 3, byscore=True, gives=[b"b", b"c"]),
    _call("zrange", "z", "+inf", "-inf", desc=True, byscore=True, offset=1, num=1, gives=[b"b"]),
    _call("zrange", "none", 0, -1, withscores=True, gives=[]),
    _call("zrevrange", "z", 0, 1, gives=[b"c", b"b"]),
    _call("zrevrange", "z", 0, 0, withscores=True, gives=[(b"c", 3.0)]),
    _call("zrangestore", "x", "z", 0, 1, gives=2),
    _call("zrangestore", "x", "z", 3, 0, byscore=True, desc=True, offset=0, num=5, gives=3),
    _call("zrangebyscore", "z", 2, "inf", gives=[b"b", b"c"]),
    _call("zrangebyscore", "z", "-inf", "(3", 1, 5, withscores=True, gives=[(b"b", 2.0)]),
    _call("zrevrangebyscore", "z", 3, 2, gives=[b"c", b"b"]),
    _call("zrevrangebyscore", "z", 3, 2, start=0, num=1, withscores=True, gives=[(b"c", 3.0)]),
    _call("zadd", "lex", {"a": 0, "b": 0, "c": 0, "d": 0}, gives=4),
    _call("zlexcount", "lex", "-", "(c", gives=2),
    _call("zrange", "lex", "[b", "+", bylex=True, gives=[b"b", b"c", b"d"]),
    _call("zrangebylex", "lex", "[b", "(d", gives=[b"b", b"c"]),
    _call("zrangebylex", "lex", "-", "+", 1, 1, gives=[b"b"]),
    _call("zrevrangebylex", "lex", "+", "[c", gives=[b"d", b"c"]),
    _call("zremrangebylex", "lex", "[d", "+", gives=1),
    _call("zremrangebyrank", "lex", 0, 0, gives=1),
    _call("zremrangebyscore", "lex", "-inf", 0, gives=2),
    _call("zadd", "y", {"b": 10, "q": 1}, gives=2),
    _call("zunionstore", "x", ["z", "y"], gives=4),
    _call("zscore", "x", "b", gives=12.0),
    _call("zunionstore", "x", {"z": 2, "y": 0.5}, aggregate="max", gives=4),
    _call("zscore", "x", "b", gives=5.0),
    _call("zinterstore", "x", ["z", "y"], aggregate="MIN", gives=1),
    _call("zscore", "x", "b", gives=2.0),
    _call("zinterstore", "x", {"z": 1, "none": 1}, gives=0),
    _call("zdiffstore", "x", ["z", "y"], gives=2),
    _call("zpopmin", "z", gives=[(b"a", 1.0)]),
    _call("zpopmax", "z", 2, gives=[(b"c", 3.0), (b"b", 2.0)]),
    _call("zpopmin", "none", gives=[]),
    _call("zpopmax", "none", 2, gives=[]),
]

SERVER = [
    _call("ping", gives=True),
    _call("echo", "x", gives=b"x"),
    _call("mset", {"a": 1, "b": 2}, gives=True),
    _call("dbsize", gives=2),
    _call("publish", "c", "x", gives=0),
    _call("spublish", "c", "x", gives=0),
    _call("info", "cluster", gives={"cluster_enabled": 0}),
    _call("flushdb", gives=True),
    _call("setnx", "a", 1, gives=True),
    _call("flushdb", asynchronous=True, gives=True),
    _call("setnx", "a", 1, gives=True),
    _call("flushall", asynchronous=True, gives=True),
    _call("setnx", "a", 1, gives=True),
    _call("flushall", gives=True),
    _call("dbsize", gives=0),
]

PROGRAMS = {
    "strings": STRINGS,
    "keys": KEYS,
    "lists": LISTS,
    "hashes": HASHES,
    "sets": SETS,
    "sorted sets": SORTED_SETS,
    "server": SERVER,
    **MORE_PROGRAMS,
}

#: Verbs that only raise where nothing runs; test_verbs.py has them.
NEVER_GIVE = {"script_kill", "function_kill"}

#: Programs whose last call is iterated over; what comes has no order.
ITERATED = [
    ([_call("mset", {"a": 1, "b": 2}, gives=True)], _call("scan_iter", gives=[b"a", b"b"])),
    (
        [_call("mset", {"a": 1, "b": 2}, gives=True), _call("sadd", "as", 1, gives=1)],
        _call("scan_iter", "a*", count=1, _type="SET", gives=[b"as"]),
    ),
    (
        [_call("mset", {f"k{i:03}": i for i in range(200)}, gives=True)],
        _call("scan_iter", match="k*", gives=[f"k{i:03}".encode() for i in range(200)]),
    ),
    (
        [_call("hset", "h", mapping={"a": 1, "b": 2}, gives=2)],
        _call("hscan_iter", "h", gives=[(b"a", b"1"), (b"b", b"2")]),
    ),
    (
        [_call("hset", "h", mapping={f"f{i:03}": "v" * 70 for i in range(200)}, gives=200)],
        _call(
            "hscan_iter",
            "h",
            match="f*",
            count=7,
            gives=[(f"f{i:03}".encode(), b"v" * 70) for i in range(200)],
        ),
    ),
    (
        [_call("hset", "h", mapping={"a": 1, "b": 2}, gives=2)],
        _call("hscan_iter", "h", no_values=True, gives=[b"a", b"b"]),
    ),
    (
        [_call("sadd", "s", "a", "b", gives=2)],
        _call("sscan_iter", "s", match="a", gives=[b"a"]),
    ),
    (
        [_call("zadd", "z", {"a": 1, "b": 2.5}, gives=2)],
        _call("zscan_iter", "z", count=10, gives=[(b"a", 1.0), (b"b", 2.5)]),
    ),
    ([], _call("zscan_iter", "none", gives=[])),
]


def decoded(value: Any) -> Any:
    """The value with str where it has bytes."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {decoded(key): decoded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return type(value)(map(decoded, value))
    return value


def types_in(value: Any) -> Any:
    """The types of a value and of what it holds, bool and int told apart."""
    if isinstance(value, dict):
        return {key: types_in(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), [types_in(each) for each in value]
    return type(value)
