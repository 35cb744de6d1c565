"""G3: the same commands on kevy and on redis-server, replies compared byte for byte (B03-B09, B15-B21)."""

import pytest

from doors import Kevy, Redis

# One script a line; commands separated by ';'. Every error and border that has been thought of.
SCRIPTS = """
SET k v; GET k; SET k v NX; SET k w XX GET; SET k w NX GET; SET n 1 XX; GET n; STRLEN k; TYPE k
SET k v EX 0; SET k v EX -1; SET k v EX x; SET k v PX 9223372036854775807; SET k v EX 10 PX 10; SET k v KEEPTTL EX 1; SET k v NX XX; SET k v FOO; SET k
SET k v EX 100; TTL k; SET k w KEEPTTL; TTL k; SET k x; TTL k; PERSIST k; EXPIRE k 100; PERSIST k; TTL k; TTL none; PTTL none
SETEX k 10 v; TTL k; SETEX k 0 v; PSETEX k 0 v; PSETEX k 100000 v; TTL k; SETNX k v; SETNX k2 v; GETSET k z; GETSET none z; GETDEL k; GETDEL k; EXISTS k
GETEX k; SET k v; GETEX k EX 100; TTL k; GETEX k PERSIST; TTL k; GETEX k EX 0; GETEX k FOO; GETEX k PERSIST EX 1; GETEX k PXAT 1; EXISTS k
INCR c; INCR c; DECR c; INCRBY c 5; DECRBY c 9223372036854775807; DECRBY c -9223372036854775808; INCRBY c x; INCRBY c 1.5; SET c 9223372036854775807; INCR c; SET c -9223372036854775808; DECR c; SET c " 1"; INCR c; SET c 01; INCR c; SET c +1; INCR c
INCRBYFLOAT f 10.5; INCRBYFLOAT f 0.1; GET f; INCRBYFLOAT f -5; INCRBYFLOAT f 5.0e3; INCRBYFLOAT f x; INCRBYFLOAT f inf; INCRBYFLOAT f nan; SET f abc; INCRBYFLOAT f 1; SET f 3.0e3; INCRBYFLOAT f 200; INCRBYFLOAT g 1e17
APPEND a hello; APPEND a " world"; GET a; STRLEN a; GETRANGE a 0 4; GETRANGE a -5 -1; GETRANGE a -1 -5; GETRANGE a 3 100; GETRANGE a 100 200; GETRANGE none 0 1; SUBSTR a 1 2; GETRANGE a x 1
SETRANGE s 5 abc; GET s; SETRANGE s 0 X; GET s; SETRANGE s -1 x; SETRANGE none 5 ""; EXISTS none; SETRANGE s 536870912 x; SETRANGE s x y; OBJECT ENCODING s
MSET a 1 b 2 c 3; MGET a b c d a; MSET a 1 b; MSETNX d 1 a 2; EXISTS d; MSETNX d 1 e 2; MGET d e; MSET a 1 a 2; GET a
DEL a b; MSET a 1 b 2; DEL a b a nosuch; UNLINK a; EXISTS a a b; MSET a 1; EXISTS a a; TOUCH a b a; DEL; EXISTS; UNLINK
SET k v; EXPIRE k 10 NX; EXPIRE k 20 NX; EXPIRE k 5 GT; EXPIRE k 50 GT; EXPIRE k 40 LT; TTL k; EXPIRE k 60 XX; EXPIRE k 1 NX XX; EXPIRE k 1 GT LT; EXPIRE k 1 FOO; EXPIRE k x; EXPIRE none 1; EXPIRE k -1; EXISTS k
SET k v; EXPIREAT k 33177117420; EXPIRETIME k; PEXPIRETIME k; PEXPIREAT k 33177117420123; PEXPIRETIME k; EXPIRETIME k; EXPIRE k 9223372036854775807; PEXPIRE k 9223372036854775807; EXPIREAT k 9223372036854775807; EXPIRETIME none; PEXPIRETIME none
RENAME none a; SET a 1; RENAME a b; GET b; EXISTS a; RENAME b b; RENAMENX b b; SET c 2; RENAMENX b c; RENAMENX b d; RENAME d c; GET c; RENAME c
SET a 1 EX 1000; COPY a b; TTL b; COPY a b; COPY a b REPLACE; COPY a a; COPY a a DB 1; COPY a b DB 99; COPY a b DB x; COPY none b; COPY a b FOO; SELECT 1; GET a
SET a 1; MOVE a 1; EXISTS a; SELECT 1; GET a; MOVE a 1; MOVE a 99; MOVE a x; MOVE none 2; SELECT 16; SELECT -1; SELECT x; SELECT 0; SWAPDB 0 1; GET a; SWAPDB 0 99; SWAPDB x 1; SWAPDB 0 x; DBSIZE
MULTI; SET a 1; INCR a; GET a; EXEC; EXEC; DISCARD; MULTI; MULTI; SET b 1; DISCARD; EXISTS b; MULTI; NOSUCH; SET a 2; EXEC; MULTI; GET; EXEC; MULTI; EXEC
MULTI; SET a x; INCR a; GET a; EXEC; WATCH a; SET a y; MULTI; GET a; EXEC; WATCH a; UNWATCH; SET a z; MULTI; GET a; EXEC; MULTI; WATCH a; UNWATCH; EXEC; WATCH; WATCH a; FLUSHALL; MULTI; GET a; EXEC
WATCH a; SET a 1; MULTI; EXEC; WATCH a; DEL a; MULTI; EXEC; WATCH none; MULTI; PING; EXEC; SET e 1 PX 1; WATCH q; SWAPDB 0 1; MULTI; EXEC; WATCH a; DISCARD; MULTI; DISCARD
PING; PING a; PING a b; ECHO a; ECHO; ECHO a b; SELECT; QUITX; GET a b; FLUSHALL FOO; FLUSHDB SYNC; FLUSHALL ASYNC; DBSIZE x
OBJECT ENCODING none; SET a 1; OBJECT ENCODING a; SET a x; OBJECT ENCODING a; SET a 01234567890123456789012345678901234567890123; OBJECT ENCODING a; SET a 012345678901234567890123456789012345678901234; OBJECT ENCODING a; OBJECT REFCOUNT a; OBJECT FREQ a; OBJECT IDLETIME a; OBJECT FOO a; OBJECT; APPEND b 1; OBJECT ENCODING b; SET c 5; APPEND c 1; OBJECT ENCODING c; INCR c; OBJECT ENCODING c
SCAN x; SCAN 0 COUNT 0; SCAN 0 COUNT x; SCAN 0 FOO; SCAN 0 MATCH; SET a 1; SCAN 0 COUNT 1000; SCAN 0 COUNT 1000 TYPE list; SCAN 0 COUNT 1000 MATCH b*; KEYS a; KEYS *; KEYS b; KEYS [a; RANDOMKEY; DEL a; RANDOMKEY
PUBLISH c m; PUBSUB CHANNELS; PUBSUB NUMSUB a b; PUBSUB NUMSUB; PUBSUB NUMPAT; PUBSUB SHARDNUMSUB x; PUBSUB FOO; PUBSUB; SPUBLISH c m; PUBSUB NUMPAT x; PUBLISH c
UNSUBSCRIBE; PUNSUBSCRIBE; SUNSUBSCRIBE; UNSUBSCRIBE a; SUBSCRIBE a; GET x; PING; PING x; SUBSCRIBE a; PSUBSCRIBE p*; SSUBSCRIBE s; UNSUBSCRIBE a; PUNSUBSCRIBE p*; SUNSUBSCRIBE s; PING; RESET; PING
CLIENT GETNAME; CLIENT SETNAME me; CLIENT GETNAME; CLIENT SETNAME "a b"; CLIENT KILL 1.2.3.4:5; CLIENT KILL ID 0; CLIENT KILL ID 99999; CLIENT KILL FOO 1; CLIENT KILL TYPE foo; CLIENT LIST TYPE foo; CLIENT NO-EVICT on; CLIENT NO-EVICT x; CLIENT REPLY x; CLIENT FOO; CLIENT
CONFIG GET maxclients; CONFIG GET nosuch; CONFIG SET nosuch 1; CONFIG SET maxclients x; CONFIG SET timeout 5; CONFIG GET timeout; CONFIG SET timeout 0 timeout 1; CONFIG SET timeout; CONFIG GET; CONFIG FOO; CONFIG RESETSTAT; CONFIG SET notify-keyspace-events KEA; CONFIG GET notify-keyspace-events; CONFIG SET notify-keyspace-events q; CONFIG SET notify-keyspace-events ""
AUTH x; AUTH default x; AUTH nosuch x; AUTH a b c; HELLO 4; HELLO x; HELLO 2 FOO; HELLO 2 AUTH; HELLO 2 SETNAME "a b"; RESET; TIME x; DEBUG SLEEP x; DEBUG SLEEP 0; LCS a b; MSET a ohmytext b mynewtext; LCS a b; LCS a b LEN; LCS a b IDX; LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN; LCS a b LEN IDX; LCS a b FOO; LCS a b MINMATCHLEN x
COMMAND GETKEYS GET a; COMMAND GETKEYS MSET a 1 b 2; COMMAND GETKEYS PING; COMMAND GETKEYS NOSUCH; COMMAND GETKEYS GET; COMMAND GETKEYS COPY a b; COMMAND INFO nosuch; COMMAND FOO; COMMAND LIST FILTERBY x y
"""

def words_of(command):
    import shlex
    return [word.encode() for word in shlex.split(command)]


def same(ours, theirs, words):
    if words[0].upper() in (b"KEYS", b"EXEC"):  # KEYS answers in no order, in EXEC too
        return sorted(ours.split(b"\r\n")) == sorted(theirs.split(b"\r\n"))
    return ours == theirs


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.close()


@pytest.fixture(params=[1, 2, 8])
def kevy(request):
    door = Kevy(request.param)
    yield door
    door.close()


def reset(*doors):
    for door in doors:
        door.run([b"RESET"])
        door.run([b"FLUSHALL"])


@pytest.mark.parametrize("script", [line for line in SCRIPTS.strip().split("\n")])
@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_script_answers_as_redis(redis, kevy, script, protocol):
    reset(redis, kevy)
    for door in (redis, kevy):
        door.run([b"HELLO", protocol])
    for command in script.split(";"):
        words = words_of(command)
        theirs, ours = redis.run(words), kevy.run(words)
        assert same(ours, theirs, words), command
