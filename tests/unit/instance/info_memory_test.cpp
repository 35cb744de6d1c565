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
  CHECK(line_of(client, "used_memory_human") == line_of(client, "used_memory") + 'B');
  double unit = 1024;
  for (const auto& [filled, form] : {std::pair("SETRANGE k 3000 v", "%.2fK"),
                                     std::pair("SETRANGE k 3000000 v", "%.2fM")}) {
    client(filled);
    char expected[32];
    std::snprintf(expected, sizeof expected, form, std::stod(line_of(client, "used_memory")) / unit);
    CHECK(line_of(client, "used_memory_human") == expected);
    unit *= 1024;
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
