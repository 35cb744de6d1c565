// How long a command may keep its thread: decides what becomes of the GIL while it runs.
#pragma once

#include <cstdint>
#include <string_view>

namespace kevy::python {

enum class Pace : uint8_t {
  kShort,    // a few keys, constant or logarithmic work: the GIL is kept
  kWaiting,  // may wait for another session, holding no shard: the GIL is released
  kLong      // anything else, which may hold shards for long: the GIL is released
};

/// Of the verb in capitals or not. FNV-1a; a collision only costs the right pace.
constexpr uint32_t verb_hash(std::string_view verb) noexcept {
  uint32_t hash = 2166136261u;
  for (const char letter : verb) {
    hash = (hash ^ (static_cast<uint8_t>(letter) & 0xDFu)) * 16777619u;
  }
  return hash;
}

constexpr Pace pace_of(std::string_view verb) noexcept {
  switch (verb_hash(verb)) {
    // Strings and keys.
    case verb_hash("GET"): case verb_hash("SET"): case verb_hash("INCR"): case verb_hash("DECR"):
    case verb_hash("INCRBY"): case verb_hash("DECRBY"): case verb_hash("INCRBYFLOAT"):
    case verb_hash("APPEND"): case verb_hash("STRLEN"): case verb_hash("SETNX"):
    case verb_hash("SETEX"): case verb_hash("PSETEX"): case verb_hash("GETSET"):
    case verb_hash("GETDEL"): case verb_hash("GETEX"): case verb_hash("MGET"):
    case verb_hash("MSET"): case verb_hash("MSETNX"): case verb_hash("GETRANGE"):
    case verb_hash("SETRANGE"):
    case verb_hash("EXISTS"): case verb_hash("DEL"): case verb_hash("UNLINK"):
    case verb_hash("TYPE"): case verb_hash("TTL"): case verb_hash("PTTL"):
    case verb_hash("EXPIRE"): case verb_hash("PEXPIRE"): case verb_hash("EXPIREAT"):
    case verb_hash("PEXPIREAT"): case verb_hash("PERSIST"): case verb_hash("TOUCH"):
    // Lists, hashes, sets and sorted sets.
    case verb_hash("LPUSH"): case verb_hash("RPUSH"): case verb_hash("LPOP"):
    case verb_hash("RPOP"): case verb_hash("LLEN"): case verb_hash("LPUSHX"):
    case verb_hash("RPUSHX"): case verb_hash("LMOVE"): case verb_hash("RPOPLPUSH"):
    case verb_hash("HGET"): case verb_hash("HSET"): case verb_hash("HSETNX"):
    case verb_hash("HMGET"): case verb_hash("HDEL"): case verb_hash("HEXISTS"):
    case verb_hash("HINCRBY"): case verb_hash("HINCRBYFLOAT"): case verb_hash("HLEN"):
    case verb_hash("HSTRLEN"): case verb_hash("SADD"): case verb_hash("SREM"):
    case verb_hash("SISMEMBER"): case verb_hash("SMISMEMBER"): case verb_hash("SCARD"):
    case verb_hash("SMOVE"): case verb_hash("ZADD"): case verb_hash("ZREM"):
    case verb_hash("ZSCORE"): case verb_hash("ZMSCORE"): case verb_hash("ZINCRBY"):
    case verb_hash("ZCARD"): case verb_hash("ZCOUNT"): case verb_hash("ZRANK"):
    case verb_hash("ZREVRANK"): case verb_hash("XADD"):
    // Connections, transactions and messages.
    case verb_hash("PING"): case verb_hash("ECHO"): case verb_hash("SELECT"):
    case verb_hash("MULTI"): case verb_hash("WATCH"): case verb_hash("DISCARD"):
    case verb_hash("PUBLISH"): case verb_hash("TIME"):
      return Pace::kShort;
    case verb_hash("BLPOP"): case verb_hash("BRPOP"): case verb_hash("BLMOVE"):
    case verb_hash("BLMPOP"): case verb_hash("BLMOVEM"): case verb_hash("BRPOPLPUSH"): case verb_hash("BZPOPMIN"):
    case verb_hash("BZPOPMAX"): case verb_hash("BZMPOP"): case verb_hash("XREAD"):
    case verb_hash("XREADGROUP"): case verb_hash("WAIT"): case verb_hash("WAITAOF"):
    case verb_hash("MIGRATE"):
      return Pace::kWaiting;
    default:
      return Pace::kLong;
  }
}

}  // namespace kevy::python
