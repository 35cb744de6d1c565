// Intset: numbers in ascending order, one after another in one piece of memory, as a small set of
// integers is kept. All take the same width, 2, 4 or 8 bytes, low byte first: the least in which
// every number that ever was in it fits. The width is not kept; it follows from the size and the
// count.
//
// Where the numbers lie, and making room among them, is the owner's matter (Keyspace::splice). Pure
// functions: any thread.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace kevy {

class Intset {
 public:
  static constexpr size_t kWidthMin = 2;

  Intset(Bytes numbers, size_t count) noexcept
      : numbers_(numbers.data()),
        count_(count),
        width_(count == 0 ? kWidthMin : numbers.size() / count) {}

  size_t size() const noexcept { return count_; }
  size_t width() const noexcept { return width_; }
  int64_t operator[](size_t index) const noexcept;

  /// Where a number is, or where it would have to stand.
  struct Place {
    size_t index;
    bool found;
  };
  Place find(int64_t number) const noexcept;

  /// The least width in which a number fits.
  static size_t width_of(int64_t number) noexcept;
  /// Writes a number in the given width, in which it fits, and returns where it ends.
  static char* write(char* to, int64_t number, size_t width) noexcept {
    std::memcpy(to, &number, width);
    return to + width;
  }
  /// Gives the first `count` numbers at `at` the width `to` in place of the smaller `from`, and
  /// leaves room for `before` more in front of them. The memory is the caller's to provide.
  static void widen(char* at, size_t count, size_t from, size_t to, size_t before) noexcept;

 private:
  const char* numbers_;
  size_t count_;
  size_t width_;
};

}  // namespace kevy
