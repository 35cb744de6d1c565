#include "store/list/list_chunk.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

#include "base/check.h"
#include "base/compression.h"
#include "base/memory.h"

namespace kevy {

namespace {

constexpr size_t kRingMin = 4;

void move_bytes(char* to, const char* from, size_t size) noexcept {
  if (size != 0) std::memmove(to, from, size);
}

}  // namespace

ListChunk* ListChunk::allocate(size_t capacity) {
  KEVY_DCHECK(capacity <= UINT32_MAX);
  auto* chunk = static_cast<ListChunk*>(std::malloc(sizeof(ListChunk) + capacity));
  if (chunk == nullptr) throw std::bad_alloc();
  chunk->capacity_ = static_cast<uint32_t>(capacity);
  chunk->views_ended_ = chunk->left_to_ = 0;
  return chunk;
}

ListChunk* ListChunk::make(size_t capacity, End end) {
  ListChunk* chunk = allocate(capacity);
  chunk->begin_ = chunk->end_ = end == End::kFront ? chunk->capacity_ : 0;
  return chunk;
}

ListChunk* ListChunk::of(Bytes bytes) {
  ListChunk* chunk = allocate(bytes.size());
  chunk->begin_ = 0;
  chunk->end_ = chunk->capacity_;
  move_bytes(chunk->data(), bytes.data(), bytes.size());
  return chunk;
}

ListChunk* ListChunk::copy() const {
  ListChunk* chunk = allocate(capacity_);
  chunk->begin_ = begin_;
  chunk->end_ = end_;
  move_bytes(chunk->begin(), data() + begin_, size());
  return chunk;
}

void ListChunk::free(ListChunk* chunk) noexcept { std::free(chunk); }

size_t ListChunk::memory_bytes() const noexcept {
  return allocated_bytes(const_cast<ListChunk*>(this));
}

char* ListChunk::splice(ListChunk*& chunk, size_t at, size_t erased, size_t inserted,
                        size_t limit, size_t& memory) {
  const size_t tail = chunk->size() - at - erased;
  char* from = chunk->begin() + at;
  if (inserted <= erased) {
    const auto less = static_cast<uint32_t>(erased - inserted);
    if (at < tail) {
      move_bytes(chunk->begin() + less, chunk->begin(), at);
      chunk->begin_ += less;
      return from + less;
    }
    move_bytes(from + inserted, from + erased, tail);
    chunk->end_ -= less;
    return from;
  }
  const auto more = static_cast<uint32_t>(inserted - erased);
  // What grows at one end is not moved to the other for it: that would be the whole chunk each
  // time.
  const bool empty = chunk->size() == 0;
  const bool front = chunk->room(End::kFront) >= more, back = chunk->room(End::kBack) >= more;
  if (front && (empty || at < tail || (!back && tail != 0))) {
    move_bytes(chunk->begin() - more, chunk->begin(), at);
    chunk->begin_ -= more;
    return from - more;
  }
  if (back && (empty || at != 0)) {
    move_bytes(from + inserted, from + erased, tail);
    chunk->end_ += more;
    return from;
  }
  return regrow(chunk, at, more, limit, memory);
}

// Opens a gap of `inserted` bytes at `at` in a new block, whose free bytes are where they will be
// of use: at the end that grew.
char* ListChunk::regrow(ListChunk*& chunk, size_t at, size_t inserted, size_t limit,
                        size_t& memory) {
  const size_t size = chunk->size();
  const size_t needed = size + inserted;
  const size_t doubled = std::min<size_t>(2 * size_t{chunk->capacity_}, limit);
  const size_t capacity = std::max(needed, doubled);
  const size_t room = capacity - needed;
  const size_t before = at == 0 && size != 0 ? room : at == size ? 0 : room / 2;
  ListChunk* larger = allocate(capacity);
  larger->begin_ = static_cast<uint32_t>(before);
  larger->end_ = static_cast<uint32_t>(before + needed);
  larger->views_ended_ = chunk->views_ended_;
  char* gap = larger->begin() + at;
  move_bytes(larger->begin(), chunk->begin(), at);
  move_bytes(gap + inserted, chunk->begin() + at, size - at);
  memory += larger->memory_bytes() - chunk->memory_bytes();
  free(chunk);
  chunk = larger;
  return gap;
}

void ChunkRing::Slot::copy_elements(char* to) const noexcept {
  if (compressed()) {
    decompress(chunk->bytes(), to, plain_size);
  } else {
    move_bytes(to, chunk->bytes().data(), chunk->size());
  }
}

ChunkRing::~ChunkRing() { std::free(slots_); }

void ChunkRing::move_to(size_t capacity) {
  auto* slots = static_cast<Slot*>(std::malloc(capacity * sizeof(Slot)));
  if (slots == nullptr) throw std::bad_alloc();
  for (size_t i = 0; i < size_; ++i) slots[i] = (*this)[i];
  std::free(slots_);
  slots_ = slots;
  memory_ = allocated_bytes(slots);
  capacity_ = capacity;
  first_ = 0;
}

void ChunkRing::reserve(size_t count) {
  if (size_ + count > capacity_) move_to(std::max(kRingMin, std::bit_ceil(size_ + count)));
}

void ChunkRing::insert(size_t at, Slot slot) {
  reserve(1);
  ++size_;
  if (at < size_ / 2) {
    first_ = (first_ - 1) & (capacity_ - 1);
    for (size_t i = 0; i < at; ++i) (*this)[i] = (*this)[i + 1];
  } else {
    for (size_t i = size_ - 1; i > at; --i) (*this)[i] = (*this)[i - 1];
  }
  (*this)[at] = slot;
}

void ChunkRing::erase(size_t at, size_t count) noexcept {
  const size_t behind = size_ - at - count;
  if (at < behind) {
    for (size_t i = at; i-- > 0;) (*this)[i + count] = (*this)[i];
    first_ = (first_ + count) & (capacity_ - 1);
  } else {
    for (size_t i = at; i < at + behind; ++i) (*this)[i] = (*this)[i + count];
  }
  size_ -= count;
  if (capacity_ > kRingMin && size_ < capacity_ / 4) {
    try {
      move_to(std::max(kRingMin, std::bit_ceil(size_ * 2)));
    } catch (const std::bad_alloc&) {  // then it stays larger than it has to be
    }
  }
}

}  // namespace kevy
