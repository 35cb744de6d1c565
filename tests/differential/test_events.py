"""Keyspace events: the same messages, in the same order, as redis-server publishes."""

import pytest

SCRIPTS = {
    "strings": "SET a 1; SET a 2; SETNX a 3; SETNX b 1; SETEX c 100000 x; PSETEX d 100000000 y; "
               "SET r 1 GET; SET r 2 XX GET; SET s 1 XX GET; GETSET a 4; GETSET e 5; "
               "APPEND a x; APPEND f x; SETRANGE g 3 x; SETRANGE a 0 y; "
               "SETRANGE h 0 ''; INCR n; INCR n; DECRBY m 5; INCRBYFLOAT n 0.5; INCRBYFLOAT o 1; "
               "MSET a 1 p 2 p 3; MSETNX q 1 r 2; GETDEL q; GETEX a EX 100000; GETEX a PERSIST",
    "keys": "SET a 1; RENAME a b; SET c 2; RENAME b c; RENAMENX c d; SET e 1; RENAMENX d e; "
            "RENAME e e; COPY e f; COPY e f REPLACE; COPY e g DB 1; MOVE e 1; DEL f f nosuch; "
            "SET h 1; UNLINK h; SET i 1; EXPIRE i 100000; PERSIST i; PERSIST i; EXPIRE i -1; "
            "SET j 1 EX 100000; SET j 2 KEEPTTL; EXPIREAT j 1; TOUCH k",
    "sorted_sets": "ZADD k 1 a 2 b; ZADD k 1 a; ZADD k 3 a; ZADD k XX 1 n; ZADD n XX 1 n; ZADD k INCR 1 a; "
                   "ZADD k GT 0 a; ZINCRBY k 1 a; ZINCRBY k 0 a; ZINCRBY l 1 a; ZREM k n; ZREM k a; "
                   "ZREM k b; ZADD k 1 a 2 b 3 c 4 d 5 e; ZPOPMIN k; ZPOPMAX k 0; ZPOPMAX k 2; "
                   "ZMPOP 2 n k MIN; ZMPOP 1 k MAX COUNT 5; ZADD k 1 a 2 b 3 c; "
                   "ZREMRANGEBYRANK k 7 8; ZREMRANGEBYRANK k 0 0; ZREMRANGEBYSCORE k 2 2; "
                   "ZREMRANGEBYLEX k - +; ZADD k 1 a 2 b; ZRANGESTORE d k 0 0; ZRANGESTORE d k 0 1; "
                   "ZRANGESTORE d k 5 6; ZRANGESTORE d k 5 6; ZUNIONSTORE d 2 k l; "
                   "ZUNIONSTORE d 1 k; ZINTERSTORE d 2 k n; ZINTERSTORE d 2 k n; ZDIFFSTORE d 1 k; "
                   "ZDIFFSTORE k 1 n; SET s 1; ZUNIONSTORE s 1 d; ZADD s 1 z EX 1; ZRANGE n 0 1; "
                   "ZUNION 2 n d; ZCARD n; ZSCORE n a; ZRANDMEMBER n; ZPOPMIN n; ZMPOP 1 n MIN; "
                   "ZINTERCARD 1 n; ZSCAN n 0; ZREM n a; ZADD n XX 1 a",
    "misses": "GET nosuch; MGET nosuch a; EXISTS nosuch; TYPE nosuch; STRLEN nosuch; TTL nosuch; "
              "GETRANGE nosuch 0 1; OBJECT ENCODING nosuch; DUMP_NONE",
    "transaction": "MULTI; SET a 1; INCR a; DEL a; EXEC",
}


def events(door, flags, script):
    """What a subscriber of every channel gets while the script runs."""
    door.run([b"RESET"])
    door.run([b"FLUSHALL"])
    door.run([b"CONFIG", b"SET", b"notify-keyspace-events", flags.encode()])
    listener = door.another()
    listener.run([b"PSUBSCRIBE", b"*"])
    for command in script.split(";"):
        door.run([word.strip("'").encode() for word in command.split()])
    door.run([b"PUBLISH", b"end", b"end"])
    received = b""
    while not received.endswith(b"$3\r\nend\r\n$3\r\nend\r\n"):
        part = listener.more()
        assert part, received
        received += part
    listener.close()
    return received


@pytest.mark.parametrize("flags", ["KEA", "KEAn", "Kn", "Eg$", "KEm", ""])
@pytest.mark.parametrize("name", SCRIPTS)
def test_events_are_those_of_redis(redis, kevy, name, flags):
    theirs = events(redis, flags, SCRIPTS[name])
    assert events(kevy, flags, SCRIPTS[name]) == theirs
