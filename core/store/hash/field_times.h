// FieldTimes: when the fields of a big hash expire, the earliest first: a binary heap.
//
// Each field with a time to live knows its place in the heap, which changes with it; so any one is
// found, changed and removed in O(log n). Owned by a HashObject, which owns the fields too. Touched
// only by the holder of the shard's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kevy {

class Field;

class FieldTimes {
 public:
  struct Time {
    int64_t at_ms;
    Field* field;
  };

  bool empty() const noexcept { return heap_.empty(); }
  size_t size() const noexcept { return heap_.size(); }
  /// The earliest.
  const Time& first() const noexcept { return heap_.front(); }
  const Time& at(uint32_t place) const noexcept { return heap_[place]; }
  /// Whether all have come.
  bool all_due(int64_t now_ms) const noexcept;

  /// Makes room for so many more, or throws std::bad_alloc. It stays until shrink().
  void reserve(size_t more);
  /// For a field that has none; there is room.
  void add(Field& field, int64_t at_ms) noexcept;
  void change(uint32_t place, int64_t at_ms) noexcept;
  void remove(uint32_t place) noexcept;
  /// Gives room back when most of it is not in use.
  void shrink() noexcept;
  /// The field of a place is somewhere else in memory.
  void moved(uint32_t place, Field* field) noexcept { heap_[place].field = field; }

  size_t memory_bytes() const noexcept;

 private:
  static constexpr size_t kMost = UINT32_MAX;

  void put(size_t place, Time time) noexcept;
  void rise(size_t place, Time time) noexcept;
  void sink(size_t place, Time time) noexcept;
  void settle(size_t place, Time time) noexcept;

  std::vector<Time> heap_;
};

}  // namespace kevy
