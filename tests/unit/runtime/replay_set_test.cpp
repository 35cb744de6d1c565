// What commands on sets log, replayed into an empty instance, gives the same sets.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "s" + std::to_string(random.below(6)); };
  const auto member = [&] {
    const uint64_t kind = random.below(20);
    if (kind == 0) return std::string(65, 'x');
    return (kind < 5 ? "m" : "") + std::to_string(random.below(30));
  };
  const auto count = [&] { return std::to_string(random.below(8)); };
  if (random.below(30) == 0) {
    Words many{"SADD", key()};
    for (int i = 0; i < 140; ++i) many.push_back("many" + std::to_string(i));
    return many;
  }
  const std::vector<Words> choices = {
      {"SADD", key(), member(), member(), member()},
      {"SADD", key(), member()},
      {"SADD", key(), member(), member()},
      {"SADD", key(), "a" + member(), "b" + member()},
      {"SREM", key(), member(), member()},
      {"SPOP", key()},
      {"SPOP", key(), count()},
      {"SPOP", key(), "1000"},
      {"SMOVE", key(), key(), member()},
      {"SINTERSTORE", key(), key(), key()},
      {"SUNIONSTORE", key(), key(), key()},
      {"SDIFFSTORE", key(), key(), key()},
      {"SUNIONSTORE", key(), key()},
      {"SUNIONSTORE", key(), key(), key(), key()},
      {"SRANDMEMBER", key(), count()},
      {"SINTERCARD", "2", key(), key()},
      {"SUNIONCARD", "2", key(), key()},
      {"SDIFFCARD", "2", key(), key()},
      {"SET", key(), "text"},
      {"DEL", key()},
      {"EXPIRE", key(), "100"},
      {"COPY", key(), key(), "REPLACE"},
      {"RENAME", key(), key()},
      {"MULTI"},
      {"EXEC"},
      {"SELECT", std::to_string(random.below(2))},
  };
  return choices[random.below(choices.size())];
}

std::vector<Words> logged(std::initializer_list<Words> commands) {
  MemoryLog log;
  Engine engine;
  engine.instance->runtime().set_log(&log);
  for (const Words& words : commands) engine.run(words);
  std::vector<Words> effects;
  for (const LoggedUnit& unit : log.units()) {
    for (const Effect& effect : unit) effects.push_back(effect.args);
  }
  return effects;
}

}  // namespace

TEST_CASE("replaying the effects of a random program on sets gives the same sets") {
  check_replay(GENERATE(1u, 2u, 3u, 4u, 5u), random_command);
}

TEST_CASE("B28 SPOP is logged as what it took, and all of a set as DEL") {
  CHECK(logged({{"SADD", "s", "1"}, {"SPOP", "s"}, {"SPOP", "s"}}) ==
        std::vector<Words>{{"SADD", "s", "1"}, {"SREM", "s", "1"}});
  CHECK(logged({{"SADD", "s", "1", "2"}, {"SPOP", "s", "5"}, {"SPOP", "s", "5"}}) ==
        std::vector<Words>{{"SADD", "s", "1", "2"}, {"DEL", "s"}});
  const auto effects = logged({{"SADD", "s", "1", "2", "3"}, {"SPOP", "s", "2"}});
  REQUIRE(effects.size() == 3);
  CHECK(effects[1][0] == "SREM");
  CHECK(effects[2][0] == "SREM");
}

TEST_CASE("B28 SPOP of most of a big set is logged as what it took") {
  Words fill{"SADD", "s"};
  for (int i = 0; i < 600; ++i) fill.push_back("m" + std::to_string(i));
  const auto effects = logged({fill, {"SPOP", "s", "590"}, {"SPOP", "s", "9"}});
  REQUIRE(effects.size() == 1 + 599);
  std::set<std::string> taken;
  for (size_t i = 1; i < effects.size(); ++i) {
    CHECK(effects[i][0] == "SREM");
    taken.insert(effects[i][2]);
  }
  CHECK(taken.size() == 599);
}

TEST_CASE("B28 what changes no set is not logged") {
  CHECK(logged({{"SADD", "s", "1"},
                {"SADD", "s", "1"},
                {"SREM", "s", "2"},
                {"SMOVE", "s", "t", "2"},
                {"SMOVE", "s", "s", "1"},
                {"SPOP", "s", "0"},
                {"SDIFFSTORE", "t", "s", "s"}})
            .size() == 1);
}
