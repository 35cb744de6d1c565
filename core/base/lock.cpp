#include "base/lock.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

#include "base/processor.h"

namespace kevy {

namespace {

// A waiter looks at the lock after 1, 2, 4 ... pauses of some 10 to 50 nanoseconds: the more rarely
// the longer it has waited, since every look slows the holder down.
constexpr int kLooks = 12;
constexpr int kPausesMax = 256;
constexpr long kPatienceNs = 200'000;

// The tickets of those who sleep on one word are told apart by a bit each. Who shares a bit is
// woken for nothing, and sleeps again.
constexpr uint32_t bit_of(uint32_t ticket) { return uint32_t{1} << ticket % 32; }

// False when it was not woken before the moment `until` (nullptr: never).
bool sleep_while(std::atomic<uint32_t>& word, uint32_t value, uint32_t bits,
                 const timespec* until) noexcept {
  return syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAIT_BITSET_PRIVATE, value,
                 until, nullptr, bits) == 0 ||
         errno != ETIMEDOUT;
}

void wake(std::atomic<uint32_t>& word, uint32_t bits) noexcept {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE_BITSET_PRIVATE, INT_MAX,
          nullptr, nullptr, bits);
}

// A full fence in every thread of the process. False where the kernel does not offer it.
bool fence_all_threads() noexcept {
  const auto membarrier = [](int command) { return syscall(SYS_membarrier, command, 0, 0); };
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return true;
  return errno == EPERM && membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
         membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

timespec moment_in(long ns) noexcept {
  timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  moment.tv_nsec += ns;
  if (moment.tv_nsec >= 1'000'000'000) {
    moment.tv_nsec -= 1'000'000'000;
    ++moment.tv_sec;
  }
  return moment;
}

}  // namespace

template <typename Take>
bool Lock::spin(Take&& take) noexcept {
  for (int look = 0, pauses = 1; look < kLooks; ++look) {
    for (int i = 0; i < pauses; ++i) pause_briefly();
    if (take()) return true;
    if (pauses < kPausesMax) pauses *= 2;
  }
  return false;
}

// Everybody leaves the line of a lock that is interrupted, so that nobody in it stands in the way.
void Lock::lock_however_long() noexcept {
  constexpr timespec kPause{0, 1'000'000};
  while (!lock_contended()) nanosleep(&kPause, nullptr);
}

void Lock::interrupt(bool on) noexcept {
  interrupted_.store(on ? 1 : 0, std::memory_order_seq_cst);
  if (on) wake_first();
}

bool Lock::lock_contended() noexcept {
  if (spin([this] { return is_free() && try_lock(); })) return true;
  if (interrupted()) return false;
  bool has_slept = line_up();
  while (!take_as_first()) {
    if (interrupted()) {
      leave_line();
      return false;
    }
    if (has_slept) {
      given_back_as_.store(kHandedOver, std::memory_order_relaxed);
      if (spin([this] { return take_as_first(); })) break;
    }
    if (!sleep_as_first()) wanted_.store(1, std::memory_order_relaxed);
    has_slept = true;
  }
  leave_line();
  return true;
}

// Returns as the first in line; says whether it has slept meanwhile.
bool Lock::line_up() noexcept {
  const uint32_t ticket = tickets_.fetch_add(1, std::memory_order_seq_cst);
  bool has_slept = false;
  for (uint32_t first; (first = first_.load(std::memory_order_seq_cst)) != ticket;) {
    sleep_while(first_, first, bit_of(ticket), nullptr);
    has_slept = true;
  }
  return has_slept;
}

bool Lock::take_as_first() noexcept {
  const uint32_t state = state_.load(std::memory_order_acquire);
  if (state == kHandedOver) {
    state_.store(kHeld, std::memory_order_relaxed);
    return true;
  }
  return state == kFree && try_lock();
}

// False when it has slept for as long as its patience lasts, and was not woken.
bool Lock::sleep_as_first() noexcept {
  first_sleeps_.store(1, std::memory_order_relaxed);
  // Without the fence a wake-up can be missed; then sleep is kept short.
  const bool fenced = fence_all_threads();
  if (state_.load(std::memory_order_relaxed) != kHeld || interrupted()) return true;
  const bool patient = wanted();
  const timespec until = moment_in(patient ? 1'000'000 : kPatienceNs);
  if (sleep_while(first_sleeps_, 1, bit_of(0), patient && fenced ? nullptr : &until)) return true;
  first_sleeps_.store(0, std::memory_order_relaxed);
  return false;
}

// One wake-up a sleep: until the first in line runs there may be many turns.
void Lock::wake_first() noexcept {
  if (first_sleeps_.exchange(0, std::memory_order_seq_cst) != 0) wake(first_sleeps_, bit_of(0));
}

// With the lock held, or without it while it is interrupted: it is given back as usual, unless the next
// in line asks.
void Lock::leave_line() noexcept {
  first_sleeps_.store(0, std::memory_order_relaxed);
  given_back_as_.store(kFree, std::memory_order_relaxed);
  wanted_.store(0, std::memory_order_relaxed);
  const uint32_t next = first_.fetch_add(1, std::memory_order_seq_cst) + 1;
  if (tickets_.load(std::memory_order_seq_cst) != next) wake(first_, bit_of(next));
}

}  // namespace kevy
