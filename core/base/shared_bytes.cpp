#include "base/shared_bytes.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

#include "base/memory.h"

namespace kevy {

namespace {

constexpr size_t kHugePage = 2 * 1024 * 1024;
constexpr size_t kUnit = 64 * 1024;  // of mappings: whole pages on any machine

constexpr size_t rounded_up(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

bool make_writable(char* from, size_t size) noexcept {
  return mprotect(from, size, PROT_READ | PROT_WRITE) == 0;
}

}  // namespace

size_t SharedBytes::Block::memory_bytes() const noexcept {
  if (mapped_units != 0) return mapped_units * kUnit;
  return allocated_bytes(const_cast<Block*>(this));
}

// The mapping begins where a huge page can. Of its bytes the first `opened` and the header before
// them can be written. What only expects its bytes begins with small pages: whoever announces a long
// word and sends none of it costs one of those.
SharedBytes::Block* SharedBytes::map(size_t capacity, size_t opened) {
  const size_t size = rounded_up(sizeof(Block) + capacity + 1, kUnit);
  if (size < capacity || size / kUnit > UINT32_MAX) throw std::bad_alloc();
  void* const mapped = mmap(nullptr, size + kHugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  const size_t before = -reinterpret_cast<uintptr_t>(mapped) % kHugePage;
  char* const begin = static_cast<char*>(mapped) + before;
  if (before != 0) munmap(mapped, before);
  munmap(begin + size, kHugePage - before);
  const size_t small = opened == 0 ? kHugePage : 0;
  // Both may be refused: any pages will do.
  if (small != 0) madvise(begin, small, MADV_NOHUGEPAGE);
  madvise(begin + small, size - small, MADV_HUGEPAGE);
  const size_t writable = std::min(rounded_up(sizeof(Block) + opened + 1, kHugePage), size);
  if (!make_writable(begin, writable)) {
    munmap(begin, size);
    throw std::bad_alloc();
  }
  Block* const block = new (begin) Block;
  block->mapped_units = static_cast<uint32_t>(size / kUnit);
  block->capacity = writable - sizeof(Block) - 1;
  return block;
}

SharedBytes::Block* SharedBytes::map_zeros(size_t capacity) {
  const size_t size = rounded_up(sizeof(Block) + capacity + 1, kUnit);
  if (size < capacity || size / kUnit > UINT32_MAX) throw std::bad_alloc();
  void* const mapped =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  Block* const block = new (mapped) Block;
  block->mapped_units = static_cast<uint32_t>(size / kUnit);
  block->capacity = size - sizeof(Block) - 1;
  return block;
}

SharedBytes SharedBytes::zeroed(size_t size, size_t capacity) {
  if (capacity < size) capacity = size;
  if (capacity < kMappedZerosMin) {
    SharedBytes made = allocate(size, capacity);
    std::memset(made.block_->data(), 0, capacity);
    return made;
  }
  SharedBytes made(map_zeros(capacity));
  made.block_->size = size;
  return made;
}

SharedBytes SharedBytes::allocate(size_t size, size_t capacity) {
  if (capacity < size) capacity = size;
  Block* block;
  if (capacity >= kMappedMin) {
    block = map(capacity, capacity);
  } else {
    void* memory = std::malloc(sizeof(Block) + capacity + 1);
    if (memory == nullptr) throw std::bad_alloc();
    block = new (memory) Block;
    block->capacity = capacity;
  }
  block->set_size(size);
  return SharedBytes(block);
}

SharedBytes SharedBytes::expecting(size_t size) {
  return size >= kMappedMin ? SharedBytes(map(size, 0)) : allocate(0, size);
}

void SharedBytes::open(size_t capacity) {
  if (capacity <= block_->capacity) return;
  const size_t size = block_->mapped_units * kUnit;
  const size_t writable = std::min(rounded_up(sizeof(Block) + capacity + 1, kHugePage), size);
  if (!make_writable(reinterpret_cast<char*>(block_), writable)) throw std::bad_alloc();
  block_->capacity = writable - sizeof(Block) - 1;
}

void SharedBytes::drop(Block* block) noexcept {
  if (block->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const size_t mapped = block->mapped_units * kUnit;
  block->~Block();
  if (mapped != 0) {
    munmap(block, mapped);
  } else {
    std::free(block);
  }
}

}  // namespace kevy
