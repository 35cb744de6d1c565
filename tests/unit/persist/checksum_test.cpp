#include "persist/rdb/crc64.h"

#include <catch2/catch.hpp>
#include <string>

namespace kevy {

TEST_CASE("the checksum is the one of the format, in whatever pieces it is computed") {
  CHECK(crc64(0, "123456789") == 0xe9c6d914c4b8d9caULL);
  std::string text;
  for (int i = 0; i < 300; ++i) {
    const uint64_t whole = crc64(0, text);
    for (const size_t cut : {size_t{0}, text.size() / 3, text.size()}) {
      CHECK(crc64(crc64(0, Bytes(text).substr(0, cut)), Bytes(text).substr(cut)) == whole);
    }
    text += static_cast<char>(i * 7);
  }
}

TEST_CASE("zeros behind it are the zeros") {
  const uint64_t checksum = crc64(0, "something");
  for (const size_t count : {0, 1, 7, 8, 9, 64, 1000, 65537}) {
    CHECK(crc64_zeros(checksum, count) == crc64(checksum, std::string(count, '\0')));
  }
}

}  // namespace kevy
