#include "base/radix_sort.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "base/random.h"

using namespace kevy;

namespace {

struct Numbered {
  double number;
  size_t position;
};

std::vector<Numbered> numbered(const std::vector<double>& numbers) {
  std::vector<Numbered> items;
  for (const double number : numbers) items.push_back({number, items.size()});
  return items;
}

void check_sorted(std::vector<Numbered> items) {
  std::vector<Numbered> expected = items;
  std::stable_sort(expected.begin(), expected.end(),
                   [](const Numbered& a, const Numbered& b) { return a.number < b.number; });
  radix_sort(items, [](const Numbered& item) { return radix_key(item.number); });
  REQUIRE(items.size() == expected.size());
  for (size_t i = 0; i < items.size(); ++i) REQUIRE(items[i].position == expected[i].position);
}

}  // namespace

TEST_CASE("numbers of every kind are sorted, and equal ones keep their order") {
  using Limits = std::numeric_limits<double>;
  std::vector<double> numbers = {0.0, -0.0, 1, -1, 1, 0.5, -0.5, Limits::infinity(),
                                 -Limits::infinity(), Limits::max(), Limits::lowest(), Limits::min(),
                                 Limits::denorm_min(), -Limits::denorm_min(), 0.0, -0.0, 256, 65536};
  check_sorted(numbered(numbers));
  std::reverse(numbers.begin(), numbers.end());
  check_sorted(numbered(numbers));
}

TEST_CASE("random numbers, few and many, near and far") {
  Random random(7);
  for (const size_t count : {0, 1, 2, 255, 256, 257, 5000}) {
    for (const uint64_t range : {2ull, 300ull, 1ull << 50}) {
      std::vector<double> numbers;
      for (size_t i = 0; i < count; ++i) {
        numbers.push_back(static_cast<double>(random.below(range)) - static_cast<double>(range / 2));
      }
      check_sorted(numbered(numbers));
    }
  }
}
