#include "base/lock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <immintrin.h>

namespace kevy {

namespace {

constexpr int kSpinRounds = 12;  // 1 + 2 + 4 ... pauses, the later ones capped
constexpr int kPausesMax = 64;

long futex(std::atomic<uint32_t>* word, int operation, uint32_t value) {
  return syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), operation, value, nullptr, nullptr,
                 0);
}

}  // namespace

void Lock::lock_contended() noexcept {
  for (int round = 0, pauses = 1; round < kSpinRounds; ++round) {
    for (int i = 0; i < pauses; ++i) _mm_pause();
    if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    if (pauses < kPausesMax) pauses *= 2;
  }
  while (state_.exchange(kHeldWithSleepers, std::memory_order_acquire) != kFree) {
    futex(&state_, FUTEX_WAIT_PRIVATE, kHeldWithSleepers);
  }
}

void Lock::wake_one() noexcept { futex(&state_, FUTEX_WAKE_PRIVATE, 1); }

}  // namespace kevy
