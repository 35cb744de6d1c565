// The registers of a HyperLogLog as bytes, and as they lie in its dense form: 16,384 numbers of six
// bits one after another, the low bits first, that are written and read many at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/wide/isa.h"

namespace kevy::hyperloglog {

inline constexpr size_t kRegisters = 16384;
inline constexpr size_t kPackedRegisters = kRegisters * 6 / 8;

/// Aligned, so that loops over them are.
struct alignas(64) Registers {
  std::array<uint8_t, kRegisters> value{};
};

/// How many registers have each value.
using Histogram = std::array<uint32_t, 64>;

/// Each register becomes what is packed, if that is more.
void raise_to(Registers& registers, const char* packed, wide::Isa level = wide::isa()) noexcept;
/// All values are below 64.
void pack(char* packed, const Registers& registers, wide::Isa level = wide::isa()) noexcept;

/// All values are below 64.
Histogram histogram_of(const Registers& registers, wide::Isa level = wide::isa()) noexcept;

inline unsigned packed_register(const char* packed, size_t index) noexcept {
  const size_t bit = index * 6, at = bit / 8, shift = bit % 8;
  unsigned bits = static_cast<unsigned char>(packed[at]);
  if (shift > 2) bits |= static_cast<unsigned>(static_cast<unsigned char>(packed[at + 1])) << 8;
  return bits >> shift & 63;
}

inline void set_packed_register(char* packed, size_t index, unsigned value) noexcept {
  const size_t bit = index * 6, at = bit / 8, shift = bit % 8;
  const unsigned bits = value << shift, mask = 63u << shift;
  const auto put = [&](size_t byte, unsigned part, unsigned part_mask) {
    const auto before = static_cast<unsigned char>(packed[byte]);
    packed[byte] = static_cast<char>((before & ~part_mask) | part);
  };
  put(at, bits & 0xff, mask & 0xff);
  if (shift > 2) put(at + 1, bits >> 8, mask >> 8);
}

}  // namespace kevy::hyperloglog
