// ItemRef: where an item of a table is, and its extent: how much of it a lookup has fetched into the
// cache, all lines at once, before its first one has come and says how long it is.
//
// One word: items lie at multiples of eight, which leaves three bits. Pure functions: any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/prefetch.h"

namespace kevy {

class ItemRef {
 public:
  ItemRef() = default;
  /// `extent`: as extent_of gives it.
  explicit ItemRef(void* item, unsigned extent = 0) noexcept
      : word_(static_cast<char*>(item) + extent) {}

  void* item() const noexcept { return word_ - extent(); }
  void fetch() const noexcept {
    const char* const begin = word_ - extent();
    prefetch_line(begin);
    // Wherever in a line the item starts.
    const size_t end = kLines[extent()] * kLine;
    for (size_t at = kLine - 8; at < end; at += kLine) prefetch_line(begin + at);
  }

  /// The least extent of so many bytes, or the largest.
  static unsigned extent_of(size_t bytes) noexcept {
    unsigned extent = 0;
    while (extent < kMost && kLines[extent] * kLine < bytes) ++extent;
    return extent;
  }

 private:
  static constexpr size_t kLine = 64;
  static constexpr unsigned kMost = 7;
  // Three lines of the smallest item too: while all fit a cache, what lies beside it is wanted soon.
  static constexpr size_t kLines[kMost + 1] = {3, 4, 5, 6, 8, 12, 16, 32};

  unsigned extent() const noexcept { return reinterpret_cast<uintptr_t>(word_) & kMost; }

  char* word_;
};

}  // namespace kevy
