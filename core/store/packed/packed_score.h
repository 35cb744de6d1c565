// PackedScore: the code of a score in a packed sorted set, which is an element as in packed.h: that
// of its integer when it is one of at most 62 bits, else a string of 8 bytes: those of the double,
// the low byte first. (Which may look like the text of a number, so these strings are written here
// and not by Packing.) There is no negative zero: it becomes 0, as it does in Redis' listpacks.
//
// Pure functions: any thread.
#pragma once

#include <bit>
#include <cmath>

#include "store/packed/packed.h"

namespace kevy {

class PackedScore {
 public:
  static constexpr double kIntegerMax = 4611686018427387904.0;  // 2^62

  explicit PackedScore(double score) noexcept {
    if (std::fabs(score) > kIntegerMax || score != std::floor(score)) {
      code_[0] = static_cast<char>(kRawHead);
      std::memcpy(code_ + 1, &score, sizeof score);
      size_ = kRawSize;
      return;
    }
    const auto integer = static_cast<int64_t>(score);
    if (integer >= 0 && integer < 0x80) {
      code_[0] = static_cast<char>(integer);
      size_ = 1;
    } else {
      const Packing code(integer);
      code.write(code_);
      size_ = code.size();
    }
  }

  size_t size() const noexcept { return size_; }
  /// Writes size() bytes and returns where they end.
  char* write(char* to) const noexcept {
    for (size_t i = 0; i < size_; ++i) to[i] = code_[i];
    return to + size_;
  }

  static size_t size_at(const char* at) noexcept {
    const auto kind = static_cast<uint8_t>(*at);
    if (kind < 0x80) return 1;
    if (kind >> 5 == kInteger13 >> 5) return 2;
    return kind == kRawHead ? kRawSize : long_packed_size(at);
  }
  static double read(const char* at) noexcept {
    const auto kind = static_cast<uint8_t>(*at);
    if (kind < 0x80) return kind;
    if (kind >> 5 == kInteger13 >> 5) {
      const unsigned bits = std::rotl(load<uint16_t>(at), 8);
      return static_cast<int16_t>(bits << 3) >> 3;
    }
    if (kind == kRawHead) return std::bit_cast<double>(load_word(at + 1));
    if (kind == kInteger24) {
      // Not three bytes into four at once: that would wait for the store.
      const auto high = static_cast<int8_t>(at[3]);
      return static_cast<double>(high * 65536 + load<uint16_t>(at + 1));
    }
    if (kind == kInteger16) return load<int16_t>(at + 1);
    if (kind == kInteger32) return load<int32_t>(at + 1);
    return static_cast<double>(load<int64_t>(at + 1));
  }

 private:
  template <typename Number>
  static Number load(const char* from) noexcept {
    Number number;
    std::memcpy(&number, from, sizeof number);
    return number;
  }

  static constexpr uint8_t kRawHead = 0x88;  // a string of 8 bytes
  static constexpr uint8_t kInteger13 = 0xc0;
  static constexpr uint8_t kInteger16 = 0xf1, kInteger24 = 0xf2, kInteger32 = 0xf3;
  static constexpr size_t kRawSize = 9;

  char code_[kRawSize];
  size_t size_;
};

}  // namespace kevy
