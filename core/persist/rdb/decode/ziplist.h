// Ziplists and zipmaps: what listpacks were before Redis 7. Read only. Pure functions.
//
// A ziplist: size of all (4 bytes) | where its last element starts (4) | count (2; 65,535: as many
// as there are) | size of the element before (1, or fe and 4 bytes), element | ... | ff. An element
// is a string with its length in 6 bits, 14 bits or 4 bytes (high byte first), or a number.
//
// A zipmap: count (1; not to be relied on) | length (1, or fe and 4 bytes), field | length, unused
// bytes (1), value, those bytes | ... | ff.
#pragma once

#include <optional>
#include <utility>

#include "base/bytes.h"
#include "store/packed/packed.h"

namespace kevy {

/// The elements of a ziplist that was found to be right in all.
class Ziplist {
 public:
  /// Nothing where any byte is wrong.
  static std::optional<Ziplist> open(Bytes bytes) noexcept;

  size_t count() const noexcept { return count_; }
  bool done() const noexcept { return at_ == end_; }
  /// There is one. Good as long as the bytes.
  PackedElement next() noexcept;

 private:
  Ziplist(const char* at, const char* end, size_t count) noexcept
      : at_(at), end_(end), count_(count) {}

  const char* at_;
  const char* end_;
  size_t count_;
};

/// The pairs of a zipmap, found to be right as they are read.
class Zipmap {
 public:
  explicit Zipmap(Bytes bytes) noexcept;

  bool done() const noexcept { return valid_ && at_ == end_; }
  /// Nothing where a byte is wrong.
  std::optional<std::pair<Bytes, Bytes>> next() noexcept;

 private:
  std::optional<size_t> length() noexcept;
  size_t left() const noexcept { return static_cast<size_t>(end_ - at_); }

  const char* at_;
  const char* end_;
  bool valid_;
};

}  // namespace kevy
