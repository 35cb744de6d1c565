// LazyFree: garbage that takes so long to free that whoever made it does not wait for it: big
// collections and keyspaces are handed over here, and housekeeping frees them. What is handed over
// counts as memory in use until it has been freed. Blocks, which take one step, are not.
//
// Bounded: when too much waits already, whoever makes more frees it as before. So does everyone
// while there is nobody to free it: before set_wake(), where no thread can be started, and after
// close(). Any thread may call any method but set_wake().
#pragma once

#include <atomic>
#include <functional>

#include "base/lock.h"
#include "store/garbage.h"

namespace kevy {

class LazyFree {
 public:
  /// Freeing less than this costs no more than having it done.
  static constexpr size_t kWorthIt = 256 * 1024;
  /// So much may wait, or one piece of garbage of any size.
  static constexpr size_t kWaitingMax = size_t{256} << 20;

  LazyFree() = default;
  LazyFree(const LazyFree&) = delete;
  LazyFree& operator=(const LazyFree&) = delete;

  /// Sets the function that has somebody call free_all(). False when nobody can. To be set before
  /// the first command.
  void set_wake(std::function<bool()> wake) { wake_ = std::move(wake); }
  /// Takes over what takes long of `garbage`, or leaves it to the caller, who holds no lock. Allocates
  /// nothing, but for the first call of wake().
  void take_over(Garbage& garbage) noexcept;
  /// Frees all that waits.
  void free_all() noexcept;
  /// Frees all that waits, and takes nothing over any more.
  void close() noexcept;

  /// Bytes that wait to be freed, those being freed included.
  size_t waiting_bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  bool accept(Garbage& garbage) noexcept;

  std::function<bool()> wake_;
  std::atomic<size_t> bytes_{0};  // written under the lock
  Lock lock_;                     // guards what follows
  Garbage waiting_;
  bool closed_ = false;
};

}  // namespace kevy
