// Lock: one atomic instruction to take, a plain store to give back, when nobody waits.
//
// A waiter spins for some 30 microseconds, which is what a wake-up costs, and then lines up behind
// those who did so before; so two threads on a busy lock rarely pay for a wake-up, and a machine
// with few cores does not spin a holder off its core. Only the first in line looks at the lock
// again. It sleeps until the lock is given back. By the time it runs somebody who came later may
// have taken the lock, which keeps a busy lock busy; but once it has slept in vain, the first in
// line asks for the lock: the next unlock() then stores "handed over" instead of "free", which
// stops all others. So whoever lines up waits for a few turns at most, and for a few more for each
// one before it.
//
// A holder that has much to do may keep the lock until it is wanted, which is when the first in line
// has slept for some 200 microseconds. So two threads that want nothing but what this lock guards take
// turns that are long beside what it costs to change places, and the one that waits sleeps.
//
// Giving back has to store "free" and then look for a sleeper, in that order. A fence between the
// two would cost as much as a second atomic instruction on every command; so the one who goes to
// sleep, who has time, pays for both sides and has the kernel put a fence into all running threads
// (membarrier) between announcing itself and looking at the lock a last time: whoever gives back
// has either stored before that fence, and the look finds it, or looks for sleepers after it, and
// finds the announcement. Asking needs no fence: who gives the lock back reads what is asked for
// while it still holds the lock, so at most one holder can have missed it.
//
// A holder that will keep the lock for long may have those who wait give up: interrupt().
//
// Not recursive. Meets the standard's Lockable requirements. The lock must outlive the call of
// unlock().
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
    // A bit is set, and not the word, so that "handed over" stays what it is.
    return (state_.fetch_or(kHeld, std::memory_order_acquire) & kHeld) == 0;
  }
  void lock() noexcept {
    if (!try_lock()) [[unlikely]] lock_however_long();
  }
  /// As lock(), but without the lock, which is false, when its holder has those who wait give up.
  [[nodiscard]] bool lock_unless_interrupted() noexcept { return try_lock() || lock_contended(); }
  /// For the holder: from here on lock_unless_interrupted() does not wait, until this is called again. To
  /// be ended before the lock is given back.
  void interrupt(bool on) noexcept;
  void unlock() noexcept {
    state_.store(given_back_as_.load(std::memory_order_relaxed), std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (first_sleeps_.load(std::memory_order_relaxed) != 0) [[unlikely]] wake_first();
  }
  /// Whether somebody has it, at this moment.
  bool held() const noexcept { return !is_free(); }
  /// For the holder: whether the first in line has waited for long, so that the lock is to be given
  /// back soon.
  bool wanted() const noexcept { return wanted_.load(std::memory_order_relaxed) != 0; }

 private:
  /// kHandedOver is nobody's but the first in line's to take.
  static constexpr uint32_t kFree = 0, kHeld = 1, kHandedOver = 2 | kHeld;

  bool is_free() const noexcept { return state_.load(std::memory_order_relaxed) == kFree; }
  bool asked() const noexcept {
    return given_back_as_.load(std::memory_order_relaxed) == kHandedOver;
  }
  void lock_however_long() noexcept;
  bool lock_contended() noexcept;
  bool interrupted() const noexcept { return interrupted_.load(std::memory_order_relaxed) != 0; }
  /// Calls take() again and again for a little while, until it is true.
  template <typename Take>
  static bool spin(Take&& take) noexcept;
  bool line_up() noexcept;
  bool take_as_first() noexcept;
  bool sleep_as_first() noexcept;
  void wake_first() noexcept;
  void leave_line() noexcept;

  std::atomic<uint32_t> state_{kFree};
  // Written by the first in line.
  std::atomic<uint32_t> given_back_as_{kFree};
  std::atomic<uint32_t> wanted_{0};
  std::atomic<uint32_t> first_sleeps_{0};  // 1: it does, or is about to; it sleeps on this word
  // The line.
  std::atomic<uint32_t> tickets_{0};  // given out
  std::atomic<uint32_t> first_{0};    // the first one's ticket; the others sleep on this word
  std::atomic<uint32_t> interrupted_{0};  // whoever waits leaves the line
};

}  // namespace kevy
