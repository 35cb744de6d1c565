// The 24 bits by which an entry remembers its use. LRU: the second of the last access. LFU: 16
// bits of minutes when the counter last decayed, 8 bits of a counter that grows by chance, the
// less likely the higher it stands.
#pragma once

#include <cstdint>

namespace kevy {

inline constexpr uint32_t kAccessBits = 0xffffff;
inline constexpr uint32_t kLfuNew = 5, kLfuMax = 255;

/// lfu-log-factor: how soon a use is counted less often than it happens. lfu-decay-time: the minutes
/// after which a counter loses one; 0: it loses none.
struct LfuPace {
  uint32_t log_factor, decay_minutes;
};

inline uint32_t lfu_minutes(int64_t seconds) { return static_cast<uint32_t>(seconds / 60) & 0xffff; }

/// The counter as it stands at `seconds`.
inline uint32_t lfu_counter(uint32_t access, int64_t seconds, LfuPace pace) {
  const uint32_t minutes = (lfu_minutes(seconds) - (access >> 8)) & 0xffff;
  const uint32_t gone = pace.decay_minutes == 0 ? 0 : minutes / pace.decay_minutes;
  const uint32_t counter = access & 0xff;
  return gone >= counter ? 0 : counter - gone;
}

inline uint32_t lfu_initial(int64_t seconds) { return lfu_minutes(seconds) << 8 | kLfuNew; }

inline uint32_t lfu_touched(uint32_t access, int64_t seconds, LfuPace pace) {
  uint32_t counter = lfu_counter(access, seconds, pace);
  if (counter < kLfuMax) {
    const uint64_t above = counter > kLfuNew ? counter - kLfuNew : 0;
    thread_local uint32_t state = 0x9e3779b9;
    state = state * 1664525 + 1013904223;
    if ((state >> 8) % (above * pace.log_factor + 1) == 0) ++counter;
  }
  return lfu_minutes(seconds) << 8 | counter;
}

/// Seconds since the last access, of LRU bits.
inline int64_t lru_idle_seconds(uint32_t access, int64_t seconds) {
  return static_cast<int64_t>((static_cast<uint32_t>(seconds) - access) & 0xffffff);
}

}  // namespace kevy
