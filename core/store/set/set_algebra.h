// Intersection, union and difference of sets. No look-up is made twice where a set is named more
// than once, and none when the result is complete.
//
// Pure: change nothing. Called by the holder of the locks of all shards that the sets lie on.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "store/set/set.h"

namespace kevy {

/// Distinct members without an order. They refer to the sets they come from, and are good until one
/// of these changes.
struct Members {
  std::vector<MemberRef> list;

  size_t size() const noexcept { return list.size(); }
  /// visit(Bytes)
  template <Visitor<Bytes> Visit>
  Walk for_each(Visit&& visit) const {
    char digits[kIntegerTextMax];
    for (const MemberRef& member : list) {
      if (visit(member.text(digits)) == Walk::kStop) return Walk::kStop;
    }
    return Walk::kGoOn;
  }
  /// Brings them into ascending order when they are at most `count_max` integers.
  void sort_integers(size_t count_max);
};

/// What is in all of the sets, at least one: at most `count_max` of it. Goes through the smallest.
Members intersect(std::span<const Set> sets, size_t count_max = SIZE_MAX);
/// How much of it there is.
size_t intersection_size(std::span<const Set> sets, size_t count_max = SIZE_MAX);
/// What is in any of the sets.
Members unite(std::span<const Set> sets);
/// How much of it there is: at most `count_max` of it is counted, as below.
size_t union_size(std::span<const Set> sets, size_t count_max = SIZE_MAX);
/// What is in the first of the sets, at least one, and in no other.
Members subtract(std::span<const Set> sets);
size_t difference_size(std::span<const Set> sets, size_t count_max = SIZE_MAX);

/// Whether a difference is found with fewer steps by gathering first what the `others`, which have
/// `sum` members altogether, have of the `first` members: that takes a look-up for each of the sum
/// and at most as many additions, which cost about two more, then one look-up for each of the
/// first. The other way takes one in every other set for each of the first.
inline bool subtract_by_gathering(size_t first, size_t others, size_t sum) noexcept {
  return 3 * sum + first < first * others;
}

}  // namespace kevy
