// Running the commands of an append-only file by several threads: the same data, and the same
// errors, as by one.
#include <fcntl.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "base/descriptor.h"
#include "command/server/data_digest.h"
#include "persist/aof/loader.h"
#include "runtime/dispatch/load_time.h"
#include "unit/persist/log_directory.h"

using namespace kevy;
using namespace kevy::test;

namespace {

/// What came of loading, as text, the data included.
std::string outcome_of(const LogDirectory& directory, const std::string& text, unsigned threads,
                       bool may_be_cut = true, uint32_t shards = 8) {
  directory.write("increment", text);
  const auto instance = start(shards);
  Runtime& runtime = instance->runtime();
  freeze_before_all(runtime.clock());
  const Descriptor file(open((directory.folder() / "increment").c_str(), O_RDONLY | O_CLOEXEC));
  AofLoader loader(runtime);
  auto loaded = loader.load(file.get(), 0, "increment", may_be_cut, threads);
  if (!loaded) return loaded.error().message;
  Turn all(runtime);
  all.hold_all();
  return std::to_string(loaded->whole) + " bytes, " + std::to_string(loaded->commands) +
         " commands, " + data_digest(runtime);
}

/// Commands on few keys, so that their order matters.
std::string commands_of_one_key(size_t from, size_t count) {
  std::string text;
  for (size_t i = from; i < from + count; ++i) {
    const std::string key = std::to_string(i * 7919 % 13), n = std::to_string(i);
    switch (i % 11) {
      case 0:
        // One value is too large to be copied into a batch.
        text += request({"APPEND", "text:" + key, i == 1804 ? std::string(300'000, 'x') : n});
        break;
      case 1:
        text += request({"INCRBY", "number:" + key, n});
        break;
      case 2:
        text += request({"RPUSH", "list:" + key, n, "b"});
        break;
      case 3:
        text += request({"LPOP", "list:" + key});
        break;
      case 4:
        text += request({"HSET", "hash:" + key, "f" + n, n});
        break;
      case 5:
        text += request({"PEXPIREAT", "text:" + key, "99999999999999"});
        break;
      case 6:
        text += request({"ZADD", "zset:" + key, n, "m" + key});
        break;
      case 7:
        text += request({"SET", "string:" + key, n});
        break;
      case 8:
        text += request({"DEL", "string:" + key});
        break;
      case 9:
        text += request({"PFADD", "count:" + key, n});
        break;
      default:
        text += request({"PFCOUNT", "count:" + key});  // which writes its estimate down
    }
  }
  return text;
}

std::string all_kinds() {
  std::string text = request({"SELECT", "0"});
  for (size_t i = 0; i < 12; ++i) {
    text += commands_of_one_key(i * 1000, i % 3 == 0 ? 2500 : 40);
    text += request({"MSET", "number:1", "5", "number:2", "6"});
    text += commands_of_one_key(i, 300);
    text += "#TS:1700000000\r\n";
    text += request({"MULTI"}) + request({"SET", "a" + std::to_string(i), "1"}) +
            request({"RPUSH", "list:1", "m"}) + request({"EXEC"});
    text += request({"EVAL", "redis.call('append', KEYS[1], 'x') return 1", "1", "text:7"});
    if (i == 5) text += request({"SELECT", "3"}) + commands_of_one_key(0, 3000);
    if (i == 6) text += request({"FLUSHDB"});
    if (i == 8) text += request({"SELECT", "0"}) + request({"RENAME", "hash:3", "hash:4"});
    if (i == 9) text += request({"SWAPDB", "0", "3"});
  }
  return text;
}

}  // namespace

TEST_CASE("commands are run by several threads as by one") {
  const LogDirectory directory;
  const std::string text = all_kinds();
  for (const uint32_t shards : {1u, 3u, 16u, 100u}) {
    const std::string expected = outcome_of(directory, text, 1, true, shards);
    CHECK(expected.starts_with(std::to_string(text.size()) + " bytes"));
    for (const unsigned threads : {2u, 3u, 9u}) {
      CHECK(outcome_of(directory, text, threads, true, shards) == expected);
    }
  }
}

#if defined(KEVY_SANITIZED)
constexpr size_t kStep = 150'011;
#else
constexpr size_t kStep = 30'011;
#endif

TEST_CASE("a damaged file of commands has the same outcome for several threads as for one") {
  const LogDirectory directory;
  const std::string text = all_kinds();
  for (size_t at = 5; at < text.size(); at += kStep + at % 13) {
    for (const int damage : {0x01, 0x10, 0x80}) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ damage);
      INFO("at " << at << " by " << damage);
      CHECK(outcome_of(directory, damaged, 3) == outcome_of(directory, damaged, 1));
    }
    for (const bool may_be_cut : {false, true}) {
      INFO("cut at " << at);
      const std::string cut = text.substr(0, at);
      CHECK(outcome_of(directory, cut, 3, may_be_cut) == outcome_of(directory, cut, 1, may_be_cut));
    }
  }
}

TEST_CASE("of commands that fail the first one is told, with its place") {
  const LogDirectory directory;
  const std::string begin = request({"SET", "text", "no number"}) + request({"RPUSH", "list", "a"});
  const std::string some = commands_of_one_key(0, 2000), more = commands_of_one_key(2000, 2000);
  const std::string incr = request({"INCR", "text"}), set = request({"HSET", "list", "a", "b"});
  const std::string both = request({"RENAME", "missing", "a"});
  for (const std::string& text :
       {begin + some + incr + more + set, begin + some + set + more + incr,
        begin + set + incr + some, begin + some + both + more + incr,
        begin + some + incr + both + more, begin + some + incr,
        begin + some + incr + request({"SELECT", "99"}) + more,
        begin + some + request({"SELECT", "99"}) + incr + more}) {
    const std::string expected = outcome_of(directory, text, 1);
    CHECK(expected.find("a command can not be applied") != std::string::npos);
    for (const unsigned threads : {2u, 4u}) CHECK(outcome_of(directory, text, threads) == expected);
  }
}
