// The write log's seam: what is logged, replayed into an empty instance, gives the same keyspace.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "k" + std::to_string(random.below(6)); };
  const auto number = [&] { return std::to_string(random.below(50)); };
  const std::vector<Words> choices = {
      {"SET", key(), number()},
      {"SET", key(), "text", "EX", "100"},
      {"SET", key(), "x", "KEEPTTL"},
      {"SET", key(), "x", "NX", "GET"},
      {"SETEX", key(), "50", "v"},
      {"PSETEX", key(), "50000", "v"},
      {"SETNX", key(), "v"},
      {"GETSET", key(), "v"},
      {"GETDEL", key()},
      {"GETEX", key(), "EX", "30"},
      {"GETEX", key(), "PERSIST"},
      {"APPEND", key(), "tail"},
      {"SETRANGE", key(), number(), "mid"},
      {"INCR", key()},
      {"DECRBY", key(), number()},
      {"INCRBYFLOAT", key(), "1.5"},
      {"MSET", key(), number(), key(), "b"},
      {"MSETNX", key(), number(), key(), "b"},
      {"MSETEX", "2", key(), number(), key(), "b", "EX", "40"},
      {"MSETEX", "2", key(), number(), key(), "b", "KEEPTTL", "XX"},
      {"SET", key(), number(), "IFEQ", "x", "PX", "60000"},
      {"SET", key(), number(), "IFNE", "v"},
      {"DELIFEQ", key(), "v"},
      {"DELEX", key(), "IFNE", "x"},
      {"DELEX", key()},
      {"INCREX", key(), "BYINT", number(), "EX", "20", "ENX"},
      {"INCREX", key(), "BYINT", "-7", "LBOUND", "3", "SATURATE", "PERSIST"},
      {"INCREX", key(), "BYFLOAT", "0.25", "UBOUND", "9"},
      {"DEL", key(), key()},
      {"UNLINK", key()},
      {"EXPIRE", key(), "100"},
      {"EXPIRE", key(), "-1"},
      {"EXPIREAT", key(), "99999999999"},
      {"PEXPIRE", key(), "100000", "GT"},
      {"PEXPIREAT", key(), "99999999999999"},
      {"PERSIST", key()},
      {"RENAME", key(), key()},
      {"RENAMENX", key(), key()},
      {"COPY", key(), key(), "REPLACE"},
      {"COPY", key(), key(), "DB", "1"},
      {"MOVE", key(), "2"},
      {"SELECT", std::to_string(random.below(3))},
      {"SWAPDB", "0", "1"},
      {"MULTI"},
      {"EXEC"},
      {"DISCARD"},
      {"GET", key()},
      {"INCR", "wrong", "arity"},
  };
  if (random.below(200) == 0) return {"FLUSHDB"};
  return choices[random.below(choices.size())];
}

}  // namespace

TEST_CASE("replaying the effects of a random program gives the same keyspace") {
  check_replay(GENERATE(1u, 2u, 3u, 4u, 5u), random_command);
}

TEST_CASE("B28 B29 an EXEC is one unit, and what changes nothing is not logged") {
  MemoryLog log;
  Engine engine;
  engine.instance->runtime().set_log(&log);
  for (const Words& words : std::vector<Words>{{"GET", "a"},
                                               {"DEL", "a"},
                                               {"INCR", "a", "b"},
                                               {"MULTI"},
                                               {"SET", "a", "1"},
                                               {"GET", "a"},
                                               {"SET", "b", "2"},
                                               {"EXEC"},
                                               {"MULTI"},
                                               {"GET", "a"},
                                               {"EXEC"}}) {
    engine.run(words);
  }
  REQUIRE(log.units().size() == 1);
  REQUIRE(log.units()[0].size() == 2);
  CHECK(log.units()[0][0].args == Words{"SET", "a", "1"});
  CHECK(log.units()[0][1].args == Words{"SET", "b", "2"});
}

TEST_CASE("a relative time to live is logged as a moment, and expiry as DEL") {
  MemoryLog log;
  Engine engine;
  engine.instance->runtime().clock().freeze(1'000'000'000);
  engine.instance->runtime().set_log(&log);
  engine.run({"SET", "a", "1", "EX", "5"});
  engine.instance->runtime().clock().advance(6'000'000);
  engine.run({"GET", "a"});
  REQUIRE(log.units().size() == 2);
  CHECK(log.units()[0][0].args == Words{"SET", "a", "1", "PXAT", "1005000"});
  CHECK(log.units()[1][0].args == Words{"DEL", "a"});
}

TEST_CASE("keyspace events tell what happened to which key") {
  Engine engine;
  engine.run({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
  engine.run({"PSUBSCRIBE", "__key*"});
  engine.session->protocol = 3;
  engine.run({"SET", "a", "1"});
  MessagePtr first = engine.session->outbox.take(), second = engine.session->outbox.take();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->channel() == "__keyspace@0__:a");
  CHECK(first->payload() == "set");
  CHECK(second->channel() == "__keyevent@0__:set");
  CHECK(second->payload() == "a");
}
