#include "store/set/intset.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "base/random.h"

using namespace kevy;

namespace {

/// An intset that grows as its owner would have it.
struct Numbers {
  std::string bytes;
  size_t count = 0;

  Intset view() const { return {bytes, count}; }
  bool add(int64_t number) {
    const Intset all = view();
    const size_t width = all.width(), needed = Intset::width_of(number);
    if (needed > width) {
      bytes.resize((count + 1) * needed);
      Intset::widen(bytes.data(), count, width, needed, number < 0 ? 1 : 0);
      Intset::write(bytes.data() + (number < 0 ? 0 : count * needed), number, needed);
    } else {
      const auto place = all.find(number);
      if (place.found) return false;
      bytes.insert(place.index * width, width, '\0');
      Intset::write(bytes.data() + place.index * width, number, width);
    }
    ++count;
    return true;
  }
};

int64_t random_number(Random& random, unsigned bits_max) {
  return static_cast<int64_t>(random()) >> (63 - random.below(bits_max));
}

}  // namespace

TEST_CASE("an intset holds what a set of numbers holds, in ascending order, at every width") {
  Random random(GENERATE(1u, 2u, 3u, 4u));
  const unsigned bits_max = GENERATE(8u, 20u, 40u, 64u);
  Numbers numbers;
  std::set<int64_t> model;
  for (int i = 0; i < 600; ++i) {
    const int64_t number = random_number(random, bits_max);
    REQUIRE(numbers.add(number) == model.insert(number).second);
  }
  const Intset all = numbers.view();
  REQUIRE(all.size() == model.size());
  size_t index = 0;
  for (const int64_t number : model) {
    REQUIRE(all[index] == number);
    const auto place = all.find(number);
    REQUIRE(place.found);
    REQUIRE(place.index == index++);
  }
  for (int i = 0; i < 1000; ++i) {
    const int64_t number = random_number(random, 64);
    const auto place = all.find(number);
    CHECK(place.found == (model.count(number) == 1));
    const auto behind =
        static_cast<size_t>(std::distance(model.begin(), model.lower_bound(number)));
    CHECK(place.index == behind);
  }
}

TEST_CASE("an intset takes the least width that its widest number needs") {
  struct Case {
    int64_t number;
    size_t width;
  };
  const auto [number, width] =
      GENERATE(Case{0, 2}, Case{INT16_MAX, 2}, Case{INT16_MIN, 2}, Case{INT16_MAX + 1, 4},
               Case{INT16_MIN - 1, 4}, Case{INT32_MAX, 4}, Case{INT32_MIN, 4},
               Case{int64_t{INT32_MAX} + 1, 8}, Case{int64_t{INT32_MIN} - 1, 8}, Case{INT64_MAX, 8},
               Case{INT64_MIN, 8});
  Numbers numbers;
  for (const int64_t small : {5, -5, 7}) numbers.add(small);
  numbers.add(number);
  CHECK(Intset::width_of(number) == width);
  CHECK(numbers.view().width() == width);
  CHECK(numbers.bytes.size() == 4 * width);
  for (const int64_t each : {int64_t{5}, int64_t{-5}, int64_t{7}, number}) {
    CHECK(numbers.view().find(each).found);
  }
}

TEST_CASE("nothing is found in an empty intset") {
  const Intset none({}, 0);
  for (const int64_t number : {int64_t{0}, INT64_MIN, INT64_MAX}) {
    CHECK_FALSE(none.find(number).found);
    CHECK(none.find(number).index == 0);
  }
}
