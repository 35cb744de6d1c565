// MEMORY USAGE tells what is really allocated for a key, whatever it holds.
#include <catch2/catch.hpp>
#include <string>

#include "client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

int64_t usage(Client& client, const std::string& key) {
  const std::string reply = client("MEMORY USAGE " + key);
  REQUIRE(reply[0] == ':');
  return std::stoll(reply.substr(1));
}

}  // namespace

TEST_CASE("MEMORY USAGE grows with a value of each type, and counts all of its elements") {
  const auto instance = start(4);
  Client client(*instance);
  const std::string kind = GENERATE("list", "set", "zset", "hash", "string");
  const std::string text(100, 'x');  // too long to be packed
  constexpr int kElements = 1000;
  client("SET " + kind + " x");
  if (kind != "string") client("DEL " + kind);
  for (int i = 0; i < kElements; ++i) {
    const std::string element = text + std::to_string(i);
    if (kind == "list") client("RPUSH list " + element);
    if (kind == "set") client("SADD set " + element);
    if (kind == "zset") client("ZADD zset 1 " + element);
    if (kind == "hash") client("HSET hash " + element + " v");
    if (kind == "string") client("APPEND string " + element);
    if (i == 0) CHECK(usage(client, kind) < 1000);
  }
  const int64_t bytes = static_cast<int64_t>(kElements * text.size());
  CHECK(usage(client, kind) > bytes);
  CHECK(usage(client, kind) < 3 * bytes);
}

TEST_CASE("MEMORY USAGE of no key is null, and what it can not read is an error") {
  const auto instance = start(1);
  Client client(*instance);
  CHECK(client("MEMORY USAGE none") == "$-1\r\n");
  client("SET k v");
  CHECK(client("MEMORY USAGE k SAMPLES -1") == "-ERR syntax error\r\n");
  CHECK(client("MEMORY USAGE k SAMPLES x") ==
        "-ERR value is not an integer or out of range\r\n");
  CHECK(client("MEMORY USAGE k SAMPLES") == "-ERR syntax error\r\n");
  CHECK(client("MEMORY USAGE k SAMPLES 0")[0] == ':');
}
