"""Which verbs count as a use of a key, and which as a hit or a miss.

Under LFU the counter of a new key is 5 and the first use makes it 6, whatever chance says: so a verb's
uses show in OBJECT FREQ. Counters lose nothing here, as a minute may end between a key's making and its use.
"""

import pytest
from doors import parse

KEYS = b"s n l t t2 z z2 h e".split()
DATA = """SET s v;SET n 50000;RPUSH l a b c;SADD t a b 1;SADD t2 b c;ZADD z 1 a 2 b;ZADD z2 1 a;HSET h f v g 2;
SET e v EX 1000""".replace("\n", "").split(";")
COMMANDS = """
GET s;GET none;GET l;SET s x GET;SET s x NX;SET s x XX;SET s x;SET none x GET;SET l x GET;SETNX s x
GETSET s x;GETSET none x;GETEX s;GETEX s EX 100;GETEX none;GETDEL s;GETDEL none;STRLEN s;STRLEN none
APPEND s x;GETRANGE s 0 1;SUBSTR s 0 1;SETRANGE s 0 x;INCR n;INCR none;INCRBYFLOAT n 1;SETEX s 10 x
MGET s n;MGET none none;MSET s x;MSETNX s x q y;LCS s n;LCS none none
EXISTS s;EXISTS none;EXISTS s s;TOUCH s;TOUCH none;TYPE s;TYPE none;TTL e;TTL none;PTTL e;PTTL none
EXPIRETIME e;EXPIRETIME none;PEXPIRETIME e;EXPIRE e 100;EXPIRE s 100 XX;EXPIRE none 10;PERSIST e
PERSIST s;PERSIST none;OBJECT ENCODING s;OBJECT ENCODING none;OBJECT REFCOUNT s;OBJECT FREQ s
OBJECT FREQ none;MEMORY USAGE s;MEMORY USAGE none;KEYS *;RANDOMKEY;SCAN 0;WATCH s;WATCH none
DEL none;COPY s s2;COPY s n;COPY none q;RENAMENX s n;RENAME s s3;RENAME none q;MOVE s 1;MOVE none 1
SORT l ALPHA;SORT l BY s* GET n;SORT none
LLEN l;LLEN none;LRANGE l 0 -1;LRANGE none 0 -1;LINDEX l 0;LPOS l a;LPUSH l x;LPUSHX l x;LPUSHX none x
LPOP l 0;LPOP none;RPOP l;LSET l 0 x;LINSERT l BEFORE b x;LREM l 1 zzz;LTRIM l 0 -1;LMOVE l l LEFT LEFT
LMPOP 1 l LEFT;LMPOP 2 none l LEFT;LRANGE s 0 1
SCARD t;SCARD none;SISMEMBER t a;SMISMEMBER t a;SMISMEMBER none a;SMEMBERS t;SMEMBERS none;SRANDMEMBER t
SRANDMEMBER none;SADD t a;SADD s q;SREM t zz;SPOP t;SPOP none;SMOVE t t2 a;SMOVE none t a;SINTER t t2
SINTER none none2;SINTERCARD 2 t t2;SINTERSTORE d t t2;SINTERSTORE d none;SUNION t t2;SDIFF t t2
SDIFF none s;SSCAN t 0
ZCARD z;ZSCORE z a;ZMSCORE z a;ZRANK z a;ZRANGE z 0 -1;ZRANGESTORE d z 0 -1;ZRANGESTORE d none 0 -1
ZCOUNT z 0 1;ZLEXCOUNT z - +;ZADD z 1 a;ZINCRBY z 1 a;ZREM z q;ZREMRANGEBYRANK z 5 6;ZPOPMIN z
ZMPOP 1 z MIN;ZRANDMEMBER z;ZSCAN z 0;ZUNION 2 z z2;ZUNIONSTORE d 2 z z2;ZUNIONSTORE d 1 none
ZINTERCARD 2 z z2;ZDIFF 2 z z2
HGET h f;HGET none f;HMGET h f;HGETALL h;HLEN h;HEXISTS h f;HSTRLEN h f;HKEYS h;HVALS h;HRANDFIELD h
HRANDFIELD none;HSCAN h 0;HSCAN none 0;HSET h f v;HSETNX h f v;HDEL h q;HINCRBY h g 1
""".replace("\n", ";").strip(";").split(";")


def words(command):
    return command.encode().split()


def statistics(door):
    lines = parse(door.run(words("INFO stats"))).split(b"\r\n")
    counted = dict(line.split(b":") for line in lines if b":" in line)
    return [int(counted[name]) for name in (b"keyspace_hits", b"keyspace_misses")]


def used(door, command):
    """The keys that `command` uses, and how many hits and misses it counts."""
    for preparation in ["SELECT 0", "UNWATCH", "FLUSHALL", *DATA]:
        door.run(words(preparation))
    frequencies = [door.run([b"OBJECT", b"FREQ", key]) for key in KEYS]
    before = statistics(door)
    door.run(words(command))
    after = statistics(door)
    changed = [key for key, frequency in zip(KEYS, frequencies)
               if door.run([b"OBJECT", b"FREQ", key]) not in (frequency, b"$-1\r\n")]
    return changed, [now - then for now, then in zip(after, before)]


@pytest.fixture(scope="module")
def counted(reference):
    """What the reference counts for every command."""
    reference.run([b"RESET"])
    reference.run(words("CONFIG SET maxmemory-policy allkeys-lfu lfu-decay-time 0"))
    yield {command: used(reference, command) for command in COMMANDS}
    reference.run(words("CONFIG SET maxmemory-policy noeviction lfu-decay-time 1"))


def test_verbs_use_keys_as_in_the_reference(counted, kevy):
    kevy.run(words("CONFIG SET maxmemory-policy allkeys-lfu lfu-decay-time 0"))
    assert len(counted) > 150
    wrong = {command: (used(kevy, command), expected) for command, expected in counted.items()
             if used(kevy, command) != expected}
    assert not wrong, wrong
