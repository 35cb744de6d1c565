// What the commands of sets share.
#pragma once

#include "runtime/dispatch/call.h"
#include "store/set/set.h"

namespace kevy {

inline Set::Limits set_limits(Call& call) {
  const Settings& settings = call.runtime.settings();
  const auto size = [](const std::atomic<int64_t>& limit) {
    return static_cast<size_t>(limit.load(std::memory_order_relaxed));
  };
  return {size(settings.set_intset_entries), size(settings.set_packed.entries),
          size(settings.set_packed.value)};
}

}  // namespace kevy
