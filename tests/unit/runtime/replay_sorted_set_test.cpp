// What sorted sets log, replayed into an empty instance, gives the same sorted sets.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "k" + std::to_string(random.below(5)); };
  const auto member = [&] {
    return random.below(100) == 0 ? std::string(65, 'x') : "m" + std::to_string(random.below(200));
  };
  const auto score = [&] {
    return std::to_string(random.below(40)) + (random.below(3) == 0 ? ".1" : "");
  };
  const auto number = [&] { return std::to_string(random.below(5)); };
  const std::vector<Words> choices = {
      {"ZADD", key(), score(), member(), score(), member(), score(), member()},
      {"ZADD", key(), score(), member(), score(), member()},
      {"ZADD", key(), "NX", score(), member()},
      {"ZADD", key(), "XX", "CH", score(), member()},
      {"ZADD", key(), "GT", score(), member()},
      {"ZADD", key(), "LT", score(), member()},
      {"ZADD", key(), "INCR", score(), member()},
      {"ZADD", key(), "GT", "INCR", score(), member()},
      {"ZINCRBY", key(), "-1.3", member()},
      {"ZREM", key(), member(), member()},
      {"ZPOPMIN", key()},
      {"ZPOPMAX", key(), number()},
      {"ZMPOP", "2", key(), key(), "MIN", "COUNT", "3"},
      {"ZMPOP", "1", key(), "MAX"},
      {"ZREMRANGEBYRANK", key(), number(), "6"},
      {"ZREMRANGEBYSCORE", key(), "(10", score()},
      {"ZREMRANGEBYLEX", key(), "[m1", "[m2"},
      {"ZRANGESTORE", key(), key(), "0", score(), "BYSCORE"},
      {"ZRANGESTORE", key(), key(), "0", "50", "REV"},
      {"ZUNIONSTORE", key(), "2", key(), key(), "WEIGHTS", "1", "0.3"},
      {"ZINTERSTORE", key(), "2", key(), key(), "AGGREGATE", "MAX"},
      {"ZDIFFSTORE", key(), "2", key(), key()},
      {"ZRANDMEMBER", key(), "3"},
      {"ZRANGE", key(), "0", "-1"},
      {"RENAME", key(), key()},
      {"COPY", key(), key(), "REPLACE"},
      {"MOVE", key(), "1"},
      {"EXPIRE", key(), "100"},
      {"SET", key(), "text"},
      {"MULTI"},
      {"EXEC"},
      {"DISCARD"},
  };
  // Mostly additions, so that sets pass the limits of the packed form.
  return choices[random.below(2) == 0 ? random.below(2) : random.below(choices.size())];
}

}  // namespace

TEST_CASE("replaying the effects of a random program gives the same sorted sets") {
  check_replay(GENERATE(1u, 2u, 3u, 4u, 5u), random_command);
}

TEST_CASE("ZMPOP is logged as the pop of the key that it found") {
  MemoryLog log;
  Engine engine;
  engine.run({"ZADD", "k", "1", "a", "2", "b"});
  engine.instance->runtime().set_log(&log);
  engine.run({"ZMPOP", "2", "none", "k", "MAX", "COUNT", "5"});
  REQUIRE(log.units().size() == 1);
  REQUIRE(log.units()[0].size() == 1);
  CHECK(log.units()[0][0].args == Words{"ZPOPMAX", "k", "2"});
}
