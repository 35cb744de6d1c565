// ShardSet: which shards a command needs: some, in ascending order without repetition, or all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kevy {

class ShardSet {
 public:
  static constexpr size_t kSizeMax = 32;  // more different ones than that: all

  void add(uint32_t shard) {
    if (all_) return;
    size_t i = size_;
    while (i > 0 && shards_[i - 1] > shard) --i;
    if (i > 0 && shards_[i - 1] == shard) return;
    if (size_ == kSizeMax) {
      add_all();
      return;
    }
    for (size_t j = size_; j > i; --j) shards_[j] = shards_[j - 1];
    shards_[i] = shard;
    ++size_;
  }
  void add_all() noexcept {
    all_ = true;
    size_ = 0;
  }
  void clear() noexcept {
    all_ = false;
    size_ = 0;
  }
  bool all() const noexcept { return all_; }
  bool empty() const noexcept { return !all_ && size_ == 0; }
  size_t size() const noexcept { return size_; }
  uint32_t operator[](size_t i) const noexcept { return shards_[i]; }
  bool covers(const ShardSet& other) const noexcept;

 private:
  bool all_ = false;
  size_t size_ = 0;
  std::array<uint32_t, kSizeMax> shards_;
};

}  // namespace kevy
