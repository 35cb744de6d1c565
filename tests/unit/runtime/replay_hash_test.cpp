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
      {"HSET", key(), field(), number()},
      {"HINCRBY", key(), field(), "1"},
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
      {"HEXPIRE", key(), number(), "FIELDS", "2", field(), field()},
      {"HPEXPIREAT", key(), "1700000100000", "NX", "FIELDS", "1", field()},
      {"HEXPIRE", key(), "0", "LT", "FIELDS", "1", field()},
      {"HPERSIST", key(), "FIELDS", "2", field(), field()},
      {"HGETEX", key(), "EX", number(), "FIELDS", "2", field(), field()},
      {"HGETEX", key(), "PERSIST", "FIELDS", "1", field()},
      {"HSETEX", key(), "EX", number(), "FIELDS", "2", field(), value, field(), number()},
      {"HSETEX", key(), "FNX", "PX", "5", "FIELDS", "1", field(), number()},
      {"HSETEX", key(), "KEEPTTL", "FIELDS", "1", field(), number()},
      {"HGETDEL", key(), "FIELDS", "2", field(), field()},
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
  for (const LoggedUnit& unit : log.units()) {
    for (const Effect& effect : unit) logged.push_back(effect.args);
  }
  CHECK(logged == std::vector<Words>{{"HSET", "h", "a", "1", "b", "2"},
                                     {"HSET", "h", "a", "11"},
                                     {"HINCRBY", "h", "a", "-1"},
                                     {"HDEL", "h", "a", "b", "c"}});
}

TEST_CASE("times to live of fields are logged as moments, and of the fields that were changed") {
  MemoryLog log;
  Engine engine;
  Clock& clock = engine.instance->runtime().clock();
  clock.freeze(1'700'000'000'000'000);
  engine.instance->runtime().set_log(&log);
  for (const Words& words : std::vector<Words>{
           {"HSET", "h", "a", "1", "b", "2", "c", "3"},
           {"HEXPIRE", "h", "10", "NX", "FIELDS", "2", "a", "nosuch"},
           {"HEXPIRE", "h", "10", "NX", "FIELDS", "1", "a"},
           {"HINCRBY", "h", "a", "4"},
           {"HINCRBYFLOAT", "h", "a", "0.5"},
           {"HGETEX", "h", "PX", "5", "FIELDS", "2", "nosuch", "b"},
           {"HGETEX", "h", "PERSIST", "FIELDS", "2", "b", "c"},
           {"HSETEX", "h", "FXX", "EX", "20", "FIELDS", "2", "b", "3", "c", "4"},
           {"HSETEX", "h", "FNX", "EX", "20", "FIELDS", "1", "b", "3"},
           {"HSETEX", "h", "KEEPTTL", "FIELDS", "5", "b", "5", "n", "1", "m", "1", "c", "6", "b", "7"},
           {"HDEL", "h", "n", "m"},
           {"HEXPIRE", "h", "0", "FIELDS", "2", "a", "nosuch"},
           {"HSETEX", "h", "PXAT", "1", "FIELDS", "2", "c", "1", "nosuch", "1"},
           {"HSETEX", "h", "PXAT", "1", "FIELDS", "1", "nosuch", "1"},
           {"HGETDEL", "h", "FIELDS", "2", "b", "nosuch"},
           {"HSETEX", "i", "PX", "5", "FIELDS", "1", "a", "1"},
           {"HSET", "i", "b", "2"}}) {
    engine.run(words);
  }
  clock.advance(5'000);
  CHECK(engine.run({"HLEN", "i"}) == ":1\r\n");
  std::vector<Words> logged;
  for (const LoggedUnit& unit : log.units()) {
    for (const Effect& effect : unit) logged.push_back(effect.args);
  }
  CHECK(logged == std::vector<Words>{
                      {"HSET", "h", "a", "1", "b", "2", "c", "3"},
                      {"HPEXPIREAT", "h", "1700000010000", "FIELDS", "1", "a"},
                      {"HSETEX", "h", "PXAT", "1700000010000", "FIELDS", "1", "a", "5"},
                      {"HSETEX", "h", "PXAT", "1700000010000", "FIELDS", "1", "a", "5.5"},
                      {"HPEXPIREAT", "h", "1700000000005", "FIELDS", "1", "b"},
                      {"HPERSIST", "h", "FIELDS", "1", "b"},
                      {"HSETEX", "h", "PXAT", "1700000020000", "FIELDS", "2", "b", "3", "c", "4"},
                      {"HSETEX", "h", "PXAT", "1700000020000", "FIELDS", "1", "b", "5"},
                      {"HSETEX", "h", "FIELDS", "2", "n", "1", "m", "1"},
                      {"HSETEX", "h", "PXAT", "1700000020000", "FIELDS", "2", "c", "6", "b", "7"},
                      {"HDEL", "h", "n", "m"},
                      {"HDEL", "h", "a"},
                      {"HDEL", "h", "c"},
                      {"HDEL", "h", "b"},
                      {"HSETEX", "i", "PXAT", "1700000000005", "FIELDS", "1", "a", "1"},
                      {"HSET", "i", "b", "2"},
                      {"HDEL", "i", "a"}});
}
