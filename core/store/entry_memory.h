// EntryMemory: the blocks that the entries of one keyspace lie in. While they are few each is an
// allocation of its own; later those of up to 4 KB are cut from spans, the blocks of a span being
// of one size. A span that has become empty goes back to the pool, but for one.
//
// Blocks never move. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/span_pool.h"
#include "store/entry.h"

namespace kevy {

class EntryMemory {
 public:
  /// The pool must outlive it.
  explicit EntryMemory(SpanPool& pool) noexcept : pool_(&pool) {}
  /// What lies in spans goes with it. All else must have been released.
  ~EntryMemory();
  EntryMemory(const EntryMemory&) = delete;
  EntryMemory& operator=(const EntryMemory&) = delete;

  /// A block of `capacity` bytes, as Entry::capacity_for gives them, whose flags say where it lies
  /// and nothing else; the rest is not set. nullptr when there is no memory.
  Entry* allocate(size_t capacity) noexcept;
  void release(Entry* entry) noexcept;
  /// Whether ~EntryMemory releases it too.
  static bool lies_in_span(const Entry& entry) noexcept {
    return (entry.flags_ & Entry::kInSpan) != 0;
  }

  /// Bytes of the block of `entry`.
  static size_t bytes_of(const Entry& entry) noexcept;
  /// Bytes of all blocks.
  size_t memory_bytes() const noexcept { return memory_; }

 private:
  static constexpr size_t kBlockMax = 4096;
  static constexpr size_t kSmallSizes = 512 / 8 + 1, kSizes = kSmallSizes + 3 * 16;

  /// The spans with blocks of one size.
  struct Shelf {
    Span* with_room;
    Span* full;
  };

  static size_t shelf_number(size_t capacity) noexcept;
  bool worth_a_span() const noexcept;
  Span* add_span(Shelf& shelf, size_t capacity) noexcept;
  static void* cut(Span& span) noexcept;
  static bool is_full(const Span& span) noexcept;
  static void link(Span*& list, Span* span) noexcept;
  static void unlink(Span*& list, Span* span) noexcept;

  SpanPool* pool_;
  std::unique_ptr<Shelf[]> shelves_;  // made with the first span
  Span* spare_ = nullptr;
  size_t memory_ = 0;
  size_t sizes_in_use_ = 0;
};

}  // namespace kevy
