#include "base/clock.h"

namespace kevy {

namespace {

int64_t read_us(clockid_t id) noexcept {
  timespec t;
  clock_gettime(id, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1000;
}

}  // namespace

int64_t Clock::machine_us() noexcept { return read_us(CLOCK_REALTIME); }

int64_t Clock::monotonic_us() noexcept { return read_us(CLOCK_MONOTONIC); }

// A clock that stands before all moments, while a log is loaded (runtime/dispatch/load_time.h), has the
// seconds of the machine for what notes when it was used.
int64_t Clock::moved_seconds(int64_t frozen_us, int64_t offset_us) noexcept {
  if (frozen_us < 0 && frozen_us != kRunning) return std::time(nullptr);
  const int64_t us = frozen_us != kRunning ? frozen_us : read_us(CLOCK_REALTIME_COARSE) + offset_us;
  return us / 1'000'000;
}

void Clock::advance(int64_t delta_us) noexcept {
  int64_t frozen = frozen_us_.load(std::memory_order_relaxed);
  while (frozen != kRunning) {
    if (frozen_us_.compare_exchange_weak(frozen, frozen + delta_us)) return;
  }
  offset_us_.fetch_add(delta_us, std::memory_order_relaxed);
}

void Clock::resume() noexcept {
  offset_us_.store(0, std::memory_order_relaxed);
  frozen_us_.store(kRunning, std::memory_order_relaxed);
}

}  // namespace kevy
