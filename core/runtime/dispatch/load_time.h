// The time that the commands of a log have while it is loaded. Their clock stands before all times to live,
// so that what had expired goes where the log says so; but what notes when it was used is used now.
//
// Whoever loads has a clock of his own for that; handlers ask. Any thread.
#pragma once

#include "base/clock.h"
#include "runtime/dispatch/call.h"

namespace kevy {

/// What such a clock shows.
inline constexpr int64_t kBeforeAllUs = -1;

/// Until Clock::resume(). The milliseconds are 0, and coarse_seconds() is the machine's.
inline void freeze_before_all(Clock& clock) noexcept { clock.freeze(kBeforeAllUs); }

/// Whether the command comes from a log.
inline bool is_loaded(Call& call) noexcept {
  return call.turn.moment().us() == kBeforeAllUs;
}

/// The time for what notes when it was used.
inline int64_t used_ms(Call& call) noexcept {
  return is_loaded(call) ? Clock().now_ms() : call.now_ms();
}

}  // namespace kevy
