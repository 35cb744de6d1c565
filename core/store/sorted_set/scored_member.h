// ScoredMember: a member of a big sorted set and its score.
//
//   size (1 byte; 128: it follows the score in 4 bytes) | score (8) | member
//
// It lies in memory that SortedSetObject has for it. The score changes only through ScoreTree,
// which keeps it beside its pointer too. Touched only by the holder of the shard's lock.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace kevy {

class ScoredMember {
 public:
  ScoredMember(const ScoredMember&) = delete;
  ScoredMember& operator=(const ScoredMember&) = delete;

  static size_t size(Bytes member) noexcept { return head_size(member) + member.size(); }
  /// Makes one in `memory`, which has room for size(member).
  static ScoredMember* write(void* memory, Bytes member, double score) noexcept {
    const size_t offset = head_size(member);
    char* bytes = static_cast<char*>(memory);
    if (offset == kShortHead) {
      *bytes = static_cast<char>(member.size());
    } else {
      *bytes = static_cast<char>(kLong);
      const auto size = static_cast<uint32_t>(member.size());
      std::memcpy(bytes + kShortHead, &size, sizeof size);
    }
    if (!member.empty()) std::memcpy(bytes + offset, member.data(), member.size());
    auto* made = static_cast<ScoredMember*>(memory);
    made->set_score(score);
    return made;
  }

  Bytes key() const noexcept {
    const size_t size = static_cast<uint8_t>(*at(0));
    if (size != kLong) [[likely]] return {at(kShortHead), size};
    uint32_t long_size;
    std::memcpy(&long_size, at(kShortHead), sizeof long_size);
    return {at(kLongHead), long_size};
  }
  double score() const noexcept {
    double score;
    std::memcpy(&score, at(kScoreAt), sizeof score);
    return score;
  }
  size_t memory_size() const noexcept { return size(key()); }

 private:
  friend class ScoreTree;
  friend class SortedSetObject;

  static constexpr size_t kLong = 128;
  static constexpr size_t kScoreAt = 1, kShortHead = 9, kLongHead = 13;

  ScoredMember() = default;
  static size_t head_size(Bytes member) noexcept {
    return member.size() < kLong ? kShortHead : kLongHead;
  }
  const char* at(size_t offset) const noexcept {
    return reinterpret_cast<const char*>(this) + offset;
  }
  void set_score(double score) noexcept {
    std::memcpy(reinterpret_cast<char*>(this) + kScoreAt, &score, sizeof score);
  }
};

}  // namespace kevy
