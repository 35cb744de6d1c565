#include "base/lock.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "waiting_thread.h"

using namespace kevy;
using namespace kevy::test;

namespace {

// How many turns a thread gets that takes the lock again as soon as it has given it back, and
// keeps it until nobody who waits can do anything but sleep, before all of them have passed. Who
// is woken does not get the core at once, and so finds the lock taken.
int turns_of_the_greedy(size_t waiter_count, int turns_max) {
  const OnOneCore one_core;
  Lock lock;
  std::vector<WaitingThread> waiters(waiter_count);
  const auto all = [&](auto what) {
    return std::all_of(waiters.begin(), waiters.end(), std::mem_fn(what));
  };
  lock.lock();
  for (WaitingThread& waiter : waiters) {
    waiter.start([&lock, &waiter] {
      lock.lock();
      waiter.pass();
      lock.unlock();
    });
  }
  int turns = 0;
  for (bool all_passed = false; !all_passed && turns < turns_max; lock.lock()) {
    ++turns;
    while (!all(&WaitingThread::settled)) std::this_thread::yield();
    all_passed = all(&WaitingThread::passed);
    lock.unlock();
  }
  lock.unlock();
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

TEST_CASE("B42 a sleeper gets its turn after a few of one who always takes the lock again") {
  constexpr int kRounds = 200;
  int turns = 0;
  for (int i = 0; i < kRounds; ++i) turns += turns_of_the_greedy(1, 1'000);
  // One before the waiter sleeps, one while it is woken, and the one that sees it has passed.
  CHECK(turns <= 3 * kRounds);
}

TEST_CASE("B42 of several sleepers each gets its turn after a few for each one before it") {
  constexpr int kRounds = 20, kWaiters = 8;
  int turns = 0;
  for (int i = 0; i < kRounds; ++i) turns += turns_of_the_greedy(kWaiters, 1'000);
  CHECK(turns <= (kWaiters + 2) * kRounds);
}
