#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <string>

#include "unit/instance/client.h"

using namespace kevy;
using test::Client;

TEST_CASE("B18 set operations work across shards, a missing key being the empty set") {
  const auto instance = test::start(GENERATE(1u, 2u, 8u));
  Client client(*instance);
  client("SADD a 1 2 3 4\r\nSADD b 2 3 4 5\r\nSADD c 3 4 6");
  CHECK(client("SINTER a b c") == "*2\r\n$1\r\n3\r\n$1\r\n4\r\n");
  CHECK(client("SINTER a b none") == "*0\r\n");
  CHECK(client("SDIFF a b c") == "*1\r\n$1\r\n1\r\n");
  CHECK(client("SDIFF a none") == "*4\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n");
  CHECK(client("SDIFF none a") == "*0\r\n");
  CHECK(client("SUNION b none c") ==
        "*5\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n");
  CHECK(client("SINTERCARD 3 a b c\r\nSINTERCARD 3 a b c LIMIT 1\r\nSINTERCARD 2 a none") ==
        ":2\r\n:1\r\n:0\r\n");
  CHECK(client("SINTERSTORE d a b\r\nSUNIONSTORE e a c\r\nSDIFFSTORE f a c\r\nSCARD e") ==
        ":3\r\n:5\r\n:2\r\n:5\r\n");
  CHECK(client("SMEMBERS f") == "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
  CHECK(client("SINTERSTORE e a none\r\nEXISTS e") == ":0\r\n:0\r\n");
}

TEST_CASE("B18 any wrong type is WRONGTYPE, and nothing is stored then") {
  const auto instance = test::start(GENERATE(1u, 2u, 8u));
  Client client(*instance);
  client("SADD a 1\r\nSET text x\r\nSADD d 7");
  for (const std::string operation : {"SINTER", "SUNION", "SDIFF"}) {
    for (const std::string keys : {" none text", " a text", " text a"}) {
      CHECK(client(operation + keys).starts_with("-WRONGTYPE "));
      CHECK(client(operation + "STORE d" + keys).starts_with("-WRONGTYPE "));
    }
  }
  CHECK(client("SINTERCARD 2 none text").starts_with("-WRONGTYPE "));
  CHECK(client("SMEMBERS d") == "*1\r\n$1\r\n7\r\n");
}

TEST_CASE("B18 G1 an operation over several shards sees all of its sets at one moment") {
  const auto instance = test::start(8);
  Client mover(*instance), reader(*instance);
  mover("SADD here member\r\nSADD there other");
  std::atomic<bool> done{false};
  auto moving = std::async(std::launch::async, [&] {
    for (int i = 0; i < 3000; ++i) {
      mover("SMOVE here there member");
      mover("SMOVE there here member");
    }
    done = true;
  });
  while (!done) REQUIRE(reader("SUNION here there").starts_with("*2\r\n"));
  moving.get();
}

TEST_CASE("G6 a repetition that no memory could hold is refused before it begins") {
  const auto instance = test::start(1);
  Client client(*instance);
  client("SADD s a");
  CHECK(client("SRANDMEMBER s -9223372036854775807") == "-ERR value is out of range\r\n");
  CHECK(client("SRANDMEMBER s -16777217") == "-ERR value is out of range\r\n");
  CHECK(client("SRANDMEMBER s -2") == "*2\r\n$1\r\na\r\n$1\r\na\r\n");
  CHECK(client("SRANDMEMBER s 9223372036854775807") == "*1\r\n$1\r\na\r\n");
  CHECK(client("SRANDMEMBER none -9223372036854775807") == "*0\r\n");
}
