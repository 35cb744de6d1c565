// SharedBytes: a counted reference to a block of bytes, so that a big value can be held by the
// keyspace and by the replies that are still being sent, without copying it under a lock.
//
// The block may be written only while `unique()` holds, which only the shard's lock holder who
// owns the keyspace's reference can rely on: others only ever drop references.
// A NUL that is not counted follows the bytes, for readers in C.
//
// Copying and dropping a reference is safe from any thread; one SharedBytes object is not.
//
// A block is malloc's, or, from kMappedMin on, a mapping of its own, in huge pages where the kernel
// has them: half of what it costs to store a long value would be the faults of its small pages. A
// block of zeros is a mapping sooner, in small pages: most of them may never be written to.
#pragma once

#include <atomic>
#include <cstring>
#include <new>
#include <utility>

#include "base/bytes.h"

namespace kevy {

class SharedBytes {
 public:
  /// The block as it lies in memory; `capacity` bytes follow the header.
  struct Block {
    std::atomic<uint32_t> references{1};
    uint32_t mapped_units = 0;  // of the mapping that it is; 0: it is malloc's
    size_t size = 0;
    size_t capacity = 0;  // one byte less than there is, for the NUL
    /// Says how many bytes are in use, and puts the NUL behind them.
    void set_size(size_t bytes) noexcept {
      size = bytes;
      data()[bytes] = '\0';
    }
    /// What it really takes.
    size_t memory_bytes() const noexcept;
    char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
    const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  };

  /// From this capacity on a block is mapped by itself.
  static constexpr size_t kMappedMin = 4 * 1024 * 1024;
  /// From this capacity on a block of zeros is.
  static constexpr size_t kMappedZerosMin = 256 * 1024;

  SharedBytes() = default;
  /// A block of its own with room for `capacity` bytes and `size` bytes in use (not cleared).
  static SharedBytes allocate(size_t size, size_t capacity);
  /// The same, all of it zero. Pages of a long one that are never written to take no time.
  static SharedBytes zeroed(size_t size, size_t capacity);
  /// An empty block of its own that is to get `size` bytes by and by. A long one takes address space
  /// alone, and its capacity is less than that, until open() is called.
  static SharedBytes expecting(size_t size);
  /// Gives a block that expects more a capacity of `capacity` bytes at least, where it is. Throws
  /// std::bad_alloc, and the block is as it was.
  void open(size_t capacity);
  static SharedBytes copy_of(Bytes bytes) {
    SharedBytes result = allocate(bytes.size(), bytes.size());
    if (!bytes.empty()) std::memcpy(result.block_->data(), bytes.data(), bytes.size());
    return result;
  }
  /// Takes over a reference released with `release`.
  static SharedBytes adopt(Block* block) noexcept { return SharedBytes(block); }
  /// One more reference to a block that the caller knows to be alive.
  static SharedBytes share(Block* block) noexcept {
    block->references.fetch_add(1, std::memory_order_relaxed);
    return SharedBytes(block);
  }

  SharedBytes(const SharedBytes& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() {
    if (block_ != nullptr) drop(block_);
  }

  Block* release() noexcept { return std::exchange(block_, nullptr); }
  Block* block() const noexcept { return block_; }
  explicit operator bool() const noexcept { return block_ != nullptr; }
  Bytes bytes() const noexcept {
    return block_ == nullptr ? Bytes() : Bytes(block_->data(), block_->size);
  }
  bool unique() const noexcept {
    return block_ != nullptr && block_->references.load(std::memory_order_acquire) == 1;
  }

 private:
  explicit SharedBytes(Block* block) noexcept : block_(block) {}
  static Block* map(size_t capacity, size_t opened);
  static Block* map_zeros(size_t capacity);
  static void drop(Block* block) noexcept;

  Block* block_ = nullptr;
};

}  // namespace kevy
