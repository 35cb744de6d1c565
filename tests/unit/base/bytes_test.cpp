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

TEST_CASE("a byte is found wherever it is, and not behind the end") {
  for (size_t size = 0; size <= 40; ++size) {
    std::string text(size + 1, 'a');
    text[size] = 'x';
    const Bytes bytes = Bytes(text).substr(0, size);
    REQUIRE_FALSE(contains(bytes, 'x'));
    REQUIRE_FALSE(contains(bytes, '\0'));
    for (size_t at = 0; at < size; ++at) {
      text[at] = 'x';
      REQUIRE(contains(bytes, 'x'));
      text[at] = 'a';
    }
  }
}
