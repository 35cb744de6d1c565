// SpanPool: spans of 16 KB, cut from regions of 2 MB. The kernel is asked for huge pages for all
// regions but the first few, whose pages the TLB has room for anyway. A lookup at random in a huge
// page mostly needs no walk through the page tables, which would cost as much as the cache miss
// itself.
//
// A huge page can take the kernel milliseconds. So a pool that has someone to ask asks for the next
// region when half of one is left; if that comes too late it has no spans for a while. Regions
// without a span in use are given back, all but one of them.
//
// Knows nothing of what its spans hold. Any thread may call any method.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#include "base/lock.h"

namespace kevy {

/// 16 KB, and what its owner notes about them. Made by SpanPool alone; all spans of a region have
/// their notes at the region's start.
struct Span {
  static constexpr size_t kBytes = 16 * 1024;

  Span* next;
  Span* previous;
  void* holes;           // blocks that were given back, linked
  uint16_t fresh;        // the offset of the part that was never given out
  uint16_t blocks;       // in use
  uint16_t block_bytes;  // each

  char* memory() noexcept;
  /// The span that `block` lies in.
  static Span* of(const void* block) noexcept;
};

class SpanPool {
 public:
  SpanPool() = default;
  /// All spans must have been returned.
  ~SpanPool();
  SpanPool(const SpanPool&) = delete;
  SpanPool& operator=(const SpanPool&) = delete;

  /// Sets the function that take() calls when it is time for prepare(). It returns false when
  /// nobody can do that now, and the next take() calls it again. Without such a function take()
  /// gets huge pages itself. To be set before the first span is taken.
  void set_ask(std::function<bool()> ask) { ask_ = std::move(ask); }
  /// Gets a region, if one has been asked for.
  void prepare() noexcept;

  /// A span whose members are all zero; nullptr when there is none.
  Span* take() noexcept;
  void give_back(Span* span) noexcept;
  /// Gives back every region that nothing of is in use.
  void trim() noexcept;

 private:
  friend struct Span;
  static constexpr size_t kRegionBytes = size_t{2} << 20;
  static constexpr size_t kSpans = kRegionBytes / Span::kBytes;
  static constexpr size_t kWords = kSpans / 64;

  // The head lies in the place of the first span.
  struct Region {
    Span spans[kSpans];
    uint64_t free[kWords];  // a bit a span
    uint32_t free_count;
    Region* next;  // of those with a free span
    Region* previous;
  };
  static_assert(sizeof(Region) <= Span::kBytes);
  static constexpr uint32_t kUsable = kSpans - 1;
  static constexpr size_t kLow = kUsable / 2;
  static constexpr size_t kPlainRegions = 4;

  static Region* region_of(const void* inside) noexcept;
  static Region* map_region(bool huge) noexcept;
  static void unmap(Region* region) noexcept;
  void replenish(std::unique_lock<Lock>& guard) noexcept;
  void add(Region* region) noexcept;
  void drop(Region* region) noexcept;
  void link(Region* region) noexcept;
  void unlink(Region* region) noexcept;

  std::function<bool()> ask_;
  Lock lock_;
  // Guarded by the lock.
  Region* with_free_ = nullptr;
  Region* empty_ = nullptr;  // a region without a span in use, if there is one
  size_t free_ = 0;          // spans
  size_t regions_ = 0;
  bool asked_ = false;
};

inline SpanPool::Region* SpanPool::region_of(const void* inside) noexcept {
  const size_t offset = reinterpret_cast<uintptr_t>(inside) & (kRegionBytes - 1);
  auto* begin = static_cast<char*>(const_cast<void*>(inside)) - offset;
  return reinterpret_cast<Region*>(begin);
}

inline char* Span::memory() noexcept {
  SpanPool::Region* region = SpanPool::region_of(this);
  return reinterpret_cast<char*>(region) + static_cast<size_t>(this - region->spans) * kBytes;
}

inline Span* Span::of(const void* block) noexcept {
  SpanPool::Region* region = SpanPool::region_of(block);
  const auto* begin = reinterpret_cast<const char*>(region);
  return &region->spans[static_cast<size_t>(static_cast<const char*>(block) - begin) / kBytes];
}

}  // namespace kevy
