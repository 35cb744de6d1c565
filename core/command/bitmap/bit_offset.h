// Where in a string a bit lies: the first bit of a string is the high one of its first byte.
#pragma once

#include "command/arguments.h"

namespace kevy {

inline constexpr Bytes kBadBitOffset = "ERR bit offset is not an integer or out of range";

/// `offset`, where a string of the longest allowed length has that bit; else the error is answered.
inline std::optional<uint64_t> checked_bit_offset(Call& call, std::optional<int64_t> offset) {
  if (offset && *offset >= 0 &&
      static_cast<uint64_t>(*offset) / 8 < call.runtime.settings().word_max()) {
    return static_cast<uint64_t>(*offset);
  }
  call.error(kBadBitOffset);
  return std::nullopt;
}

inline std::optional<uint64_t> bit_offset_argument(Call& call, Bytes text) {
  return checked_bit_offset(call, parse_int64(text));
}

/// The same for "#N" too: the offset of the Nth field of `width` bits.
inline std::optional<uint64_t> field_offset_argument(Call& call, Bytes text, unsigned width) {
  if (!text.starts_with('#')) return bit_offset_argument(call, text);
  auto offset = parse_int64(text.substr(1));
  if (offset && __builtin_mul_overflow(*offset, int64_t{width}, &*offset)) offset.reset();
  return checked_bit_offset(call, offset);
}

}  // namespace kevy
