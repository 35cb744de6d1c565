#include "base/clock.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

using namespace kevy;

namespace {

constexpr int64_t kSecond = 1'000'000, kHour = 3'600 * kSecond;

int64_t machine_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

/// Whether the clock now stands `ahead_us` before the machine's, read before and after it.
bool is_ahead(const Clock& clock, int64_t ahead_us) {
  const int64_t before = machine_us(), now = clock.now_us(), after = machine_us();
  return now >= before + ahead_us && now <= after + ahead_us;
}

}  // namespace

TEST_CASE("a clock runs with the machine's until it is told otherwise") {
  Clock clock;
  CHECK_FALSE(clock.frozen());
  CHECK(is_ahead(clock, 0));
  CHECK(std::abs(clock.coarse_seconds() - machine_us() / kSecond) <= 1);
  CHECK(std::abs(clock.now_ms() - machine_us() / 1000) <= 1000);
}

TEST_CASE("a frozen clock stands still, and moves by advance alone") {
  Clock clock;
  clock.freeze(5 * kSecond + 7);
  CHECK(clock.frozen());
  CHECK(clock.now_us() == 5 * kSecond + 7);
  CHECK(clock.now_ms() == 5'000);
  CHECK(clock.coarse_seconds() == 5);
  clock.advance(kSecond);
  CHECK(clock.now_us() == 6 * kSecond + 7);
  clock.advance(-2 * kSecond);
  CHECK(clock.now_us() == 4 * kSecond + 7);
  clock.freeze(0);
  CHECK(clock.now_us() == 0);
}

TEST_CASE("a running clock that is advanced runs on from there") {
  Clock clock;
  clock.advance(kHour);
  CHECK_FALSE(clock.frozen());
  CHECK(is_ahead(clock, kHour));
  clock.advance(kHour);
  CHECK(is_ahead(clock, 2 * kHour));
  CHECK(std::abs(clock.coarse_seconds() - (machine_us() + 2 * kHour) / kSecond) <= 1);
}

TEST_CASE("a clock that is resumed is the machine's again, whatever came before") {
  Clock clock;
  clock.advance(kHour);
  clock.freeze(1);
  clock.advance(kHour);
  clock.resume();
  CHECK_FALSE(clock.frozen());
  CHECK(is_ahead(clock, 0));
}

TEST_CASE("no advance of a frozen clock is lost between threads") {
  constexpr int kThreads = 4, kSteps = 20'000;
  Clock clock;
  clock.freeze(0);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kSteps; ++i) clock.advance(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(clock.now_us() == int64_t{kThreads} * kSteps);
}

TEST_CASE("a moment is read when first asked, and then stays") {
  Clock clock;
  clock.freeze(1'000);
  Moment moment(clock);
  clock.advance(500);
  CHECK(moment.us() == 1'500);
  clock.advance(500);
  CHECK(moment.us() == 1'500);
  CHECK(moment.ms() == 1);
}

TEST_CASE("durations do not feel the frozen clock") {
  const int64_t before = Clock::monotonic_us();
  Clock clock;
  clock.freeze(0);
  CHECK(Clock::monotonic_us() >= before);
}
