// The write log's seam: what is logged, replayed into an empty instance, gives the same keyspace.
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/random.h"
#include "command/string_value.h"
#include "instance/instance.h"
#include "resp/resp_writer.h"

using namespace kevy;

namespace {

class MemoryLog final : public WriteLog {
 public:
  void append(Unit unit) override {
    std::lock_guard guard(lock_);
    units.push_back(std::move(unit));
  }
  std::vector<Unit> units;

 private:
  std::mutex lock_;
};

using Words = std::vector<std::string>;

std::unique_ptr<Instance> start() {
  InstanceOptions options;
  options.shards = 8;
  return std::move(*Instance::start(options));
}

struct Engine {
  std::unique_ptr<Instance> instance = start();
  std::shared_ptr<Session> session = instance->runtime().open_session(Session::Door::kInProcess);
  ~Engine() { instance->runtime().close_session(*session); }

  void run(const Words& words) {
    OutputQueue output;
    RespWriter writer(output);
    const std::vector<Bytes> args(words.begin(), words.end());
    Turn turn(instance->runtime());
    instance->runtime().execute(turn, *session, args, writer);
  }

  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> all;
    Runtime& runtime = instance->runtime();
    ShardSet every;
    every.add_all();
    Turn turn(runtime);
    turn.hold(every);
    for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
      for (size_t d = 0; d < runtime.database_count(); ++d) {
        runtime.shard(i).keyspace(d).for_each([&](const Entry& entry) {
          all[std::to_string(d) + ':' + std::string(entry.key())] =
              std::string(StringText(&entry).bytes()) + '@' +
              std::to_string(entry.expires_at_ms());
        });
      }
    }
    return all;
  }
};

void replay(const MemoryLog& log, Engine& into) {
  for (const Unit& unit : log.units) {
    for (const Effect& effect : unit) {
      into.run({"SELECT", std::to_string(effect.database)});
      into.run(effect.args);
    }
  }
}

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
  Random random(GENERATE(1u, 2u, 3u, 4u, 5u));
  MemoryLog log;
  Engine engine, copy;
  engine.instance->runtime().clock().freeze(1'700'000'000'000'000);
  copy.instance->runtime().clock().freeze(1'700'000'000'000'000);
  engine.instance->runtime().set_log(&log);
  for (int i = 0; i < 5000; ++i) {
    engine.run(random_command(random));
    if (i % 100 == 0) engine.instance->runtime().clock().advance(7'000'000);
  }
  engine.run({"DISCARD"});
  engine.instance->runtime().expire_all();
  REQUIRE(log.units.size() > 1000);
  replay(log, copy);
  CHECK(copy.contents() == engine.contents());
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
  REQUIRE(log.units.size() == 1);
  REQUIRE(log.units[0].size() == 2);
  CHECK(log.units[0][0].args == Words{"SET", "a", "1"});
  CHECK(log.units[0][1].args == Words{"SET", "b", "2"});
}

TEST_CASE("a relative time to live is logged as a moment, and expiry as DEL") {
  MemoryLog log;
  Engine engine;
  engine.instance->runtime().clock().freeze(1'000'000'000);
  engine.instance->runtime().set_log(&log);
  engine.run({"SET", "a", "1", "EX", "5"});
  engine.instance->runtime().clock().advance(6'000'000);
  engine.run({"GET", "a"});
  REQUIRE(log.units.size() == 2);
  CHECK(log.units[0][0].args == Words{"SET", "a", "1", "PXAT", "1005000"});
  CHECK(log.units[1][0].args == Words{"DEL", "a"});
}

TEST_CASE("keyspace events tell what happened to which key") {
  Engine engine;
  engine.run({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
  engine.run({"PSUBSCRIBE", "__key*"});
  engine.session->protocol = 3;
  engine.run({"SET", "a", "1"});
  MessagePtr first = engine.session->outbox.take(), second = engine.session->outbox.take();
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first->channel == "__keyspace@0__:a");
  CHECK(first->payload.bytes() == "set");
  CHECK(second->channel == "__keyevent@0__:set");
  CHECK(second->payload.bytes() == "a");
}
