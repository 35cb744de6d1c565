// PackedPairsWriter: changes packed pairs (packed_pairs.h) in memory that its caller gives: what
// moves is moved once, and the offsets are brought up to date, not found anew, unless their width
// changes.
//
// The memory, with the eight bytes in front, must suffice for what is there and for what it becomes.
// Nothing throws.
#pragma once

#include "store/packed_pairs.h"

namespace kevy {

class PackedPairsWriter {
 public:
  /// Pairs of this shape are at `at`.
  PackedPairsWriter(char* at, PairsShape shape) noexcept
      : begin_(at), shape_(shape), width_(shape.width()) {}

  void insert(size_t index, const Packing& member, const PackedScore& score) noexcept;
  void erase(size_t first, size_t count) noexcept;
  /// Gives the pair `from`, which is that of `member`, another score, whose code has the size of the
  /// one it has; `to` is its index then.
  void move(size_t from, size_t to, const Packing& member, const PackedScore& score) noexcept;

  /// Writes the offsets of pairs that are there without any.
  void write_offsets() noexcept;

 private:
  PackedPairs view() const noexcept { return {begin_, shape_}; }
  char* slot(size_t index) const noexcept { return slot(index, shape_.pairs_bytes); }
  /// Where an offset is when the pairs take `pairs_bytes`.
  char* slot(size_t index, size_t pairs_bytes) const noexcept {
    return begin_ + pairs_bytes + index * width_;
  }
  void set_offset(size_t index, size_t offset) noexcept;
  /// Adds `difference`, modulo the width, to the offsets from `first` up to `last`.
  void add_to_offsets(size_t first, size_t last, size_t difference) noexcept;

  char* begin_;
  PairsShape shape_;
  size_t width_;
};

}  // namespace kevy
