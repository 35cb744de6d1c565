// Shard: a part of an instance's keys, with everything that belongs to them. Nothing is shared
// between shards.
//
// A shard is run by one thread at a time: the one that holds its lock. Turn takes the lock, and
// KeyPrefetch for moments. The members are sorted by who may touch them; what moves between cores
// with the lock lies on the lock's own cache line.
#pragma once

#include <cstdint>

#include "base/lock.h"
#include "base/random.h"
#include "runtime/shard/databases.h"
#include "runtime/shard/watches.h"
#include "runtime/tracking/changed_keys.h"
#include "runtime/tracking/tracked_keys.h"
#include "runtime/waiting/waiters.h"
#include "store/keyspace.h"

namespace kevy {

struct ShardStatistics {
  uint64_t commands = 0;
  uint64_t keyspace_hits = 0;
  uint64_t keyspace_misses = 0;
  uint64_t expired_keys = 0;
  uint64_t expired_fields = 0;
};

/// Where active expiry stands on its way round the databases.
struct ExpiryPlace {
  size_t database = 0;
  uint64_t cursor = 0;
};

struct alignas(128) Shard {  // two lines: processors fetch lines in pairs
  Lock lock;

  // Guarded by the lock.
  ShardStatistics statistics;
  /// Where in the write log the last change of a key here ends; 0: it has none.
  uint64_t logged_to = 0;
  /// As Redis counts them: of keys, and of elements where a command changes several.
  uint64_t changes = 0;
  Waiters waiters;
  Databases databases;
  /// How many watch or track a key here, or all keys: whether changes are to be told.
  size_t interested = 0;
  Watches watches{interested};
  TrackedKeys tracked{interested};
  bool tells_all = false;  // some have asked for all changes; counted in `interested` too
  ChangedKeys changed;     // of which they have yet to be told
  Garbage garbage;
  ExpiryPlace expiry;         // of keys
  ExpiryPlace field_expiry;   // of fields of hashes
  SpanPool* spans = nullptr;  // the instance's; set before anything else

  /// What a key has in a database; takes no memory.
  Entry* find(size_t database, const Key& key) const noexcept {
    Keyspace* const keyspace = databases.find(database);
    return keyspace == nullptr ? nullptr : keyspace->find(key);
  }
  /// Made when first used. Who only reads, in any shard, asks `databases`, which makes none.
  Keyspace& keyspace(size_t database) {
    if (Keyspace* const keyspace = databases.find(database)) [[likely]]
      return *keyspace;
    return make_keyspace(database);
  }

 private:
  Keyspace& make_keyspace(size_t database);
};

}  // namespace kevy
