// The elements of a list as they lie in memory: packed as in packed.h, each followed by its length,
// so that a list can be walked from behind too. That length, without itself, has 7 bits a byte, the
// lowest in the last byte; every byte but the first has the high bit set, so that whoever comes
// from behind knows when to stop. A sequence of them is what stands in a listpack of Redis.
//
// And how much of them one piece of memory may hold. Pure functions: any thread.
#pragma once

#include "store/packed/packed.h"

namespace kevy {

enum class End : uint8_t { kFront, kBack };

/// The longest element, which leaves room for what stands around it in 32 bits.
inline constexpr size_t kListElementMax = (size_t{1} << 32) - 1024;

/// How many bytes the length behind an element takes that has `size` bytes itself.
constexpr size_t length_behind_size(size_t size) noexcept {
  size_t bytes = 1;
  for (; size > 0x7f; size >>= 7) ++bytes;
  return bytes;
}

/// An element that is to be stored or looked for. Refers to the value's bytes.
class ListElement {
 public:
  explicit ListElement(Bytes value) noexcept : packing_(value) {}

  size_t size() const noexcept { return packing_.size() + length_behind_size(packing_.size()); }
  /// Writes size() bytes and returns where they end.
  char* write(char* to) const noexcept {
    to = packing_.write(to);
    const size_t size = packing_.size();
    if (size > 0x7f) [[unlikely]] return write_long_length(to, size);
    *to = static_cast<char>(size);
    return to + 1;
  }
  /// Whether the element at `at` is this value.
  bool equals(const char* at) const noexcept { return packing_.equals(at); }

 private:
  static char* write_long_length(char* to, size_t size) noexcept;

  Packing packing_;
};

/// The bytes of the element at `at`, with the length behind it.
inline size_t list_element_size(const char* at) noexcept {
  const size_t size = packed_size(at);
  return size + length_behind_size(size);
}

/// Where the element starts that ends at `end`.
inline const char* list_element_before(const char* end) noexcept {
  size_t size = 0;
  unsigned shift = 0;
  uint8_t byte;
  do {
    byte = static_cast<uint8_t>(*--end);
    size |= static_cast<size_t>(byte & 0x7f) << shift;
    shift += 7;
  } while ((byte & 0x80) != 0);
  return end - size;
}

/// Elements that lie together, and how many they are.
struct ListRun {
  Bytes bytes;
  size_t count = 0;

  const char* begin() const noexcept { return bytes.data(); }
  const char* end() const noexcept { return bytes.data() + bytes.size(); }
  /// Where element `index` starts, the end for `count`. Walks from the nearer end.
  const char* at(size_t index) const noexcept;
  size_t offset(size_t index) const noexcept { return static_cast<size_t>(at(index) - begin()); }

  /// Some elements that are equal: how many, and where the first one starts.
  struct Equal {
    size_t count = 0;
    size_t offset = 0;
  };
  /// Those that are `value`: up to `max`, the nearest to `from`. Looks at no element behind them.
  Equal find_equal(const ListElement& value, size_t max, End from) const noexcept;
};

/// Copies what lies in `bytes`, elements of a list, to `to` without the first `erased` that are
/// `value`, so many there are. `to` may be where they lie. Returns the end.
char* copy_without(Bytes bytes, const ListElement& value, size_t erased, char* to) noexcept;

/// How the elements of a list may lie.
struct ListLimit {
  /// How much may lie together: the whole of a small list, and a chunk of a big one.
  size_t bytes;
  size_t count;
  /// So many chunks at each end of a big list are never compressed, and those from twice as far on
  /// are.
  size_t plain_chunks;

  /// As the settings say it. `packed_size`, list-max-listpack-size: a number of elements, or -1 to
  /// -5 for 4, 8, 16, 32, 64 KB; with a number of elements, not more than 8 KB either.
  /// `compress_depth`, list-compress-depth: the chunks at each end, or 0 for what is usual here.
  static ListLimit of(int64_t packed_size, int64_t compress_depth = 0) noexcept;

  bool holds(size_t of_bytes, size_t of_count) const noexcept {
    return of_bytes <= bytes && of_count <= count;
  }
  ListLimit half() const noexcept { return {bytes / 2, count / 2, plain_chunks}; }
};

}  // namespace kevy
