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
      // Seldom, since it is no HyperLogLog after that.
      {"SETRANGE", random.below(20) == 0 ? key() : "other", "20", "x"},
      {"EXPIRE", key(), std::to_string(1 + random.below(20))},
      {"DEL", key()},
  };
  return choices[random.below(choices.size())];
}

}  // namespace

TEST_CASE("the estimate that PFCOUNT writes down is logged, however it is called") {
  MemoryLog log;
  Engine engine, copy;
  engine.instance->runtime().set_log(&log);
  for (const std::string key : {"alone", "exec", "script"}) engine.run({"PFADD", key, "a", "b"});
  engine.run({"PFCOUNT", "alone"});
  engine.run({"PFCOUNT", "alone"});  // which changes nothing
  engine.run({"MULTI"});
  engine.run({"PFCOUNT", "exec"});
  engine.run({"EXEC"});
  engine.run({"EVAL", "return redis.call('PFCOUNT', KEYS[1])", "1", "script"});
  engine.instance->runtime().set_log(nullptr);
  CHECK(log.units().size() == 6);
  replay(log, copy);
  CHECK(copy.contents() == engine.contents());
}

TEST_CASE("the effects of a random program on HyperLogLogs, replayed, give the same keyspace") {
  for (const uint64_t seed : {1, 2}) check_replay(seed, random_command);
}
