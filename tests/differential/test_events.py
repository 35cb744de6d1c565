"""Keyspace events: the same messages, in the same order, as the references publish."""

import pytest
from differences import REDIS
from doors import make_fresh

SCRIPTS = {
    "strings": "SET a 1; SET a 2; SETNX a 3; SETNX b 1; SETEX c 100000 x; PSETEX d 100000000 y; "
               "SET r 1 GET; SET r 2 XX GET; SET s 1 XX GET; GETSET a 4; GETSET e 5; "
               "APPEND a x; APPEND f x; SETRANGE g 3 x; SETRANGE a 0 y; "
               "SETRANGE h 0 ''; INCR n; INCR n; DECRBY m 5; INCRBYFLOAT n 0.5; INCRBYFLOAT o 1; "
               "MSET a 1 p 2 p 3; MSETNX q 1 r 2; GETDEL q; GETEX a EX 100000; GETEX a PERSIST",
    "bitmaps": "SETBIT k 1 1; SETBIT k 1 1; SETBIT k 1 0; SETBIT k 99 0; GETBIT k 1; GETBIT none 1; BITCOUNT k; "
               "BITCOUNT none; BITPOS none 1; BITOP OR d k k; BITOP OR d k; BITOP AND d none; BITOP AND d none; "
               "RPUSH l a; BITOP NOT l k; BITOP NOT k k; BITFIELD f SET u8 0 1; BITFIELD f SET u8 0 1; "
               "BITFIELD f GET u8 0 INCRBY u8 0 0; BITFIELD f INCRBY u8 0 1; BITFIELD f SET u8 100 0; "
               "BITFIELD none GET u8 0; BITFIELD g OVERFLOW FAIL INCRBY u2 0 9; BITFIELD_RO none GET u8 0; "
               "BITFIELD g OVERFLOW FAIL INCRBY u2 100 9; BITFIELD g OVERFLOW FAIL INCRBY u2 0 9 SET u2 200 0",
    "hyperloglogs": "PFADD h a; PFADD h a; PFADD h; PFADD n; PFCOUNT h; PFCOUNT h; PFCOUNT none; PFCOUNT h none; "
                    "PFMERGE d h; PFMERGE d h; PFMERGE e; PFDEBUG TODENSE h; PFDEBUG GETREG d; PFADD h b; "
                    "PFADD h b; RPUSH l a; PFADD l a; PFMERGE l h; PFMERGE d l",
    "geo": "GEOADD g 1 1 a 2 2 b; GEOADD g 1 1 a; GEOADD g XX 1 1 c; GEOADD n XX 1 1 a; GEOADD g CH 3 3 a; "
           "GEOPOS g a; GEOPOS none a; GEOHASH none a; GEODIST none a b; GEOSEARCH none FROMLONLAT 1 1 BYRADIUS 1 m; "
           "GEOSEARCHSTORE d g FROMLONLAT 1 1 BYRADIUS 900 km; GEOSEARCHSTORE d g FROMLONLAT 1 1 BYRADIUS 900 km; "
           "GEOSEARCHSTORE d g FROMLONLAT 50 50 BYRADIUS 9 km; GEOSEARCHSTORE d g FROMLONLAT 50 50 BYRADIUS 9 km; "
           "GEORADIUS g 1 1 900 km STORE d; GEORADIUSBYMEMBER g a 900 km STOREDIST e; GEORADIUS g 1 1 900 km; "
           "GEORADIUS none 1 1 900 km STORE d; GEORADIUSBYMEMBER none a 1 km STORE e; SET s x; "
           "GEOSEARCHSTORE s g FROMMEMBER a BYRADIUS 900 km; GEOSEARCHSTORE g g FROMMEMBER b BYRADIUS 1 km",
    "keys": "SET a 1; RENAME a b; SET c 2; RENAME b c; RENAMENX c d; SET e 1; RENAMENX d e; "
            "RENAME e e; COPY e f; COPY e f REPLACE; COPY e g DB 1; MOVE e 1; DEL f f nosuch; "
            "SET h 1; UNLINK h; SET i 1; EXPIRE i 100000; PERSIST i; PERSIST i; "
            "SET j 1 EX 100000; SET j 2 KEEPTTL; TOUCH k",
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
              "GETRANGE nosuch 0 1; OBJECT ENCODING nosuch; DUMP_NONE; LLEN nosuch; LINDEX nosuch 0; "
              "LRANGE nosuch 0 1; LPOS nosuch a; LPOP nosuch; LSET nosuch 0 a; LREM nosuch 0 a",
    "hashes": "HSET h a 1 b 2; HSET h a 1; HSET h c 3 c 4; HMSET h a 2; HMSET i a 1; HSETNX h a 1; "
              "HSETNX h d 1; HSETNX j a 1; HINCRBY h a 1; HINCRBY k a 1; HINCRBY h a x; "
              "HINCRBYFLOAT h a 0.5; HINCRBYFLOAT l a 1; HINCRBYFLOAT h a x; HSET h; HDEL h nosuch; "
              "HDEL h a nosuch; HDEL h a; HDEL i a a; HDEL nosuch a; HDEL h b c d e; HGETALL h; "
              "HGET j a; HLEN nosuch; HGET nosuch a; HMGET nosuch a; HRANDFIELD nosuch; "
              "HRANDFIELD nosuch 1; HSCAN nosuch 0; HEXISTS nosuch a; HSTRLEN nosuch a; "
              "HKEYS nosuch; HVALS nosuch; HGETALL nosuch; HSETNX j a 2; SET j x; HSET j a 1",
    "hash_expiry": "HSET h a 1 b 2 c 3; HEXPIRE h 100000 FIELDS 3 a nosuch a; HEXPIRE h 100000 NX FIELDS 1 a; "
                   "HPERSIST h FIELDS 2 a b; HPERSIST h FIELDS 2 a b; HGETEX h FIELDS 1 a; "
                   "HGETEX h EX 100000 FIELDS 2 a nosuch; HGETEX h PERSIST FIELDS 2 a b; "
                   "HGETEX h PERSIST FIELDS 1 a; HGETEX h PXAT 1 FIELDS 1 a; HEXPIRE h 0 FIELDS 1 b; "
                   "HPEXPIREAT h 1 FIELDS 1 c; HSETEX i EX 100000 FIELDS 1 a 1; HSETEX i FIELDS 1 b 1; "
                   "HSETEX i FNX FIELDS 1 b 1; HSETEX i KEEPTTL FIELDS 1 a 2; HINCRBY i a 1; "
                   "HSETEX i PXAT 1 FIELDS 1 nosuch 1; HSETEX i PXAT 1 FIELDS 2 a 1 b 1; "
                   "HSETEX i PXAT 1 FIELDS 1 a 1; HSET i a 1 b 2; HGETDEL i FIELDS 2 a nosuch; "
                   "HGETDEL i FIELDS 1 b; HTTL i FIELDS 1 a; HGETEX i FIELDS 1 a; HGETDEL i FIELDS 1 a; "
                   "HEXPIRE i 1 FIELDS 1 a; HPERSIST i FIELDS 1 a",
    "sets": "SADD a 1 2 3; SADD a 1; SADD a x; SREM a 9; SREM a 1; SREM a 2 3 x; SREM a 1; SADD b 1; "
            "SPOP b; SADD b 1 2; SPOP b 1; SPOP b 5; SPOP b; SPOP b 1; SADD c 1 2; SPOP c 0; "
            "SPOP c 2; SMOVE c d 1; SADD c 1 2; SMOVE c d 1; SMOVE c d 2; SADD c 1; SMOVE c d 1; "
            "SMOVE d d 1; SMOVE d c 9; SMEMBERS none; SISMEMBER none 1; SRANDMEMBER none; "
            "SSCAN none 0; SCARD none; SADD str 1",
    "set algebra": "SADD a 1 2 3; SADD b 2 3 4; SINTERSTORE d a b; SUNIONSTORE d a b; "
                   "SDIFFSTORE d a b; SDIFFSTORE d a a; SINTERSTORE d a none; SDIFFSTORE d none; "
                   "SINTERSTORE a a b; SUNIONSTORE a none none; SET s x; SINTERSTORE s a b; "
                   "SINTERSTORE s b; SET t x; SINTER none t; SINTER t none; SUNION none t; "
                   "SDIFF none none; SDIFF none t; SINTERCARD 2 none b; SUNIONSTORE e t; "
                   "SDIFFSTORE t none",
    "lists": "RPUSH l a b; LPUSH l c; LPUSHX l d; RPUSHX l e; LPUSHX nosuch a; LSET l 0 x; "
             "LINSERT l BEFORE x y; LINSERT l AFTER nosuch y; LREM l 0 x; LREM l 0 nosuch; "
             "LPOP l; RPOP l 2; LPOP l 0; LPOP l 9; LPOP l; RPUSH l a a; LREM l 0 a; RPUSH l a b; "
             "LTRIM l 0 -1; LTRIM l 0 0; LTRIM l 5 9; LTRIM l 0 1; RPUSH l a b c",
    "moving": "RPUSH l a b c; LMOVE l m LEFT RIGHT; LMOVE l m RIGHT LEFT; LMOVE l l LEFT RIGHT; "
              "RPOPLPUSH l m; RPOPLPUSH l m; RPOPLPUSH m m; LMPOP 2 l m LEFT; LMPOP 1 m RIGHT COUNT "
              "9; LMPOP 1 m LEFT; SET s x; LMOVE s l LEFT LEFT; LPUSH m a; LMOVE m s LEFT LEFT",
    "sort": "RPUSH l 2 1; SORT l; SORT l STORE d; SORT l STORE d; SORT nosuch STORE d; SORT nosuch "
            "STORE d; SORT nosuch; SET s x; SORT l STORE s; SORT l STORE l; SORT l BY w_* GET w_*; "
            "SORT s GET w_*",
    "transaction": "MULTI; SET a 1; INCR a; DEL a; EXEC",
}


def events(door, flags, script):
    """What a subscriber of every channel gets while the script runs."""
    make_fresh(door)
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


@pytest.mark.parametrize("flags", ["KEA", "KEAn", "Kn", "Eg$", "KEm", "El", ""])
@pytest.mark.parametrize("name", SCRIPTS)
def test_events_are_those_of_the_reference(reference, kevy, name, flags):
    if name == "hash_expiry" and reference.version == REDIS:
        pytest.skip("has no times to live of fields")
    theirs = events(reference, flags, SCRIPTS[name])
    assert events(kevy, flags, SCRIPTS[name]) == theirs


@pytest.mark.parametrize("flags", ["KEA", "Kx", "Eg$"])
def test_what_ends_at_once_has_expired_since_valkey_9(reference, kevy, flags):
    script = ("SET a 1; EXPIRE a -1; SET a 1; PEXPIREAT a 1; SET a 1; GETEX a EXAT 1; "
              "SET a 1; SET a 1 PXAT 1; SET b 1 PXAT 1; SET b 1 XX GET EXAT 1; EXISTS a b")
    agree = events(kevy, flags, script) == events(reference, flags, script)
    assert agree == (reference.version != REDIS)
