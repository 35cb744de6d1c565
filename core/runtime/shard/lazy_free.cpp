#include "runtime/shard/lazy_free.h"

#include <mutex>

namespace kevy {

bool LazyFree::accept(Garbage& garbage) noexcept {
  const size_t more = garbage.many_stepped_bytes();
  const size_t waits = bytes_.load(std::memory_order_relaxed);
  if (closed_ || (waits != 0 && waits + more > kWaitingMax)) return false;
  bytes_.store(waits + more, std::memory_order_relaxed);
  waiting_.take_many_stepped_from(garbage);
  return true;
}

void LazyFree::take_over(Garbage& garbage) noexcept {
  if (garbage.many_stepped_bytes() < kWorthIt || !wake_) return;
  bool first;
  {
    std::lock_guard guard(lock_);
    first = waiting_.empty();
    if (!accept(garbage)) return;
  }
  // Who made it wait first has woken somebody, or frees it all.
  if (first && !wake_()) free_all();
}

void LazyFree::free_all() noexcept {
  while (true) {
    Garbage freed;
    {
      std::lock_guard guard(lock_);
      freed.take_from(waiting_);
    }
    if (freed.empty()) return;
    const size_t bytes = freed.many_stepped_bytes();
    freed.clear();
    std::lock_guard guard(lock_);
    bytes_.store(bytes_.load(std::memory_order_relaxed) - bytes, std::memory_order_relaxed);
  }
}

void LazyFree::close() noexcept {
  {
    std::lock_guard guard(lock_);
    closed_ = true;
  }
  free_all();
}

}  // namespace kevy
