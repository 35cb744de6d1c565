#include "base/span_pool.h"

#include <sys/mman.h>

#include <bit>
#include <mutex>

namespace kevy {

SpanPool::~SpanPool() { trim(); }

// Maps twice as much as is needed, and gives back what lies before and behind the aligned 2 MB.
SpanPool::Region* SpanPool::map_region(bool huge) noexcept {
  void* mapped = mmap(nullptr, 2 * kRegionBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<char*>(mapped);
  const size_t before = -reinterpret_cast<uintptr_t>(begin) & (kRegionBytes - 1);
  if (before != 0) munmap(begin, before);
  munmap(begin + before + kRegionBytes, kRegionBytes - before);
  if (huge) {  // the kernel may refuse either; small pages that come one by one will do
    madvise(begin + before, kRegionBytes, MADV_HUGEPAGE);
    madvise(begin + before, kRegionBytes, MADV_POPULATE_WRITE);
  }
  auto* region = reinterpret_cast<Region*>(begin + before);
  for (uint64_t& word : region->free) word = ~uint64_t{0};
  region->free[0] &= ~uint64_t{1};  // the head
  region->free_count = kUsable;
  return region;
}

void SpanPool::unmap(Region* region) noexcept { munmap(region, kRegionBytes); }

void SpanPool::link(Region* region) noexcept {
  region->previous = nullptr;
  region->next = with_free_;
  if (with_free_ != nullptr) with_free_->previous = region;
  with_free_ = region;
}

void SpanPool::unlink(Region* region) noexcept {
  if (region->next != nullptr) region->next->previous = region->previous;
  (region->previous != nullptr ? region->previous->next : with_free_) = region->next;
}

void SpanPool::add(Region* region) noexcept {
  link(region);
  free_ += kUsable;
  ++regions_;
  if (empty_ == nullptr) empty_ = region;
}

void SpanPool::prepare() noexcept {
  {
    const std::lock_guard guard(lock_);
    asked_ &= free_ <= kLow;
    if (!asked_) return;
  }
  Region* region = map_region(true);
  const std::lock_guard guard(lock_);
  asked_ = false;
  if (region != nullptr) add(region);
}

// Gets a region if it is time for that, or asks for one.
void SpanPool::replenish(std::unique_lock<Lock>& guard) noexcept {
  const bool huge = regions_ >= kPlainRegions;
  if (!huge || !ask_) {
    if (free_ != 0) return;
    if (Region* region = map_region(huge)) add(region);
  } else if (free_ <= kLow && !asked_) {
    asked_ = true;
    guard.unlock();
    const bool heard = ask_();
    guard.lock();
    asked_ &= heard;
  }
}

Span* SpanPool::take() noexcept {
  std::unique_lock guard(lock_);
  replenish(guard);
  Region* region = with_free_;
  if (region == nullptr) return nullptr;
  if (region == empty_) empty_ = nullptr;
  size_t word = 0;
  while (region->free[word] == 0) ++word;
  const auto bit = static_cast<size_t>(std::countr_zero(region->free[word]));
  region->free[word] &= region->free[word] - 1;
  --free_;
  if (--region->free_count == 0) unlink(region);
  Span* span = &region->spans[word * 64 + bit];
  *span = {};
  return span;
}

void SpanPool::give_back(Span* span) noexcept {
  Region* region = region_of(span);
  const auto number = static_cast<size_t>(span - region->spans);
  const std::lock_guard guard(lock_);
  region->free[number / 64] |= uint64_t{1} << number % 64;
  ++free_;
  if (region->free_count++ == 0) link(region);
  if (region->free_count < kUsable) return;
  if (empty_ == nullptr) {
    empty_ = region;
  } else {
    drop(region);
  }
}

void SpanPool::drop(Region* region) noexcept {
  unlink(region);
  free_ -= kUsable;
  --regions_;
  unmap(region);
}

void SpanPool::trim() noexcept {
  const std::lock_guard guard(lock_);
  empty_ = nullptr;
  for (Region* region = with_free_; region != nullptr;) {
    Region* next = region->next;
    if (region->free_count == kUsable) drop(region);
    region = next;
  }
}

}  // namespace kevy
