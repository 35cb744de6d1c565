#include "base/bytes.h"

#include <catch2/catch.hpp>
#include <cctype>
#include <string>

using namespace kevy;

TEST_CASE("lower case is that of ASCII, for every byte") {
  for (int c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const char wanted = c < 128 ? static_cast<char>(std::tolower(c)) : byte;
    REQUIRE(ascii_lower(byte) == wanted);
  }
}

TEST_CASE("words are equal whatever their case, and only then") {
  CHECK(equals_ignoring_case("GeT", "get"));
  CHECK(equals_ignoring_case("", ""));
  CHECK(equals_ignoring_case(Bytes("a\0B", 3), Bytes("a\0b", 3)));
  CHECK_FALSE(equals_ignoring_case("get", "gets"));
  CHECK_FALSE(equals_ignoring_case("gets", "get"));
  CHECK_FALSE(equals_ignoring_case("get", "got"));
  CHECK_FALSE(equals_ignoring_case("@", "`"));  // 0x20 apart, but no letters
  CHECK_FALSE(equals_ignoring_case("[", "{"));
}
