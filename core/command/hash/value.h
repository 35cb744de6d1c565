// What the commands of hashes share.
#pragma once

#include "runtime/dispatch/call.h"
#include "store/hash/hash.h"

namespace kevy {

inline Hash::Limits hash_limits(Call& call) {
  const PackedLimit& limit = call.runtime.settings().hash_packed;
  return {static_cast<size_t>(limit.entries.load(std::memory_order_relaxed)),
          static_cast<size_t>(limit.value.load(std::memory_order_relaxed))};
}

inline void reply_value(Reply& reply, const PackedElement& value) {
  char digits[kIntegerTextMax];
  reply.bulk(value.text(digits));
}

/// Reports fields that were set; `entry` is what the key had before.
inline void report_fields_set(Call& call, const Key& key, const Entry* entry, Bytes event) {
  if (entry == nullptr) call.made(key);
  call.changed(key, kEventHash, event);
}

}  // namespace kevy
