// Keyspace: the keys of one database on one shard: the table of entries, which of them have a
// time to live, and how much memory they take.
//
// Knows no command, reply, lock, clock or log. Time is an argument. Expiry is not applied by
// lookups: the caller asks Entry::expired and decides. Every change goes through a method here,
// and counts in `changes()`, by which the runtime checks that no change went past its mutation
// point. Touched by one thread at a time: the holder of the shard's lock.
//
// An Entry* stays valid until the next method that changes that key; methods that change an
// entry return where it is now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/shared_bytes.h"
#include "store/entry.h"
#include "store/table.h"
#include "store/value.h"

namespace kevy {

/// A key and its hash, computed once by dispatch.
struct Key {
  Bytes bytes;
  uint64_t hash;
};

/// What takes long to free, kept until the shard's lock is released.
using Garbage = std::vector<SharedBytes>;

class Keyspace {
 public:
  static constexpr int64_t kNoExpiry = -1;
  static constexpr int64_t kKeepExpiry = -2;

  Keyspace(const HashSecret& secret, Garbage& garbage);
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  // Reading.
  Entry* find(Key key) const noexcept;
  size_t size() const noexcept;
  size_t size_with_expiry() const noexcept;
  /// Bytes really allocated for entries, values and tables.
  size_t memory_bytes() const noexcept;
  /// Memory of one key: entry, value, its share of the table.
  size_t memory_bytes_of(const Entry& entry) const noexcept;
  uint64_t changes() const noexcept;

  // Strings. All make the key when it is missing and replace whatever value it had.
  // `expires_at_ms`: a moment, kNoExpiry or kKeepExpiry.
  /// Stores `value`, as an integer where it is the shortest decimal form of one.
  Entry* set_string(Key key, Bytes value, int64_t expires_at_ms);
  Entry* set_integer(Key key, int64_t value, int64_t expires_at_ms);
  /// For a value that the caller already holds as a block; shares it.
  Entry* set_shared(Key key, SharedBytes value, int64_t expires_at_ms);
  /// Changes an integer entry in place.
  void update_integer(Entry* entry, int64_t value) noexcept;
  /// Gives the string of `key` (made if missing; an integer becomes its text) the length `size`,
  /// which must not be less than it has, new bytes zero; returns its writable bytes, good until
  /// the next change of this keyspace. A block that replies hold is copied first.
  char* grow_string(Key key, size_t size);

  // Any type.
  /// False when there is no such key.
  bool erase(Key key);
  /// Sets the moment `entry` expires at, or kNoExpiry. Returns the entry, which may have moved.
  Entry* set_expiry(Entry* entry, uint64_t hash, int64_t expires_at_ms);
  /// Takes the value of `key` out and erases the key. The key must exist.
  Value take(Key key);
  /// A copy of the value (big strings are shared).
  static Value copy_value(const Entry& entry);
  Entry* put(Key key, Value value, int64_t expires_at_ms);
  /// Erases everything. What is big goes to the garbage... see clear_into for FLUSHALL ASYNC.
  void clear();

  // Walking.
  /// One step of a full iteration in the manner of SCAN: visits the entries of at least one
  /// bucket from `cursor` on, until `count` entries were visited or the end reached (returns 0).
  /// An entry present from the first to the last step is visited at least once, whatever is
  /// added, removed or resized in between. `visit` must not change the keyspace.
  uint64_t scan(uint64_t cursor, size_t count, const std::function<void(Entry&)>& visit) const;
  /// Every entry once; `visit` must not change the keyspace.
  void for_each(const std::function<void(Entry&)>& visit) const;
  /// One entry, each with the same chance; nullptr when empty. `random` is 64 random bits source.
  Entry* random(const std::function<uint64_t()>& random) const;
  /// The same over the entries that have a time to live.
  uint64_t scan_expiring(uint64_t cursor, size_t count,
                         const std::function<void(Entry&)>& visit) const;
};

}  // namespace kevy
