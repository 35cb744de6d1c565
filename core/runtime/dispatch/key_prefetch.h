// KeyPrefetch: has the processor fetch what the lookups of several keys are going to read: first all
// buckets, then all entries. A key that nobody has used lately costs two waits for memory, which are
// longer than most commands take; the waits for many keys at once are hardly longer than for one.
//
// A hint: it changes nothing, and keys that are too many are left out. Used by dispatch. One thread.
#pragma once

#include <array>

#include "runtime/shard/shard.h"

namespace kevy {

class KeyPrefetch {
 public:
  explicit KeyPrefetch(int database) noexcept : database_(static_cast<size_t>(database)) {}

  void add(Shard& shard, uint64_t hash) noexcept {
    if (count_ != kKeysMax) places_[count_++] = {&shard, hash};
  }
  /// With the shards of all keys held.
  void run_held() noexcept;
  /// With no shard held. Takes each for a moment, and leaves out those that others hold.
  void run_unheld() noexcept;

 private:
  static constexpr size_t kKeysMax = 128;

  struct Place {
    Shard* shard;  // nullptr: there is nothing to fetch
    uint64_t hash;
  };
  template <bool kHeld, typename Fetch>
  void for_each(Fetch fetch) noexcept;
  static void fetch_bucket(Place& place, const Keyspace& keyspace) noexcept;
  static void fetch_entry(Place& place, const Keyspace& keyspace) noexcept;

  const size_t database_;
  size_t count_ = 0;
  std::array<Place, kKeysMax> places_;
};

}  // namespace kevy
