// Clock: the one source of time of an instance. It follows the machine's clock until a test
// freezes it; then it stands still and moves only by advance().
//
// Any thread may call any method. Times are milliseconds (or microseconds) since the Unix epoch.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

namespace kevy {

class Clock {
 public:
  int64_t now_us() const noexcept {
    const int64_t frozen = frozen_us_.load(std::memory_order_relaxed);
    return frozen != kRunning ? frozen : machine_us() + offset_us_.load(std::memory_order_relaxed);
  }
  int64_t now_ms() const noexcept { return now_us() / 1000; }

  /// The time in whole seconds, right to some milliseconds, for a fraction of the cost of now_us.
  int64_t coarse_seconds() const noexcept {
    const int64_t frozen = frozen_us_.load(std::memory_order_relaxed);
    const int64_t offset = offset_us_.load(std::memory_order_relaxed);
    if (frozen == kRunning && offset == 0) [[likely]] return std::time(nullptr);
    return moved_seconds(frozen, offset);
  }

  /// Stops the clock at `at_us`.
  void freeze(int64_t at_us) noexcept { frozen_us_.store(at_us, std::memory_order_relaxed); }
  /// Moves the clock by `delta_us`, frozen or running.
  void advance(int64_t delta_us) noexcept;
  /// Back to the machine's time; what advance() added is forgotten.
  void resume() noexcept;
  bool frozen() const noexcept { return frozen_us_.load(std::memory_order_relaxed) != kRunning; }

  /// For durations inside the process (idle times, budgets); not affected by freeze.
  static int64_t monotonic_us() noexcept;

 private:
  static constexpr int64_t kRunning = INT64_MIN;
  static int64_t machine_us() noexcept;
  static int64_t moved_seconds(int64_t frozen_us, int64_t offset_us) noexcept;

  std::atomic<int64_t> frozen_us_{kRunning};
  std::atomic<int64_t> offset_us_{0};
};

/// The moment a batch of commands runs at: the clock is read when first asked, and not again,
/// so that a command whose keys have no time to live does not pay for reading it.
class Moment {
 public:
  explicit Moment(const Clock& clock) noexcept : clock_(&clock) {}
  int64_t us() noexcept {
    if (us_ == kUnread) us_ = clock_->now_us();
    return us_;
  }
  int64_t ms() noexcept { return us() / 1000; }
  /// In whole seconds, as Clock::coarse_seconds gives them.
  int64_t coarse_seconds() noexcept {
    if (seconds_ == kUnread) seconds_ = clock_->coarse_seconds();
    return seconds_;
  }
  /// Has the clock read again.
  void renew() noexcept { us_ = seconds_ = kUnread; }
  const Clock& clock() const noexcept { return *clock_; }

 private:
  static constexpr int64_t kUnread = INT64_MIN;
  const Clock* clock_;
  int64_t us_ = kUnread;
  int64_t seconds_ = kUnread;
};

}  // namespace kevy
