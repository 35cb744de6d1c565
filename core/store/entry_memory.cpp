#include "store/entry_memory.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/memory.h"
#include "base/poison.h"

namespace kevy {

namespace {

// How much of a keyspace's blocks there must be for each size that has spans: what lies unused in
// the last span of each is so a small part of it all.
constexpr size_t kWorthASpan = 8 * Span::kBytes;

}  // namespace

EntryMemory::~EntryMemory() {
  if (spare_ != nullptr) pool_->give_back(spare_);
  if (shelves_ == nullptr) return;
  const auto give_back = [this](Span* span) {
    while (span != nullptr) {
      unpoison(span->memory(), Span::kBytes);
      pool_->give_back(std::exchange(span, span->next));
    }
  };
  for (size_t i = 0; i < kSizes; ++i) {
    give_back(shelves_[i].with_room);
    give_back(shelves_[i].full);
  }
}

// Capacities are multiples of 8 up to 512, and of a 16th of the power of two below them from there
// on.
size_t EntryMemory::shelf_number(size_t capacity) noexcept {
  if (capacity <= 512) return capacity / 8;
  const auto doublings = static_cast<unsigned>(std::bit_width(capacity - 1)) - 10;
  const size_t step = size_t{32} << doublings;
  return kSmallSizes + doublings * 16 + capacity / step - 17;
}

bool EntryMemory::is_full(const Span& span) noexcept {
  return span.holes == nullptr && span.fresh + span.block_bytes > Span::kBytes;
}

void EntryMemory::link(Span*& list, Span* span) noexcept {
  span->previous = nullptr;
  span->next = list;
  if (list != nullptr) list->previous = span;
  list = span;
}

void EntryMemory::unlink(Span*& list, Span* span) noexcept {
  if (span->next != nullptr) span->next->previous = span->previous;
  (span->previous != nullptr ? span->previous->next : list) = span->next;
}

bool EntryMemory::worth_a_span() const noexcept {
  return memory_ >= (sizes_in_use_ + 1) * kWorthASpan;
}

Span* EntryMemory::add_span(Shelf& shelf, size_t capacity) noexcept {
  Span* span = spare_ != nullptr ? std::exchange(spare_, nullptr) : pool_->take();
  if (span == nullptr) return nullptr;
  if (shelf.full == nullptr) ++sizes_in_use_;
  span->fresh = 0;
  span->holes = nullptr;
  span->block_bytes = static_cast<uint16_t>(capacity);
  poison(span->memory(), Span::kBytes);
  link(shelf.with_room, span);
  return span;
}

void* EntryMemory::cut(Span& span) noexcept {
  void* block = span.holes;
  if (block != nullptr) {
    unpoison(block, span.block_bytes);
    std::memcpy(&span.holes, block, sizeof span.holes);
  } else {
    block = span.memory() + span.fresh;
    unpoison(block, span.block_bytes);
    span.fresh = static_cast<uint16_t>(span.fresh + span.block_bytes);
  }
  ++span.blocks;
  return block;
}

Entry* EntryMemory::allocate(size_t capacity) noexcept {
  if (capacity <= kBlockMax) {
    if (shelves_ == nullptr && worth_a_span()) [[unlikely]] {
      shelves_.reset(new (std::nothrow) Shelf[kSizes]{});
    }
    if (shelves_ != nullptr) {
      Shelf& shelf = shelves_[shelf_number(capacity)];
      Span* span = shelf.with_room;
      if (span == nullptr && (shelf.full != nullptr || worth_a_span())) [[unlikely]] {
        span = add_span(shelf, capacity);
      }
      if (span != nullptr) {
        auto* entry = static_cast<Entry*>(cut(*span));
        entry->flags_ = Entry::kInSpan;
        memory_ += capacity;
        if (is_full(*span)) {
          unlink(shelf.with_room, span);
          link(shelf.full, span);
        }
        return entry;
      }
    }
  }
  auto* entry = static_cast<Entry*>(std::malloc(capacity));
  if (entry == nullptr) return nullptr;
  memory_ += allocated_bytes(entry);
  entry->flags_ = 0;
  return entry;
}

void EntryMemory::release(Entry* entry) noexcept {
  if (!lies_in_span(*entry)) {
    memory_ -= allocated_bytes(entry);
    std::free(entry);
    return;
  }
  Span* span = Span::of(entry);
  const size_t bytes = span->block_bytes;
  Shelf& shelf = shelves_[shelf_number(bytes)];
  memory_ -= bytes;
  if (is_full(*span)) {
    unlink(shelf.full, span);
    link(shelf.with_room, span);
  }
  std::memcpy(static_cast<void*>(entry), &span->holes, sizeof span->holes);
  span->holes = entry;
  poison(entry, bytes);
  if (--span->blocks != 0) return;
  unlink(shelf.with_room, span);
  if (shelf.with_room == nullptr && shelf.full == nullptr) --sizes_in_use_;
  unpoison(span->memory(), Span::kBytes);
  if (spare_ == nullptr) {
    spare_ = span;
  } else {
    pool_->give_back(span);
  }
}

size_t EntryMemory::bytes_of(const Entry& entry) noexcept {
  if (lies_in_span(entry)) return Span::of(&entry)->block_bytes;
  return allocated_bytes(const_cast<Entry*>(&entry));
}

}  // namespace kevy
