// The time of fields has come: who asks sees none of them, and housekeeping removes those that nobody
// asks for.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

struct Expiring : Engine {
  Expiring() {
    clock().freeze(1'700'000'000'000'000);
    instance->runtime().set_on_first_expiry([] { return true; });  // the tests keep house themselves
    instance->runtime().set_log(&log);
  }
  ~Expiring() { instance->runtime().set_log(nullptr); }

  Clock& clock() { return instance->runtime().clock(); }
  /// A hash with `expiring` fields that live for 100 ms and `staying` ones that stay.
  void fill(const std::string& name, int expiring, int staying) {
    for (int i = 0; i < expiring; ++i) {
      run({"HSETEX", name, "PX", "100", "FIELDS", "1", "e" + std::to_string(i), "v"});
    }
    for (int i = 0; i < staying; ++i) run({"HSET", name, "s" + std::to_string(i), "v"});
    log.clear();
  }
  std::vector<Words> logged() {
    std::vector<Words> all;
    for (const LoggedUnit& unit : log.units()) {
      for (const Effect& effect : unit) all.push_back(effect.args);
    }
    return all;
  }
  /// One look of housekeeping at all shards; how many hashes with field times it found is not told.
  bool sweep(size_t effort) {
    bool any = false;
    for (uint32_t i = 0; i < instance->runtime().shard_count(); ++i) {
      any |= instance->runtime().expire_some_fields(i, effort).any_left;
    }
    return any;
  }
  size_t fields_there(const std::string& name) {
    Runtime& runtime = instance->runtime();
    const Key key{name, runtime.hash(name)};
    return Hash(runtime.shard_of(key).keyspace(0).find(key)).size();
  }

  MemoryLog log;
};

}  // namespace

TEST_CASE("no command sees a field whose time has come, and the first one removes it") {
  const Words words = GENERATE(
      Words{"HLEN", "h"}, Words{"HGET", "h", "e0"}, Words{"HGETALL", "h"}, Words{"HKEYS", "h"},
      Words{"HSCAN", "h", "0"}, Words{"HRANDFIELD", "h"}, Words{"EXISTS", "h"}, Words{"TYPE", "h"},
      Words{"HSET", "h", "s0", "v"}, Words{"HDEL", "h", "e0"}, Words{"HTTL", "h", "FIELDS", "1", "e0"},
      Words{"COPY", "h", "i"}, Words{"OBJECT", "ENCODING", "h"}, Words{"MEMORY", "USAGE", "h"},
      Words{"SORT", "nosuch", "BY", "nosort"});
  const int expiring = GENERATE(3, 300);
  Expiring engine;
  engine.fill("h", expiring, 2);
  engine.clock().advance(99'000);
  CHECK(engine.run({"HLEN", "h"}) == ":" + std::to_string(expiring + 2) + "\r\n");
  engine.clock().advance(1'000);
  engine.run(words);
  if (words[0] == "SORT") {  // which asks for another key
    CHECK(engine.fields_there("h") == static_cast<size_t>(expiring) + 2);
    return;
  }
  CHECK(engine.fields_there("h") == 2);
  const std::vector<Words> logged = engine.logged();
  REQUIRE(!logged.empty());
  CHECK(logged[0].size() == static_cast<size_t>(expiring) + 2);
  CHECK(logged[0][0] == "HDEL");
  CHECK(engine.run({"HGET", "h", "e0"}) == "$-1\r\n");
}

TEST_CASE("a key goes with its last field") {
  const int expiring = GENERATE(3, 300);
  Expiring engine;
  engine.fill("h", expiring, 0);
  engine.clock().advance(100'000);
  CHECK(engine.run({"EXISTS", "h"}) == ":0\r\n");
  CHECK(engine.logged() == std::vector<Words>{{"DEL", "h"}});
  CHECK(engine.run({"DBSIZE"}) == ":0\r\n");
}

TEST_CASE("housekeeping removes what nobody asks for, so many fields at a time") {
  Expiring engine;
  engine.fill("small", 3, 1);
  engine.fill("big", 300, 1);
  engine.fill("whole", 5, 0);
  engine.fill("later", 0, 1);
  engine.run({"HEXPIRE", "later", "1000", "FIELDS", "1", "s0"});
  engine.log.clear();
  CHECK(engine.sweep(100));
  CHECK(engine.logged().empty());
  engine.clock().advance(100'000);
  CHECK(engine.sweep(100));
  CHECK(engine.fields_there("small") == 1);
  CHECK(engine.fields_there("big") == 201);
  CHECK(engine.fields_there("whole") == 0);
  CHECK(engine.fields_there("later") == 1);
  for (int i = 0; i < 2; ++i) engine.sweep(100);
  CHECK(engine.fields_there("big") == 1);
  CHECK(engine.logged().size() == 5);
  CHECK(engine.sweep(100));  // for `later`
  engine.run({"HPERSIST", "later", "FIELDS", "1", "s0"});
  CHECK_FALSE(engine.sweep(100));
}

TEST_CASE("all that has expired goes at once where that is asked for") {
  Expiring engine;
  engine.fill("big", 3000, 1);
  engine.run({"SELECT", "3"});
  engine.fill("other", 3, 1);
  engine.clock().advance(100'000);
  engine.instance->runtime().expire_all();
  CHECK(engine.fields_there("big") == 1);
  CHECK(engine.run({"HLEN", "other"}) == ":1\r\n");
  CHECK_FALSE(engine.sweep(100));
}

TEST_CASE("a watched hash whose field expires ends the transaction") {
  Expiring engine;
  engine.fill("h", 1, 1);
  engine.run({"WATCH", "h"});
  engine.clock().advance(100'000);
  engine.sweep(100);
  engine.run({"MULTI"});
  engine.run({"PING"});
  CHECK(engine.run({"EXEC"}) == "*-1\r\n");
}

TEST_CASE("a look goes round the databases: one with nothing due does not hold up the others") {
  Expiring engine;
  for (int database = 0; database < 15; ++database) {
    engine.run({"SELECT", std::to_string(database)});
    engine.run({"HSETEX", "later", "PX", "100000000", "FIELDS", "1", "f", "v"});
  }
  engine.run({"SELECT", "15"});
  engine.run({"HSETEX", "soon", "PX", "100", "FIELDS", "1", "f", "v"});
  engine.clock().advance(200'000);
  engine.log.clear();
  CHECK(engine.sweep(200));
  CHECK(engine.logged() == std::vector<Words>{{"DEL", "soon"}});
}
