// The effects of the commands on streams, replayed.
#include "replay.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Words random_command(Random& random) {
  const auto key = [&] { return "k" + std::to_string(random.below(3)); };
  const auto number = [&](uint64_t below) { return std::to_string(random.below(below)); };
  const auto id = [&] { return std::to_string(1'700'000'000'000 + 7000 * random.below(90)); };
  const auto group = [&] { return "g" + number(2); };
  const auto consumer = [&] { return "c" + number(3); };
  const auto references = [&] {
    return std::string(random.below(2) == 0   ? "DELREF"
                       : random.below(2) == 0 ? "ACKED"
                                              : "KEEPREF");
  };
  const std::vector<Words> choices = {
      {"XADD", key(), "*", "f", number(100)},
      {"XADD", key(), "*", "f", number(100), "g", "v"},
      {"XADD", key(), "*", "h" + number(3), std::string(random.below(200), 'v')},
      {"XADD", key(), "NOMKSTREAM", "*", "f", "v"},
      {"XADD", key(), "IDMP", "p" + number(2), number(9), "*", "f", number(100)},
      {"XADD", key(), "IDMPAUTO", "p" + number(2), "MAXLEN", number(9), "*", "f", number(9)},
      {"XCFGSET", key(), "IDMP-MAXSIZE", std::to_string(1 + random.below(9))},
      {"XADD", key(), "MAXLEN", "~", "50", "*", "f", "v"},
      {"XADD", key(), "MAXLEN", "=", "30", "*", "f", "v"},
      {"XADD", key(), references(), "MINID", "~", id(), "LIMIT", "20", "*", "f", "v"},
      {"XADD", key(), references(), "MAXLEN", "20", "*", "f", "v"},
      {"XTRIM", key(), "MAXLEN", "~", number(80)},
      {"XTRIM", key(), "MINID", id(), references()},
      {"XTRIM", key(), "MAXLEN", number(60), references()},
      {"XDEL", key(), id() + "-0", id() + "-1", id() + "-2"},
      {"XSETID", key(), "1900000000000-0", "ENTRIESADDED", "5000"},
      {"XGROUP", "CREATE", key(), group(), "0", "MKSTREAM"},
      {"XGROUP", "CREATE", key(), group(), "$"},
      {"XGROUP", "SETID", key(), group(), "$"},
      {"XGROUP", "SETID", key(), group(), id(), "ENTRIESREAD", number(50)},
      {"XGROUP", "DESTROY", key(), "g1"},
      {"XGROUP", "CREATECONSUMER", key(), group(), consumer()},
      {"XGROUP", "DELCONSUMER", key(), group(), "c2"},
      {"XREADGROUP", "GROUP", "g0", consumer(), "COUNT", number(9), "STREAMS", key(), key(), ">",
       ">"},
      {"XREADGROUP", "GROUP", group(), consumer(), "COUNT", "3", "STREAMS", key(), ">"},
      {"XREADGROUP", "GROUP", group(), consumer(), "NOACK", "COUNT", "2", "STREAMS", key(), ">"},
      {"XREADGROUP", "GROUP", group(), consumer(), "COUNT", "3", "STREAMS", key(), id()},
      {"XREADGROUP", "GROUP", group(), consumer(), "COUNT", "4", "CLAIM", "9000", "STREAMS", key(),
       ">"},
      {"XACK", key(), group(), id() + "-0", id() + "-1", id() + "-2"},
      {"XCLAIM", key(), group(), consumer(), "0", id() + "-0", id() + "-1", "FORCE"},
      {"XCLAIM", key(), group(), consumer(), "9000", id() + "-0", "IDLE", "500", "JUSTID"},
      {"XCLAIM", key(), group(), consumer(), "0", id() + "-0", "RETRYCOUNT", "7", "LASTID", id()},
      {"XAUTOCLAIM", key(), group(), consumer(), number(20000), "0", "COUNT", "5"},
      {"XAUTOCLAIM", key(), group(), consumer(), "0", id(), "COUNT", "3", "JUSTID"},
      {"XDELEX", key(), references(), "IDS", "2", id() + "-0", id() + "-1"},
      {"XACKDEL", key(), group(), references(), "IDS", "2", id() + "-0", id() + "-1"},
      {"XNACK", key(), group(), "SILENT", "IDS", "2", id() + "-0", id() + "-1"},
      {"XNACK", key(), group(), "FATAL", "IDS", "1", id() + "-0", "FORCE"},
      {"XRANGE", key(), "-", "+", "COUNT", "3"},
      {"CONFIG", "SET", "stream-node-max-entries", number(30)},
      {"DEL", random.below(8) == 0 ? key() : "none"},
      {"COPY", key(), key(), random.below(8) == 0 ? "REPLACE" : "DB", "0"},
      {"RENAME", random.below(8) == 0 ? key() : "none", key()},
      {"MULTI"},
      {"EXEC"},
  };
  return choices[random.below(choices.size())];
}

using Effects = std::vector<Words>;

Effects effects_of(Engine& engine, const Words& words) {
  MemoryLog log;
  engine.instance->runtime().set_log(&log);
  engine.run(words);
  engine.instance->runtime().set_log(nullptr);
  Effects effects;
  for (const LoggedUnit& unit : log.units()) {
    for (const Effect& effect : unit) effects.push_back(effect.args);
  }
  return effects;
}

}  // namespace

TEST_CASE("replaying the effects of a random program on streams gives the same keyspace") {
  check_replay(GENERATE(1u, 2u, 3u, 4u), random_command, true);
}

TEST_CASE("B28 XADD is logged with the id it chose, and trimming as what it left") {
  Engine engine;
  engine.instance->runtime().clock().freeze(5'000'000);
  CHECK(effects_of(engine, {"XADD", "s", "*", "f", "v"}) ==
        Effects{{"XADD", "s", "5000-0", "f", "v"}});
  CHECK(effects_of(engine, {"XADD", "s", "NOMKSTREAM", "5000-*", "f", "v"}) ==
        Effects{{"XADD", "s", "5000-1", "f", "v"}});
  CHECK(effects_of(engine, {"XADD", "s", "MAXLEN", "~", "1", "*", "f", "v"}) ==
        Effects{{"XADD", "s", "5000-2", "f", "v"}});
  engine.run({"CONFIG", "SET", "stream-node-max-entries", "3"});
  CHECK(effects_of(engine, {"XADD", "s", "MINID", "~", "5000-3", "*", "f", "v"}) ==
        Effects{{"XADD", "s", "MAXLEN", "=", "1", "5000-3", "f", "v"}});
  CHECK(effects_of(engine, {"XADD", "none", "NOMKSTREAM", "*", "f", "v"}).empty());
  CHECK(effects_of(engine, {"XTRIM", "s", "MAXLEN", "~", "1"}).empty());
  CHECK(effects_of(engine, {"XTRIM", "s", "MAXLEN", "~", "0"}) ==
        Effects{{"XTRIM", "s", "MAXLEN", "=", "0"}});
}

TEST_CASE("B28 XREADGROUP is logged as what is pending then, and up to where the group has read") {
  Engine engine;
  engine.instance->runtime().clock().freeze(5'000'000);
  engine.run({"XADD", "s", "1-1", "f", "v"});
  engine.run({"XADD", "s", "1-2", "f", "v"});
  engine.run({"XGROUP", "CREATE", "s", "g", "0"});
  CHECK(effects_of(engine, {"XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", ">"}) ==
        Effects{{"XGROUP", "CREATECONSUMER", "s", "g", "c"},
                {"XCLAIM", "s", "g", "c", "0", "1-1", "TIME", "5000", "RETRYCOUNT", "1", "FORCE",
                 "JUSTID", "LASTID", "1-1"},
                {"XGROUP", "SETID", "s", "g", "1-1", "ENTRIESREAD", "1"}});
  CHECK(effects_of(engine, {"XREADGROUP", "GROUP", "g", "c", "NOACK", "STREAMS", "s", ">"}) ==
        Effects{{"XGROUP", "SETID", "s", "g", "1-2", "ENTRIESREAD", "2"}});
  CHECK(effects_of(engine, {"XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"}).empty());
  CHECK(effects_of(engine, {"XACK", "s", "g", "9-9"}).empty());
  engine.run({"XDEL", "s", "1-1"});
  CHECK(effects_of(engine, {"XAUTOCLAIM", "s", "g", "c", "0", "0"}) ==
        Effects{{"XACK", "s", "g", "1-1"}});
}

TEST_CASE("XREADGROUP CLAIM gives what has been pending for longest first, and then new entries") {
  Engine engine;
  Clock& clock = engine.instance->runtime().clock();
  clock.freeze(5'000'000);
  for (const char* const id : {"1-1", "1-2", "1-3", "1-4"}) engine.run({"XADD", "s", id, "f", id});
  engine.run({"XGROUP", "CREATE", "s", "g", "0"});
  engine.run({"XREADGROUP", "GROUP", "g", "c", "COUNT", "2", "STREAMS", "s", ">"});
  clock.advance(1'000'000);
  engine.run({"XCLAIM", "s", "g", "d", "0", "1-1"});
  clock.advance(1'000'000);
  const auto read = [&](const std::string& idle) {
    return engine.run(
        {"XREADGROUP", "GROUP", "g", "e", "COUNT", "3", "CLAIM", idle, "STREAMS", "s", ">"});
  };
  const auto entry = [](const std::string& id, const std::string& more) {
    return (more.empty() ? "*2" : "*4") +
           ("\r\n$3\r\n" + id + "\r\n*2\r\n$1\r\nf\r\n$3\r\n" + id + "\r\n") + more;
  };
  CHECK(read("1500") == "*1\r\n*2\r\n$1\r\ns\r\n*3\r\n" + entry("1-2", ":2000\r\n:1\r\n") +
                            entry("1-3", "") + entry("1-4", ""));
  CHECK(engine.run({"XNACK", "s", "g", "FAIL", "IDS", "1", "1-4"}) == ":1\r\n");
  CHECK(engine.run({"XPENDING", "s", "g", "1-4", "1-4", "9"}) ==
        "*1\r\n*4\r\n$3\r\n1-4\r\n$0\r\n\r\n:-1\r\n:1\r\n");
  CHECK(read("1000") == "*1\r\n*2\r\n$1\r\ns\r\n*2\r\n" + entry("1-4", ":7000\r\n:1\r\n") +
                            entry("1-1", ":1000\r\n:2\r\n"));
  CHECK(engine.run({"XPENDING", "s", "g", "1-1", "1-1", "9"}) ==
        "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\ne\r\n:0\r\n:3\r\n");
}

TEST_CASE("XDELEX and XACKDEL remove entries with, or unless, what is pending of them") {
  Engine engine;
  for (const char* const id : {"1-1", "1-2", "1-3", "1-4", "1-5"})
    engine.run({"XADD", "s", id, "f", "v"});
  CHECK(engine.run({"XDELEX", "s", "ACKED", "IDS", "1", "1-1"}) == "*1\r\n:2\r\n");
  engine.run({"XGROUP", "CREATE", "s", "g", "0"});
  engine.run({"XGROUP", "CREATE", "s", "h", "0"});
  engine.run({"XREADGROUP", "GROUP", "g", "c", "COUNT", "4", "STREAMS", "s", ">"});
  engine.run({"XREADGROUP", "GROUP", "h", "c", "COUNT", "3", "NOACK", "STREAMS", "s", ">"});
  CHECK(engine.run({"XDELEX", "s", "ACKED", "IDS", "2", "1-1", "9-9"}) == "*2\r\n:2\r\n:-1\r\n");
  CHECK(engine.run({"XACKDEL", "s", "g", "ACKED", "IDS", "3", "1-1", "1-4", "1-5"}) ==
        "*3\r\n:1\r\n:2\r\n:-1\r\n");
  CHECK(engine.run({"XDELEX", "s", "DELREF", "IDS", "1", "1-2"}) == "*1\r\n:1\r\n");
  CHECK(engine.run({"XDELEX", "s", "KEEPREF", "IDS", "1", "1-3"}) == "*1\r\n:1\r\n");
  CHECK(engine.run({"XPENDING", "s", "g"}) ==
        "*4\r\n:1\r\n$3\r\n1-3\r\n$3\r\n1-3\r\n*1\r\n*2\r\n$1\r\nc\r\n$1\r\n1\r\n");
  CHECK(engine.run({"XLEN", "s"}) == ":2\r\n");
  CHECK(engine.run({"XTRIM", "s", "MAXLEN", "0", "ACKED"}) == ":0\r\n");
  CHECK(engine.run({"XACKDEL", "none", "g", "IDS", "1", "1-1"}) == "*1\r\n:-1\r\n");
  CHECK(engine.run({"XDELEX", "s", "IDS", "2", "1-1"}).substr(0, 4) == "-ERR");
}

TEST_CASE("a message that its producer sends again is one entry, also behind the log") {
  Engine engine;
  MemoryLog log;
  engine.instance->runtime().set_log(&log);
  const std::string first = engine.run({"XADD", "s", "IDMP", "p", "m", "*", "f", "1"});
  CHECK(engine.run({"XADD", "s", "IDMP", "p", "m", "*", "f", "2"}) == first);
  const std::string named = engine.run({"XADD", "s", "IDMPAUTO", "p", "*", "a", "1", "b", "2"});
  CHECK(engine.run({"XADD", "s", "IDMPAUTO", "p", "*", "b", "2", "a", "1"}) == named);
  CHECK(engine.run({"XADD", "s", "IDMPAUTO", "q", "*", "b", "2", "a", "1"}) != named);
  CHECK(engine.run({"XLEN", "s"}) == ":3\r\n");
  engine.instance->runtime().set_log(nullptr);

  Engine again;
  for (const LoggedUnit& unit : log.units()) {
    for (const Effect& effect : unit) CHECK(again.run(effect.args)[0] != '-');
  }
  CHECK(again.run({"XADD", "s", "IDMP", "p", "m", "*", "f", "3"}) == first);
  CHECK(again.run({"XADD", "s", "IDMPAUTO", "p", "*", "b", "2", "a", "1"}) == named);
  CHECK(again.run({"XLEN", "s"}) == ":3\r\n");
}

TEST_CASE("messages are remembered for a while, and so many of a producer") {
  Engine engine;
  engine.instance->runtime().clock().freeze(5'000'000);
  const auto send = [&](const char* producer, const char* message) {
    return engine.run({"XADD", "s", "IDMP", producer, message, "*", "f", "v"});
  };
  const std::string first = send("p", "1"), other = send("q", "1");
  CHECK(engine.run({"XCFGSET", "s", "IDMP-MAXSIZE", "100"}) == "+OK\r\n");
  CHECK(send("p", "1") == first);  // the limits are what they were
  CHECK(engine.run({"XCFGSET", "s", "IDMP-MAXSIZE", "2", "IDMP-DURATION", "60"}) == "+OK\r\n");
  CHECK(send("p", "1") != first);  // all is forgotten
  const std::string second = send("p", "2"), third = send("p", "3");
  CHECK(send("p", "2") == second);
  CHECK(send("q", "1") != other);
  CHECK(send("p", "1") != first);
  CHECK(send("p", "3") == third);
  engine.instance->advance_clock(59'999);
  CHECK(send("p", "3") == third);
  engine.instance->advance_clock(60'000);
  CHECK(send("p", "3") != third);
  CHECK(engine.run({"XINFO", "STREAM", "s"}).find("iids-duplicates") != std::string::npos);
  CHECK(engine.run({"XCFGSET", "none", "IDMP-MAXSIZE", "1"}) == "-ERR no such key\r\n");
  CHECK(engine.run({"XCFGSET", "s", "IDMP-DURATION", "86401"}).starts_with("-ERR IDMP-DURATION must be"));
  CHECK(engine.run({"XCFGSET", "s", "IDMP-MAXSIZE", "0"}).starts_with("-ERR IDMP-MAXSIZE must be"));
  CHECK(engine.run({"XCFGSET", "s", "MAXSIZE", "1"}) == "-ERR syntax error\r\n");
  CHECK(engine.run({"XADD", "s", "IDMP", "p", "1", "1-1", "f", "v"}).starts_with("-ERR IDMP"));
  CHECK(engine.run({"XADD", "s", "IDMP", "", "1", "*", "f", "v"}).starts_with("-ERR IDMP"));
  CHECK(engine.run({"XADD", "s", "IDMP", "p", "", "*", "f", "v"}).starts_with("-ERR IDMP"));
  CHECK(engine.run({"XADD", "s", "IDMPAUTO", "p", "IDMP", "p", "1", "*", "f", "v"})
            .starts_with("-ERR IDMP/IDMPAUTO specified"));
  CHECK(engine.run({"XADD", "s", "IDMP", "p", "*", "f", "v"}).starts_with("-ERR Invalid stream ID"));
  CHECK(engine.run({"XADD", "none", "NOMKSTREAM", "IDMP", "p", "1", "*", "f", "v"}) == "$-1\r\n");
}
