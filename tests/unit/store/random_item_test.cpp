// Drawing an item of a table: each can be drawn, and it takes few draws, however the table was filled.
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "store/set/set_object.h"

using namespace kevy;

namespace {

std::string name(size_t number) { return "member " + std::to_string(number); }

void fill(SetObject& set, size_t count) {
  for (size_t i = 0; i < count; ++i) set.insert(name(i));
}

// How many numbers a generator gave on its way from one state to another; `most` when they are more.
size_t steps_between(Random from, const Random& to, size_t most) {
  const auto next = [](Random random) { return random(); };
  size_t steps = 0;
  for (; steps != most && next(from) != next(to); ++steps) from();
  return steps;
}

double steps_a_draw(const SetObject& set) {
  constexpr size_t kDraws = 200, kStepsMax = 5'000;
  Random random;
  size_t steps = 0;
  for (size_t i = 0; i < kDraws; ++i) {
    const Random before = random;
    static_cast<void>(set.random(random));
    steps += steps_between(before, random, kStepsMax);
  }
  return static_cast<double>(steps) / kDraws;
}

void check_each_is_drawn(const SetObject& set) {
  Random random;
  std::set<Bytes> drawn;
  for (size_t i = 0; i < 50 * set.size(); ++i) drawn.insert(set.random(random).key());
  CHECK(drawn.size() == set.size());
}

constexpr size_t kMany = 50'000, kSteps = 40;

}  // namespace

TEST_CASE("a random member takes few draws, of a copy too") {
  SetObject set;
  fill(set, kMany);
  CHECK(steps_a_draw(set) < kSteps);
  const auto copy = set.clone();
  CHECK(steps_a_draw(static_cast<const SetObject&>(*copy)) < kSteps);
}

TEST_CASE("a random member takes few draws when they came in the order of a walk") {
  SetObject set, in_order;
  fill(set, kMany);
  static_cast<void>(set.for_each([&](const Member& member) {
    in_order.insert(member.key());
    return Walk::kGoOn;
  }));
  REQUIRE(in_order.size() == kMany);
  CHECK(steps_a_draw(in_order) < kSteps);
}

TEST_CASE("every member can be drawn while a set grows and shrinks") {
  SetObject set;
  size_t low = 0, high = 0, checked = 0;
  for (const size_t size : {900u, 300u, 700u, 20u, 500u, 450u, 1100u, 3u, 60u}) {
    while (high - low < size) set.insert(name(high++));
    while (high - low > size) set.erase(name(low++));
    REQUIRE(set.size() == size);
    check_each_is_drawn(set);
    ++checked;
  }
  CHECK(checked == 9);
}
