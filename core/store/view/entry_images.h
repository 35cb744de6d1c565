// EntryImages: copies of entries as they were at one moment, each to be read as the entry that it is
// a copy of. A long string is shared with whoever has it, and a collection that lies outside of its
// entry is a copy too.
//
// Owns all of it. One thread at a time, but not always the same: what the holder of a shard's lock
// has put in may be read by who holds nothing.
#pragma once

#include <cstddef>
#include <utility>

#include "store/entry.h"

namespace kevy {

class EntryImages {
 public:
  EntryImages() = default;
  ~EntryImages();
  EntryImages(const EntryImages&) = delete;
  EntryImages& operator=(const EntryImages&) = delete;

  /// Throws std::bad_alloc, and it was not added.
  void add(const Entry& entry);
  /// Has memory for so many bytes of images, as far as there is some.
  void reserve(size_t bytes) noexcept;
  /// Takes all that the other has.
  void take_from(EntryImages& other) noexcept;
  /// Keeps no image, and no more memory than the largest block.
  void clear() noexcept;

  bool empty() const noexcept { return count_ == 0; }
  size_t count() const noexcept { return count_; }
  /// What all of it takes, but for strings that are shared.
  size_t bytes() const noexcept { return bytes_; }

  /// visit(const Entry&) with each.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Block* block = first_; block != nullptr; block = block->next) {
      for (size_t at = 0; at < block->used; at += image(*block, at)->size) {
        visit(*entry_of(image(*block, at)));
      }
    }
  }

 private:
  static constexpr size_t kBlockBytes = size_t{16} * 1024 - 64;

  struct Block {
    Block* next;
    size_t used;
    size_t capacity;
  };
  struct Image {
    size_t size;  // with this head
  };

  static const Image* image(const Block& block, size_t at) noexcept {
    return reinterpret_cast<const Image*>(reinterpret_cast<const char*>(&block + 1) + at);
  }
  static const Entry* entry_of(const Image* image) noexcept {
    return reinterpret_cast<const Entry*>(image + 1);
  }
  char* make_room(size_t size);
  Block* add_block(size_t capacity) noexcept;
  void release_values() noexcept;
  void keep_block(Block* kept) noexcept;

  Block* first_ = nullptr;
  Block* last_ = nullptr;
  size_t count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace kevy
