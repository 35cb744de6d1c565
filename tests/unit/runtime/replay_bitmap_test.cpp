// What commands on bits log, replayed into an empty instance, gives the same strings.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "b" + std::to_string(random.below(6)); };
  const auto offset = [&] { return std::to_string(random.below(random.below(8) == 0 ? 40'000 : 99)); };
  const auto bit = [&] { return std::to_string(random.below(2)); };
  const auto number = [&] { return std::to_string(static_cast<int64_t>(random.below(600)) - 300); };
  const auto type = [&] { return "i" + std::to_string(1 + random.below(64)); };
  const std::vector<Words> choices = {
      {"SETBIT", key(), offset(), bit()},
      {"SETBIT", key(), offset(), bit()},
      {"SETBIT", key(), offset(), bit()},
      {"BITOP", "AND", key(), key(), key()},
      {"BITOP", "OR", key(), key(), key(), key()},
      {"BITOP", "XOR", key(), key(), key()},
      {"BITOP", "NOT", key(), key()},
      {"BITOP", "DIFF", key(), key(), key()},
      {"BITOP", "DIFF1", key(), key(), key(), key()},
      {"BITOP", "ANDOR", key(), key(), key(), key()},
      {"BITOP", "ONE", key(), key(), key(), key()},
      {"BITFIELD", key(), "SET", type(), offset(), number(), "INCRBY", "u9", offset(), number()},
      {"BITFIELD", key(), "OVERFLOW", "FAIL", "INCRBY", "u3", offset(), number()},
      {"BITFIELD", key(), "GET", type(), offset()},
      {"SET", key(), number()},
      {"EXPIRE", key(), std::to_string(1 + random.below(20))},
      {"DEL", key()},
  };
  return choices[random.below(choices.size())];
}

}  // namespace

TEST_CASE("the effects of a random program on bits, replayed, give the same keyspace") {
  for (const uint64_t seed : {1, 2, 3}) check_replay(seed, random_command);
}
