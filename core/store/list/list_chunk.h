// ListChunk: a piece of a big list: elements in one block of memory, with free bytes before and
// behind them, so that a list can grow at either end without moving what is there. And ChunkRing:
// the chunks of a list in order.
//
// A chunk that views of the list want (list_view.h) is not changed or freed, but left to them: a slot
// says how many views were opened of it, and the chunk how many of these are through with it. So who
// opens one need not touch the chunks.
//
// Both know only bytes and counts. Touched by the holder of the shard's lock alone.
#pragma once

#include <cstddef>

#include "base/check.h"
#include "store/list/list_element.h"

namespace kevy {

class ListChunk {
 public:
  /// Room for `capacity` bytes; the elements will grow from `end` of it.
  static ListChunk* make(size_t capacity, End end);
  /// One that holds just these bytes.
  static ListChunk* of(Bytes bytes);
  /// One with the same bytes, and the same free ones around them.
  ListChunk* copy() const;
  static void free(ListChunk* chunk) noexcept;
  ListChunk(const ListChunk&) = delete;
  ListChunk& operator=(const ListChunk&) = delete;

  Bytes bytes() const noexcept { return {data() + begin_, size()}; }
  size_t size() const noexcept { return end_ - begin_; }
  size_t capacity() const noexcept { return capacity_; }
  /// Free bytes before or behind the elements.
  size_t room(End end) const noexcept { return end == End::kFront ? begin_ : capacity_ - end_; }
  size_t memory_bytes() const noexcept;

  /// Takes in `size` free bytes at an end, where there is so much room, for the caller to write to.
  char* extend(End end, size_t size) noexcept {
    const auto more = static_cast<uint32_t>(size);
    if (end == End::kFront) return data() + (begin_ -= more);
    end_ += more;
    return data() + end_ - more;
  }
  /// Replaces `erased` bytes at `at` by `inserted` ones, which the caller is to write to what is
  /// returned. `chunk` may move to a larger block, up to `limit` bytes where that suffices; then
  /// `memory`, which counts the memory_bytes() of chunks, is changed too.
  static char* splice(ListChunk*& chunk, size_t at, size_t erased, size_t inserted, size_t limit,
                      size_t& memory);
  /// Drops the outermost bytes.
  void shorten(End end, size_t bytes) noexcept {
    if (end == End::kFront) {
      begin_ += static_cast<uint32_t>(bytes);
    } else {
      end_ -= static_cast<uint32_t>(bytes);
    }
  }
  /// To be called after something wrote fewer bytes over the elements in place.
  void cut_to(const char* end) noexcept { end_ = static_cast<uint32_t>(end - data()); }
  char* begin() noexcept { return data() + begin_; }

  /// For the list that lets go of it: so many views have it.
  void leave_to(uint16_t views) noexcept { left_to_ = views; }
  /// For a view, which does not touch it any more.
  static void end_view(ListChunk* chunk) noexcept {
    if (chunk->left_to_ == 0) {
      ++chunk->views_ended_;
    } else if (--chunk->left_to_ == 0) {
      free(chunk);
    }
  }
  /// Views that are through with it, of those that were opened while a list had it. Counts of views
  /// begin at zero again.
  uint16_t views_ended() const noexcept { return views_ended_; }

 private:
  ListChunk() = default;

  static ListChunk* allocate(size_t capacity);
  static char* regrow(ListChunk*& chunk, size_t at, size_t inserted, size_t limit,
                      size_t& memory);
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }

  uint32_t capacity_;
  uint32_t begin_, end_;  // of the elements
  uint16_t views_ended_ = 0;
  uint16_t left_to_ = 0;  // 0: a list has it
};

/// The chunks of a list, with how many elements each has: a ring, so that both ends are open and
/// counts lie together. Does not own them.
class ChunkRing {
 public:
  struct Slot {
    ListChunk* chunk;
    uint32_t count;
    uint16_t plain_size = 0;  // of a chunk whose bytes are compressed: what its elements take
    uint16_t views = 0;       // were opened of it

    bool compressed() const noexcept { return plain_size != 0; }
    /// The bytes of the elements.
    size_t size() const noexcept { return compressed() ? plain_size : chunk->size(); }
    /// The elements, where they are not compressed.
    ListRun run() const noexcept {
      KEVY_DCHECK(!compressed());
      return {chunk->bytes(), count};
    }
    /// How many views want the chunk, while there are some.
    uint16_t wanted() const noexcept {
      return static_cast<uint16_t>(views - chunk->views_ended());
    }
    /// Writes size() bytes.
    void copy_elements(char* to) const noexcept;
  };

  ChunkRing() = default;
  ~ChunkRing();
  ChunkRing(const ChunkRing&) = delete;
  ChunkRing& operator=(const ChunkRing&) = delete;

  size_t size() const noexcept { return size_; }
  size_t memory_bytes() const noexcept { return memory_; }
  Slot& operator[](size_t i) noexcept { return slots_[(first_ + i) & (capacity_ - 1)]; }
  const Slot& operator[](size_t i) const noexcept { return slots_[(first_ + i) & (capacity_ - 1)]; }

  /// Puts a slot before slot `at`, or at the end. Moves the slots of the nearer side.
  void insert(size_t at, Slot slot);
  void erase(size_t at, size_t count) noexcept;
  /// Makes sure that `count` slots more can be inserted without an allocation.
  void reserve(size_t count);

 private:
  void move_to(size_t capacity);

  Slot* slots_ = nullptr;
  size_t memory_ = 0;    // of the slots
  size_t capacity_ = 0;  // a power of two, or 0
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace kevy
