// The effects of the commands on lists, and of SORT with STORE, replayed.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "k" + std::to_string(random.below(5)); };
  const auto value = [&] {
    return random.below(30) == 0 ? std::string(9000, 'x') : std::to_string(random.below(6));
  };
  const auto index = [&] { return std::to_string(static_cast<int>(random.below(14)) - 7); };
  const auto end = [&] { return random.below(2) == 0 ? "LEFT" : "RIGHT"; };
  const std::vector<Words> choices = {
      {"LPUSH", key(), value(), value(), value()},
      {"RPUSH", key(), value(), value(), value(), value()},
      {"RPUSH", key(), "1", "2", "3"},
      {"LPUSHX", key(), value()},
      {"RPUSHX", key(), value()},
      {"LPOP", key()},
      {"RPOP", key(), std::to_string(random.below(4))},
      {"LSET", key(), index(), value()},
      {"LINSERT", key(), "BEFORE", value(), value()},
      {"LINSERT", key(), "AFTER", value(), value()},
      {"LREM", key(), index(), value()},
      {"LTRIM", key(), "1", "-2"},
      {"LTRIM", key(), index(), index()},
      {"LMOVE", key(), key(), end(), end()},
      {"RPOPLPUSH", key(), key()},
      {"LMOVEM", key(), key(), end(), end()},
      {"LMOVEM", key(), key(), end(), end(), "COUNT", "3", "OBO"},
      {"LMOVEM", key(), key(), end(), end(), "COUNT", "2", "BULK"},
      {"LMOVEM", key(), key(), end(), end(), "EXACTLY", "4", random.below(2) == 0 ? "OBO" : "BULK"},
      {"LMPOP", "2", key(), key(), end(), "COUNT", "2"},
      {"LMPOP", "1", key(), end()},
      {"SORT", key(), "STORE", key()},
      {"SORT", key(), "BY", "w*", "GET", "w*", "GET", "#", "DESC", "STORE", key()},
      {"SORT", key(), "ALPHA", "BY", "w*", "LIMIT", "0", "3", "STORE", key()},
      {"SORT", key(), "BY", "nosort", "LIMIT", "1", "2", "STORE", key()},
      {"SET", "w" + std::to_string(random.below(6)), value(), "PX", "20000"},
      {"EXPIRE", key(), "30"},
      {"DEL", key()},
      {"COPY", key(), key(), "REPLACE"},
      {"RENAME", key(), key()},
      {"MULTI"},
      {"EXEC"},
      {"LRANGE", key(), "0", "-1"},
  };
  return choices[random.below(choices.size())];
}

}  // namespace

TEST_CASE("replaying the effects of a random program on lists gives the same keyspace") {
  check_replay(GENERATE(1u, 2u, 3u), random_command);
}

TEST_CASE("B28 LMPOP is logged as what it took from which list; what takes nothing is not logged") {
  MemoryLog log;
  Engine engine;
  engine.run({"RPUSH", "b", "1", "2", "3"});
  engine.instance->runtime().set_log(&log);
  for (const Words& words : std::vector<Words>{{"LMPOP", "2", "a", "b", "RIGHT", "COUNT", "2"},
                                               {"LTRIM", "b", "0", "-1"},
                                               {"LPOP", "b", "0"},
                                               {"LREM", "b", "0", "x"},
                                               {"LMPOP", "1", "a", "LEFT"},
                                               {"LINSERT", "b", "BEFORE", "x", "y"},
                                               {"SORT", "a", "STORE", "c"}}) {
    engine.run(words);
  }
  REQUIRE(log.units().size() == 1);
  REQUIRE(log.units()[0].size() == 1);
  CHECK(log.units()[0][0].args == Words{"RPOP", "b", "2"});
}

TEST_CASE("SORT refuses numbers that are out of range") {
  Engine engine;
  engine.run({"RPUSH", "large", "1e400", "1"});
  engine.run({"RPUSH", "tiny", "1e-400", "1"});
  const std::string error = "-ERR One or more scores can't be converted into double\r\n";
  CHECK(engine.run({"SORT", "large"}) == error);
  CHECK(engine.run({"SORT", "tiny"}) == error);
}
