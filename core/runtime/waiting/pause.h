// Pause: CLIENT PAUSE. Until a moment of the instance's clock commands of sessions are not run:
// those that write, or all. Each waits like one that waits for a key, and is run when the pause is
// over.
//
// Any thread may call any method. The lock is a leaf.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>

#include "base/lock.h"
#include "runtime/waiting/waiter.h"

namespace kevy {

class Pause {
 public:
  enum class What : uint8_t { kNothing, kWrites, kAll };

  /// What is not run now. Cheap, without the lock.
  What what() const noexcept { return what_.load(std::memory_order_acquire); }

  /// Lasts until the later of this and what it lasted until before; more is paused, not less.
  void begin(What what, int64_t until_us) noexcept;
  /// Adds one that waits for the end. False when it is over already. Throws std::bad_alloc.
  bool add(const WaiterPtr& waiter);
  /// Takes one that waits no more out again.
  void remove(const Waiter& waiter) noexcept;
  /// Ends it.
  void end() noexcept;
  /// Ends it if its time has come; returns until when it lasts otherwise, kNoDeadline for no pause.
  int64_t end_if_due(int64_t now_us) noexcept;
  /// One of those that were waiting when it was ended, or nullptr.
  WaiterPtr take() noexcept;

 private:
  std::atomic<What> what_{What::kNothing};  // written under the lock
  Lock lock_;                               // guards what follows
  int64_t until_us_ = 0;
  std::list<WaiterPtr> waiting_;  // first come, first
};

}  // namespace kevy
