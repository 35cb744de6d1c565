// PackedPairs: a packed sorted set as it lies in memory, where each of its pairs is and the pairs.
//
//   offset 0 | offset 1 | ... | pair 0 | pair 1 | ...
//
// A pair is a member, an element as in packed.h, and the code of its score (packed_score.h) behind
// it. The pairs ascend, first by score, then by the members' bytes. An offset tells where a pair's
// score starts, counted from the first pair. All offsets take the same width, low byte first: 1
// byte while the pairs take at most 255 bytes, 2 while they take at most 65,535, else 4. The width
// is not kept, it follows from the size of all and the count (PairsShape).
//
// With the scores' places at hand a score is found by halving, and whether a member is the one
// looked for is mostly told by the word in front of its score: no step waits for the one before.
// The offsets stand in front since these bytes of an entry are the first to come into the cache.
//
// A view: good until the set changes. Seven bytes in front of it must be readable, as an entry's
// header is. Pure functions: any thread.
#pragma once

#include "store/packed/packed.h"
#include "store/packed/packed_score.h"

namespace kevy {

/// How much memory pairs and their offsets take.
struct PairsShape {
  size_t pairs_bytes = 0, count = 0;

  /// The shape of what takes `bytes` with its offsets. There is but one: where a narrower width
  /// would have been too narrow, the bytes left for the pairs are too many for it here too.
  static constexpr PairsShape of(size_t bytes, size_t count) noexcept {
    for (const size_t width : {size_t{1}, size_t{2}}) {
      if (bytes - count * width <= max_of(width)) return {bytes - count * width, count};
    }
    return {bytes - count * 4, count};
  }

  constexpr size_t width() const noexcept {
    return pairs_bytes <= max_of(1) ? 1 : pairs_bytes <= max_of(2) ? 2 : 4;
  }
  constexpr size_t bytes() const noexcept { return pairs_bytes + count * width(); }

 private:
  static constexpr size_t max_of(size_t width) noexcept { return width == 1 ? 0xff : 0xffff; }
};

class PackedPairs {
 public:
  PackedPairs(Bytes all, size_t count) noexcept
      : PackedPairs(all.data(), PairsShape::of(all.size(), count)) {}
  PackedPairs(const char* at, PairsShape shape) noexcept
      : shape_(shape),
        width_(shape.width()),
        begin_(at + shape.count * width_),
        offsets_(at + width_ - sizeof(uint32_t)),
        unused_(static_cast<uint8_t>(32 - 8 * width_)) {}

  size_t size() const noexcept { return shape_.count; }
  const PairsShape& shape() const noexcept { return shape_; }

  double score(size_t index) const noexcept { return PackedScore::read(begin_ + offset(index)); }
  size_t score_size(size_t index) const noexcept {
    return PackedScore::size_at(begin_ + offset(index));
  }
  /// `digits`, of kIntegerTextMax bytes, holds a number's.
  Bytes member(size_t index, char* digits) const noexcept {
    return read_packed(begin_ + start(index)).text(digits);
  }
  /// Where the score of a pair starts, from the first pair on, and the pair itself; that of the pair
  /// behind the last is the end of all.
  size_t offset(size_t index) const noexcept {
    // With the bytes in front of it, which there are, whatever the width is.
    uint32_t word;
    std::memcpy(&word, offsets_ + index * width_, sizeof word);
    return word >> unused_;
  }
  size_t start(size_t index) const noexcept {
    if (index == 0) return 0;
    const size_t before = offset(index - 1);
    return before + PackedScore::size_at(begin_ + before);
  }

  /// Which pair has the member of this code; size() when none has.
  size_t find(const Packing& code) const noexcept;
  /// How many pairs come before this one, whether it is there or not.
  size_t rank(double score, Bytes member) const noexcept;
  /// How many pairs `before(index)` holds for. It must hold for all up to some pair and for none
  /// from there on.
  template <typename Predicate>
  size_t count_before(const Predicate& before) const noexcept {
    return count_before(0, before);
  }
  /// The same when it is known that it holds for the first ones.
  template <typename Predicate>
  size_t count_before(size_t first, const Predicate& before) const noexcept {
    for (size_t left = size() - first; left != 0;) {
      const size_t half = left / 2;
      if (before(first + half)) {
        first += half + 1;
        left -= half + 1;
      } else {
        left = half;
      }
    }
    return first;
  }

 private:
  bool is_member(size_t index, const Packing& code) const noexcept;
  template <typename Offset, bool kWhole>
  size_t find(const Packing& code, uint64_t last, uint64_t mask) const noexcept;
  template <typename Offset>
  size_t find(const Packing& code) const noexcept;

  PairsShape shape_;
  size_t width_;
  const char* begin_;    // of the pairs
  const char* offsets_;  // the four bytes that end with the first one
  uint8_t unused_;       // bits of these four that are not the offset's
};

}  // namespace kevy
