#include "persist/rdb/crc64.h"

#include <array>

namespace kevy {

namespace {

constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;  // reflected

constexpr uint64_t step_bits(uint64_t value) noexcept {
  for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
  return value;
}

// kTables[n][byte]: what a byte does that n more bytes follow.
using Tables = std::array<std::array<uint64_t, 256>, 8>;
constexpr Tables kTables = [] {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) tables[0][byte] = step_bits(byte);
  for (size_t n = 1; n < tables.size(); ++n) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = tables[n - 1][byte];
      tables[n][byte] = tables[0][before & 0xff] ^ before >> 8;
    }
  }
  return tables;
}();

// A linear map of 64 bits: what it makes of each bit.
using Map = std::array<uint64_t, 64>;

uint64_t mapped(const Map& map, uint64_t bits) noexcept {
  uint64_t result = 0;
  for (size_t i = 0; bits != 0; ++i, bits >>= 1) {
    if ((bits & 1) != 0) result ^= map[i];
  }
  return result;
}

}  // namespace

uint64_t crc64(uint64_t checksum, Bytes bytes) noexcept {
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const uint64_t word = checksum ^ load_word(at);
    checksum = 0;
    for (size_t i = 0; i < 8; ++i) checksum ^= kTables[7 - i][word >> (8 * i) & 0xff];
  }
  for (; left != 0; --left, ++at) {
    checksum = kTables[0][(checksum ^ static_cast<uint8_t>(*at)) & 0xff] ^ checksum >> 8;
  }
  return checksum;
}

uint64_t crc64_zeros(uint64_t checksum, uint64_t count) noexcept {
  Map map;
  for (size_t i = 0; i < map.size(); ++i) map[i] = step_bits(uint64_t{1} << i);
  for (; count != 0; count >>= 1) {
    if ((count & 1) != 0) checksum = mapped(map, checksum);
    Map twice;
    for (size_t i = 0; i < map.size(); ++i) twice[i] = mapped(map, map[i]);
    map = twice;
  }
  return checksum;
}

}  // namespace kevy
