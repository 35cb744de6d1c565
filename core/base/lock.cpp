#include "base/lock.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include <immintrin.h>

namespace kevy {

namespace {

// A waiter looks at the lock after 1, 2, 4 ... pauses of some 10 to 50 nanoseconds: the more rarely
// the longer it has waited, since every look slows the holder down.
constexpr int kLooks = 24;
constexpr int kPausesMax = 256;

long futex(std::atomic<uint32_t>* word, int operation, uint32_t value, const timespec* timeout) {
  return syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), operation, value, timeout, nullptr,
                 0);
}

// A full fence in every thread of the process. False where the kernel does not offer it.
bool fence_all_threads() {
  const auto membarrier = [](int command) { return syscall(SYS_membarrier, command, 0, 0); };
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return true;
  return errno == EPERM && membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
         membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

}  // namespace

void Lock::lock_contended() noexcept {
  for (int look = 0, pauses = 1; look < kLooks; ++look) {
    for (int i = 0; i < pauses; ++i) _mm_pause();
    if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    if (pauses < kPausesMax) pauses *= 2;
  }
  sleepers_.fetch_add(1, std::memory_order_relaxed);
  // Without the fence a wake-up can be missed; then sleep is kept short.
  constexpr timespec kShort{0, 1'000'000};
  const timespec* timeout = fence_all_threads() ? nullptr : &kShort;
  while (!try_lock()) futex(&state_, FUTEX_WAIT_PRIVATE, kHeld, timeout);
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

void Lock::wake_one() noexcept { futex(&state_, FUTEX_WAKE_PRIVATE, 1, nullptr); }

}  // namespace kevy
