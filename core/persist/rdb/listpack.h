// Listpacks: how small collections, the nodes of lists and the pieces of streams lie in RDB files.
//
//   size of all (4 bytes) | count of elements (2; 65,535: as many as there are) | element, length
//   of it | ... | ff
//
// The elements are those of packed.h. The length behind one, without itself, has 7 bits a byte, the
// lowest in the last byte; every byte but the first has the high bit set. What is exactly as long
// as 2, 3 or 4 such bytes can tell has, in Redis and in Valkey before 9, one more: no listpack with
// it is right for all, so whoever can writes it in another form.
//
// Pure functions and what is made on the stack; one thread.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "store/list/list_element.h"
#include "store/packed/packed.h"

namespace kevy {

/// Whether the versions differ in the length behind an element whose code takes `size` bytes.
constexpr bool has_disputed_length(size_t size) noexcept {
  return size == (1 << 14) - 1 || size == (1 << 21) - 1 || size == (1 << 28) - 1;
}
/// Whether the value has a code of such a size.
constexpr bool is_disputed_size(size_t size) noexcept {
  constexpr size_t kHead = 5;
  return has_disputed_length(size + kHead);
}

/// A listpack being written, to one string after another.
class ListpackWriter {
 public:
  ListpackWriter() { clear(); }
  /// Begins another one; the memory stays.
  void clear();
  void add(Bytes text) { add(Packing(text)); }
  void add(int64_t number) { add(Packing(number)); }
  void add_element(const PackedElement& element) {
    element.is_integer ? add(element.integer) : add(element.bytes);
  }
  /// Elements as they lie in a list, none of which has_disputed_length().
  void add(const ListRun& run) {
    bytes_ += run.bytes;
    count_ += run.count;
  }
  /// All of it. Good until it changes.
  Bytes finish();
  size_t count() const noexcept { return count_; }
  /// Of what finish() would give.
  size_t size() const noexcept { return bytes_.size() + 1; }
  /// Whether one of its elements has_disputed_length().
  bool disputed() const noexcept { return disputed_; }

 private:
  void add(const Packing& packing);

  std::string bytes_;
  size_t count_ = 0;
  bool disputed_ = false;
};

/// The elements of a listpack that was found to be right in all.
class Listpack {
 public:
  /// Nothing where any byte is wrong.
  static std::optional<Listpack> open(Bytes bytes) noexcept;

  size_t count() const noexcept { return count_; }
  bool done() const noexcept { return at_ == end_; }
  /// There is one. Good as long as the bytes.
  PackedElement next() noexcept;

 private:
  Listpack(const char* at, const char* end, size_t count) noexcept
      : at_(at), end_(end), count_(count) {}

  const char* at_;
  const char* end_;
  size_t count_;
};

}  // namespace kevy
