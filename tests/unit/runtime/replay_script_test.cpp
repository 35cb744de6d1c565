// What scripts and functions change, through the log.
#include <cstring>

#include "persist/rdb/crc64.h"
#include "persist/rdb/payload.h"
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

TEST_CASE("a script's effects are one unit of the log, and make the same data") {
  Engine engine;
  MemoryLog log;
  engine.instance->runtime().set_log(&log);
  const std::string script =
      "redis.call('sadd', KEYS[1], 'a', 'b', 'c') redis.call('spop', KEYS[1]) "
      "redis.call('set', KEYS[2], redis.call('time')[1], 'ex', 100) "
      "redis.call('incr', 'undeclared') redis.pcall('incr', KEYS[1]) "
      "redis.call('select', 2) redis.call('rpush', 'there', 'x') return redis.call('get', 'none')";
  CHECK(engine.run({"EVAL", script, "2", "s", "t"}) == "$-1\r\n");
  engine.run({"EVAL", "redis.call('set', 'before', 1) error('x')", "0"});
  engine.run({"EVAL", "redis.call('get', 'before')", "0"});
  engine.run(
      {"EVAL", "redis.set_repl(redis.REPL_NONE) redis.call('set', 'kept', 'to itself')", "0"});
  engine.run({"DEL", "kept"});
  REQUIRE(log.units().size() == 3);
  CHECK(log.units()[0].size() == 5);
  CHECK(log.units()[1].size() == 1);
  CHECK(log.units()[2][0].args[0] == "DEL");  // what the script kept to itself was there
  Engine copy;
  for (const LoggedUnit& unit : log.units()) {
    for (const Effect& effect : unit) {
      copy.run({"SELECT", std::to_string(effect.database)});
      copy.run(effect.args);
    }
  }
  CHECK(copy.contents() == engine.contents());
}

TEST_CASE("libraries of functions are in the log") {
  Engine engine;
  MemoryLog log;
  engine.instance->runtime().set_log(&log);
  const std::string code =
      "#!lua name=lib\nredis.register_function('put', function(keys, args) "
      "return redis.call('set', keys[1], args[1]) end)";
  CHECK(engine.run({"FUNCTION", "LOAD", code}) == "$3\r\nlib\r\n");
  CHECK(engine.run({"FUNCTION", "LOAD", code}).starts_with("-ERR"));
  CHECK(engine.run({"FCALL", "put", "1", "k", "v"}) == "+OK\r\n");
  CHECK(engine.run({"FUNCTION", "LOAD", "REPLACE", code}) == "$3\r\nlib\r\n");
  CHECK(engine.run({"FUNCTION", "DELETE", "nosuch"}).starts_with("-ERR"));
  REQUIRE(log.units().size() == 3);
  CHECK(log.units()[1][0].args == std::vector<std::string>{"set", "k", "v"});
  Engine copy;
  for (const LoggedUnit& unit : log.units()) copy.run(unit[0].args);
  CHECK(copy.run({"FCALL", "put", "1", "k", "w"}) == "+OK\r\n");
  engine.run({"FUNCTION", "DELETE", "lib"});
  engine.run({"FUNCTION", "FLUSH"});
  CHECK(log.units().size() == 5);
}

TEST_CASE("libraries that are restored are in the log, in a form that everybody reads") {
  Engine engine;
  MemoryLog log;
  engine.instance->runtime().set_log(&log);
  const std::string code = "#!lua name=lib\nredis.register_function('one', function() return 1 end)";
  std::string payload = encode_libraries({code}, true);
  const uint16_t later = 80;  // Valkey's version
  std::memcpy(payload.data() + payload.size() - kRdbFooterSize, &later, sizeof later);
  const uint64_t checksum = crc64(0, Bytes(payload).substr(0, payload.size() - sizeof(uint64_t)));
  std::memcpy(payload.data() + payload.size() - sizeof checksum, &checksum, sizeof checksum);
  CHECK(engine.run({"FUNCTION", "RESTORE", payload}) == "+OK\r\n");
  CHECK(engine.run({"FUNCTION", "RESTORE", payload}).starts_with("-ERR"));
  CHECK(engine.run({"FUNCTION", "RESTORE", payload, "REPLACE"}) == "+OK\r\n");
  REQUIRE(log.units().size() == 2);
  Engine copy;
  for (const LoggedUnit& unit : log.units()) {
    REQUIRE(unit.size() == 1);
    CHECK(unit[0].args[2] == encode_libraries({code}, true));
    CHECK(copy.run(unit[0].args) == "+OK\r\n");
  }
  CHECK(copy.run({"FCALL", "one", "0"}) == ":1\r\n");
}
