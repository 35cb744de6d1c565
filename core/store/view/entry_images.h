// EntryImages: copies of entries as they were at one moment, each to be read as the entry that it is
// a copy of. A long string is shared with whoever has it, and a collection that lies outside of its
// entry is a copy too.
//
// Owns all of it. One thread at a time, but not always the same: what the holder of a shard's lock
// has put in may be read by who holds nothing.
#pragma once

#include <memory>
#include <utility>

#include "store/entry.h"
#include "store/view/image_blocks.h"

namespace kevy {

class EntryImages {
 public:
  EntryImages() = default;
  ~EntryImages() { release_values(); }
  EntryImages(const EntryImages&) = delete;
  EntryImages& operator=(const EntryImages&) = delete;

  /// Throws std::bad_alloc, and it was not added.
  void add(const Entry& entry);
  /// Adds the entry with another object in the place of its own.
  void add_head(const Entry& entry, std::unique_ptr<Object> object);
  /// Has memory for so many bytes of images, as far as there is some.
  void reserve(size_t bytes) noexcept { blocks_.reserve(bytes); }
  /// Takes all that the other has.
  void take_from(EntryImages& other) noexcept {
    blocks_.take_from(other.blocks_);
    object_bytes_ += std::exchange(other.object_bytes_, 0);
  }
  /// Keeps no image, and no more memory than the largest block.
  void clear() noexcept;

  bool empty() const noexcept { return count() == 0; }
  size_t count() const noexcept { return blocks_.count(); }
  /// What all of it takes, but for strings that are shared.
  size_t bytes() const noexcept { return blocks_.bytes() + object_bytes_; }

  /// visit(const Entry&) with each.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    blocks_.for_each(
        [&](const char* image) { visit(*reinterpret_cast<const Entry*>(image)); });
  }

 private:
  Entry& add_bytes(const Entry& entry);
  void release_values() noexcept;

  ImageBlocks blocks_;
  size_t object_bytes_ = 0;
};

}  // namespace kevy
