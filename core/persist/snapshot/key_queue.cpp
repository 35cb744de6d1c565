#include "persist/snapshot/key_queue.h"

#include <algorithm>

namespace kevy {

void KeyQueue::add(const RdbKey& key, uint32_t access, Value&& value) {
  Waiting& next = waiting_[size_];
  next.name = key.name;
  next.database = static_cast<size_t>(key.database);
  next.value = std::move(value);
  next.to_put = {{next.name, runtime_.hash(key.name)}, key.expires_at_ms, access, &next.value, {}};
  ++size_;
}

uint64_t believed_keys(uint64_t keys, uint64_t& file_bytes) noexcept {
  constexpr uint64_t kKeyLeast = 4;  // bytes of a file
  const uint64_t believed = std::min(keys, file_bytes / kKeyLeast);
  file_bytes -= believed * kKeyLeast;
  return believed;
}

void expect_keys(Runtime& runtime, uint64_t database, uint64_t keys, uint64_t& file_bytes) {
  if (database >= runtime.database_count()) return;
  const uint64_t each = believed_keys(keys, file_bytes) / runtime.shard_count();
  for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
    runtime.shard(i).keyspace(static_cast<size_t>(database)).expect(static_cast<size_t>(each));
  }
}

}  // namespace kevy
