// Shard: a part of an instance's keys, with everything that belongs to them. Nothing is shared
// between shards.
//
// A shard is run by one thread at a time: the one that holds its lock. Turn takes the lock, and
// KeyPrefetch for moments. The members are sorted by who may touch them; what moves between cores
// with the lock lies on the lock's own cache line.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/lock.h"
#include "base/random.h"
#include "runtime/shard/watches.h"
#include "store/keyspace.h"

namespace kevy {

struct ShardStatistics {
  uint64_t commands = 0;
  uint64_t keyspace_hits = 0;
  uint64_t keyspace_misses = 0;
  uint64_t expired_keys = 0;
  uint64_t expired_fields = 0;
};

struct alignas(128) Shard {  // two lines: processors fetch lines in pairs
  /// To be called once, before anything else.
  void open(size_t databases, SpanPool& span_pool) {
    spans = &span_pool;
    keyspaces = std::make_unique<std::unique_ptr<Keyspace>[]>(databases);
  }

  Lock lock;

  // Guarded by the lock.
  std::unique_ptr<std::unique_ptr<Keyspace>[]> keyspaces;  // one a database, made when first used
  ShardStatistics statistics;
  Watches watches;
  Garbage garbage;
  uint64_t expiry_cursor = 0;
  size_t expiry_database = 0;
  uint64_t field_expiry_cursor = 0;
  size_t field_expiry_database = 0;
  SpanPool* spans = nullptr;  // the instance's

  /// What a key has in a database; takes no memory.
  Entry* find(size_t database, const Key& key) const noexcept {
    const auto& keyspace = keyspaces[database];
    return keyspace == nullptr ? nullptr : keyspace->find(key);
  }
  Keyspace& keyspace(size_t database) {
    auto& keyspace = keyspaces[database];
    if (keyspace == nullptr) [[unlikely]] {
      keyspace = std::make_unique<Keyspace>(HashSecret::process(), garbage, *spans);
    }
    return *keyspace;
  }
};

}  // namespace kevy
