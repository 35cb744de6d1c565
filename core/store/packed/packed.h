// Packed: a sequence of short byte strings in one piece of memory, as small collections are kept.
// The elements follow each other without a gap; a number in its shortest decimal form is kept as
// the number. The code of an element is that of Redis' listpack without the length behind it:
//
//   0xxxxxxx                 the number 0 to 127
//   10xxxxxx                 a string of up to 63 bytes, which follow
//   110xxxxx xxxxxxxx        a number of 13 bits, signed
//   1110xxxx xxxxxxxx        a string of up to 4,095 bytes, which follow
//   f0 and 4 bytes           a string of that length, which follows
//   f1, f2, f3, f4           a number of 16, 24, 32 or 64 bits, which follows
//
// Lengths in two bytes have the high bits first, all else the low byte first. One value has one
// code, so values are equal when their codes are.
//
// Where the sequence lies, and making room in it, is the owner's matter (Keyspace::splice, list
// chunks). Knows no type. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/number.h"

namespace kevy {

/// The code of a value that is to be stored or looked for. Refers to the value's bytes. What has 4
/// GB or more has no code: it equals nothing, and must not be written.
class Packing {
 public:
  explicit Packing(Bytes value) noexcept : payload_(value) {
    if (!value.empty() && value.size() <= kIntegerTextMax && value[0] <= '9') {
      if (const auto number = parse_int64(value)) {
        encode_integer(*number);
        return;
      }
    }
    encode_length(value.size());
  }
  explicit Packing(int64_t number) noexcept { encode_integer(number); }

  size_t size() const noexcept { return head_size_ + payload_.size(); }
  /// Writes size() bytes and returns where they end.
  char* write(char* to) const noexcept {
    *to = static_cast<char>(head_[0]);
    if (head_size_ != 1) [[unlikely]] std::memcpy(to + 1, head_ + 1, head_size_ - 1u);
    if (!payload_.empty()) std::memcpy(to + head_size_, payload_.data(), payload_.size());
    return to + size();
  }
  /// The last eight bytes; of a shorter code all, and zeros behind.
  uint64_t last_word() const noexcept {
    if (payload_.size() >= 8) return load_word(payload_.data() + payload_.size() - 8);
    if (head_size_ == 1) return head_[0] | load_short(payload_.data(), payload_.size()) << 8;
    const auto* head = reinterpret_cast<const char*>(head_);  // a number, which has no more
    return head_size_ > 8 ? load_word(head + 1) : load_short(head, head_size_);
  }
  /// Whether the element at `at` is this value. An element starts there.
  bool equals(const char* at) const noexcept {
    // The first byte tells how many there are at least.
    return static_cast<uint8_t>(*at) == head_[0] &&
           (head_size_ == 1 || std::memcmp(at + 1, head_ + 1, head_size_ - 1u) == 0) &&
           same_bytes({at + head_size_, payload_.size()}, payload_);
  }

 private:
  void encode_integer(int64_t number) noexcept;
  void encode_length(size_t size) noexcept {
    if (size < 64) {
      head_[0] = static_cast<uint8_t>(0x80 | size);
      head_size_ = 1;
    } else {
      encode_long_length(size);
    }
  }
  void encode_long_length(size_t size) noexcept;

  uint8_t head_[9];
  uint8_t head_size_;
  Bytes payload_;  // empty where the value is a number
};

/// An element as it is read. Bytes are good until the sequence changes.
struct PackedElement {
  bool is_integer = false;
  int64_t integer = 0;
  Bytes bytes;

  /// The value as a string; `digits`, of kIntegerTextMax bytes, holds a number's.
  Bytes text(char* digits) const noexcept {
    return is_integer ? format_int64(integer, digits) : bytes;
  }
};

/// The bytes of an element whose first byte is none of the common ones.
size_t long_packed_size(const char* at) noexcept;
/// The bytes the element at `at` takes.
inline size_t packed_size(const char* at) noexcept {
  const unsigned kind = static_cast<uint8_t>(*at);
  if (kind - 0x80 < 0x40) [[likely]] return kind - 0x80 + 1;
  return kind < 0x80 ? 1 : long_packed_size(at);
}
PackedElement read_packed(const char* at) noexcept;

/// The elements of a sequence, one after another.
class PackedCursor {
 public:
  explicit PackedCursor(Bytes sequence) noexcept
      : begin_(sequence.data()), at_(begin_), end_(begin_ + sequence.size()) {}

  bool done() const noexcept { return at_ == end_; }
  const char* at() const noexcept { return at_; }
  /// Where the current element starts, from the start of the sequence.
  size_t offset() const noexcept { return static_cast<size_t>(at_ - begin_); }
  PackedElement read() const noexcept { return read_packed(at_); }
  void skip() noexcept { at_ += packed_size(at_); }
  void skip(size_t elements) noexcept {
    while (elements-- != 0) skip();
  }

 private:
  const char* begin_;
  const char* at_;
  const char* end_;
};

}  // namespace kevy
