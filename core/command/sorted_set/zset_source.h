// ZsetSource: one input of ZUNION and its like: a sorted set with its weight, a set, whose members
// have the score 1, or no key at all.
//
// This is the one place that knows what may be an input.
#pragma once

#include "command/collection.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"

namespace kevy {

class ZsetSource {
 public:
  /// What may be read from an entry of this type.
  static bool accepts(Type type) noexcept { return type == Type::kZset || type == Type::kSet; }

  /// `entry` has an accepted type, or is nullptr: empty.
  explicit ZsetSource(const Entry* entry) noexcept
      : entry_(entry), size_(has_scores() ? SortedSet(entry).size() : Set(entry).size()) {}

  /// What it reads; nullptr where it is empty.
  const Entry* entry() const noexcept { return entry_; }
  size_t size() const noexcept { return size_; }
  /// visit(Bytes member, double score), in ascending order where there are scores, until it says
  /// stop.
  template <Visitor<Bytes, double> Visit>
  Walk for_each(Visit&& visit) const {
    if (has_scores()) return SortedSet(entry_).for_each(visit);
    return Set(entry_).for_each([&](Bytes member) { return visit(member, kScoreOfAll); });
  }
  std::optional<double> score(Bytes member) const noexcept {
    if (has_scores()) return SortedSet(entry_).score(member);
    return Set(entry_).contains(member) ? std::optional(kScoreOfAll) : std::nullopt;
  }

  double weight = 1;

 private:
  static constexpr double kScoreOfAll = 1;

  bool has_scores() const noexcept { return entry_ == nullptr || entry_->type() == Type::kZset; }

  const Entry* entry_;
  size_t size_;
};

}  // namespace kevy
