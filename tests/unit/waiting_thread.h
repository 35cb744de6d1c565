// A thread that is going to wait for a lock, and what may be known of it from outside.
#pragma once

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace kevy::test {

class WaitingThread {
 public:
  ~WaitingThread() { join(); }
  /// Runs `body`, which waits for the lock, passes, and gives it back.
  template <typename Body>
  void start(Body body) {
    thread_ = std::thread([this, body = std::move(body)] {
      // Such a thread does not get the core of another at once when it is woken.
      const sched_param none{};
      sched_setscheduler(0, SCHED_BATCH, &none);
      id_ = static_cast<pid_t>(syscall(SYS_gettid));
      body();
    });
  }

  void join() {
    if (thread_.joinable()) thread_.join();
  }

  /// To be called by the body once it has the lock.
  void pass() noexcept { passed_ = true; }
  bool passed() const noexcept { return passed_; }
  /// Whether it has passed, or the kernel has it asleep: until it is woken it does nothing more.
  bool settled() const { return passed_ || (id_ != 0 && sleeps()); }

 private:
  bool sleeps() const {
    std::ifstream file("/proc/self/task/" + std::to_string(id_.load()) + "/stat");
    std::string text;
    std::getline(file, text);
    const size_t name_end = text.rfind(')');
    return name_end != std::string::npos && text.compare(name_end, 3, ") S") == 0;
  }

  std::atomic<pid_t> id_{0};
  std::atomic<bool> passed_{false};
  std::thread thread_;
};

/// Keeps this thread, and those it starts, on one core, so that who is woken does not run at once.
class OnOneCore {
 public:
  OnOneCore() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(sched_getcpu()), &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~OnOneCore() { sched_setaffinity(0, sizeof before_, &before_); }
  OnOneCore(const OnOneCore&) = delete;
  OnOneCore& operator=(const OnOneCore&) = delete;

 private:
  cpu_set_t before_;
};

}  // namespace kevy::test
