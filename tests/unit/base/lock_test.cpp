#include "base/lock.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace kevy;

namespace {

// A thread of this process that is going to wait for a lock.
struct Waiter {
  std::atomic<pid_t> thread_id{0};
  std::atomic<bool> passed{false};
  std::thread thread;

  // Whether the kernel has it asleep.
  bool sleeps() const {
    std::ifstream file("/proc/self/task/" + std::to_string(thread_id.load()) + "/stat");
    std::string text;
    std::getline(file, text);
    const size_t name_end = text.rfind(')');
    return name_end != std::string::npos && text.compare(name_end, 3, ") S") == 0;
  }
};

// Keeps this thread, and those it starts, on one core.
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

 private:
  cpu_set_t before_;
};

// How many turns a thread gets that takes the lock again as soon as it has given it back, and
// keeps it until nobody who waits can do anything but sleep, before all of them have passed. Who
// is woken does not get the core at once, and so finds the lock taken.
int turns_of_the_greedy(size_t waiter_count, int turns_max) {
  const OnOneCore one_core;
  Lock lock;
  std::vector<Waiter> waiters(waiter_count);
  const auto settled = [](const Waiter& waiter) {
    return waiter.passed || (waiter.thread_id != 0 && waiter.sleeps());
  };
  const auto passed = [](const Waiter& waiter) { return waiter.passed.load(); };
  lock.lock();
  for (Waiter& waiter : waiters) {
    waiter.thread = std::thread([&lock, &waiter] {
      const sched_param none{};
      sched_setscheduler(0, SCHED_BATCH, &none);
      waiter.thread_id = static_cast<pid_t>(syscall(SYS_gettid));
      lock.lock();
      waiter.passed = true;
      lock.unlock();
    });
  }
  int turns = 0;
  for (bool all_passed = false; !all_passed && turns < turns_max; lock.lock()) {
    ++turns;
    while (!std::all_of(waiters.begin(), waiters.end(), settled)) std::this_thread::yield();
    all_passed = std::all_of(waiters.begin(), waiters.end(), passed);
    lock.unlock();
  }
  lock.unlock();
  for (Waiter& waiter : waiters) waiter.thread.join();
  return turns;
}

}  // namespace

TEST_CASE("one thread at a time is inside, and each sees what the one before wrote") {
  constexpr int kThreads = 8, kRounds = 20'000;
  Lock lock;
  int inside = 0, entered = 0;  // guarded by `lock`
  bool met = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        std::lock_guard guard(lock);
        met |= ++inside != 1;
        ++entered;
        // Now and then give the core away while holding it, so that others come to sleep.
        if (i % 512 == 0) std::this_thread::yield();
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(met);
  CHECK(entered == kThreads * kRounds);
}

TEST_CASE("try_lock takes a free lock and no other") {
  Lock lock;
  REQUIRE(lock.try_lock());
  CHECK_FALSE(lock.try_lock());
  std::thread([&] { CHECK_FALSE(lock.try_lock()); }).join();
  lock.unlock();
  REQUIRE(lock.try_lock());
  lock.unlock();
}

TEST_CASE("a thread that waits gets the lock when it is given back, however long that takes") {
  Lock lock;
  std::atomic<bool> started{false}, got{false};
  lock.lock();
  std::thread waiter([&] {
    started = true;
    lock.lock();
    got = true;
    lock.unlock();
  });
  while (!started) std::this_thread::yield();
  // Long enough for the waiter to give up spinning and to sleep in the kernel.
  for (int i = 0; i < 2'000; ++i) std::this_thread::yield();
  CHECK_FALSE(got);
  lock.unlock();
  waiter.join();
  CHECK(got);
}

TEST_CASE("of many sleepers none is forgotten") {
  constexpr int kSleepers = 16;
  Lock lock;
  std::vector<std::thread> sleepers;
  int passed = 0;  // guarded by `lock`
  lock.lock();
  for (int i = 0; i < kSleepers; ++i) {
    sleepers.emplace_back([&] {
      std::lock_guard guard(lock);
      ++passed;
    });
  }
  for (int i = 0; i < 2'000; ++i) std::this_thread::yield();
  lock.unlock();
  for (std::thread& sleeper : sleepers) sleeper.join();
  CHECK(passed == kSleepers);
}

TEST_CASE("a sleeper gets its turn after a few of one who always takes the lock again") {
  constexpr int kRounds = 200;
  int turns = 0;
  for (int i = 0; i < kRounds; ++i) turns += turns_of_the_greedy(1, 1'000);
  // One before the waiter sleeps, one while it is woken, and the one that sees it has passed.
  CHECK(turns <= 3 * kRounds);
}

TEST_CASE("of several sleepers each gets its turn after a few for each one before it") {
  constexpr int kRounds = 20, kWaiters = 8;
  int turns = 0;
  for (int i = 0; i < kRounds; ++i) turns += turns_of_the_greedy(kWaiters, 1'000);
  CHECK(turns <= (kWaiters + 2) * kRounds);
}
