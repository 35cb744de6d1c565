// Scripts in an instance: one step on however many shards, beside other sessions, and their end.
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr const char* kBusy =
    "-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";

/// Runs a script in a thread of its own until it is over.
class Running {
 public:
  Running(Instance& instance, const std::string& script)
      : reply_(std::async(std::launch::async, [&instance, script] {
          Client client(instance);
          return client(request({"EVAL", script, "0"}));
        })) {}
  std::string reply() { return reply_.get(); }

 private:
  std::future<std::string> reply_;
};

/// Asks until the reply is no longer `now`.
std::string until_not(Client& client, const std::string& command, const std::string& now) {
  for (;;) {
    const std::string reply = client(command);
    if (reply != now) return reply;
    std::this_thread::yield();
  }
}

void wait_until_busy(Instance& instance) {
  while (!instance.runtime().script_busy()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("G1 a script is one step, whatever shards its keys lie on") {
  const auto instance = start(GENERATE(1u, 8u));
  constexpr int kThreads = 4, kRounds = 200;
  const std::string move =
      "local a = redis.call('incrby', 'a', ARGV[1]) local b = redis.call('decrby', 'b', ARGV[1]) "
      "return a + b";
  std::vector<std::future<bool>> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.push_back(std::async(std::launch::async, [&instance, &move, i] {
      Client client(*instance);
      bool right = true;
      for (int round = 0; round < kRounds; ++round) {
        right &= client(request({"EVAL", move, "0", std::to_string(i + 1)})) == ":0\r\n";
      }
      return right;
    }));
  }
  for (auto& thread : threads) CHECK(thread.get());
  Client client(*instance);
  CHECK(client("GET a") == bulk(std::to_string(kRounds * (1 + 2 + 3 + 4))));
}

TEST_CASE("while a script runs for long others are answered BUSY, and may end it") {
  const auto instance = start(GENERATE(1u, 8u));
  Client client(*instance);
  CHECK(client("CONFIG SET busy-reply-threshold 1") == "+OK\r\n");
  CHECK(client("SCRIPT KILL") == "-NOTBUSY No scripts in execution right now.\r\n");
  Running script(*instance, "while true do end");
  wait_until_busy(*instance);
  CHECK(client("GET a") == kBusy);
  CHECK(client("PING") == kBusy);
  CHECK(client("MULTI") == "+OK\r\n");
  CHECK(client("GET a") == kBusy);
  CHECK(client("EXEC") == "-EXECABORT Transaction discarded because of: " + std::string(kBusy + 1));
  CHECK(client("FUNCTION KILL") == kBusy);
  CHECK(client("SCRIPT KILL") == "+OK\r\n");
  CHECK(script.reply() ==
        "-ERR Script killed by user with SCRIPT KILL. script: on @user_script:1.\r\n");
  CHECK(client("GET a") == "$-1\r\n");
}

TEST_CASE("who has waited for a shard since before a script was busy is answered BUSY too") {
  const auto instance = start(4);
  Client client(*instance);
  client("CONFIG SET busy-reply-threshold 20");
  Running script(*instance, "while true do end");
  while (!instance->runtime().script_status().running()) std::this_thread::yield();
  std::vector<std::future<std::string>> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(std::async(std::launch::async, [&instance, i] {
      Client other(*instance);
      return other("SET key" + std::to_string(i) + " v");
    }));
  }
  for (auto& reply : waiting) CHECK(reply.get() == kBusy);
  CHECK(client("SCRIPT KILL") == "+OK\r\n");
  script.reply();
  CHECK(client("SET key0 v") == "+OK\r\n");
}

TEST_CASE("a script that catches every error is ended all the same") {
  const auto instance = start(2);
  Client client(*instance);
  const std::string script_text = GENERATE(
      "while true do pcall(function() while true do end end) end",
      "xpcall(function() while true do end end, function() while true do end end)",
      "while true do pcall(coroutine.wrap(function() while true do end end)) end",
      "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
      "pcall(function() while true do end end) return redis.call('set', 'after', 1)",
      "load(function() while true do end end) return 1");
  Running script(*instance, script_text);
  CHECK(until_not(client, "SCRIPT KILL", "-NOTBUSY No scripts in execution right now.\r\n") ==
        "+OK\r\n");
  CHECK(script.reply().starts_with("-ERR Script killed by user with SCRIPT KILL."));
}

TEST_CASE("a script that has written is not ended") {
  const auto instance = start(2);
  Client client(*instance);
  client("CONFIG SET lua-time-limit 1");
  Running script(*instance,
                 "redis.call('set', 'a', 1) local n = 0 "
                 "while redis.call('config') == nil do end");
  CHECK(script.reply().starts_with("-ERR"));
  Running writer(*instance,
                 "redis.call('set', 'a', 1) for i = 1, 2e8 do end return redis.call('get', 'a')");
  wait_until_busy(*instance);
  CHECK(client("SCRIPT KILL").starts_with("-UNKILLABLE "));
  CHECK(writer.reply() == bulk("1"));
}

TEST_CASE("an instance that stops ends its scripts") {
  auto instance = start(2);
  auto script = std::make_unique<Running>(*instance, "redis.call('set', 'a', 1) while true do end");
  while (!instance->runtime().script_status().running()) std::this_thread::yield();
  instance->runtime().script_status().end_now();
  CHECK(script->reply().starts_with("-ERR"));
}

TEST_CASE("what a script takes is bounded by lua-memory-limit, and it can go on") {
  const auto instance = start(1);
  Client client(*instance);
  client("CONFIG SET lua-memory-limit 4mb");
  const std::string reply =
      client(request({"EVAL", "local t = {} for i = 1, 1e9 do t[i] = {i} end return 1", "0"}));
  CHECK(reply.starts_with("-ERR not enough memory"));
  CHECK(client(request({"EVAL", "return #cjson.encode(string.rep('x', 8000000))", "0"}))
            .starts_with("-ERR"));
  CHECK(client(request({"EVAL", "return 1", "0"})) == ":1\r\n");
}

TEST_CASE("a script leaves the session's database and protocol as they were") {
  const auto instance = start(2);
  Client client(*instance);
  const std::string script = "redis.setresp(3) redis.call('select', 5) redis.call('set', 'k', 'v')";
  client(request({"EVAL", script, "0"}));
  CHECK(client("GET k") == "$-1\r\n");
  CHECK(client.session().database == 0);
  CHECK(client.session().protocol == 2);
  CHECK(client("SELECT 5\nGET k") == "+OK\r\n" + bulk("v"));
}

TEST_CASE("scripts that EVAL has sent are forgotten at last, those of SCRIPT LOAD are not") {
  const auto instance = start(1);
  Client client(*instance);
  const std::string kept = client(request({"SCRIPT", "LOAD", "return 'kept'"}));
  for (int i = 0; i < 600; ++i) {
    CHECK(client(request({"EVAL", "return " + std::to_string(i), "0"})) ==
          ":" + std::to_string(i) + "\r\n");
  }
  const std::string info = client("INFO memory");
  CHECK(info.find("number_of_cached_scripts:501\r\n") != std::string::npos);
  const std::string sha1 = kept.substr(5, 40);
  CHECK(client("EVALSHA " + sha1 + " 0") == bulk("kept"));
}
