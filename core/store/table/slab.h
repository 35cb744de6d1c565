// Slab: the memory that the members of one big collection lie in. Blocks of up to 128 bytes, in
// steps of 8, are cut from chunks; each longer one is an allocation of its own, and so is each
// block while there are few of them, which the chunks would cost more than they save.
//
// A block that is given back is a hole, for the next block of its size. Where three of four blocks
// of a size are holes they are closed, a few at each release: the last blocks move to the first
// holes, and chunks at the end that have become empty are given back. So a collection that has
// shrunk does not keep its memory, and no single change takes long.
//
// To tell a hole from a block, the first byte of a block in use must be below 0x80; all else in it
// is its owner's. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include "base/poison.h"
#include "store/table/table.h"

namespace kevy {

class Slab {
 public:
  static constexpr size_t kBlockMax = 128;

  Slab() = default;
  /// Blocks go with it, but not those that lie alone.
  ~Slab();
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  /// What a block of `size` bytes, at least one, has room for.
  static constexpr size_t capacity(size_t size) noexcept {
    constexpr size_t kMallocStep = 16, kMallocHead = 8;
    if (size <= kBlockMax) return (size + kStep - 1) / kStep * kStep;
    return (size + kMallocHead - 1) / kMallocStep * kMallocStep + kMallocHead;
  }

  /// Throws std::bad_alloc.
  void* allocate(size_t size) {
    if (lies_alone(size)) [[unlikely]] return allocate_alone(size);
    Shelf& shelf = shelf_of(size);
    const size_t bytes = capacity(size);
    char* block = shelf.holes_for_use;
    if (block != nullptr) {
      shelf.holes_for_use = next_hole(block);
      --shelf.holes;
    } else {
      if (shelf.last == nullptr || shelf.last->used == shelf.last->capacity) [[unlikely]] {
        add_chunk(shelf, bytes);
      }
      block = shelf.last->blocks() + shelf.last->used;
      shelf.last->used += static_cast<uint32_t>(bytes);
      ++shelf.blocks;
    }
    unpoison(block, bytes);
    return block;
  }

  /// Before the first block: so many are to come, or fewer. If they are not few none lies alone.
  void expect(size_t blocks) {
    if (blocks > kFew && shelves_ == nullptr && alone_ == 0) make_shelves();
  }

  /// Gives back a block that was asked for with that size. Whatever other block has to move for it,
  /// moved(copy) is called, while that block still is where it was too.
  template <typename Moved>
  void release(void* block, size_t size, Moved&& moved) noexcept {
    if (lies_alone(size)) [[unlikely]] {
      release_alone(block);
      return;
    }
    Shelf& shelf = shelf_of(size);
    add_hole(shelf, static_cast<char*>(block), capacity(size));
    if (shelves_->closing != nullptr || shelf.holes > shelf.blocks / 4 * 3) [[unlikely]] {
      consider_closing(shelf);
      for (unsigned step = 0; step < kStepsARelease && shelves_->closing != nullptr; ++step) {
        if (void* copy = close_hole()) {
          moved(copy);
          drop_last(*shelves_->closing);
        }
      }
    }
  }

  /// The same, but nothing moves for it; holes are closed by a later release.
  void put_back(void* block, size_t size) noexcept {
    if (lies_alone(size)) [[unlikely]] {
      release_alone(block);
    } else {
      add_hole(shelf_of(size), static_cast<char*>(block), capacity(size));
    }
  }

  /// To be called when a member has been added to those in `items`, all whose blocks are this
  /// slab's: when they have become many, they move into chunks. As above, for each that moves.
  template <typename Item, typename Moved>
  void grew(const Table<Item>& items, Moved&& moved) noexcept {
    if (shelves_ == nullptr && items.size() > kFew) [[unlikely]] move_into_chunks(items, moved);
  }

  /// What is to be done about `items` before the slab and they go together.
  template <typename Item>
  void release_all(const Table<Item>& items) noexcept {
    if (alone_ == 0) return;
    items.for_each([this](Item& item) {
      if (lies_alone(item.memory_size())) release_alone(&item);
      return Walk::kGoOn;
    });
  }

  /// All that is allocated. O(1).
  size_t memory_bytes() const noexcept { return memory_; }

 private:
  static constexpr size_t kStep = 8;
  static constexpr size_t kSizes = kBlockMax / kStep;
  static constexpr size_t kFew = 256;
  static constexpr unsigned kStepsARelease = 16;

  struct Chunk {
    Chunk* previous;
    Chunk* next;    // of the last: the first
    uint32_t used;  // bytes, as capacity
    uint32_t capacity;
    char* blocks() noexcept { return reinterpret_cast<char*>(this + 1); }
  };
  /// All blocks of one size. All chunks but the last are used up.
  struct Shelf {
    Chunk* last;
    char* holes_for_use;  // linked
    size_t blocks;        // with the holes
    size_t holes;         // also those not linked
  };
  struct Shelves {
    Shelf of_size[kSizes];
    // The holes of one shelf are closed at a time, by a pass from its first block to its last. All
    // blocks before `next` were looked at by this pass, so a hole among them is newer than the look.
    Shelf* closing;
    Chunk* next_chunk;
    char* next;
  };

  bool lies_alone(size_t size) const noexcept { return shelves_ == nullptr || size > kBlockMax; }
  Shelf& shelf_of(size_t size) const noexcept { return shelves_->of_size[(size - 1) / kStep]; }
  size_t block_bytes(const Shelf& shelf) const noexcept {
    return (static_cast<size_t>(&shelf - shelves_->of_size) + 1) * kStep;
  }

  static bool is_hole(const char* block) noexcept;
  static char* next_hole(const char* hole) noexcept;
  void add_hole(Shelf& shelf, char* block, size_t bytes) noexcept;

  void* allocate_alone(size_t size);
  void release_alone(void* block) noexcept;
  void add_chunk(Shelf& shelf, size_t bytes);
  void drop_chunk(Shelf& shelf) noexcept;
  void drop_last(Shelf& shelf) noexcept;
  void consider_closing(Shelf& shelf) noexcept;
  void* close_hole() noexcept;
  void make_shelves();
  void drop_shelves() noexcept;

  template <typename Item, typename Moved>
  void move_into_chunks(const Table<Item>& items, Moved&& moved) noexcept {
    std::vector<Item*> old;
    std::vector<void*> blocks;
    try {
      items.for_each([&](Item& item) {
        if (item.memory_size() <= kBlockMax) old.push_back(&item);
        return Walk::kGoOn;
      });
      make_shelves();
      for (const Item* item : old) blocks.push_back(allocate(item->memory_size()));
    } catch (const std::bad_alloc&) {  // then they stay where they are
      drop_shelves();
      return;
    }
    for (size_t i = 0; i < old.size(); ++i) {
      std::memcpy(blocks[i], static_cast<const void*>(old[i]), old[i]->memory_size());
      moved(blocks[i]);
      release_alone(old[i]);
    }
  }

  Shelves* shelves_ = nullptr;  // none while all blocks lie alone
  size_t alone_ = 0;            // blocks
  size_t memory_ = 0;
};

}  // namespace kevy
