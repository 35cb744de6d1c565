// DistinctDraws: a set of the elements that were drawn at random, so that none is drawn twice. For
// numbers and pointers. Open addressing; the room for all draws is made at the start.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace kevy {

template <typename Drawn>
class DistinctDraws {
 public:
  /// At most `count` are going to be added.
  explicit DistinctDraws(size_t count) : mask_(std::bit_ceil(2 * count + 1) - 1) {
    if (mask_ < kFew) return;
    many_ = std::make_unique<uint64_t[]>(mask_ + 1);
    places_ = many_.get();
  }
  DistinctDraws(const DistinctDraws&) = delete;
  DistinctDraws& operator=(const DistinctDraws&) = delete;

  size_t size() const noexcept { return size_; }
  /// Whether `drawn` was not in the set before.
  bool add(Drawn drawn) noexcept {
    const uint64_t value = as_number(drawn) + 1;  // 0: a free place
    uint64_t at = value * kSpread >> 32 & mask_;
    for (; places_[at] != 0; at = (at + 1) & mask_) {
      if (places_[at] == value) return false;
    }
    places_[at] = value;
    ++size_;
    return true;
  }

 private:
  static constexpr size_t kFew = 64;
  static constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 by the golden ratio

  static uint64_t as_number(Drawn drawn) noexcept {
    if constexpr (std::is_pointer_v<Drawn>) {
      return reinterpret_cast<uintptr_t>(drawn);
    } else {
      return drawn;
    }
  }

  uint64_t mask_;
  uint64_t few_[kFew] = {};
  std::unique_ptr<uint64_t[]> many_;
  uint64_t* places_ = few_;
  size_t size_ = 0;
};

}  // namespace kevy
