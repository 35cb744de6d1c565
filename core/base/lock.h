// Lock: one atomic exchange to take, a plain store to give back, when nobody waits.
//
// A waiter spins for some 40 microseconds, which is what a wake-up costs, and then sleeps in the
// kernel; so two threads on a busy lock rarely pay for a wake-up, and a machine with few cores does
// not spin a holder off its core. Not recursive, not fair. Meets the standard's Lockable
// requirements. The lock must outlive the call of unlock().
//
// Giving back has to store "free" and then look for sleepers, in that order. A fence between the
// two would cost as much as a second exchange on every command; so the one who goes to sleep, who
// has time, pays for both sides and has the kernel put a fence into all running threads
// (membarrier) between announcing itself and looking at the lock a last time.
#pragma once

#include <atomic>
#include <cstdint>

namespace kevy {

class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  bool try_lock() noexcept { return state_.exchange(kHeld, std::memory_order_acquire) == kFree; }
  void lock() noexcept {
    if (!try_lock()) [[unlikely]] lock_contended();
  }
  void unlock() noexcept {
    state_.store(kFree, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_relaxed) != 0) [[unlikely]] wake_one();
  }

 private:
  static constexpr uint32_t kFree = 0, kHeld = 1;

  void lock_contended() noexcept;
  void wake_one() noexcept;

  std::atomic<uint32_t> state_{kFree};  // the word that waiters sleep on
  std::atomic<uint32_t> sleepers_{0};
};

}  // namespace kevy
