// Big values go while others use the same shards, and the memory they take is told until it is free.
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "unit/instance/client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr int kMembers = 6'000;

// Commands that give each type a value of more than LazyFree::kWorthIt.
std::string fill(const std::string& owner) {
  std::string lines;
  const auto add = [&](const std::string& command, const char* first_word) {
    for (int i = 0; i < kMembers; i += 200) {
      lines += command;
      for (int k = i; k < i + 200; ++k) {
        const std::string member = owner + std::string(40, 'm') + std::to_string(k);
        lines += ' ' + (first_word == nullptr ? member : first_word + (' ' + member));
      }
      lines += '\n';
    }
  };
  add("RPUSH " + owner + "list", nullptr);
  add("SADD " + owner + "set", nullptr);
  add("ZADD " + owner + "zset", "1");
  add("HSET " + owner + "hash", "");
  return lines;
}

size_t used_memory(Client& client) {
  const std::string info = client("INFO memory");
  return std::stoull(info.substr(info.find("used_memory:") + 12));
}

}  // namespace

TEST_CASE("the memory of big values is in use until they are freed, and then it is not") {
  const auto instance = start(4);
  Client client(*instance);
  const size_t before = used_memory(client);
  client(fill("a"));
  const size_t filled = used_memory(client);
  CHECK(filled > before + 4 * LazyFree::kWorthIt);
  CHECK(client("UNLINK alist aset azset ahash") == ":4\r\n");
  instance->runtime().lazy_free().close();
  CHECK(used_memory(client) < before + 64 * 1024);
}

TEST_CASE("big values are deleted by several threads until the instance ends") {
  constexpr int kThreads = 3, kRounds = 4;
  auto instance = start(4);
  std::vector<std::thread> threads;
  std::vector<int> deleted(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Client client(*instance);
      const std::string owner(1, static_cast<char>('a' + i));
      const std::string lines = fill(owner);
      for (int round = 0; round < kRounds; ++round) {
        client(lines);
        client("COPY " + owner + "set " + owner + "zset REPLACE");
        client("SET " + owner + "hash x");
        if (client("UNLINK " + owner + "list " + owner + "set") == ":2\r\n") ++deleted[i];
        if (i == 0) client("FLUSHDB");
        client("SELECT " + std::to_string(i + 1));  // out of the way of that
      }
      client(lines);
      client("DEL " + owner + "list " + owner + "set");
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(deleted[0] == kRounds);
  REQUIRE(instance->shut_down());
  CHECK(instance->runtime().lazy_free().waiting_bytes() == 0);
}
