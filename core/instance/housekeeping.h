// Housekeeping: the thread that removes expired keys nobody asks for, gets memory for entries
// before it is needed, frees big values that were deleted, ends the waits of commands whose
// time is up, and begins the snapshots that `save` rules ask for. Started with the first key that
// gets a time to live, when there are many keys, with the first big value to free, with the first
// command that waits for so long, or with the first rule; sleeps without waking while there is
// nothing to do.
//
// All public methods may be called from any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <thread>

#include "base/condition.h"
#include "instance/save_rules.h"
#include "runtime/runtime.h"

namespace kevy {

class Housekeeping {
 public:
  Housekeeping(Runtime& runtime, SaveRules& save_rules)
      : runtime_(runtime), save_rules_(save_rules) {}
  ~Housekeeping() { stop(); }

  /// Starts the thread, or wakes it when it sleeps for want of work. False when no thread could be
  /// started: to be called again.
  bool wake();
  /// The same, but for the waits and the `save` rules alone: the first deadline is an earlier one,
  /// the clock was changed, or the rules were.
  bool look_at_time();
  /// Ends the waits that are due, and runs the commands again whose moment has come. On return that
  /// is done, also what another thread had begun. By who holds nothing.
  void end_due_waits() noexcept;
  /// Ends the thread and waits for it; from then on big values are freed by who deletes them.
  /// Final.
  void stop();

 private:
  using Steady = std::chrono::steady_clock;

  bool signal(bool& what);
  void run();
  bool tidy() noexcept;
  Steady::time_point next_wait() noexcept;
  bool sweep() noexcept;
  bool look_at(uint32_t shard);

  Runtime& runtime_;
  SaveRules& save_rules_;
  std::mutex due_mutex_;  // of whoever ends waits that are due
  std::mutex mutex_;  // guards what follows
  Condition changed_;
  std::thread thread_;
  bool work_ = false;
  bool time_changed_ = false;
  bool stopping_ = false;
};

}  // namespace kevy
