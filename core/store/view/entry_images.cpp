#include "store/view/entry_images.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "store/object.h"

namespace kevy {

EntryImages::Block* EntryImages::add_block(size_t capacity) noexcept {
  auto* const block = static_cast<Block*>(std::malloc(sizeof(Block) + capacity));
  if (block == nullptr) return nullptr;
  *block = {nullptr, 0, capacity};
  (last_ == nullptr ? first_ : last_->next) = block;
  last_ = block;
  bytes_ += sizeof(Block) + capacity;
  return block;
}

void EntryImages::reserve(size_t bytes) noexcept {
  if (last_ == nullptr || last_->capacity - last_->used < bytes) add_block(bytes);
}

char* EntryImages::make_room(size_t size) {
  if (last_ == nullptr || last_->capacity - last_->used < size) {
    if (add_block(std::max(size, kBlockBytes)) == nullptr) throw std::bad_alloc();
  }
  char* const room = reinterpret_cast<char*>(last_ + 1) + last_->used;
  last_->used += size;
  return room;
}

void EntryImages::add(const Entry& entry) {
  constexpr size_t kStep = alignof(Image);
  std::unique_ptr<Object> object;
  if (entry.encoding() == Encoding::kObject) object = entry.object()->clone();
  const size_t bytes = entry.size_bytes();
  const size_t size = (sizeof(Image) + bytes + kStep - 1) / kStep * kStep;
  char* const room = make_room(size);
  auto* const image = new (room) Image{size};
  auto* const copy = reinterpret_cast<Entry*>(image + 1);
  std::memcpy(static_cast<void*>(copy), &entry, bytes);
  if (entry.encoding() == Encoding::kShared) SharedBytes::share(entry.shared()).release();
  if (object != nullptr) {
    bytes_ += object->memory_bytes();
    copy->set_object(object.release());
  }
  ++count_;
}

// In front, so that there is room left at the end.
void EntryImages::take_from(EntryImages& other) noexcept {
  if (other.first_ == nullptr) return;
  other.last_->next = first_;
  first_ = other.first_;
  if (last_ == nullptr) last_ = other.last_;
  count_ += std::exchange(other.count_, 0);
  bytes_ += std::exchange(other.bytes_, 0);
  other.first_ = other.last_ = nullptr;
}

void EntryImages::release_values() noexcept {
  for_each([](const Entry& entry) {
    if (entry.encoding() == Encoding::kShared) SharedBytes::adopt(entry.shared());
    if (entry.encoding() == Encoding::kObject) delete entry.own_object();
  });
}

void EntryImages::keep_block(Block* kept) noexcept {
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

void EntryImages::clear() noexcept {
  release_values();
  Block* largest = first_;
  for (Block* block = first_; block != nullptr; block = block->next) {
    if (block->capacity > largest->capacity) largest = block;
  }
  keep_block(largest);
}

EntryImages::~EntryImages() {
  release_values();
  keep_block(nullptr);
}

}  // namespace kevy
