#include "store/table/slab.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/memory.h"

namespace kevy {

namespace {

constexpr size_t kChunkMin = 256, kChunkMax = 16 * 1024;
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
  // A hole of eight bytes has seven for the address: no pointer could be kept there.
  return reinterpret_cast<char*>(first_word(hole) >> 8);  // NOLINT(performance-no-int-to-ptr)
}

void Slab::add_hole(Shelf& shelf, char* block, size_t bytes) noexcept {
  poison(block, bytes);
  ++shelf.holes;
  if (&shelf == shelves_->closing) {  // found when the end of the blocks or `next` comes there
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
  shelves_ = static_cast<Shelves*>(std::calloc(1, sizeof(Shelves)));
  if (shelves_ == nullptr) throw std::bad_alloc();
  memory_ += allocated_bytes(shelves_);
}

void Slab::drop_shelves() noexcept {
  if (shelves_ == nullptr) return;
  for (Shelf& shelf : shelves_->of_size) {
    while (shelf.last != nullptr) drop_chunk(shelf);
  }
  memory_ -= allocated_bytes(shelves_);
  std::free(shelves_);
  shelves_ = nullptr;
}

// An eighth of what there is already, so that little of it is not in use, between two bounds.
void Slab::add_chunk(Shelf& shelf, size_t bytes) {
  void* memory = std::malloc(std::clamp(shelf.blocks * bytes / 8, kChunkMin, kChunkMax));
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
    if (&shelf == shelves_->closing) shelves_->closing = nullptr;
    return;
  }
  if (shelves_->closing != nullptr || shelf.blocks * block_bytes(shelf) < kWorthClosing) return;
  shelf.holes_for_use = nullptr;
  shelves_->closing = &shelf;
  shelves_->next_chunk = shelf.last->next;
  shelves_->next = shelves_->next_chunk->blocks();
}

// One step: the last block goes if it is a hole, or else to the first hole, if that is next. Where
// it is copied to, if it is; dropping it is left to the caller.
void* Slab::close_hole() noexcept {
  Shelf& shelf = *shelves_->closing;
  char*& next = shelves_->next;
  const size_t bytes = block_bytes(shelf);
  char* last = shelf.last->blocks() + shelf.last->used - bytes;
  const bool all_seen = next == last;
  if (all_seen) shelves_->closing = nullptr;
  if (is_hole(last)) {
    --shelf.holes;
    drop_last(shelf);
    return nullptr;
  }
  if (all_seen) return nullptr;
  if (!is_hole(next)) {
    Chunk*& chunk = shelves_->next_chunk;
    next += bytes;
    if (next == chunk->blocks() + chunk->capacity) {
      chunk = chunk->next;
      next = chunk->blocks();
    }
    return nullptr;
  }
  --shelf.holes;
  unpoison(next, bytes);
  std::memcpy(next, last, bytes);
  return next;
}

}  // namespace kevy
