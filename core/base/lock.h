// Lock: four bytes, one compare-and-swap when free. A waiter spins for some hundred nanoseconds,
// which is longer than a command takes, and then sleeps in the kernel; so two threads on a busy
// lock rarely pay for a wake-up, and a machine with few cores does not spin a holder off its core.
// Not recursive, not fair. Meets the standard's Lockable requirements.
#pragma once

#include <atomic>
#include <cstdint>

namespace kevy {

class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  bool try_lock() noexcept {
    uint32_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void lock() noexcept {
    if (!try_lock()) [[unlikely]] lock_contended();
  }
  void unlock() noexcept {
    if (state_.exchange(kFree, std::memory_order_release) == kHeldWithSleepers) [[unlikely]] {
      wake_one();
    }
  }

 private:
  static constexpr uint32_t kFree = 0, kHeld = 1, kHeldWithSleepers = 2;

  void lock_contended() noexcept;
  void wake_one() noexcept;

  std::atomic<uint32_t> state_{kFree};
};

}  // namespace kevy
