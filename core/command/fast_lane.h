// FastLane: GET and SET of one key for callers that need no reply object. Made with the key's shard
// held; a turn's worth of work at most.
#pragma once

#include "runtime/turn.h"

namespace kevy {

struct Shard;

class FastLane {
 public:
  /// `key` must outlive it.
  FastLane(Turn& turn, const Key& key, Shard& shard) noexcept : turn_(turn), key_(key), shard_(shard) {}

  /// The entry of database 0, as GET finds it.
  const Entry* find_read() const;
  /// SET with a relative time to live, 0 for none. False when that is out of range.
  bool set(Bytes value, int64_t ttl_ms) const;

 private:
  Turn& turn_;
  const Key& key_;
  Shard& shard_;
};

}  // namespace kevy
