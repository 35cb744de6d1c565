#include "base/random.h"

#include <array>
#include <catch2/catch.hpp>

using namespace kevy;

TEST_CASE("two numbers of one draw are below their bounds, and every pair comes as often") {
  constexpr uint64_t kFirst = 7, kSecond = 13, kDraws = 910'000;
  Random random(11);
  std::array<uint64_t, kFirst * kSecond> counts{};
  for (uint64_t i = 0; i < kDraws; ++i) {
    const auto [first, second] = random.below(kFirst, kSecond);
    REQUIRE(first < kFirst);
    REQUIRE(second < kSecond);
    ++counts[first * kSecond + second];
  }
  for (const uint64_t count : counts) {  // 10,000 expected, the standard deviation is 100
    CHECK(count > 9'500);
    CHECK(count < 10'500);
  }
}

TEST_CASE("two numbers of one draw have the same chances where their bounds are huge") {
  constexpr uint64_t kHuge = (uint64_t{1} << 62) + 1;  // a quarter of the draws is drawn again
  Random random(5);
  std::array<uint64_t, 3> counts{};
  for (int i = 0; i < 30'000; ++i) ++counts[random.below(kHuge, 3).second];
  for (const uint64_t count : counts) {
    CHECK(count > 9'500);
    CHECK(count < 10'500);
  }
}
