#include "store/view/image_blocks.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

namespace kevy {

ImageBlocks::Block* ImageBlocks::add_block(size_t capacity) noexcept {
  auto* const block = static_cast<Block*>(std::malloc(sizeof(Block) + capacity));
  if (block == nullptr) return nullptr;
  *block = {nullptr, 0, capacity};
  (last_ == nullptr ? first_ : last_->next) = block;
  last_ = block;
  bytes_ += sizeof(Block) + capacity;
  return block;
}

void ImageBlocks::reserve(size_t bytes) noexcept {
  if (last_ == nullptr || last_->capacity - last_->used < bytes) add_block(bytes);
}

char* ImageBlocks::add(size_t size) {
  constexpr size_t kStep = alignof(Head);
  const size_t whole = (sizeof(Head) + size + kStep - 1) / kStep * kStep;
  if (last_ == nullptr || last_->capacity - last_->used < whole) {
    if (add_block(std::max(whole, kBlockBytes)) == nullptr) throw std::bad_alloc();
  }
  char* const room = reinterpret_cast<char*>(last_ + 1) + last_->used;
  last_->used += whole;
  ++count_;
  return reinterpret_cast<char*>(new (room) Head{whole} + 1);
}

// In front, so that there is room left at the end.
void ImageBlocks::take_from(ImageBlocks& other) noexcept {
  if (other.first_ == nullptr) return;
  other.last_->next = first_;
  first_ = other.first_;
  if (last_ == nullptr) last_ = other.last_;
  count_ += std::exchange(other.count_, 0);
  bytes_ += std::exchange(other.bytes_, 0);
  other.first_ = other.last_ = nullptr;
}

void ImageBlocks::keep_block(Block* kept) noexcept {
  for (Block* block = std::exchange(first_, kept); block != nullptr;) {
    Block* const next = block->next;
    if (block != kept) std::free(block);
    block = next;
  }
  last_ = kept;
  bytes_ = count_ = 0;
  if (kept == nullptr) return;
  kept->next = nullptr;
  kept->used = 0;
  bytes_ = sizeof(Block) + kept->capacity;
}

void ImageBlocks::clear() noexcept {
  Block* largest = first_;
  for (Block* block = first_; block != nullptr; block = block->next) {
    if (block->capacity > largest->capacity) largest = block;
  }
  keep_block(largest);
}

}  // namespace kevy
