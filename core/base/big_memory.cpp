#include "base/big_memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace kevy {

BigMemory::BigMemory(size_t size) : data_(allocate(size)), size_(size) {}

char* BigMemory::allocate(size_t size) {
  void* memory = nullptr;
  if (size < kMappedMin) {
    memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
  } else {
    memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
  }
  return static_cast<char*>(memory);
}

void BigMemory::free(char* data, size_t size) noexcept {
  if (size < kMappedMin) {
    std::free(data);
  } else {
    munmap(data, size);
  }
}

void BigMemory::grow(size_t size) {
  if (size <= size_) return;
  if (size_ >= kMappedMin) {
    void* const moved = mremap(data_, size_, size, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<char*>(moved);
    size_ = size;
    return;
  }
  BigMemory larger(size);
  if (size_ != 0) std::memcpy(larger.data_, data_, size_);
  *this = std::move(larger);
}

}  // namespace kevy
