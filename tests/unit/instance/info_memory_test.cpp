// What INFO says of memory, in the forms in which programs show it to people.
#include <catch2/catch.hpp>
#include <cstdio>

#include "client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

std::string line_of(Client& client, const std::string& name) {
  const std::string info = client("INFO memory");
  const size_t at = info.find("\r\n" + name + ':');
  REQUIRE(at != std::string::npos);
  const size_t begin = at + name.size() + 3;
  return info.substr(begin, info.find("\r\n", begin) - begin);
}

}  // namespace

TEST_CASE("INFO tells used memory in bytes, and in the largest unit there is one of") {
  const auto instance = start(2);
  Client client(*instance);
  CHECK(line_of(client, "used_memory_human").back() == 'K');
  for (int filled = 0; filled < 2; ++filled) {
    const double used = std::stod(line_of(client, "used_memory"));
    char expected[32];
    if (filled == 0) {
      std::snprintf(expected, sizeof expected, "%.2fK", used / 1024);
    } else {
      std::snprintf(expected, sizeof expected, "%.2fM", used / 1024 / 1024);
    }
    CHECK(line_of(client, "used_memory_human") == expected);
    client("SET big " + std::string(3'000'000, 'v'));
  }
}

TEST_CASE("INFO tells that no key is evicted, and the policy that keys' use is noted for") {
  const auto instance = start(1);
  Client client(*instance);
  CHECK(line_of(client, "maxmemory") == "0");
  CHECK(line_of(client, "maxmemory_human") == "0B");
  CHECK(line_of(client, "maxmemory_policy") == "noeviction");
  client("CONFIG SET maxmemory-policy allkeys-lfu");
  CHECK(line_of(client, "maxmemory_policy") == "allkeys-lfu");
}
