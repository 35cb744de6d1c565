#include "base/memory_size.h"

#include <catch2/catch.hpp>

using kevy::parse_memory_size;

TEST_CASE("sizes are read with their units, in either case") {
  CHECK(parse_memory_size("0") == 0);
  CHECK(parse_memory_size("12") == 12);
  CHECK(parse_memory_size("12b") == 12);
  CHECK(parse_memory_size("2k") == 2000);
  CHECK(parse_memory_size("2KB") == 2048);
  CHECK(parse_memory_size("3m") == 3'000'000);
  CHECK(parse_memory_size("3Mb") == 3 << 20);
  CHECK(parse_memory_size("1g") == 1'000'000'000);
  CHECK(parse_memory_size("1gb") == 1 << 30);
  CHECK(parse_memory_size("9223372036854775807") == INT64_MAX);
}

TEST_CASE("what is no size is refused") {
  for (const char* text : {"", "b", "-1", "1.5mb", "1tb", " 1", "1 kb", "1kbb", "x1",
                           "9223372036854775808", "9223372036854775807k"}) {
    INFO(text);
    CHECK_FALSE(parse_memory_size(text));
  }
}
