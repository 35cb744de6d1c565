#include "net/address.h"

#include <catch2/catch.hpp>

using kevy::Address;
using kevy::endpoint_text;
using kevy::resolve;

TEST_CASE("an address is read and written back in the same form") {
  for (const char* text : {"127.0.0.1:6379", "localhost:0", "[::1]:65535", "*:1",
                           "unix:/tmp/a b.sock", "unix:relative.sock"}) {
    auto address = Address::parse(text);
    REQUIRE(address.ok());
    CHECK(address->text() == text);
  }
}

TEST_CASE("what is no address is refused with a reason") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "host:port"},          {"6379", "host:port"},      {":6379", "host is missing"},
      {"host:", "the port is"},   {"host:x", "the port is"},  {"host:65536", "the port is"},
      {"host:-1", "the port is"}, {"::1:6379", "brackets"},   {"unix:", "path is missing"},
      {"[]:1", "host is missing"}};
  for (const auto& [text, reason] : cases) {
    auto address = Address::parse(text);
    INFO(text);
    REQUIRE(!address.ok());
    CHECK(address.error().message.find(reason) != std::string::npos);
  }
  const std::string longest = "unix:/" + std::string(106, 'x');
  CHECK(Address::parse(longest).ok());
  CHECK(!Address::parse(longest + "x").ok());
}

TEST_CASE("an address resolves to what the kernel takes") {
  auto four = resolve(*Address::parse("127.0.0.1:80"));
  REQUIRE(four.ok());
  CHECK(endpoint_text(four->front()) == "127.0.0.1:80");
  auto six = resolve(*Address::parse("[::1]:81"));
  REQUIRE(six.ok());
  CHECK(endpoint_text(six->front()) == "[::1]:81");
  auto every = resolve(*Address::parse("*:82"));
  REQUIRE(every.ok());
  CHECK(endpoint_text(every->front()) == "[::]:82");
  CHECK(endpoint_text(every->back()) == "0.0.0.0:82");
  auto nowhere = resolve(*Address::parse("no such host:1"));
  REQUIRE(!nowhere.ok());
  CHECK(nowhere.error().kind == kevy::Error::Kind::kSystem);
}
