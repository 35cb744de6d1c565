// ScoredMember: a member of a big sorted set and its score, in one allocation.
//
//   score (8 bytes) | size (1; 255: it follows in 4 bytes) | member
//
// Made and freed by SortedSetObject alone; the score changes only through ScoreTree, which keeps it
// beside its pointer too. Touched only by the holder of the shard's lock.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/bytes.h"
#include "base/memory.h"

namespace kevy {

class ScoredMember {
 public:
  ScoredMember(const ScoredMember&) = delete;
  ScoredMember& operator=(const ScoredMember&) = delete;

  static ScoredMember* make(Bytes member, double score) {
    const size_t offset = member.size() < kLong ? kShortHead : kLongHead;
    void* memory = std::malloc(offset + member.size());
    if (memory == nullptr) throw std::bad_alloc();
    auto* made = static_cast<ScoredMember*>(memory);
    made->set_score(score);
    char* bytes = static_cast<char*>(memory);
    if (offset == kShortHead) {
      bytes[kSizeAt] = static_cast<char>(member.size());
    } else {
      bytes[kSizeAt] = static_cast<char>(kLong);
      const auto size = static_cast<uint32_t>(member.size());
      std::memcpy(bytes + kSizeAt + 1, &size, sizeof size);
    }
    if (!member.empty()) std::memcpy(bytes + offset, member.data(), member.size());
    return made;
  }
  static void free(ScoredMember* member) noexcept { std::free(member); }

  Bytes key() const noexcept {
    const size_t size = static_cast<uint8_t>(at(0)[kSizeAt]);
    if (size != kLong) [[likely]] return {at(kShortHead), size};
    uint32_t long_size;
    std::memcpy(&long_size, at(kSizeAt + 1), sizeof long_size);
    return {at(kLongHead), long_size};
  }
  double score() const noexcept { return score_; }
  size_t memory_bytes() noexcept { return allocated_bytes(this); }

 private:
  friend class ScoreTree;
  friend class SortedSetObject;

  static constexpr size_t kLong = 255;
  static constexpr size_t kSizeAt = 8, kShortHead = 9, kLongHead = 13;

  ScoredMember() = default;
  const char* at(size_t offset) const noexcept {
    return reinterpret_cast<const char*>(this) + offset;
  }
  void set_score(double score) noexcept { score_ = score; }

  double score_;
};

}  // namespace kevy
