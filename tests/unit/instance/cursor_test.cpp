// Whatever cursor a client makes up, following it from there comes to an end.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "base/random.h"
#include "unit/instance/client.h"

using namespace kevy;
using test::Client;

namespace {

/// The next cursor in a reply of SCAN or its like.
std::string next_cursor(const std::string& reply) {
  REQUIRE(reply.starts_with("*2\r\n$"));
  const size_t begin = reply.find("\r\n", 4) + 2;
  return reply.substr(begin, reply.find("\r\n", begin) - begin);
}

size_t steps_to_the_end(Client& client, const std::string& verb, std::string cursor, size_t most) {
  size_t steps = 0;
  do {
    cursor = next_cursor(client(verb + ' ' + cursor));
    REQUIRE(cursor.find_first_not_of("0123456789") == std::string::npos);
    ++steps;
  } while (cursor != "0" && steps <= most);
  return steps;
}

}  // namespace

TEST_CASE("a walk from any cursor ends") {
  constexpr size_t kItems = 1000;
  const uint32_t shards = GENERATE(1u, 3u, 8u);
  const auto instance = test::start(shards);
  Client client(*instance);
  for (size_t i = 0; i < kItems; ++i) {
    const std::string n = std::to_string(i);
    client("SET key:" + n + " v\r\nHSET h f" + n + " v\r\nSADD s m" + n + "\r\nZADD z 1 m" + n);
  }
  client("SADD few a\r\nSADD numbers 1 2");
  std::vector<std::string> cursors{"0", "1", "7", "+7", "4095", "4096", "9223372036854775807",
                                   "9223372036854775808", "18446744073709551615"};
  Random random(3);
  for (int i = 0; i < 50; ++i) cursors.push_back(std::to_string(random() >> random.below(64)));
  for (const std::string& cursor : cursors) {
    for (const std::string verb : {"SCAN", "HSCAN h", "SSCAN s", "ZSCAN z", "SSCAN few",
                                   "SSCAN numbers", "SSCAN nosuch"}) {
      INFO(verb << ' ' << cursor << " of " << shards << " shards");
      CHECK(steps_to_the_end(client, verb, cursor, kItems) <= kItems / 5);
    }
  }
}

TEST_CASE("a cursor below zero is none") {
  const auto instance = test::start(2);
  Client client(*instance);
  for (const std::string verb : {"SCAN", "HSCAN h", "SSCAN s", "ZSCAN z"}) {
    CHECK(client(verb + " -1") == "-ERR invalid cursor\r\n");
    CHECK(client(verb + " -9223372036854775808") == "-ERR invalid cursor\r\n");
    CHECK(client(verb + " 18446744073709551616") == "-ERR invalid cursor\r\n");
  }
}
