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

#include "base/prefetch.h"
#include "store/packed.h"
#include "store/packed_probe.h"

namespace kevy {

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

  Packing integer_;
  uint64_t bits_ = 0;  // of what is no integer; 0 is one
  size_t size_;
};

/// The pairs of a sequence, one after another.
class ScoredCursor {
 public:
  explicit ScoredCursor(Bytes sequence) noexcept
      : begin_(sequence.data()), end_(begin_ + sequence.size()) {
    go_to(begin_);
  }

  bool done() const noexcept { return at_ == end_; }
  size_t offset() const noexcept { return static_cast<size_t>(at_ - begin_); }
  /// Of the pair.
  size_t size() const noexcept { return static_cast<size_t>(next_ - at_); }
  void next() noexcept { go_to(next_); }
  void skip(uint64_t pairs) noexcept {
    while (pairs-- != 0) next();
  }

  double score() const noexcept { return PackedScore::read(score_at_); }
  bool member_is(const PackedProbe& probe) const noexcept { return probe.equals(at_, end_); }
  /// `digits`, of kIntegerTextMax bytes, holds a number's.
  Bytes member(char* digits) const noexcept { return read_packed(at_).text(digits); }

 private:
  // An element's size is known when its first byte has come. For the score, which is mostly coded as
  // the one before it, the processor need not wait for that.
  void go_to(const char* at) noexcept {
    at_ = at;
    if (at == end_) return;
    score_at_ = at + packed_size(at);
    const unsigned kind = static_cast<uint8_t>(*score_at_);
    if (((kind ^ score_kind_) & score_mask_) != 0) [[unlikely]] learn(kind);
    next_ = score_at_ + score_size_;
  }
  void learn(unsigned kind) noexcept {
    score_kind_ = kind;
    score_mask_ = kind < 0x80 ? 0x80 : kind >= 0xc0 && kind < 0xe0 ? 0xe0 : 0xff;
    score_size_ = packed_size(score_at_);
  }

  const char* begin_;
  const char* end_;
  const char* at_;
  const char* score_at_ = nullptr;
  const char* next_ = nullptr;
  unsigned score_kind_ = 0;
  unsigned score_mask_ = 0x80;  // the bits of the kind that tell its size
  size_t score_size_ = 1;
};

}  // namespace kevy
