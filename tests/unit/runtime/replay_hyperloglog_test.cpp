// What commands on HyperLogLogs log, replayed into an empty instance, gives the same bytes.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "p" + std::to_string(random.below(6)); };
  const auto element = [&] { return "e" + std::to_string(random.below(5000)); };
  if (random.below(10) == 0) {
    Words many{"PFADD", key()};
    for (int i = 0; i < 100; ++i) many.push_back(element());
    return many;
  }
  const std::vector<Words> choices = {
      {"PFADD", key(), element(), element()},
      {"PFADD", key(), element()},
      {"PFADD", key()},
      {"PFCOUNT", key()},
      {"PFCOUNT", key(), key()},
      {"PFMERGE", key(), key(), key()},
      {"PFMERGE", key()},
      {"PFDEBUG", random.below(2) == 0 ? "TODENSE" : "GETREG", key()},
      {"SETRANGE", key(), "20", "x"},
      {"EXPIRE", key(), std::to_string(1 + random.below(20))},
      {"DEL", key()},
  };
  return choices[random.below(choices.size())];
}

}  // namespace

TEST_CASE("the effects of a random program on HyperLogLogs, replayed, give the same keyspace") {
  for (const uint64_t seed : {1, 2}) check_replay(seed, random_command);
}
