// The forms that lengths and strings have in RDB, for whoever reads them byte after byte:
// RdbReader, which wants what they say, and run_of_keys, which wants to know where they end.
#pragma once

#include <cstdint>

#include "persist/rdb/format.h"

namespace kevy {

struct RdbForms {
  /// `source.number(n)`: n bytes as a number, the high one first. False where `first` begins no
  /// length.
  template <typename Source>
  static bool length(Source& source, uint8_t first, uint64_t& length) {
    switch (first >> 6) {
      case kRdbLength6:
        length = first & 0x3f;
        return true;
      case kRdbLength14:
        length = static_cast<uint64_t>(first & 0x3f) << 8 | source.byte();
        return true;
      case kRdbSpecial:
        return false;
      default:
        break;
    }
    if (first != kRdbLength32 && first != kRdbLength64) return false;
    length = source.number(first == kRdbLength32 ? 4 : 8);
    return true;
  }

  /// What the source makes of a string: of the bytes behind its length, of an integer, of a
  /// compressed one, or of none.
  template <typename Source>
  static auto string(Source& source) {
    const uint8_t first = source.byte();
    uint64_t length = 0;
    if (RdbForms::length(source, first, length)) return source.plain_string(length);
    if (first >> 6 == kRdbSpecial) {
      switch (first & 0x3f) {
        case kRdbInteger8:
          return source.template integer_string<int8_t>();
        case kRdbInteger16:
          return source.template integer_string<int16_t>();
        case kRdbInteger32:
          return source.template integer_string<int32_t>();
        case kRdbLzf:
          return source.compressed_string();
        default:
          break;
      }
    }
    return source.no_string();
  }
};

}  // namespace kevy
