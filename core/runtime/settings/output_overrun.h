// OutputOverrun: whether too much output waits for a client. Each place where output waits has one;
// one thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "runtime/settings/settings.h"

namespace kevy {

class OutputOverrun {
 public:
  /// So many bytes are never too many: Redis gives each client a buffer for them beforehand and
  /// does not count it.
  static constexpr size_t kFree = 16 * 1024;

  /// Whether `waiting` bytes are more than the hard limit, or have been more than the soft one for
  /// too long. The time runs from the first call that finds them so.
  bool too_much(size_t waiting, const OutputLimit& limit) noexcept {
    const uint64_t counted = waiting - std::min(waiting, kFree);
    const uint64_t hard = limit.hard.load(std::memory_order_relaxed);
    const uint64_t soft = limit.soft.load(std::memory_order_relaxed);
    if (hard != 0 && counted > hard) return true;
    if (soft == 0 || counted <= soft) {
      since_us_ = 0;
      return false;
    }
    const int64_t now_us = Clock::monotonic_us();
    if (since_us_ == 0) since_us_ = now_us;
    const auto over_s = static_cast<double>(now_us - since_us_) / 1e6;
    return over_s > static_cast<double>(limit.soft_s.load(std::memory_order_relaxed));
  }
  /// Whether the soft limit was exceeded when last looked at.
  bool over_soft() const noexcept { return since_us_ != 0; }

 private:
  int64_t since_us_ = 0;
};

}  // namespace kevy
