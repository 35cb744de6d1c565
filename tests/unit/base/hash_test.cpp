#include "base/hash.h"

#include <catch2/catch.hpp>

#include <string>

using namespace kevy;

namespace {

struct Vector {
  size_t size;
  uint64_t hash;
};

std::string text_of(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 % 251);
  return text;
}

void check(const HashSecret& secret, std::initializer_list<Vector> vectors) {
  for (const Vector& vector : vectors) {
    INFO(vector.size);
    CHECK(hash_bytes(text_of(vector.size), secret) == vector.hash);
  }
}

}  // namespace

// What another implementation says: CPython's hash(bytes), with its secret of PYTHONHASHSEED.
TEST_CASE("keys are hashed with SipHash-1-3") {
  check({0, 0}, {{1, 0x68a914128e01e473},    {2, 0xcc5ccabb89d49165},   {3, 0xed80eeaccc5ae63e},
                 {4, 0x3530648bda6754af},    {5, 0xcb67b619aa13f577},   {7, 0x9e7963f9fe2efdd3},
                 {8, 0x2fd61e525823bd4a},    {9, 0xfbf1988030a5438c},   {12, 0x091cbbeb17d26cfd},
                 {15, 0xb980969a22f5fafa},   {16, 0x87ca8e02c763c39d},  {17, 0x53a4ca91b56141bf},
                 {31, 0x618557238655bb0f},   {64, 0x3bf2fbcc751a6a73},  {100, 0x69a07465e6bc12cf},
                 {1000, 0xc85e8f50c707501c}});
  check({0xdc504fd368cd90af, 0xb920bb9ffe99e9c1},
        {{1, 0xce880c366bcf3489},    {2, 0xe65e9c00e0763997},   {3, 0x45dd55f03d8e7e00},
         {4, 0x9953565d2815b94c},    {5, 0x481df832048e2aaa},   {7, 0x571f1ce4d307b8aa},
         {8, 0x68f2c2eca09145bc},    {9, 0x7a8f05a4f615210f},   {12, 0x8880933c6b04f6de},
         {15, 0xfa269c946b5fba32},   {16, 0xcda9a54de6e41833},  {17, 0x4a81377cc70bba82},
         {31, 0xe28115a017a0a9ca},   {64, 0x884874d33bcd3c67},  {100, 0x0f63992716964b66},
         {1000, 0x6c9d0e9dd3dd6bc8}});
}

TEST_CASE("the secret of a process is drawn once") {
  const HashSecret& secret = HashSecret::process();
  CHECK((secret.low | secret.high) != 0);
  CHECK(&secret == &HashSecret::process());
  CHECK(hash_bytes("key", secret) != hash_bytes("key", {0, 0}));
}

TEST_CASE("a key's hash depends on nothing beside its bytes") {
  const std::string padded = "....key-of-19-bytes....";
  for (size_t size = 0; size <= 16; ++size) {
    const std::string alone = padded.substr(4, size);
    CHECK(hash_bytes(Bytes(padded).substr(4, size), {1, 2}) == hash_bytes(alone, {1, 2}));
  }
}
