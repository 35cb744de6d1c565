// The bytes that an allocation really takes: the block that malloc gave, and its header.
#pragma once

#include <malloc.h>

#include <cstddef>

namespace kevy {

inline size_t allocated_bytes(void* memory) noexcept {
  return malloc_usable_size(memory) + sizeof(size_t);
}

}  // namespace kevy
