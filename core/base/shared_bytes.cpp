#include "base/shared_bytes.h"

#include <cstdlib>

namespace kevy {

SharedBytes SharedBytes::allocate(size_t size, size_t capacity) {
  if (capacity < size) capacity = size;
  void* memory = std::malloc(sizeof(Block) + capacity);
  if (memory == nullptr) throw std::bad_alloc();
  Block* block = new (memory) Block;
  block->size = size;
  block->capacity = capacity;
  return SharedBytes(block);
}

void SharedBytes::drop(Block* block) noexcept {
  if (block->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    block->~Block();
    std::free(block);
  }
}

}  // namespace kevy
