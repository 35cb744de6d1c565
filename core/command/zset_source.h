// ZsetSource: one input of ZUNION and its like: a sorted set with its weight, or no key at all.
//
// This is the one place that knows what may be an input.
#pragma once

#include "command/collection.h"
#include "store/sorted_set.h"

namespace kevy {

class ZsetSource {
 public:
  /// What may be read from an entry of this type.
  static bool accepts(Type type) noexcept { return type == Type::kZset; }

  /// `entry` has an accepted type, or is nullptr: empty.
  explicit ZsetSource(const Entry* entry) noexcept : set_(entry) {}

  size_t size() const noexcept { return set_.size(); }
  /// visit(Bytes member, double score), in ascending order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    set_.for_each(visit);
  }
  std::optional<double> score(Bytes member) const noexcept { return set_.score(member); }

  double weight = 1;

 private:
  SortedSet set_;
};

}  // namespace kevy
