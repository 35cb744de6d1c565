// Housekeeping: the thread that removes expired keys nobody asks for, gets memory for entries before
// it is needed, and frees big values that were deleted. Started with the first key that gets a time
// to live, when there are many keys, or with the first big value to free; sleeps without waking while
// there is nothing to do.
//
// start(), wake() and stop() may be called from any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "runtime/runtime.h"

namespace kevy {

class Housekeeping {
 public:
  explicit Housekeeping(Runtime& runtime) : runtime_(runtime) {}
  ~Housekeeping() { stop(); }

  /// Starts the thread, or wakes it when it sleeps for want of work. False when no thread could be
  /// started: to be called again.
  bool wake();
  /// Ends the thread and waits for it; from then on big values are freed by who deletes them. Final.
  void stop();

 private:
  void run();
  bool sweep() noexcept;
  bool look_at(uint32_t shard);

  Runtime& runtime_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::thread thread_;
  bool work_ = false;
  bool stopping_ = false;
};

}  // namespace kevy
