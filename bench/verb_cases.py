"""What verb_costs.py times: every verb of data, with arguments that show work beyond what the reply
or the change needs: limits far below the size, ranges from either end, a key given many times,
destinations among the sources, counts near the size.

A case is a unit of commands that leaves the data as it was, or nearly, so that it can be repeated.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SMALL = 128  # elements of what lies packed
INTEGERS = 512  # of an intset
CHUNK = 16 * 1024  # bytes of what arrives in pieces
BATCH = 996  # words, so that pairs and triples stay whole


@dataclass(frozen=True)
class Case:
    """`unit`: what is sent, as RESP or inline. `prepare` is run before each round, and not counted.
    `calls_max`: how often the unit may follow itself. `piece`: how many bytes are sent at once.
    `lazy`: the server goes on after its reply, and that counts too."""

    name: str
    unit: bytes
    prepare: tuple[bytes, ...] = ()
    calls_max: int = 5_000
    piece: int = 1 << 20
    lazy: bool = False
    goal: bool = False  # a row of bench/run.py
    goal_ratio: float = 1.0

    def verbs(self) -> set[str]:
        if not self.unit.startswith(b"*"):
            return {self.unit.split()[0].decode().lower()}
        return {found.decode().lower()
                for found in re.findall(rb"\*\d+\r\n\$\d+\r\n([^\r]+)\r\n", self.unit)}


def resp(*words: object) -> bytes:
    encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded)


def commands(text: str) -> bytes:
    """Commands separated by semicolons, words by spaces."""
    return b"".join(resp(*command.split()) for command in text.split(";") if command.strip())


def member(i: int) -> str:
    return f"member:{i:09}"


def filled(*head: object, words: list[object]) -> Iterator[bytes]:
    for first in range(0, len(words), BATCH):
        yield resp(*head, *words[first:first + BATCH])


def fill(n: int) -> Iterator[bytes]:
    """Commands that make the data of all cases."""
    everything = range(n)
    shuffled = [i * 7_368_787 % n for i in everything]
    yield from filled("RPUSH", "list", words=[member(i) for i in everything])
    yield from filled("RPUSH", "numberlist", words=list(shuffled))
    yield from filled("RPUSH", "same", words=["x"] * n)
    yield from filled("RPUSH", "smalllist", words=[member(i) for i in range(SMALL)])
    yield from filled("SADD", "set", words=[member(i) for i in everything])
    yield from filled("SADD", "half", words=[member(i + i % 2 * n) for i in everything])
    yield from filled("SADD", "numbers", words=list(everything))
    yield from filled("SADD", "smallset", words=[member(i) for i in range(SMALL)])
    for key in "intset", "intset2":
        yield from filled("SADD", key, words=list(range(INTEGERS)))
    for i in range(100):
        yield resp("SADD", f"few:{i}", *(member(i * 10 + j) for j in range(10)))
        yield resp("ZADD", f"zfew:{i}", *(w for j in range(10) for w in (j, member(i * 10 + j))))
    yield from filled("SADD", "fewer", words=[member(i) for i in range(10)])
    yield from filled("HSET", "hash", words=[w for i in everything for w in (member(i), i)])
    yield from filled("HSET", "smallhash", words=[w for i in range(SMALL) for w in (member(i), i)])
    yield from filled("ZADD", "zset", words=[w for i in everything for w in (shuffled[i], member(i))])
    yield from filled("ZADD", "zhalf",
                      words=[w for i in everything for w in (i, member(i + i % 2 * n))])
    yield from filled("ZADD", "zlex", words=[w for i in everything for w in (0, member(i))])
    yield from filled("ZADD", "smallzset", words=[w for i in range(SMALL) for w in (i, member(i))])
    yield resp("SET", "string", "x" * n)
    yield resp("SET", "left", "".join(chr(97 + i * i % 23) for i in range(1500)))
    yield resp("SET", "right", "".join(chr(97 + i * 7 % 19) for i in range(1500)))
    yield from filled("MSET", words=[w for i in everything for w in (f"key:{i}", f"value:{i}")])


def of_strings(n: int) -> Iterator[Case | str]:
    some = " ".join(f"key:{i * 37 % n}" for i in range(100))
    yield from [
        f"GETRANGE string {n // 2} {n // 2 + 9}",
        "GETRANGE string -10 -1",
        f"SUBSTR string 0 {n // 2}",
        "GET string", "STRLEN string", "GET key:7", "DUMP key:7",
        f"SETRANGE string {n // 2} yyyy",
        f"SETRANGE scratch {n} y;DEL scratch",
        "GETSET key:7 other", "SET key:7 other GET", "SET key:7 other NX", "SETNX key:7 x",
        "SETEX volatile 100 x", "PSETEX volatile 100000 x", "GETEX key:7",
        "GETDEL key:8;SET key:8 x",
        "INCR counter;DECR counter", "INCRBY counter 5;DECRBY counter 5",
        "INCRBYFLOAT real 0.5",
        f"MGET {some}", "MSETNX key:7 x another x",
        "LCS left right", "LCS left right LEN", "LCS left right IDX",
    ]
    yield "MSET " + " ".join(f"key:{i * 37 % n} x" for i in range(100))
    yield Case("MGET of 100,000 words", resp("MGET", *[f"key:{i % n}" for i in range(100_000)]),
               goal=True)
    yield Case("MSET of 100,000 words",
               resp("MSET", *[w for i in range(50_000) for w in (f"key:{i % n}", "x")]))
    yield Case("MGET of 100,000 missing keys", resp("MGET", *[f"no:{i}" for i in range(100_000)]))
    yield Case("MGET of 1,000 keys 100 times", resp("MGET", *[f"key:{i % 1000}" for i in range(100_000)]))
    yield Case("MGET of one key 100,000 times", resp("MGET", *["key:1"] * 100_000))
    yield Case("APPEND of 100 bytes", resp("APPEND", "scratch", "x" * 100), (resp("DEL", "scratch"),))
    # One may copy at once, and the other before the first change.
    yield Case("COPY of the string, and APPEND of a byte", commands("COPY string scratch REPLACE;APPEND scratch x"))
    yield Case("SET of 64 MB in pieces of 16 KB", resp("SET", "scratch", "x" * (64 << 20)),
               (resp("DEL", "scratch"),), 1, CHUNK, goal=True)
    yield Case("SET of 1 MB in pieces of 16 KB", resp("SET", "scratch", "x" * (1 << 20)),
               (resp("DEL", "scratch"),), 20, CHUNK, goal=True)
    yield Case("SET of 20 KB", resp("SET", "scratch", "x" * 20_000), goal=True)
    yield Case("SET of 200 KB", resp("SET", "scratch", "x" * 200_000), goal=True)
    yield Case("inline GET", b"GET key:7\r\n", goal=True)
    yield Case("inline SET", b"SET key:7 a-value\r\n", goal=True)
    yield Case("inline SET, quoted", b'SET key:7 "a \\x41 value"\r\n')
    yield Case("inline MGET of 1,000 words", b"MGET " + b" ".join([b"key:%d" % i for i in range(1000)])
               + b"\r\n", goal=True)
    yield Case("inline SET of 60 KB", b"SET key:7 " + b"x" * 60_000 + b"\r\n")


def of_keys(n: int) -> Iterator[Case | str]:
    yield from [
        "EXISTS key:7", "EXISTS " + "key:7 " * 100, "TOUCH " + "key:7 " * 100, "TYPE key:7",
        "EXPIRE key:7 1000;PERSIST key:7", "PEXPIRE key:7 100000;PTTL key:7;PERSIST key:7",
        "EXPIREAT key:7 9000000000;EXPIRETIME key:7;PERSIST key:7", "TTL key:7",
        "PEXPIREAT key:7 9000000000000;PEXPIRETIME key:7;PERSIST key:7",
        "DEL key:7;SET key:7 x", "UNLINK key:7;SET key:7 x",
        "RENAME set moved;RENAME moved set", "RENAMENX set moved;RENAMENX moved set",
        "MOVE set 5;SELECT 5;MOVE set 0;SELECT 0",
        "RANDOMKEY", "DBSIZE", "SCAN 0 COUNT 1", "SCAN 0 COUNT 1000", "SCAN 0 TYPE hash COUNT 100",
        "SCAN 0 MATCH nothing COUNT 1000",
        "KEYS nothing*", "KEYS key:7*", "KEYS nothing",
        "OBJECT ENCODING set", "OBJECT IDLETIME list", "OBJECT REFCOUNT zset",
        "MEMORY USAGE key:7", "MEMORY USAGE set", "MEMORY USAGE list", "MEMORY USAGE hash",
        "MEMORY USAGE zset", "MEMORY USAGE set SAMPLES 1000", "MEMORY USAGE numbers SAMPLES 1",
        "MEMORY USAGE list SAMPLES 0", "MEMORY USAGE hash SAMPLES 0", "MEMORY USAGE zset SAMPLES 0",
        "SWAPDB 3 4",
    ]
    for key in "string", "list", "set", "numbers", "hash", "zset", "smallhash", "smallset":
        yield Case(f"COPY of {key}", commands(f"COPY {key} scratch REPLACE"))
    for key in "set", "list", "hash", "zset":
        for verb in "DEL", "UNLINK":
            yield Case(f"{verb} of {key}", commands(f"{verb} scratch"),
                       (commands(f"COPY {key} scratch REPLACE"),), 1, lazy=True)
    for source in "numberlist", "numbers":
        yield from [f"SORT {source} LIMIT 0 10", f"SORT {source} LIMIT {n - 10} 10", f"SORT {source}",
                    f"SORT {source} DESC", f"SORT_RO {source} BY nosort LIMIT 0 10",
                    f"SORT {source} BY key:* LIMIT 0 10 GET key:*", f"SORT {source} STORE scratch",
                    f"SORT {source} ALPHA LIMIT 0 10", f"SORT {source} BY nosort GET # LIMIT 5 5"]
    yield from ["SORT list ALPHA LIMIT 0 10", "SORT zset BY nosort LIMIT 0 10",
                f"SORT zset BY nosort DESC LIMIT {n // 2} 10", "SORT set BY nosort LIMIT 0 10",
                f"SORT list BY nosort LIMIT {n // 2} 10",
                "SORT numberlist BY nosort LIMIT 0 0"]


def of_lists(n: int) -> Iterator[Case | str]:
    middle = member(n // 2)
    yield from [
        "LLEN list", "LINDEX list 0", "LINDEX list -1", f"LINDEX list {n // 2}",
        "LRANGE list 0 9", "LRANGE list -10 -1", f"LRANGE list {n // 2} {n // 2 + 9}",
        "LRANGE list 0 -1", "LRANGE smalllist 0 -1", f"LRANGE list {n - 200} {n - 1}",
        f"LSET list {n // 2} {middle}", "LSET list -1 x", "LSET list 0 x",
        f"LINSERT list BEFORE {middle} between;LREM list 1 between",
        f"LINSERT list AFTER {member(5)} between;LREM list 1 between",
        f"LREM list -1 {member(n - 2)};RPUSH list {member(n - 2)}",
        "LREM list 0 nothing", "LREM list 1 nothing", "LREM list -1 nothing",
        f"LPOS list {middle}", "LPOS list nothing MAXLEN 10", f"LPOS list {member(n - 3)} RANK -1",
        "LPOS list nothing RANK -1 MAXLEN 10", "LPOS same x COUNT 5", "LPOS same x RANK 100 COUNT 1",
        "LPOS same x COUNT 0 MAXLEN 100", "LPOS same x RANK -100 COUNT 2", "LPOS list nothing",
        "LPUSH list x;LPOP list", "RPUSH list x;RPOP list", "LPUSHX list x;RPUSHX list x;LPOP list 1;RPOP list 1",
        "RPOPLPUSH list list", "LMOVE list list LEFT RIGHT", "LMOVE list smalllist LEFT LEFT;LMOVE smalllist list LEFT LEFT",
        "LTRIM list 0 -1", "RPUSH list a b c;LTRIM list 0 -4", "LPUSH list a b c;LTRIM list 3 -1",
        f"LMPOP 2 nothing list LEFT COUNT 2;LPUSH list a b",
    ]
    yield Case("LRANGE of the end of a compressed list", commands("LRANGE list -500 -1"))
    yield Case("LPOP of 1,000", commands("LPOP scratch 1000"),
               (commands("COPY list scratch REPLACE"),), 20)
    yield Case("LTRIM to the middle", commands(f"LTRIM scratch {n // 2} {n // 2 + 9}"),
               (commands("COPY list scratch REPLACE"),), 1)
    yield Case("LREM of all", commands("LREM scratch 0 x"), (commands("COPY same scratch REPLACE"),), 1)
    yield Case("LREM of 100 from the end", commands("LREM scratch -100 x"),
               (commands("COPY same scratch REPLACE"),), 20)
    yield Case("RPUSH of 1,000", resp("RPUSH", "scratch", *map(member, range(1000))),
               (commands("DEL scratch"),), 100)
    yield Case("LINSERT in the middle", commands(f"LINSERT scratch BEFORE {middle} x"),
               (commands("COPY list scratch REPLACE"),), 500)
    yield Case("RPOP of a small list", commands("RPUSH scratch a;RPOP scratch"),
               (commands("COPY smalllist scratch REPLACE"),))


def of_sets(n: int) -> Iterator[Case | str]:
    yield from [
        "SCARD set", f"SISMEMBER set {member(7)}", f"SISMEMBER numbers 7", "SISMEMBER intset 7",
        "SMISMEMBER set " + " ".join(member(i) for i in range(100)),
        "SMEMBERS set", "SMEMBERS numbers", "SMEMBERS intset", "SMEMBERS smallset",
        f"SADD set {member(7)}", "SADD set more;SREM set more", "SADD numbers -1;SREM numbers -1",
        "SADD intset -1;SREM intset -1", "SADD smallset 5;SREM smallset 5",
        "SMOVE set half x", f"SMOVE set set {member(7)}",
        f"SADD set x;SMOVE set half x;SREM half x",
        "SSCAN set 0 COUNT 1", "SSCAN set 0", "SSCAN intset 0 COUNT 1",
        "SSCAN set 0 MATCH nothing COUNT 1000", "SSCAN numbers 0 COUNT 1",
        "SRANDMEMBER set", "SRANDMEMBER numbers", "SRANDMEMBER intset", "SRANDMEMBER smallset",
        "SRANDMEMBER smallset 3", "SRANDMEMBER smallset -3", "SRANDMEMBER smallset 120",
        "SRANDMEMBER intset -3", "SRANDMEMBER intset 500",
        "SRANDMEMBER set 3", "SRANDMEMBER set -3", "SRANDMEMBER set -1000", "SRANDMEMBER set 1000",
        "SRANDMEMBER numbers 3",
        f"SRANDMEMBER set {n - 5}", f"SRANDMEMBER set {n}", f"SRANDMEMBER set {n // 2}",
        f"SRANDMEMBER set {n // 4}",
        "SINTER intset intset2", "SINTERCARD 2 intset intset2", "SINTER smallset set",
        "SINTER set half", "SINTER set nothing", "SINTERCARD 2 set half LIMIT 10",
        "SINTERCARD 1 set LIMIT 10", "SINTERCARD 1 set", "SINTER fewer set half",
        "SINTERSTORE scratch set half", "SINTERSTORE scratch set",
        "SUNION smallset intset", "SUNION set half", "SUNION set set", "SUNION fewer fewer fewer",
        "SUNIONSTORE scratch set fewer", "SUNION numbers intset",
        "SDIFF set half", "SDIFF fewer set", "SDIFF set fewer", "SDIFF nothing set half",
        "SDIFF half nothing", "SDIFF smallset intset", "SDIFF intset intset2",
        "SDIFFSTORE scratch set half", "SDIFF set numbers intset smallset",
        "SUNIONSTORE fewer fewer", "SINTERSTORE fewer fewer fewer", "SDIFFSTORE fewer fewer nothing",
    ]
    goal = {"SSCAN set 0 COUNT 1000": "SSCAN COUNT 1,000",
            "SRANDMEMBER intset 3": "SRANDMEMBER intset 3", "SRANDMEMBER intset 1": "SRANDMEMBER intset 1",
            "SINTERCARD 2 intset intset2 LIMIT 1": "SINTERCARD LIMIT 1, two intsets of 512",
            "SDIFF set half set": "SDIFF, the first key again", "SDIFF set set": "SDIFF of one key twice",
            "SDIFFSTORE scratch set half set": "SDIFFSTORE, the first key again",
            "SINTER " + "intset " * 100: "SINTER of one key of 512 a hundred times",
            "SINTER " + "fewer " * 100: "SINTER of one key of 10 a hundred times",
            "SINTER " + "set " * 100: "SINTER of one key a hundred times",
            "SUNION " + "set " * 20: "SUNION of one key 20 times",
            "SINTERCARD 100 " + "set " * 100: "SINTERCARD of one key a hundred times",
            "SINTERSTORE scratch " + "intset " * 100: "SINTERSTORE of one key a hundred times"}
    for text, name in goal.items():
        yield Case(name, commands(text), goal=True)
    few = " ".join(f"few:{i}" for i in range(100))
    yield from [f"SDIFF set {few}", f"SUNION {few}", f"SINTER set {few}", f"SUNION set {few}"]
    for count in 1, 3, 100:
        yield Case(f"SPOP {count} of a big intset", commands(f"SPOP scratch {count}"),
                   (commands("COPY bigintset scratch REPLACE"),), 100, goal=count == 3)
        yield Case(f"SRANDMEMBER {count} of a big intset", commands(f"SRANDMEMBER bigintset {count}"),
                   goal=count == 3)
        yield Case(f"SPOP {count} of an intset", commands(f"SPOP scratch {count}"),
                   (commands("COPY intset scratch REPLACE"),), 5)
        yield Case(f"SPOP {count} of a set", commands(f"SPOP scratch {count}"),
                   (commands("COPY set scratch REPLACE"),), 100)
        yield Case(f"COPY of a small set, and SPOP {count}",
                   commands(f"COPY smallset scratch REPLACE;SPOP scratch {count}"))
    yield Case("SPOP", commands("SPOP scratch"), (commands("COPY set scratch REPLACE"),), 1000)
    yield Case("SPOP of nearly all", commands(f"SPOP scratch {n - 5}"),
               (commands("COPY set scratch REPLACE"),), 1)
    yield Case("SPOP of all", commands(f"SPOP scratch {n}"), (commands("COPY set scratch REPLACE"),), 1)
    yield Case("SPOP of half", commands(f"SPOP scratch {n // 2}"),
               (commands("COPY set scratch REPLACE"),), 1)
    yield Case("SREM of 1,000", resp("SREM", "scratch", *map(member, range(1000))),
               (commands("COPY set scratch REPLACE"),), 1)
    yield Case("SADD of 1,000", resp("SADD", "scratch", *map(member, range(1000))),
               (commands("DEL scratch"),), 1)


def of_hashes(n: int) -> Iterator[Case | str]:
    yield from [
        "HLEN hash", f"HGET hash {member(7)}", f"HEXISTS hash {member(7)}", f"HSTRLEN hash {member(7)}",
        "HMGET hash " + " ".join(member(i) for i in range(100)),
        f"HSET hash {member(7)} x", f"HSETNX hash {member(7)} x", "HMSET hash x y;HDEL hash x",
        f"HINCRBY hash {member(8)} 1", f"HINCRBYFLOAT hash {member(9)} 0.5",
        "HKEYS hash", "HVALS hash", "HGETALL hash", "HGETALL smallhash", "HKEYS smallhash",
        "HSCAN hash 0 COUNT 1", "HSCAN hash 0", "HSCAN smallhash 0 COUNT 1",
        "HSCAN hash 0 MATCH nothing COUNT 1000",
        "HRANDFIELD hash", "HRANDFIELD smallhash", "HRANDFIELD hash 3", "HRANDFIELD hash -3 WITHVALUES",
        "HRANDFIELD hash -1000", "HRANDFIELD hash 1000",
        "HRANDFIELD smallhash 3", "HRANDFIELD smallhash -3", "HRANDFIELD smallhash 120",
        f"HRANDFIELD hash {n - 5}", f"HRANDFIELD hash {n}", f"HRANDFIELD hash {n // 2}",
        f"HRANDFIELD hash {n // 4}",
        f"HGET smallhash {member(100)}", f"HSET smallhash {member(100)} x", f"HDEL smallhash nothing",
        f"HEXISTS smallhash {member(1000)}",
    ]
    yield Case("HSCAN COUNT 1,000", commands("HSCAN hash 0 COUNT 1000"), goal=True)
    yield Case("HDEL of 1,000", resp("HDEL", "scratch", *map(member, range(1000))),
               (commands("COPY hash scratch REPLACE"),), 1)
    yield Case("HSET of 1,000", resp("HSET", "scratch", *[w for i in range(1000) for w in (member(i), i)]),
               (commands("DEL scratch"),), 1)


def of_sorted_sets(n: int) -> Iterator[Case | str]:
    half = n // 2
    yield from [
        "ZCARD zset", f"ZSCORE zset {member(7)}", "ZMSCORE zset " + " ".join(member(i) for i in range(100)),
        f"ZRANK zset {member(7)}", f"ZREVRANK zset {member(7)}", f"ZRANK smallzset {member(100)}",
        f"ZADD zset 5 {member(7)}", "ZADD zset 5 x;ZREM zset x", f"ZINCRBY zset 1 {member(9)}",
        f"ZADD zset XX GT 5 {member(7)}", f"ZADD smallzset 5 {member(7)}",
        f"ZINCRBY smallzset 1 {member(64)};ZINCRBY smallzset -1 {member(64)}",
        f"ZCOUNT zset {half} {half + 10}", "ZCOUNT zset -inf +inf", f"ZCOUNT zset ({half} +inf",
        f"ZLEXCOUNT zlex [{member(half)} +", "ZLEXCOUNT zlex - +", "ZLEXCOUNT smallzset - +",
        "ZRANGE zset 0 9", "ZRANGE zset -10 -1", f"ZRANGE zset {half} {half + 9}",
        "ZRANGE zset 0 9 REV", "ZREVRANGE zset 0 9", f"ZREVRANGE zset {half} {half + 9} WITHSCORES",
        "ZRANGE zset 0 -1", "ZRANGE zset 0 -1 WITHSCORES", "ZRANGE smallzset 0 -1",
        f"ZRANGEBYSCORE zset -inf +inf LIMIT {half} 10", "ZRANGEBYSCORE zset -inf +inf LIMIT 0 10",
        f"ZRANGEBYSCORE zset -inf +inf LIMIT {n - 5} 10", f"ZRANGEBYSCORE zset {half} +inf LIMIT 0 10",
        f"ZREVRANGEBYSCORE zset +inf -inf LIMIT {half} 10", "ZREVRANGEBYSCORE zset +inf -inf LIMIT 0 10",
        f"ZRANGE zset -inf +inf BYSCORE LIMIT {half} 5 WITHSCORES",
        f"ZRANGEBYSCORE smallzset -inf +inf LIMIT 100 10", "ZRANGEBYSCORE smallzset 50 +inf LIMIT 0 1",
        f"ZRANGEBYLEX zlex - + LIMIT {half} 10", "ZRANGEBYLEX zlex - + LIMIT 0 10",
        f"ZREVRANGEBYLEX zlex + - LIMIT {half} 10", "ZREVRANGEBYLEX zlex + - LIMIT 0 10",
        f"ZRANGEBYLEX zlex [{member(half)} + LIMIT 0 10", f"ZRANGEBYLEX zlex - [{member(5)}",
        f"ZRANGESTORE scratch zset {half} {half + 9}", "ZRANGESTORE scratch zset 0 -1",
        "ZRANGESTORE scratch zset -inf +inf BYSCORE LIMIT 5 10",
        "ZSCAN zset 0 COUNT 1", "ZSCAN zset 0",
        "ZRANDMEMBER zset", "ZRANDMEMBER smallzset", "ZRANDMEMBER zset 3", "ZRANDMEMBER zset -3 WITHSCORES",
        "ZRANDMEMBER zset -1000", "ZRANDMEMBER zset 1000",
        "ZRANDMEMBER smallzset 3", "ZRANDMEMBER smallzset -3", "ZRANDMEMBER smallzset 120",
        f"ZRANDMEMBER zset {n - 5}", f"ZRANDMEMBER zset {n}", f"ZRANDMEMBER zset {half}",
        f"ZRANDMEMBER zset {n // 4}",
        "ZUNION 2 smallzset smallset", "ZUNION 2 zset zhalf", "ZINTER 2 zset zhalf", "ZINTER 2 fewer zset",
        "ZINTER 2 zset nothing", "ZINTERCARD 2 zset zhalf", "ZINTERCARD 1 zset",
        "ZDIFF 2 zset zhalf", "ZDIFF 2 fewer zset", "ZDIFF 2 zset fewer", "ZDIFF 1 zset",
        "ZDIFF 2 nothing zset", "ZDIFF 2 smallzset smallset",
        "ZUNIONSTORE scratch 2 zset zhalf", "ZINTERSTORE scratch 2 zset zhalf",
        "ZDIFFSTORE scratch 2 zset zhalf", "ZUNIONSTORE scratch 2 set half",
        "ZUNIONSTORE smallzset 1 smallzset", "ZINTERSTORE smallzset 2 smallzset smallzset",
        "ZADD zset 0 x;ZPOPMIN zset", f"ZADD zset {n} x;ZPOPMAX zset",
        "ZADD zset 0 x;ZMPOP 2 nothing zset MIN COUNT 1",
        "ZADD zset -5 x;ZREMRANGEBYSCORE zset -inf -5", "ZADD zlex 0 x;ZREMRANGEBYLEX zlex [x +",
        "ZADD zset -5 x;ZREMRANGEBYRANK zset 0 0", "ZREMRANGEBYRANK zset 5 4",
    ]
    goal = {"ZSCAN smallzset 0 COUNT 1": "ZSCAN of a small sorted set", "ZSCAN zset 0 COUNT 1000": "ZSCAN COUNT 1,000",
            "ZINTERCARD 2 zset zhalf LIMIT 10": "ZINTERCARD LIMIT 10",
            "ZINTERCARD 1 zset LIMIT 10": "ZINTERCARD of one key LIMIT 10",
            "ZINTERCARD 2 set half LIMIT 10": "ZINTERCARD of sets LIMIT 10",
            "ZDIFF 3 zset zhalf zset": "ZDIFF, the first key again", "ZDIFF 2 zset zset": "ZDIFF of one key twice",
            "ZDIFFSTORE scratch 3 zset zhalf zset": "ZDIFFSTORE, the first key again",
            "ZINTER 100 " + "smallzset " * 100: "ZINTER of one key of 128 a hundred times",
            "ZINTER 100 " + "zset " * 100: "ZINTER of one key a hundred times",
            "ZINTER 100 " + "set " * 100: "ZINTER of one set a hundred times",
            "ZUNION 20 " + "zset " * 20: "ZUNION of one key 20 times",
            "ZINTERCARD 100 " + "zset " * 100: "ZINTERCARD of one key a hundred times"}
    for text, name in goal.items():
        yield Case(name, commands(text), goal=True)
    few = " ".join(f"zfew:{i}" for i in range(100))
    yield from [f"ZDIFF 101 zset {few}", f"ZUNION 100 {few}", f"ZINTER 101 zset {few}",
                f"ZUNION 101 zset {few}"]
    for count in 1, 100:
        yield Case(f"ZPOPMIN {count}", commands(f"ZPOPMIN scratch {count}"),
                   (commands("COPY zset scratch REPLACE"),), 100)
        yield Case(f"ZPOPMAX {count}", commands(f"ZPOPMAX scratch {count}"),
                   (commands("COPY zset scratch REPLACE"),), 100)
    yield Case("ZREMRANGEBYRANK of all", commands("ZREMRANGEBYRANK scratch 0 -1"),
               (commands("COPY zset scratch REPLACE"),), 1, lazy=True)
    yield Case("ZREMRANGEBYRANK of half", commands(f"ZREMRANGEBYRANK scratch 0 {half}"),
               (commands("COPY zset scratch REPLACE"),), 1)
    yield Case("ZREM of 1,000", resp("ZREM", "scratch", *map(member, range(1000))),
               (commands("COPY zset scratch REPLACE"),), 1)
    yield Case("ZADD of 1,000", resp("ZADD", "scratch", *[w for i in range(1000) for w in (i, member(i))]),
               (commands("DEL scratch"),), 1)


def of_transactions(n: int) -> Iterator[Case | str]:
    yield from ["MULTI;GET key:7;EXEC", "WATCH key:7;UNWATCH", "MULTI;DISCARD", "PING", "ECHO x", "TIME",
                "SELECT 0", "MULTI;" + "INCR counter;" * 100 + "EXEC", "WATCH " + "key:7 " * 100 + ";UNWATCH",
                "WATCH " + " ".join(f"key:{i % n}" for i in range(1000)) + ";UNWATCH"]


def cases(n: int) -> list[Case]:
    groups = of_strings, of_keys, of_lists, of_sets, of_hashes, of_sorted_sets, of_transactions
    return [case if isinstance(case, Case) else Case(shown(case), commands(case))
            for group in groups for case in group(n)]


def shown(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
