#include "base/compression.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/random.h"

using namespace kevy;

TEST_CASE("what is compressed comes back, whatever it is") {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string plain;
    const size_t size = 1 + random.below(i % 10 == 0 ? 100'000 : 9000);
    const uint64_t kinds = 1 + random.below(256);
    while (plain.size() < size) plain += static_cast<char>(random.below(kinds));
    std::string room(size + size / 100 + 32, '\0');
    const size_t compressed = compress(plain, room.data(), room.size());
    REQUIRE(compressed != 0);
    std::string back(size, 'x');
    decompress(Bytes(room).substr(0, compressed), back.data(), size);
    REQUIRE(back == plain);
  }
}

TEST_CASE("what does not fit is not compressed, and nothing is written behind the room") {
  Random random(2);
  std::string plain;
  while (plain.size() < 8000) plain += static_cast<char>(random());
  std::string room(6001, '!');
  CHECK(compress(plain, room.data(), 6000) == 0);
  CHECK(room.back() == '!');
  const std::string same(8000, 'a');
  CHECK(compress(same, room.data(), 6000) != 0);
  CHECK(compress(same, room.data(), 6000) < 100);
}
