// What the replay tests of all types need: a write log in memory, an engine whose contents can be
// compared, and the check itself.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "instance/instance.h"
#include "logged_units.h"
#include "resp/resp_writer.h"
#include "store/hash/hash.h"

namespace kevy::test {

using Words = std::vector<std::string>;

inline std::unique_ptr<Instance> start_instance() {
  InstanceOptions options;
  options.shards = 8;
  return std::move(*Instance::start(options));
}

struct Engine {
  std::unique_ptr<Instance> instance = start_instance();
  std::shared_ptr<Session> session = instance->runtime().open_session(Session::Door::kInProcess);
  ~Engine() { instance->runtime().close_session(*session); }

  /// The reply to a command, in RESP2.
  std::string run(const Words& words) {
    OutputQueue output;
    RespWriter writer(output);
    const std::vector<Bytes> args(words.begin(), words.end());
    Turn turn(instance->runtime());
    instance->runtime().execute(turn, *session, args, writer);
    turn.release();
    std::string reply;
    for (iovec piece; output.gather(&piece, 1) == 1; output.consume(piece.iov_len)) {
      reply.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    return reply;
  }

  /// Every key of every database: what it holds, and when it expires.
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> all;
    for (const auto& [database, name, expires_at_ms, field_times] : keys()) {
      run({"SELECT", std::to_string(database)});
      const std::string type = run({"TYPE", name});
      all[std::to_string(database) + ':' + name] =
          type + value_of(type, name) + field_times + '@' + std::to_string(expires_at_ms);
    }
    return all;
  }

 private:
  struct Found {
    size_t database;
    std::string name;
    int64_t expires_at_ms;
    std::string field_times;
  };
  static std::string field_times_of(const Entry& entry) {
    if (!entry.has_field_times()) return {};
    std::map<std::string, int64_t> times;
    Hash(&entry).for_each_with_expiry([&](Bytes field, Bytes, int64_t expires_at_ms) {
      if (expires_at_ms != Keyspace::kNoExpiry) times.emplace(field, expires_at_ms);
    });
    std::string text;
    for (const auto& [field, at_ms] : times) text += field + '@' + std::to_string(at_ms) + '\n';
    return text;
  }
  std::vector<Found> keys() {
    std::vector<Found> found;
    Runtime& runtime = instance->runtime();
    ShardSet every;
    every.add_all();
    Turn turn(runtime);
    turn.hold(every);
    for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
      for (size_t d = 0; d < runtime.database_count(); ++d) {
        runtime.shard(i).keyspace(d).for_each([&](const Entry& entry) {
          found.push_back(
              {d, std::string(entry.key()), entry.expires_at_ms(), field_times_of(entry)});
          return Walk::kGoOn;
        });
      }
    }
    return found;
  }
  std::string value_of(const std::string& type, const std::string& name) {
    if (type == "+list\r\n") return run({"LRANGE", name, "0", "-1"});
    if (type == "+zset\r\n") return run({"ZRANGE", name, "0", "-1", "WITHSCORES"});
    if (type == "+set\r\n") return in_order(run({"SMEMBERS", name}), 1);
    if (type == "+stream\r\n") return stream_of(name);
    if (type == "+hash\r\n") return in_order(run({"HGETALL", name}), 2);
    return run({"GET", name});
  }
  /// But for what says nothing of the data: when consumers were last seen, how many nodes there are, which
  /// follows from the settings, and how often a message came again.
  std::string stream_of(const std::string& name) {
    std::string text = run({"XINFO", "STREAM", name, "FULL", "COUNT", "0"});
    for (const char* const time : {"seen-time", "active-time", "radix-tree-keys", "radix-tree-nodes",
                                   "iids-duplicates"}) {
      for (size_t at = 0; (at = text.find(time, at)) != std::string::npos;) {
        const size_t number = text.find(':', at);
        text.erase(number, text.find('\r', number) - number);
        at = number;
      }
    }
    return text;
  }
  /// The strings of an array in RESP2, each `together` of them joined, and these sorted.
  static std::string in_order(const std::string& reply, size_t together) {
    std::vector<std::string> groups;
    size_t count = 0;
    for (size_t at = reply.find('$'); at < reply.size();) {
      size_t digits = 0;
      const size_t size = std::stoul(reply.substr(at + 1), &digits);
      const std::string text = reply.substr(at + 1 + digits + 2, size);
      at += 1 + digits + 2 + size + 2;
      if (count++ % together == 0) {
        groups.push_back(text);
      } else {
        groups.back() += '=' + text;
      }
    }
    std::sort(groups.begin(), groups.end());
    std::string all;
    for (const std::string& group : groups) all += group + '\n';
    return all;
  }
};

inline void replay(MemoryLog& log, Engine& into) {
  for (const LoggedUnit& unit : log.units()) {
    for (const Effect& effect : unit) {
      into.run({"SELECT", std::to_string(effect.database)});
      into.run(effect.args);
    }
  }
}

/// Runs a random program, `next` giving one command after another, and checks that its effects,
/// replayed into an empty instance, give the same keyspace. `later`: at the time that it ended,
/// rather than at that when it began; nothing may expire then.
inline void check_replay(uint64_t seed, Words (*next)(Random&), bool later = false) {
  Random random(seed);
  MemoryLog log;
  Engine engine, copy;
  engine.instance->runtime().clock().freeze(1'700'000'000'000'000);
  copy.instance->runtime().clock().freeze(1'700'000'000'000'000);
  engine.instance->runtime().set_log(&log);
  for (int i = 0; i < 8000; ++i) {
    engine.run(next(random));
    if (i % 100 == 0) engine.instance->runtime().clock().advance(7'000'000);
  }
  engine.run({"DISCARD"});
  engine.instance->runtime().expire_all();
  engine.instance->runtime().set_log(nullptr);
  REQUIRE(log.units().size() > 1000);
  if (later) copy.instance->runtime().clock().freeze(engine.instance->runtime().clock().now_us());
  replay(log, copy);
  const auto there = engine.contents(), replayed = copy.contents();
  for (const auto& [key, value] : there) {
    const auto found = replayed.find(key);
    INFO(key);
    CHECK((found == replayed.end() ? "(missing)" : found->second) == value);
  }
  CHECK(replayed.size() == there.size());
}

}  // namespace kevy::test
