// What changes hashes is logged so that replaying it gives the same hashes.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "h" + std::to_string(random.below(6)); };
  const auto field = [&] { return std::string(1, static_cast<char>('a' + random.below(8))); };
  const auto number = [&] { return std::to_string(random.below(50)); };
  const std::string value(random.below(5) == 0 ? 65 : 3, 'v');
  const std::vector<Words> choices = {
      {"HSET", key(), field(), value},
      {"HSET", key(), field(), number(), field(), number(), field(), value},
      {"HMSET", key(), field(), number(), field(), value},
      {"HSETNX", key(), field(), number()},
      {"HDEL", key(), field()},
      {"HDEL", key(), field(), field(), field(), field()},
      {"HINCRBY", key(), field(), number()},
      {"HINCRBY", key(), field(), "9223372036854775807"},
      {"HINCRBYFLOAT", key(), field(), "0." + number()},
      {"HINCRBYFLOAT", key(), field(), "1e-10"},
      {"HRANDFIELD", key(), "2"},
      {"HSCAN", key(), "0"},
      {"SET", key(), number()},
      {"DEL", key()},
      {"EXPIRE", key(), "100"},
      {"PERSIST", key()},
      {"RENAME", key(), key()},
      {"COPY", key(), key(), "REPLACE"},
      {"MOVE", key(), "1"},
      {"SELECT", std::to_string(random.below(2))},
      {"MULTI"},
      {"EXEC"},
  };
  return choices[random.below(choices.size())];
}

}  // namespace

TEST_CASE("replaying the effects of a random program on hashes gives the same keyspace") {
  check_replay(GENERATE(1u, 2u, 3u, 4u, 5u), random_command);
}

TEST_CASE("HINCRBYFLOAT is logged as the value it sets, the others as they are") {
  MemoryLog log;
  Engine engine;
  engine.instance->runtime().set_log(&log);
  for (const Words& words : std::vector<Words>{{"HSET", "h", "a", "1", "b", "2"},
                                               {"HINCRBYFLOAT", "h", "a", "1e1"},
                                               {"HINCRBY", "h", "a", "-1"},
                                               {"HDEL", "h", "nosuch"},
                                               {"HSETNX", "h", "a", "5"},
                                               {"HINCRBY", "h", "a", "no"},
                                               {"HGETALL", "h"},
                                               {"HDEL", "h", "a", "b", "c"}}) {
    engine.run(words);
  }
  std::vector<Words> logged;
  for (const Unit& unit : log.units) {
    for (const Effect& effect : unit) logged.push_back(effect.args);
  }
  CHECK(logged == std::vector<Words>{{"HSET", "h", "a", "1", "b", "2"},
                                     {"HSET", "h", "a", "11"},
                                     {"HINCRBY", "h", "a", "-1"},
                                     {"HDEL", "h", "a", "b", "c"}});
}
