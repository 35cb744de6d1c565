"""Programs as in verbs.py: of queues that are waited for, streams, bits, places, scripts."""

from __future__ import annotations

from verb_calls import call as _call

BLOCKING = [
    _call("rpush", "l", "a", "b", "c", "d", "e", "f", gives=6),
    _call("blpop", "l", gives=(b"l", b"a")),
    _call("brpop", ["none", "l"], 1, gives=(b"l", b"f")),
    _call("blpop", ["none", "nothing"], timeout=0.001, gives=None),
    _call("brpop", "none", 0.001, gives=None),
    _call("brpoplpush", "l", "m", gives=b"e"),
    _call("brpoplpush", "none", "m", 0.001, gives=None),
    _call("blmove", "l", "m", 1, gives=b"b"),
    _call("blmove", "l", "m", 1, "RIGHT", "LEFT", gives=b"d"),
    _call("blmove", "none", "m", 0.001, gives=None),
    _call("lrange", "m", 0, -1, gives=[b"d", b"e", b"b"]),
    _call("blmpop", 1, 2, "none", "m", direction="LEFT", count=2, gives=[b"m", [b"d", b"e"]]),
    _call("blmpop", 0.001, 1, "none", direction="RIGHT", gives=None),
    _call("zadd", "z", {"a": 1, "b": 2.5, "c": 3, "d": 4}, gives=4),
    _call("bzpopmin", "z", gives=(b"z", b"a", 1.0)),
    _call("bzpopmax", ["none", "z"], 1, gives=(b"z", b"d", 4.0)),
    _call("bzpopmin", "none", 0.001, gives=None),
    _call("bzpopmax", "none", timeout=0.001, gives=None),
    _call(
        *("bzmpop", 1, 2, ["none", "z"]),
        min=True,
        count=2,
        gives=[b"z", [[b"b", 2.5], [b"c", 3.0]]],
        theirs=[b"z", [[b"b", b"2.5"], [b"c", b"3"]]],
    ),
    _call("bzmpop", 0.001, 1, ["z"], max=True, gives=None),
    _call("xgroup_create", "s", "g", mkstream=True, gives=True),
    _call("xread", {"s": "$"}, block=1, gives=[]),
    _call("xreadgroup", "g", "ada", {"s": ">"}, block=1, gives=[]),
]

BITS = [
    _call("setbit", "s", 7, 1, gives=0),
    _call("setbit", "s", 7, 1, gives=1),
    _call("getbit", "s", 7, gives=1),
    _call("getbit", "none", 7, gives=0),
    _call("bitcount", "s", gives=1),
    _call("bitcount", "s", 1, -1, gives=0),
    _call("bitcount", "s", 7, 7, "BIT", gives=1),
    _call("bitpos", "s", 1, gives=7),
    _call("bitpos", "s", 0, 1, gives=-1),
    _call("bitpos", "s", 1, 0, -1, "BIT", gives=7),
    _call("set", "t", "\x07", gives=True),
    _call("bitop", "AND", "u", "s", "t", gives=1),
    _call("get", "u", gives=b"\x01"),
    _call("bitop", "NOT", "u", "u", gives=1),
    _call("bitfield_ro", "s", "u8", 0, gives=[1]),
    _call("bitfield_ro", "s", "u4", "#0", [("u4", "#1"), ("i2", 6)], gives=[0, 1, 1]),
    _call("pfadd", "h", "a", "b", "c", gives=1),
    _call("pfadd", "h", "a", gives=0),
    _call("pfadd", "i", "d", gives=1),
    _call("pfcount", "h", gives=3),
    _call("pfcount", "h", "i", "none", gives=4),
    _call("pfmerge", "j", "h", "i", gives=True),
    _call("pfcount", "j", gives=4),
]

PALERMO = (13.361389338970184, 38.1155563954963)
CATANIA = (15.087267458438873, 37.50266842333162)

GEO = [
    _call("geoadd", "g", [13.361389, 38.115556, "Palermo"], gives=1),
    _call("geoadd", "g", [15.087269, 37.502669, "Catania", 1, 1, "x"], nx=True, gives=2),
    _call("geoadd", "g", [2, 2, "x"], xx=True, ch=True, gives=1),
    _call("zrem", "g", "x", gives=1),
    _call("geodist", "g", "Palermo", "Catania", gives=166274.1516),
    _call("geodist", "g", "Palermo", "Catania", "km", gives=166.2742),
    _call("geodist", "g", "Palermo", "none", gives=None),
    _call("geohash", "g", "Palermo", gives=["sqc8b49rny0"]),
    _call("geopos", "g", "Palermo", "none", gives=[PALERMO, None]),
    _call(
        "geosearch",
        "g",
        longitude=15,
        latitude=37,
        radius=200,
        unit="km",
        sort="ASC",
        gives=[b"Catania", b"Palermo"],
    ),
    _call(
        "geosearch",
        "g",
        "Palermo",
        width=400,
        height=400,
        unit="km",
        sort="DESC",
        count=1,
        gives=[b"Catania"],
    ),
    _call(
        "geosearch",
        "g",
        "Palermo",
        radius=1,
        any=True,
        count=3,
        withdist=True,
        withhash=True,
        withcoord=True,
        gives=[[b"Palermo", 0.0, 3479099956230698, PALERMO]],
    ),
    _call("geosearch", "none", "Palermo", radius=1, gives=[]),
    _call("geosearchstore", "d", "g", "Palermo", radius=200, unit="km", storedist=True, gives=2),
    _call("zrange", "d", 0, 0, gives=[b"Palermo"]),
    _call(
        "georadius",
        "g",
        15,
        37,
        200,
        "km",
        withdist=True,
        sort="ASC",
        count=1,
        gives=[[b"Catania", 56.4413]],
    ),
    _call(
        "georadius",
        "g",
        15,
        37,
        200,
        "km",
        withcoord=True,
        sort="ASC",
        count=1,
        gives=[[b"Catania", CATANIA]],
    ),
    _call("georadius", "g", 15, 37, 200, "km", store="e", gives=2),
    _call("georadiusbymember", "g", "Palermo", 100, "km", gives=[b"Palermo"]),
    _call("georadiusbymember", "g", "Palermo", 200, "km", store_dist="f", gives=2),
]

LIBRARY = "#!lua name=mine\nredis.register_function{function_name='twice', flags={'no-writes'}, \
callback=function(keys, args) return args[1] * 2 end}"

SCRIPTS = [
    _call(
        "eval",
        "return {KEYS[1], ARGV[1], 7, false, {'a'}}",
        1,
        "k",
        "v",
        gives=[b"k", b"v", 7, None, [b"a"]],
    ),
    _call("eval", "return redis.call('SET', KEYS[1], ARGV[1])", 1, "k", "v", gives=b"OK"),
    _call("eval_ro", "return redis.call('GET', KEYS[1])", 1, "k", gives=b"v"),
    _call(
        "script_load",
        "return redis.call('GET', KEYS[1])",
        gives="d3c21d0c2b9ca22f82737626a27bcaf5d288f99f",
    ),
    _call("evalsha", "d3c21d0c2b9ca22f82737626a27bcaf5d288f99f", 1, "k", gives=b"v"),
    _call("evalsha_ro", "d3c21d0c2b9ca22f82737626a27bcaf5d288f99f", 1, "k", gives=b"v"),
    _call(
        "script_exists", "d3c21d0c2b9ca22f82737626a27bcaf5d288f99f", "0" * 40, gives=[True, False]
    ),
    _call("script_flush", gives=True),
    _call("script_flush", "SYNC", gives=True),
    _call("function_load", LIBRARY, gives=b"mine"),
    _call("function_load", LIBRARY, replace=True, gives=b"mine"),
    _call("fcall", "twice", 0, 21, gives=42),
    _call("fcall_ro", "twice", 0, 4, gives=8),
    _call(
        "function_list",
        gives=[
            [
                b"library_name",
                b"mine",
                b"engine",
                b"LUA",
                b"functions",
                [[b"name", b"twice", b"description", None, b"flags", [b"no-writes"]]],
            ]
        ],
    ),
    _call("function_list", "none", withcode=True, gives=[]),
    _call("function_delete", "mine", gives=True),
    _call("function_flush", gives=True),
]

ENTRIES = [(b"1-0", {b"a": b"1"}), (b"2-0", {b"b": b"2", b"c": b"3"}), (b"3-1", {b"d": b"4"})]

DESCRIPTION = {
    "length": 3,
    "radix-tree-keys": 1,
    "radix-tree-nodes": 2,
    "last-generated-id": b"3-1",
    "max-deleted-entry-id": b"0-0",
    "entries-added": 3,
    "recorded-first-entry-id": b"1-0",
    "groups": 0,
}

STREAMS = [
    _call("xadd", "s", {"a": 1}, "1-0", gives=b"1-0"),
    _call("xadd", "s", {"b": 2, "c": 3}, id="2-0", maxlen=100, gives=b"2-0"),
    _call("xadd", "s", {"d": 4}, "3-1", minid=0, approximate=False, gives=b"3-1"),
    _call("xadd", "none", {"a": 1}, nomkstream=True, gives=None),
    _call("xadd", "none", {"a": 1}, nomkstream=True, idmp=("p", "m"), gives=None),
    _call("xadd", "none", {"a": 1}, nomkstream=True, idmpauto="p", gives=None),
    _call("xlen", "s", gives=3),
    _call("xrange", "s", gives=ENTRIES),
    _call("xrange", "s", "2", "+", 1, gives=ENTRIES[1:2]),
    _call("xrange", "none", gives=[]),
    _call("xrevrange", "s", gives=ENTRIES[::-1]),
    _call("xrevrange", "s", max=2, min="-", count=1, gives=ENTRIES[1:2]),
    _call("xread", {"s": 0}, gives=[[b"s", ENTRIES]]),
    _call("xread", {"none": 0, "s": "2-0"}, count=5, gives=[[b"s", ENTRIES[2:]]]),
    _call("xread", {"s": "$"}, gives=[]),
    _call("xread", {"s": "3-0"}, block=1, gives=[[b"s", ENTRIES[2:]]]),
    _call("xadd", "t", {"a": 1}, "1-0", gives=b"1-0"),
    _call("xadd", "t", {"a": 2}, "2-0", gives=b"2-0"),
    _call("xadd", "t", {"a": 3}, "3-0", gives=b"3-0"),
    _call("xcfgset", "t", idmp_duration=60, idmp_maxsize=10, gives=b"OK"),
    _call("xdel", "t", "1-0", "9-9", gives=1),
    _call("xdelex", "t", "2-0", "9-9", ref_policy="DELREF", gives=[1, -1]),
    _call("xtrim", "t", maxlen=0, approximate=False, gives=1),
    _call("xtrim", "s", minid="1", limit=10, gives=0),
    _call(
        *("xinfo_stream", "s"),
        gives={**DESCRIPTION, "first-entry": ENTRIES[0], "last-entry": ENTRIES[2]},
    ),
    _call(
        *("xinfo_stream", "s"),
        full=True,
        gives={**DESCRIPTION, "entries": dict(ENTRIES), "groups": []},
    ),
]

PENDING = {
    "pending": 2,
    "min": b"1-0",
    "max": b"2-0",
    "consumers": [{"name": b"ada", "pending": 2}],
}


def _pending(entry: bytes, consumer: bytes, times: int) -> dict[str, object]:
    return {
        "message_id": entry,
        "consumer": consumer,
        "time_since_delivered": 0,
        "times_delivered": times,
    }


GROUP = {
    "name": b"g",
    "consumers": 2,
    "pending": 1,
    "last-delivered-id": b"2-0",
    "entries-read": 2,
    "lag": 1,
}

STREAM_GROUPS = [
    _call("xgroup_create", "s", "g", 0, mkstream=True, gives=True),
    *STREAMS[:3],
    _call("xgroup_create", "s", "late", entries_read=3, gives=True),
    _call("xgroup_setid", "s", "late", "0", gives=True),
    _call("xgroup_destroy", "s", "late", gives=True),
    _call("xgroup_destroy", "s", "late", gives=False),
    _call("xgroup_createconsumer", "s", "g", "eve", gives=1),
    _call("xgroup_createconsumer", "s", "g", "eve", gives=0),
    _call("xgroup_delconsumer", "s", "g", "eve", gives=0),
    _call("xreadgroup", "g", "ada", {"s": ">"}, count=2, gives=[[b"s", ENTRIES[:2]]]),
    _call("xreadgroup", "g", "ada", {"s": "1-0"}, gives=[[b"s", ENTRIES[1:2]]]),
    _call("xreadgroup", "g", "bob", {"s": "0"}, block=1, gives=[[b"s", []]]),
    _call("xpending", "s", "g", gives=PENDING),
    _call("xpending_range", "s", "g", "-", "+", 1, gives=[_pending(b"1-0", b"ada", 1)]),
    _call("xpending_range", "s", "g", "-", "+", 9, "ada", idle=1, gives=[]),
    _call("xnack", "s", "g", "FAIL", "1-0", gives=1),
    _call("xack", "s", "g", "1-0", "9-9", gives=1),
    _call("xclaim", "s", "g", "bob", 0, ["2-0"], gives=ENTRIES[1:2]),
    _call("xclaim", "s", "g", "bob", 0, ["2-0"], idle=0, retrycount=7, justid=True, gives=[b"2-0"]),
    _call("xautoclaim", "s", "g", "ada", 0, count=10, gives=[b"0-0", ENTRIES[1:2], []]),
    _call("xautoclaim", "s", "g", "ada", 0, justid=True, gives=[b"2-0"]),
    _call("xinfo_groups", "s", gives=[GROUP]),
    _call(
        "xinfo_consumers",
        "s",
        "g",
        gives=[
            {"name": b"ada", "pending": 1, "idle": 0, "inactive": 0},
            {"name": b"bob", "pending": 0, "idle": 0, "inactive": 0},
        ],
    ),
    _call("xreadgroup", "g", "ada", {"s": ">"}, noack=True, gives=[[b"s", ENTRIES[2:]]]),
    _call("xackdel", "s", "g", "2-0", "9-9", ref_policy="KEEPREF", gives=[1, -1]),
    _call("xdel", "s", "1-0", gives=1),
    _call("xpending", "s", "g", gives={"pending": 0, "min": None, "max": None, "consumers": []}),
]

#: Programs whose clock has to run: what waits, waits on the instance's.
TIMED = {"blocking"}

#: By name, as PROGRAMS.
MORE_PROGRAMS = {
    "blocking": BLOCKING,
    "bits": BITS,
    "geo": GEO,
    "scripts": SCRIPTS,
    "streams": STREAMS,
    "stream groups": STREAM_GROUPS,
}
