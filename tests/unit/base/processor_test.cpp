#include "base/processor.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/bytes.h"
#include "base/random.h"

using namespace kevy;

TEST_CASE("what compares many bytes at once finds what a loop finds, in either form") {
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    char bytes[16];
    // Few values, and some that differ in one bit alone, so that borrows would show.
    for (char& byte : bytes) byte = "\0\1\2\x7f\x80\x81\xff\xfe"[random.below(8)];
    const char wanted = bytes[random.below(16)];
    unsigned expected = 0;
    for (unsigned i = 0; i < 16; ++i) expected |= (bytes[i] == wanted ? 1u : 0u) << i;
    const uint64_t first = load_word(bytes), second = load_word(bytes + 8);
    REQUIRE(matches16(bytes, wanted) == expected);
    REQUIRE(portable::matches16(bytes, wanted) == expected);
    REQUIRE(matches(first, wanted) == (expected & 0xff));
    REQUIRE(portable::matches(second, wanted) == expected >> 8);
    REQUIRE(either_has(first, second, wanted));
    REQUIRE(portable::either_has(first, first, wanted) == ((expected & 0xff) != 0));
    REQUIRE(either_has(second, second, wanted) == (expected >> 8 != 0));
  }
}
