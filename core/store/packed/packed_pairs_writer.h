// PackedPairsWriter: changes packed pairs (packed_pairs.h) in memory that its caller gives: what
// moves is moved once, and the offsets are brought up to date, not found anew, unless their width
// changes.
//
// The memory must suffice for what is there and for what it becomes, and be preceded as for a view.
// Nothing throws.
#pragma once

#include "store/packed/packed_pairs.h"

namespace kevy {

class PackedPairsWriter {
 public:
  /// Pairs of this shape are at `at`, their offsets first.
  PackedPairsWriter(char* at, PairsShape shape) noexcept
      : at_(at), shape_(shape), width_(shape.width()) {}

  void insert(size_t index, const Packing& member, const PackedScore& score) noexcept;
  void erase(size_t first, size_t count) noexcept;
  /// Gives the pair `from`, which is that of `member`, another score; `to` is its index then.
  void move(size_t from, size_t to, const Packing& member, const PackedScore& score) noexcept;

  const PairsShape& shape() const noexcept { return shape_; }
  /// Where the first pair belongs.
  char* pairs() const noexcept { return slot(shape_.count); }
  /// Writes the offsets of the pairs that are there.
  void write_offsets() noexcept;

 private:
  PackedPairs view() const noexcept { return {at_, shape_}; }
  char* slot(size_t index) const noexcept { return at_ + index * width_; }
  /// Calls `use` with a value of the type that an offset has.
  template <typename Use>
  void with_width(const Use& use) const noexcept;

  char* at_;
  PairsShape shape_;
  size_t width_;
};

}  // namespace kevy
