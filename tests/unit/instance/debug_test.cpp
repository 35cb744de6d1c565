// DEBUG: what it answers beside a reply, and what it switches.
#include <catch2/catch.hpp>

#include "client.h"

using namespace kevy;
using namespace kevy::test;

TEST_CASE("DEBUG PROTOCOL answers attributes and pushes beside the reply, under RESP3") {
  const auto instance = start(2);
  Client client(*instance);
  const std::string reply = bulk("Some real reply following the attribute");
  CHECK(client("DEBUG PROTOCOL attrib") == reply);
  CHECK(client("DEBUG PROTOCOL push") == "-ERR RESP2 is not supported by this command\r\n");
  client("HELLO 3");
  CHECK(client("DEBUG PROTOCOL attrib") ==
        "|1\r\n" + bulk("key-popularity") + "*2\r\n" + bulk("key:123") + ":90\r\n" + reply);
  CHECK(client("DEBUG PROTOCOL push\r\nPING") == bulk("Some real reply following the push reply") +
                                                     ">2\r\n" + bulk("server-cpu-usage") +
                                                     ":42\r\n+PONG\r\n");
}

TEST_CASE("DEBUG SET-ACTIVE-EXPIRE 0 leaves what has expired until somebody asks for it") {
  const auto instance = start(1);
  Client client(*instance);
  Runtime& runtime = instance->runtime();
  client("DEBUG SET-ACTIVE-EXPIRE 0");
  runtime.clock().freeze(1'700'000'000'000'000);
  client("SET a v PX 1\r\nSET b v PX 1");
  runtime.clock().advance(10'000);
  CHECK(runtime.expire_some(0, 100).any_left);
  CHECK(client("DBSIZE") == ":2\r\n");
  CHECK(client("GET a\r\nDBSIZE") == "$-1\r\n:1\r\n");
  client("DEBUG SET-ACTIVE-EXPIRE 1");
  runtime.expire_some(0, 100);
  CHECK(client("DBSIZE") == ":0\r\n");
}

TEST_CASE("DEBUG STRINGMATCH-TEST comes to an end and says so as Valkey does") {
  const auto instance = start(1);
  Client client(*instance);
  CHECK(client("DEBUG STRINGMATCH-TEST") ==
        "+Apparently the server did not crash: test passed\r\n");
}

TEST_CASE("DEBUG OBJECT describes a value without an address of the host") {
  const auto instance = start(2);
  Client client(*instance);
  client("RPUSH l a");
  const std::string told = client("DEBUG OBJECT l");
  CHECK(told.starts_with("+Value at:0x0 refcount:1 encoding:listpack serializedlength:"));
  CHECK(told.find(" lru_seconds_idle:0\r\n") != std::string::npos);
  CHECK(
      client("DEBUG OBJECT l FAST").starts_with("+Value at:0x0 refcount:1 encoding:listpack lru:"));
}
