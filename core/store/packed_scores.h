// Members and scores as they follow each other in a packed sorted set.
//
// A member is an element as in packed.h. A score behind it is the element of its integer when it is
// one of at most 62 bits, else a string of 8 bytes: those of the double, the low byte first. (Which
// may look like the text of a number, so these strings are written here and not by Packing.) There
// is no negative zero: it becomes 0, as it does in Redis' listpacks.
//
// Pure functions: any thread.
#pragma once

#include <bit>
#include <cmath>

#include "store/packed.h"

namespace kevy {

/// packed_size, for what is as short as most members and scores are without a call.
inline size_t packed_size_inline(const char* at) noexcept {
  const auto kind = static_cast<uint8_t>(*at);
  if (kind < 0x80) return 1;
  if (kind < 0xc0) return 1u + (kind & 0x3f);
  if (kind < 0xe0) return 2;
  return long_packed_size(at);
}

/// The code of a score.
class PackedScore {
 public:
  static constexpr double kIntegerMax = 4611686018427387904.0;  // 2^62

  explicit PackedScore(double score) noexcept : integer_(0) {
    if (std::fabs(score) <= kIntegerMax && score == std::floor(score)) {
      integer_ = Packing(static_cast<int64_t>(score));
      size_ = integer_.size();
    } else {
      bits_ = std::bit_cast<uint64_t>(score);
      size_ = kRawSize;
    }
  }

  size_t size() const noexcept { return size_; }
  /// Writes size() bytes and returns where they end.
  char* write(char* to) const noexcept {
    if (bits_ == 0) return integer_.write(to);
    *to = static_cast<char>(kRawHead);
    std::memcpy(to + 1, &bits_, sizeof bits_);
    return to + kRawSize;
  }

  static double read(const char* at) noexcept {
    const auto kind = static_cast<uint8_t>(*at);
    if (kind < 0x80) return kind;
    if (kind == kRawHead) return std::bit_cast<double>(load_word(at + 1));
    return static_cast<double>(read_packed(at).integer);
  }

 private:
  static constexpr uint8_t kRawHead = 0x88;  // a string of 8 bytes
  static constexpr size_t kRawSize = 9;

  Packing integer_;
  uint64_t bits_ = 0;  // of what is no integer; 0 is one
  size_t size_;
};

/// The pairs of a sequence, one after another.
///
/// A walk is as slow as one size waits for the one before it. So a member is taken to be as long as
/// the last one that lay in a string of up to 63 bytes, which the processor can guess ahead.
class ScoredCursor {
 public:
  explicit ScoredCursor(Bytes sequence) noexcept
      : begin_(sequence.data()), end_(begin_ + sequence.size()) {
    go_to(begin_);
  }

  bool done() const noexcept { return at_ == end_; }
  const char* at() const noexcept { return at_; }
  size_t offset() const noexcept { return static_cast<size_t>(at_ - begin_); }
  /// Of the pair.
  size_t size() const noexcept { return static_cast<size_t>(next_ - at_); }
  void next() noexcept { go_to(next_); }
  void skip(uint64_t pairs) noexcept {
    while (pairs-- != 0) next();
  }

  double score() const noexcept { return score_; }
  /// `digits`, of kIntegerTextMax bytes, holds a number's.
  Bytes member(char* digits) const noexcept { return read_packed(at_).text(digits); }

 private:
  void go_to(const char* at) noexcept {
    at_ = at;
    if (at != end_) read_score(at + member_size(at));
  }
  size_t member_size(const char* at) noexcept {
    const auto kind = static_cast<uint8_t>(*at);
    if (kind == last_kind_) [[likely]] return last_size_;
    const size_t size = packed_size_inline(at);
    if (kind < 0xc0) {
      last_kind_ = kind;
      last_size_ = size;
    }
    return size;
  }
  void read_score(const char* at) noexcept {
    const auto kind = static_cast<uint8_t>(*at);
    if (kind < 0x80) {
      score_ = kind;
      next_ = at + 1;
    } else if (kind >= 0xc0 && kind < 0xe0) {  // 13 bits, signed
      score_ = ((kind & 0x0f) << 8 | static_cast<uint8_t>(at[1])) - ((kind & 0x10) << 8);
      next_ = at + 2;
    } else {
      score_ = PackedScore::read(at);
      next_ = at + packed_size_inline(at);
    }
  }

  const char* begin_;
  const char* end_;
  const char* at_;
  const char* next_ = nullptr;
  double score_ = 0;
  unsigned last_kind_ = 256;  // of no element
  size_t last_size_ = 0;
};

}  // namespace kevy
