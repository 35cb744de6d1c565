// SHA-1 over the vectors of its standard, and over every length round the border of a block.
#include "base/sha1.h"

#include <catch2/catch.hpp>
#include <string>

using namespace kevy;

namespace {

std::string hex(Bytes message) {
  std::string text;
  for (const unsigned char byte : sha1(message)) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace

TEST_CASE("SHA-1 of the published messages") {
  CHECK(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(hex(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("SHA-1 of messages whose end is near that of a block") {
  std::string digests;
  for (size_t size = 0; size < 200; ++size) digests += hex(std::string(size, 'x'));
  CHECK(hex(digests) == "f024a06f9df4db3a81e536a8d16895eb9a9defb5");
}
