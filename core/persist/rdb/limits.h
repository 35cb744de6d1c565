// Up to which size values that are read lie in their entries, as the settings have it now. Any
// thread.
#pragma once

#include "persist/rdb/decode/decode.h"
#include "runtime/settings/settings.h"

namespace kevy {

inline RdbLimits rdb_limits(const Settings& settings) noexcept {
  const auto size = [](const std::atomic<int64_t>& setting) {
    return static_cast<size_t>(setting.load(std::memory_order_relaxed));
  };
  return {.list = ListLimit::of(settings.list_packed_size.load(std::memory_order_relaxed),
                                settings.list_compress_depth.load(std::memory_order_relaxed)),
          .set = {size(settings.set_intset_entries), size(settings.set_packed.entries),
                  size(settings.set_packed.value)},
          .zset = {size(settings.zset_packed.entries), size(settings.zset_packed.value)},
          .hash = {size(settings.hash_packed.entries), size(settings.hash_packed.value)}};
}

}  // namespace kevy
