// COMMAND GETKEYS and GETKEYSANDFLAGS, where redis-server 7.0 answers otherwise than Valkey 9.1.
#include <catch2/catch.hpp>

#include "client.h"

using namespace kevy;
using namespace kevy::test;

TEST_CASE("a command of one word is looked at too") {
  const auto instance = start(1);
  Client client(*instance);
  for (const std::string verb : {"GETKEYS", "GETKEYSANDFLAGS"}) {
    const auto ask = [&](const std::string& words) { return client("COMMAND " + verb + " " + words); };
    CHECK(ask("PING") == "-ERR The command has no key arguments\r\n");
    CHECK(ask("OBJECT") == "-ERR The command has no key arguments\r\n");
    CHECK(ask("GET") == "-ERR Invalid number of arguments specified for command\r\n");
    CHECK(ask("NOSUCH") == "-ERR Invalid command specified\r\n");
    CHECK(ask("MSETEX 3 a 1 b 2") == "-ERR Invalid arguments specified for command\r\n");
    CHECK(ask("MSETEX x a 1") == "-ERR Invalid arguments specified for command\r\n");
  }
}

TEST_CASE("what DELEX does with its key depends on the condition") {
  const auto instance = start(1);
  Client client(*instance);
  CHECK(client("COMMAND GETKEYSANDFLAGS DELEX k") ==
        "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+RM\r\n+delete\r\n");
  CHECK(client("COMMAND GETKEYSANDFLAGS DELEX k IFEQ v") ==
        "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+RW\r\n+delete\r\n");
}
