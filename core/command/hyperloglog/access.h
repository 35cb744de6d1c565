// What the handlers of HyperLogLogs share: how they get at one, and how they store it.
#pragma once

#include "command/arguments.h"
#include "store/hyperloglog/sparse.h"

namespace kevy {

inline constexpr Bytes kCorruptHyperLogLog = "INVALIDOBJ Corrupted HLL object detected";

/// False, and the error is answered, when there is an entry that does not look like a HyperLogLog.
bool require_hyperloglog(Call& call, const Entry* entry);

/// The bytes of one that require_hyperloglog let pass; none for a missing key.
inline Bytes hyperloglog_bytes(const Entry* entry) noexcept {
  return entry == nullptr ? Bytes() : entry->string();
}

/// A draft of what `entry` holds, under the limits that are set.
inline hyperloglog::Draft draft_of(Call& call, const Entry* entry) {
  const int64_t sparse_max =
      call.runtime.settings().hll_sparse_max_bytes.load(std::memory_order_relaxed);
  return {hyperloglog_bytes(entry), static_cast<size_t>(sparse_max)};
}

/// Gives `key` these bytes in place of what it has; its time to live stays.
void store_hyperloglog(Call& call, const Key& key, const Entry* entry, Bytes bytes);

}  // namespace kevy
