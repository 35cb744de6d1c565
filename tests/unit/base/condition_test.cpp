#include "base/condition.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

namespace kevy {

using namespace std::chrono_literals;

TEST_CASE("a condition wakes whoever waits for it", "[condition]") {
  std::mutex mutex;
  Condition condition;
  int turn = 0;
  const auto play = [&](int own) {
    std::unique_lock lock(mutex);
    for (int i = 0; i < 1000; ++i) {
      condition.wait(lock, [&] { return turn % 2 == own; });
      ++turn;
      condition.notify_one();
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  CHECK(turn == 2000);
}

TEST_CASE("a condition that does not come about is waited for as long as was said", "[condition]") {
  std::mutex mutex;
  Condition condition;
  std::unique_lock lock(mutex);
  for (const auto span : {0ms, 1ms, 1100ms}) {
    const auto began = std::chrono::steady_clock::now();
    condition.wait_for(lock, span, [] { return false; });
    CHECK(std::chrono::steady_clock::now() - began >= span);
  }
  condition.wait_for(lock, 1h, [] { return true; });
  CHECK(lock.owns_lock());
}

}  // namespace kevy
