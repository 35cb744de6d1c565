#include <dirent.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <map>
#include <set>

#include "unit/instance/client.h"

using namespace kevy;
using test::Client;

namespace {

constexpr auto kLong = std::chrono::seconds(20);

uint32_t shard_of(Instance& instance, Bytes key) {
  Runtime& runtime = instance.runtime();
  return runtime.shard_index(Key{key, runtime.hash(hash_tag(key))});
}

/// A key that lies on `shard`.
std::string key_on(Instance& instance, uint32_t shard) {
  std::string key = "k0";
  for (int i = 1; shard_of(instance, key) != shard; ++i) key = "k" + std::to_string(i);
  return key;
}

/// What `client` is answered, run on a thread of its own; empty when that takes too long.
std::future<std::string> on_a_thread(Client& client, const std::string& lines) {
  return std::async(std::launch::async, [&client, lines] { return client(lines); });
}

size_t entries_of(const char* directory) {
  size_t count = 0;
  DIR* open = opendir(directory);
  while (readdir(open) != nullptr) ++count;
  closedir(open);
  return count;
}

}  // namespace

TEST_CASE("B14 a keyless command needs no shard, and a key only its own") {
  const auto instance = test::start(8);
  Client client(*instance);
  const std::string busy = key_on(*instance, 3), free = key_on(*instance, 5);
  Turn turn(instance->runtime());
  turn.hold(instance->runtime().shard(3));
  auto keyless = on_a_thread(client, "PING\r\nECHO x\r\nTIME\r\nCLIENT ID\r\nPUBLISH a b");
  REQUIRE(keyless.wait_for(kLong) == std::future_status::ready);
  CHECK(keyless.get().starts_with("+PONG\r\n$1\r\nx\r\n*2\r\n"));
  auto other = on_a_thread(client, "SET " + free + " 1");
  REQUIRE(other.wait_for(kLong) == std::future_status::ready);
  CHECK(other.get() == "+OK\r\n");
  auto waiting = on_a_thread(client, "SET " + busy + " 1");
  CHECK(waiting.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  turn.release();
  CHECK(waiting.get() == "+OK\r\n");
}

TEST_CASE("B15 commands over many keys sum over the shards, and EXISTS counts duplicates") {
  const auto instance = test::start(GENERATE(1u, 2u, 8u));
  Client client(*instance);
  client("MSET a 1 b 2 c 3 d 4 e 5");
  CHECK(client("EXISTS a b c a nosuch") == ":4\r\n");
  CHECK(client("TOUCH a b nosuch") == ":2\r\n");
  CHECK(client("DEL a b a nosuch") == ":2\r\n");
  CHECK(client("UNLINK c d") == ":2\r\n");
  CHECK(client("DEL") == "-ERR wrong number of arguments for 'del' command\r\n");
  CHECK(client("DBSIZE") == ":1\r\n");
}

TEST_CASE("B19 DBSIZE is the sum, and FLUSHDB and FLUSHALL empty every shard before they answer") {
  const auto instance = test::start(GENERATE(1u, 2u, 8u));
  Client client(*instance);
  const auto fill = [&] {
    for (int i = 0; i < 100; ++i) client("SET k" + std::to_string(i) + " v");
  };
  fill();
  CHECK(client("DBSIZE") == ":100\r\n");
  client("SELECT 1");
  fill();
  CHECK(client("FLUSHDB\r\nDBSIZE\r\nSELECT 0\r\nDBSIZE") == "+OK\r\n:0\r\n+OK\r\n:100\r\n");
  CHECK(client("FLUSHALL\r\nDBSIZE") == "+OK\r\n:0\r\n");
}

TEST_CASE("B20 RANDOMKEY picks each key of each shard with the same chance") {
  constexpr int kKeys = 40, kPicks = 40'000;
  const auto instance = test::start(8);
  Client client(*instance);
  for (int i = 0; i < kKeys; ++i) client("SET k" + std::to_string(i) + " v");
  std::map<std::string, int> picked;
  for (int i = 0; i < kPicks; ++i) ++picked[client("RANDOMKEY")];
  CHECK(picked.size() == kKeys);
  // Each comes 1,000 times; 250 is eight times the standard deviation.
  for (const auto& [key, times] : picked) CHECK(std::abs(times - kPicks / kKeys) < 250);
}

TEST_CASE("B22 keys that share a tag share a shard, and others are spread") {
  const auto instance = test::start(64);
  std::set<uint32_t> tagged, others;
  for (int i = 0; i < 1'000; ++i) {
    const std::string number = std::to_string(i);
    tagged.insert(shard_of(*instance, number + "{user}" + number));
    others.insert(shard_of(*instance, "{}" + number));  // an empty tag is none
  }
  CHECK(tagged.size() == 1);
  CHECK(others.size() == 64);
  CHECK(shard_of(*instance, "user") == *tagged.begin());
}

TEST_CASE("B21 any number of shards up to 4,096 works") {
  const auto instance = test::start(GENERATE(1u, 3u, 65u, 4'096u));
  Client client(*instance);
  CHECK(client("MSET a 1 b 2 c 3\r\nMGET a b c\r\nDBSIZE") ==
        "+OK\r\n*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n:3\r\n");
}

TEST_CASE(
    "B33 a kevy without persistence logs nothing, and has no thread and no descriptor for it") {
  const size_t threads = entries_of("/proc/self/task"), descriptors = entries_of("/proc/self/fd");
  const auto instance = test::start(8);
  Client client(*instance);
  client("MSET a 1 b 2\r\nMULTI\r\nINCR a\r\nDEL b\r\nEXEC");
  CHECK(instance->runtime().log() == nullptr);
  CHECK(entries_of("/proc/self/task") == threads);
  CHECK(entries_of("/proc/self/fd") == descriptors);
}

TEST_CASE("G2 a pipeline's commands are seen in their order, whatever shards they are on") {
  const auto instance = test::start(GENERATE(2u, 8u));
  constexpr int kRounds = 3'000;
  Client writer(*instance), reader(*instance);
  const std::string first = key_on(*instance, 1), second = key_on(*instance, 0);
  writer("SET " + first + " 0\r\nSET " + second + " 0");
  auto writing = std::async(std::launch::async, [&] {
    for (int i = 1; i <= kRounds; ++i) {
      const std::string value = std::to_string(i);
      writer("SET " + first + " " + value + "\r\nSET " + second + " " + value);
    }
  });
  const auto number = [](const std::string& reply) {
    return std::stoi(reply.substr(reply.find('\n') + 1));
  };
  int seen = 0;
  while (seen < kRounds) {
    seen = number(reader("GET " + second));  // written last, so what is read next is as new
    REQUIRE(number(reader("GET " + first)) >= seen);
  }
  writing.get();
}
