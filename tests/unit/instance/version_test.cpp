// HELLO, INFO and the command table tell one story of who is there.
#include <catch2/catch.hpp>

#include "client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

std::string field(const std::string& info, const std::string& name) {
  const size_t at = info.find("\r\n" + name + ":") + name.size() + 3;
  return info.substr(at, info.find("\r\n", at) - at);
}

}  // namespace

TEST_CASE("HELLO and INFO tell the same version of Redis, and INFO kevy's own") {
  const auto instance = start(1);
  Client client(*instance);
  const std::string info = client("INFO server");
  CHECK(field(info, "redis_version") == "7.4.0");
  CHECK(field(info, "server_name") == "kevy");
  CHECK(field(info, "kevy_version") == KEVY_VERSION_TEXT);
  CHECK(field(info, "redis_mode") == field(info, "server_mode"));
  const std::string hello = client("HELLO 2");
  CHECK(hello.find(bulk("server") + bulk("redis") + bulk("version") +
                   bulk(field(info, "redis_version"))) != std::string::npos);
}
