// LogWaits: those who wait until the write log is on disk up to some position: WAITAOF.
//
// Any thread may call any method. The lock is a leaf.
#pragma once

#include <atomic>
#include <list>
#include <mutex>

#include "base/lock.h"
#include "runtime/waiting/waiter.h"

namespace kevy {

class LogWaits {
 public:
  /// Throws std::bad_alloc.
  void add(const WaiterPtr& waiter) {
    std::lock_guard guard(lock_);
    waiting_.push_back(waiter);
    any_.store(true, std::memory_order_seq_cst);
  }
  /// It waits no more, be it here or not.
  void remove(const Waiter& waiter) noexcept {
    take_first([&](const WaiterPtr& other) { return other.get() == &waiter; });
  }
  /// One that waits for no more than what is safe, which is taken out; or nullptr.
  WaiterPtr take(uint64_t safe) noexcept {
    return take_first([&](const WaiterPtr& waiter) { return waiter->log_position <= safe; });
  }

 private:
  template <typename Is>
  WaiterPtr take_first(Is&& is) noexcept {
    if (!any_.load(std::memory_order_seq_cst)) return nullptr;
    std::lock_guard guard(lock_);
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
      if (!is(*at)) continue;
      WaiterPtr taken = std::move(*at);
      waiting_.erase(at);
      any_.store(!waiting_.empty(), std::memory_order_seq_cst);
      return taken;
    }
    return nullptr;
  }

  std::atomic<bool> any_{false};  // written under the lock
  Lock lock_;                     // guards what follows
  std::list<WaiterPtr> waiting_;
};

}  // namespace kevy
