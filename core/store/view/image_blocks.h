// ImageBlocks: copies of things of any size, one behind the other in large blocks, so that a copy is
// an addition most of the time.
//
// Owns the memory and knows nothing of what is in it. One thread at a time, but not always the same:
// what the holder of a shard's lock has put in may be read by who holds nothing.
#pragma once

#include <cstddef>

namespace kevy {

class ImageBlocks {
 public:
  ImageBlocks() = default;
  ~ImageBlocks() { keep_block(nullptr); }
  ImageBlocks(const ImageBlocks&) = delete;
  ImageBlocks& operator=(const ImageBlocks&) = delete;

  /// Memory for one more, at a multiple of 8. Throws std::bad_alloc.
  char* add(size_t size);
  /// Has memory for so many bytes, as far as there is some.
  void reserve(size_t bytes) noexcept;
  /// Takes all that the other has.
  void take_from(ImageBlocks& other) noexcept;
  /// Keeps none, and no more memory than the largest block.
  void clear() noexcept;

  size_t count() const noexcept { return count_; }
  /// What all of it takes.
  size_t bytes() const noexcept { return bytes_; }

  /// visit(const char*) with each.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Block* block = first_; block != nullptr; block = block->next) {
      const char* const images = reinterpret_cast<const char*>(block + 1);
      for (size_t at = 0; at < block->used;) {
        const auto* const head = reinterpret_cast<const Head*>(images + at);
        visit(reinterpret_cast<const char*>(head + 1));
        at += head->size;
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
  struct Head {
    size_t size;  // with this head
  };

  Block* add_block(size_t capacity) noexcept;
  void keep_block(Block* kept) noexcept;

  Block* first_ = nullptr;
  Block* last_ = nullptr;
  size_t count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace kevy
