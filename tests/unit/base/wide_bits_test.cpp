#include "base/wide/bits.h"

#include <bit>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"

using namespace kevy;
using namespace kevy::wide;

namespace {

std::vector<Isa> levels() {
  std::vector<Isa> all{Isa::kPlain};
  if (isa() != Isa::kPlain) all.push_back(Isa::k256);
  if (isa() == Isa::k512) all.push_back(Isa::k512);
  return all;
}

std::string random_bytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(256));
  return bytes;
}

// Every length round the widths of registers, and some round the blocks of the counting loop.
std::vector<size_t> sizes() {
  std::vector<size_t> all;
  for (size_t size = 0; size <= 200; ++size) all.push_back(size);
  for (const size_t block : {7680, 15360, 70'000}) {
    for (size_t size = block - 9; size <= block + 9; ++size) all.push_back(size);
  }
  return all;
}

char combined(BitOperation operation, char a, char b) {
  switch (operation) {
    case BitOperation::kAnd:
      return static_cast<char>(a & b);
    case BitOperation::kOr:
      return static_cast<char>(a | b);
    case BitOperation::kXor:
      return static_cast<char>(a ^ b);
    default:
      return static_cast<char>(a & ~b);
  }
}

}  // namespace

TEST_CASE("bits are counted at every length, alignment and level") {
  Random random(1);
  for (const size_t size : sizes()) {
    const size_t skew = random.below(17);
    std::string bytes = random_bytes(random, skew + size + 8);
    if (random.below(3) == 0) bytes.assign(bytes.size(), '\xff');
    const Bytes part(bytes.data() + skew, size);
    uint64_t expected = 0;
    for (const char byte : part) {
      expected += static_cast<uint64_t>(std::popcount(static_cast<unsigned char>(byte)));
    }
    for (const Isa level : levels()) REQUIRE(count_bits(part, level) == expected);
  }
}

TEST_CASE("bits are combined at every length, alignment and level, in place too") {
  Random random(2);
  for (const size_t size : sizes()) {
    const size_t skew = random.below(17);
    const std::string a = random_bytes(random, skew + size), b = random_bytes(random, size + 3);
    for (const BitOperation operation :
         {BitOperation::kAnd, BitOperation::kOr, BitOperation::kXor, BitOperation::kAndNot}) {
      std::string expected(size, '\0');
      for (size_t i = 0; i < size; ++i) expected[i] = combined(operation, a[skew + i], b[3 + i]);
      for (const Isa level : levels()) {
        std::string out(size + 2, 'x');
        combine_bits(operation, out.data() + 1, a.data() + skew, b.data() + 3, size, level);
        REQUIRE(out == 'x' + expected + 'x');
        std::string first = a, second = b;
        combine_bits(operation, first.data() + skew, first.data() + skew, b.data() + 3, size,
                     level);
        REQUIRE(first.substr(skew) == expected);
        combine_bits(operation, second.data() + 3, a.data() + skew, second.data() + 3, size, level);
        REQUIRE(second.substr(3) == expected);
      }
    }
    for (const Isa level : levels()) {
      std::string out(size + 2, 'x');
      invert_bits(out.data() + 1, a.data() + skew, size, level);
      REQUIRE(out.front() == 'x');
      REQUIRE(out.back() == 'x');
      for (size_t i = 0; i < size; ++i) REQUIRE(out[1 + i] == static_cast<char>(~a[skew + i]));
    }
  }
}

TEST_CASE("the first byte that is another is found at every place") {
  const auto check = [](size_t size, char byte, Isa level) {
    std::string bytes(size + 1, byte);
    const Bytes part(bytes.data() + 1, size);
    REQUIRE(find_not(part, byte, level) == size);
    for (size_t at = 0; at < size; ++at) {
      bytes[1 + at] = 'x';
      REQUIRE(find_not(part, byte, level) == at);
      bytes[1 + at] = byte;
    }
  };
  for (const Isa level : levels()) {
    for (const char byte : {'\0', '\xff'}) {
      for (size_t size = 0; size <= 200; ++size) check(size, byte, level);
      for (const size_t size : {255u, 256u, 257u, 511u, 512u, 513u, 1000u}) check(size, byte, level);
    }
  }
}
