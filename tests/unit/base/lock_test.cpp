#include "base/lock.h"

#include <catch2/catch.hpp>
#include <mutex>
#include <thread>
#include <vector>

using namespace kevy;

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
