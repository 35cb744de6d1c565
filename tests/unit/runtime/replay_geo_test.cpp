// What commands on positions log, replayed into an empty instance, gives the same sorted sets.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "g" + std::to_string(random.below(6)); };
  const auto member = [&] { return "m" + std::to_string(random.below(40)); };
  const auto degrees = [&] { return std::to_string(random.below(60)) + ".25"; };
  if (random.below(30) == 0) {
    Words many{"GEOADD", key()};
    for (int i = 0; i < 140; ++i) many.insert(many.end(), {degrees(), degrees(), member() + "x"});
    return many;
  }
  const std::vector<Words> choices = {
      {"GEOADD", key(), degrees(), degrees(), member(), degrees(), degrees(), member()},
      {"GEOADD", key(), degrees(), degrees(), member()},
      {"GEOADD", key(), "NX", degrees(), degrees(), member()},
      {"GEOADD", key(), "XX", "CH", degrees(), degrees(), member()},
      {"GEOSEARCHSTORE", key(), key(), "FROMLONLAT", degrees(), degrees(), "BYRADIUS", "2000",
       "km"},
      {"GEOSEARCHSTORE", key(), key(), "FROMMEMBER", member(), "BYBOX", "900", "900", "km",
       "STOREDIST", "COUNT", "3"},
      {"GEORADIUS", key(), degrees(), degrees(), "1500", "km", "STORE", key()},
      {"GEORADIUSBYMEMBER", key(), member(), "1500", "km", "COUNT", "2", "ANY", "STOREDIST", key()},
      {"ZREM", key(), member()},
      {"EXPIRE", key(), std::to_string(1 + random.below(20))},
      {"DEL", key()},
  };
  return choices[random.below(choices.size())];
}

}  // namespace

TEST_CASE("the effects of a random program on positions, replayed, give the same keyspace") {
  for (const uint64_t seed : {1, 2, 3}) check_replay(seed, random_command);
}
