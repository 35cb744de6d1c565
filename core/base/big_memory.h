// BigMemory: a block of bytes that goes back to the kernel when it is freed, if it is big. malloc
// keeps a freed block that lies below one still in use, so the replies that a slow client once had
// waiting would stay with the process for ever.
//
// The block belongs to this object; moving hands it over. One thread at a time.
#pragma once

#include <cstddef>
#include <utility>

namespace kevy {

class BigMemory {
 public:
  /// From this size on a block is mapped by itself.
  static constexpr size_t kMappedMin = 256 * 1024;

  BigMemory() = default;
  /// Bytes that are not cleared. Throws std::bad_alloc.
  explicit BigMemory(size_t size);
  BigMemory(BigMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  BigMemory& operator=(BigMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~BigMemory() { free(data_, size_); }

  char* data() const noexcept { return data_; }
  size_t size() const noexcept { return size_; }
  explicit operator bool() const noexcept { return data_ != nullptr; }
  /// Frees the block now.
  void release() noexcept { free(std::exchange(data_, nullptr), std::exchange(size_, 0)); }
  /// Makes the block larger and keeps what is in it, in another place if need be. Throws
  /// std::bad_alloc, and the block is as it was.
  void grow(size_t size);

  // The same for an owner that keeps the address and the size itself.
  static char* allocate(size_t size);
  static void free(char* data, size_t size) noexcept;

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

/// For vectors that may grow large and are then given up.
template <typename T>
struct BigAllocator {
  using value_type = T;
  BigAllocator() = default;
  template <typename U>
  BigAllocator(const BigAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)
  T* allocate(size_t count) {
    return reinterpret_cast<T*>(BigMemory::allocate(count * sizeof(T)));
  }
  void deallocate(T* items, size_t count) noexcept {
    BigMemory::free(reinterpret_cast<char*>(items), count * sizeof(T));
  }
  friend bool operator==(const BigAllocator&, const BigAllocator&) noexcept { return true; }
};

}  // namespace kevy
