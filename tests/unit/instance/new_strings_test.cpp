// The commands on strings that redis-server 7.0 does not know. What Valkey 9.1 knows was compared with
// it; what only Redis 8 has follows its documentation: IFNE, IFDEQ, IFDNE, DELEX, DIGEST, INCREX.
#include <catch2/catch.hpp>

#include "dialogue.h"

using namespace kevy;
using namespace kevy::test;

namespace {

const std::string kNull = "$-1\r\n", kOk = "+OK\r\n", kSyntax = "-ERR syntax error\r\n",
                  kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
                  kNotInteger = "-ERR value is not an integer or out of range\r\n",
                  kNotDigest = "-ERR must be exactly 16 hexadecimal characters\r\n";

std::string pair(int64_t a, int64_t b) { return "*2\r\n" + integer(a) + integer(b); }
std::string pair(const std::string& a, const std::string& b) { return "*2\r\n" + bulk(a) + bulk(b); }

}  // namespace

TEST_CASE("SET stores on a condition on the string that is there") {
  check_dialogue({{"SET k v IFEQ x", kNull},
                  {"EXISTS k", integer(0)},
                  {"SET k v IFNE x", kOk},
                  {"SET k w IFEQ x", kNull},
                  {"SET k w IFEQ v", kOk},
                  {"SET k x IFEQ w GET", bulk("w")},
                  {"SET k y IFEQ w GET", bulk("x")},
                  {"SET k y IFNE x GET", bulk("x")},
                  {"GET k", bulk("x")},
                  {"SET n 10", kOk},
                  {"SET n 11 IFEQ 10 EX 100", kOk},
                  {"SET n 12 IFEQ 11 KEEPTTL", kOk},
                  {"TTL n", integer(100)},
                  {"SADD s a", integer(1)},
                  {"SET s v IFEQ a", kWrongType},
                  {"SET s v IFNE a", kWrongType},
                  {"SET k v NX IFEQ x", kSyntax},
                  {"SET k v IFEQ x XX", kSyntax},
                  {"SET k v IFEQ x IFEQ x", kSyntax},
                  {"SET k v IFEQ x IFDNE 0123456789abcdef", kSyntax},
                  {"SET k v IFEQ", kSyntax}});
}

TEST_CASE("of the same time to live given twice the last counts") {
  check_dialogue({{"SET k v EX 10 EX 100", kOk},
                  {"TTL k", integer(100)},
                  {"SET k v EX x EX 200", kOk},
                  {"SET k v EX 10 EX x", kNotInteger},
                  {"SET k v EX 10 PX 10", kSyntax},
                  {"SET k v EX 10 KEEPTTL", kSyntax},
                  {"TTL k", integer(200)},
                  {"GETEX k EX 10 EX 50", bulk("v")},
                  {"TTL k", integer(50)},
                  {"GETEX k PERSIST EX 10", kSyntax},
                  {"GETEX k PERSIST PERSIST", bulk("v")},
                  {"TTL k", integer(-1)}});
}

TEST_CASE("a digest is XXH3 in 16 digits, compared without regard to case") {
  check_dialogue({{"SET k \"Hello world\"", kOk},
                  {"DIGEST k", bulk("b6acb9d84a38ff74")},
                  {"SET n 12", kOk},
                  {"DIGEST n", bulk("7ecd2e572c949f74")},
                  {"DIGEST none", kNull},
                  {"SADD s a", integer(1)},
                  {"DIGEST s", kWrongType},
                  {"SET k x IFDEQ b6acb9d84a38ff75", kNull},
                  {"SET k x IFDNE B6ACB9D84A38FF74", kNull},
                  {"SET k x IFDEQ B6ACB9D84A38FF74 GET", bulk("Hello world")},
                  {"SET k y IFDNE b6acb9d84a38ff74", kOk},
                  {"SET none x IFDEQ b6acb9d84a38ff74", kNull},
                  {"SET k x IFDEQ b6acb9d84a38ff7", kNotDigest},
                  {"SET k x IFDEQ b6acb9d84a38ff7g", kNotDigest},
                  {"DELEX k IFDNE \"\"", kNotDigest}});
}

TEST_CASE("DELIFEQ and DELEX delete on a condition") {
  check_dialogue({{"SET k v", kOk},
                  {"DELIFEQ k w", integer(0)},
                  {"DELIFEQ k v", integer(1)},
                  {"DELIFEQ k v", integer(0)},
                  {"SADD s a", integer(1)},
                  {"DELIFEQ s a", kWrongType},
                  {"SET k v", kOk},
                  {"DELEX k IFEQ w", integer(0)},
                  {"DELEX k IFNE v", integer(0)},
                  {"DELEX k IFNE w", integer(1)},
                  {"DELEX k IFNE w", integer(0)},
                  {"DELEX s IFEQ a", kWrongType},
                  {"DELEX s", integer(1)},
                  {"DELEX k IFEQ", "-ERR wrong number of arguments for 'delex' command\r\n"},
                  {"DELEX k FOO v", kSyntax}});
}

TEST_CASE("MSETEX stores several strings or none, with one time to live") {
  const std::string not_number = "-ERR invalid numkeys value or out of range\r\n";
  check_dialogue({{"MSETEX 2 a 1 b 2 EX 100", integer(1)},
                  {"TTL b", integer(100)},
                  {"MSETEX 1 a 3 KEEPTTL", integer(1)},
                  {"TTL a", integer(100)},
                  {"MSETEX 2 a 4 c 5 NX", integer(0)},
                  {"MSETEX 2 a 4 c 5 XX", integer(0)},
                  {"MSETEX 2 c 4 c 5 NX NX", integer(1)},
                  {"MGET a b c", "*3\r\n" + bulk("3") + bulk("2") + bulk("5")},
                  {"MSETEX 1 a 6 EX 10 EX 20 XX", integer(1)},
                  {"TTL a", integer(20)},
                  {"MSETEX 0 a 1", not_number},
                  {"MSETEX x a 1", not_number},
                  {"MSETEX 2147483648 a 1", not_number},
                  {"MSETEX 1073741824 a 1", kSyntax},
                  {"MSETEX 2 a 1", kSyntax},
                  {"MSETEX 2 a 1 b", kSyntax},
                  {"MSETEX 1 a 1 NX XX", kSyntax},
                  {"MSETEX 1 a 1 PERSIST", kSyntax},
                  {"MSETEX 1 a 1 EX 0", "-ERR invalid expire time in 'msetex' command\r\n"},
                  {"COMMAND GETKEYS MSETEX 2 a 1 b 2 NX", "*2\r\n" + bulk("a") + bulk("b")}});
}

TEST_CASE("INCREX adds within bounds and sets the time to live") {
  const int64_t most = INT64_MAX;
  check_dialogue({{"INCREX c", pair(1, 1)},
                  {"INCREX c BYINT -10", pair(-9, -10)},
                  {"INCREX c BYINT 5 UBOUND -6 EX 50", pair(-9, 0)},
                  {"TTL c", integer(-1)},
                  {"INCREX c BYINT 5 UBOUND -6 SATURATE EX 100", pair(-6, 3)},
                  {"INCREX c EX 1000 ENX", pair(-5, 1)},
                  {"TTL c", integer(100)},
                  {"INCREX c PERSIST", pair(-4, 1)},
                  {"TTL c", integer(-1)},
                  {"INCREX c LBOUND 0 BYINT -1 SATURATE", pair(0, 4)},
                  {"INCREX c BYINT 9223372036854775807", pair(most, most)},
                  {"INCREX c", pair(most, 0)},
                  {"INCREX c SATURATE", pair(most, 0)},
                  {"INCREX c UBOUND -2 SATURATE", "-ERR increment or decrement would overflow\r\n"},
                  {"GET c", bulk("9223372036854775807")},
                  {"INCREX none BYINT 5 UBOUND 3", pair(0, 0)},
                  {"EXISTS none", integer(0)},
                  {"INCREX c EXAT 1 BYINT -1", pair(most - 1, -1)},
                  {"EXISTS c", integer(0)}});
}

TEST_CASE("INCREX adds numbers with a fraction") {
  check_dialogue({{"INCREX f BYFLOAT 0.25", pair("0.25", "0.25")},
                  {"INCREX f BYFLOAT 1.1", pair("1.35", "1.1")},
                  {"INCREX f", kNotInteger},
                  {"INCREX f BYFLOAT 1 UBOUND 2", pair("1.35", "0")},
                  {"INCREX f BYFLOAT 1 UBOUND 2 SATURATE", pair("2", "0.65")},
                  {"INCREX f BYFLOAT inf", "-ERR increment would produce NaN or Infinity\r\n"},
                  {"INCREX f BYFLOAT x", "-ERR value is not a valid float\r\n"},
                  {"GET f", bulk("2")}});
}

TEST_CASE("INCREX refuses what contradicts itself") {
  check_dialogue({{"INCREX c ENX", "-ERR ENX flag requires an expiration\r\n"},
                  {"INCREX c ENX PERSIST", kSyntax},
                  {"INCREX c EX 10 PERSIST", kSyntax},
                  {"INCREX c BYINT 1 BYFLOAT 1", kSyntax},
                  {"INCREX c BYINT", kSyntax},
                  {"INCREX c LBOUND 5 UBOUND 4", "-ERR LBOUND can't be greater than UBOUND\r\n"},
                  {"INCREX c UBOUND 1.5", kNotInteger},
                  {"INCREX c EX 0", "-ERR invalid expire time in 'increx' command\r\n"},
                  {"SADD s a", integer(1)},
                  {"INCREX s", kWrongType},
                  {"EXISTS c", integer(0)}});
}
