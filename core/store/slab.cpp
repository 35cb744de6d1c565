#include "store/slab.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/memory.h"

namespace kevy {

namespace {

constexpr size_t kChunkMax = 16 * 1024;
constexpr size_t kLeastBlocks = 4;      // that a chunk has more than the one before it
constexpr size_t kWorthClosing = 4096;  // bytes of a shelf

// The first word of a hole: the mark in its first byte, and behind it where the next hole is.
using Word [[gnu::may_alias]] = uint64_t;
constexpr uint64_t kMark = 0x80;

// Holes are poisoned, and these two alone may look into them.
[[gnu::no_sanitize_address]] uint64_t first_word(const char* block) noexcept {
  return *reinterpret_cast<const Word*>(block);
}
[[gnu::no_sanitize_address]] void set_first_word(char* block, uint64_t word) noexcept {
  *reinterpret_cast<Word*>(block) = word;
}

}  // namespace

Slab::~Slab() { drop_shelves(); }

bool Slab::is_hole(const char* block) noexcept { return (first_word(block) & kMark) != 0; }

char* Slab::next_hole(const char* hole) noexcept {
  return reinterpret_cast<char*>(first_word(hole) >> 8);
}

void Slab::add_hole(Shelf& shelf, char* block, size_t bytes) noexcept {
  poison(block, bytes);
  ++shelf.holes;
  if (&shelf == closing_) {  // found when the end of the blocks or `next_` comes there
    set_first_word(block, kMark);
    return;
  }
  set_first_word(block, reinterpret_cast<uint64_t>(shelf.holes_for_use) << 8 | kMark);
  shelf.holes_for_use = block;
}

void* Slab::allocate_alone(size_t size) {
  void* block = std::malloc(capacity(size));
  if (block == nullptr) throw std::bad_alloc();
  memory_ += allocated_bytes(block);
  ++alone_;
  return block;
}

void Slab::release_alone(void* block) noexcept {
  memory_ -= allocated_bytes(block);
  --alone_;
  std::free(block);
}

void Slab::make_shelves() {
  shelves_ = static_cast<Shelf*>(std::calloc(kSizes, sizeof(Shelf)));
  if (shelves_ == nullptr) throw std::bad_alloc();
  memory_ += allocated_bytes(shelves_);
}

void Slab::drop_shelves() noexcept {
  if (shelves_ == nullptr) return;
  for (size_t i = 0; i < kSizes; ++i) {
    while (shelves_[i].last != nullptr) drop_chunk(shelves_[i]);
  }
  memory_ -= allocated_bytes(shelves_);
  std::free(shelves_);
  shelves_ = nullptr;
}

// Each chunk is a third longer than the one before it, up to some size, so that few blocks take
// little.
void Slab::add_chunk(Shelf& shelf, size_t bytes) {
  const size_t before = shelf.last == nullptr ? 0 : shelf.last->capacity;
  const size_t wanted = before + std::max(before / 3, kLeastBlocks * bytes);
  void* memory = std::malloc(std::min(sizeof(Chunk) + wanted, kChunkMax));
  if (memory == nullptr) throw std::bad_alloc();
  memory_ += allocated_bytes(memory);
  const size_t room = malloc_usable_size(memory) - sizeof(Chunk);
  auto* chunk = static_cast<Chunk*>(memory);
  chunk->used = 0;
  chunk->capacity = static_cast<uint32_t>(room / bytes * bytes);
  poison(chunk->blocks(), chunk->capacity);
  chunk->previous = shelf.last;
  chunk->next = chunk;
  if (shelf.last != nullptr) chunk->next = std::exchange(shelf.last->next, chunk);
  shelf.last = chunk;
}

void Slab::drop_chunk(Shelf& shelf) noexcept {
  Chunk* gone = shelf.last;
  shelf.last = gone->previous;
  if (shelf.last != nullptr) shelf.last->next = gone->next;
  memory_ -= allocated_bytes(gone);
  std::free(gone);
}

void Slab::drop_last(Shelf& shelf) noexcept {
  const size_t bytes = block_bytes(shelf);
  --shelf.blocks;
  shelf.last->used -= static_cast<uint32_t>(bytes);
  poison(shelf.last->blocks() + shelf.last->used, bytes);
  if (shelf.last->used == 0) drop_chunk(shelf);
}

void Slab::consider_closing(Shelf& shelf) noexcept {
  if (shelf.holes == shelf.blocks) {
    while (shelf.last != nullptr) drop_chunk(shelf);
    shelf = {};
    if (&shelf == closing_) closing_ = nullptr;
    return;
  }
  if (closing_ != nullptr || shelf.blocks * block_bytes(shelf) < kWorthClosing) return;
  closing_ = &shelf;
  shelf.holes_for_use = nullptr;
  next_chunk_ = shelf.last->next;
  next_ = next_chunk_->blocks();
}

// One step: the last block goes if it is a hole, or else to the first hole, if that is next. Where it
// is copied to, if it is; dropping it is left to the caller.
void* Slab::close_hole() noexcept {
  Shelf& shelf = *closing_;
  const size_t bytes = block_bytes(shelf);
  char* last = shelf.last->blocks() + shelf.last->used - bytes;
  if (next_ == last) closing_ = nullptr;
  if (is_hole(last)) {
    --shelf.holes;
    drop_last(shelf);
    return nullptr;
  }
  if (closing_ == nullptr) return nullptr;
  if (!is_hole(next_)) {
    next_ += bytes;
    if (next_ == next_chunk_->blocks() + next_chunk_->capacity) {
      next_chunk_ = next_chunk_->next;
      next_ = next_chunk_->blocks();
    }
    return nullptr;
  }
  --shelf.holes;
  unpoison(next_, bytes);
  std::memcpy(next_, last, bytes);
  return next_;
}

}  // namespace kevy
