#include "base/distinct_draws.h"

#include <catch2/catch.hpp>
#include <set>

#include "base/random.h"

using namespace kevy;

TEST_CASE("what was drawn already is told from what is new, few or many") {
  const size_t count =
      GENERATE(size_t{1}, size_t{2}, size_t{31}, size_t{32}, size_t{33}, size_t{5000});
  Random random(count);
  DistinctDraws<size_t> drawn(count);
  std::set<size_t> model;
  while (drawn.size() != count) {
    const size_t value = random.below(2 * count) * (size_t{1} << 40);  // alike in their low bits
    CHECK(drawn.add(value) == model.insert(value).second);
  }
  CHECK(model.size() == count);
  for (const size_t value : model) CHECK_FALSE(drawn.add(value));
}
