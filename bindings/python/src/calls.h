// What goes on while the GIL is released: the release itself, the count of such calls on a handle,
// and whether a short command may have to wait for one of them.
//
// A short command runs with the GIL held: the locks it takes are held for nanoseconds, and giving
// the GIL away costs more than the command. That is only right while nobody can hold a shard for
// long. Who can is a long command (KEYS) of another Python thread, which has released the GIL, or a
// client over a socket. Contention knows of both; while there is one, short commands release the
// GIL too, so that waiting for the shard stalls no thread but their own.
#pragma once

#include <Python.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace kevy::python {

/// How often this process is a child of fork() since the module was loaded.
uint32_t fork_generation() noexcept;

/// Gives the GIL away for as long as it lives.
class GilRelease {
 public:
  GilRelease() : state_(PyEval_SaveThread()) {}
  GilRelease(const GilRelease&) = delete;
  GilRelease& operator=(const GilRelease&) = delete;
  ~GilRelease() {
    try {
      PyEval_RestoreThread(state_);
    } catch (...) {
      // The interpreter is being torn down, and Python ends the threads that come back to it by
      // unwinding them, which C++ frames do not allow. This one waits for the process to end.
      for (;;) pause();
    }
  }

 private:
  PyThreadState* state_;
};

/// Shared by an instance and its sessions. Read and written with the GIL held.
struct Contention {
  int long_commands = 0;   // of Python threads, running now
  bool listening = false;  // so that socket clients may hold a shard at any time

  bool is_possible() const noexcept { return long_commands != 0 || listening; }
};

/// The calls on one handle that run with the GIL released. Used, and freed, with the GIL held.
class Calls {
 public:
  bool any() const noexcept { return running_ != 0 && generation_ == fork_generation(); }
  void enter() noexcept { running_.store(running_ + 1, std::memory_order_relaxed); }
  void leave() noexcept {
    running_.store(running_ - 1);
    running_.notify_all();
  }
  /// Waits until no call runs, with the GIL released. A child of fork() has none to wait for.
  void drain() {
    while (any()) {
      const int before = running_;
      const GilRelease released;
      running_.wait(before);
    }
  }

 private:
  std::atomic<int> running_{0};  // written with the GIL held; drain() waits without
  const uint32_t generation_ = fork_generation();
};

/// Runs `call` with the GIL released and counted in `calls`.
template <typename Call>
auto run_released(Calls& calls, Call&& call) {
  calls.enter();
  const auto result = [&] {
    const GilRelease released;
    return call();
  }();
  calls.leave();
  return result;
}

/// The same for a call that may hold shards for long.
template <typename Call>
auto run_long(Calls& calls, Contention& contention, Call&& call) {
  ++contention.long_commands;
  const auto result = run_released(calls, static_cast<Call&&>(call));
  --contention.long_commands;
  return result;
}

}  // namespace kevy::python
