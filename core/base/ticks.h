// Ticks: the cheapest steady counter that the machine has, for durations inside the process. What a
// tick is in time follows from two readings of the clock (TickScale). Any thread.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/processor.h"

namespace kevy {

inline uint64_t ticks_now() noexcept {
#ifdef KEVY_TICKS
  return read_ticks();
#else
  return static_cast<uint64_t>(Clock::monotonic_us());
#endif
}

/// So many ticks are no more than some microseconds on every machine.
#ifdef KEVY_TICKS
inline constexpr uint64_t kFewTicks = KEVY_TICKS;
#else
inline constexpr uint64_t kFewTicks = 10;
#endif

/// How long a tick is, measured from when this was made until it is asked.
class TickScale {
 public:
  int64_t nanoseconds(uint64_t ticks) const noexcept {
    const uint64_t all_ticks = ticks_now() - first_ticks_;
    const int64_t all_us = Clock::monotonic_us() - first_us_;
    if (all_ticks == 0 || static_cast<int64_t>(ticks) < 0) return 0;
    return static_cast<int64_t>(static_cast<double>(ticks) * static_cast<double>(all_us) * 1000.0 /
                                static_cast<double>(all_ticks));
  }

 private:
  const int64_t first_us_ = Clock::monotonic_us();
  const uint64_t first_ticks_ = ticks_now();
};

}  // namespace kevy
