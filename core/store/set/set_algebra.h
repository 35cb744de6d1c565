// Intersection, union and difference of sets.
//
// Pure: change nothing. Called by the holder of the locks of all shards that the sets lie on.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "store/set/set.h"

namespace kevy {

/// Distinct members without an order. They refer to the sets they come from, and are good until one
/// of these changes.
struct Members {
  std::vector<Bytes> list;
  NumberTexts texts;

  /// Brings them into ascending order when they are at most `count_max` integers.
  void sort_integers(size_t count_max);
};

/// What is in all of the sets, at least one: at most `count_max` of it. Goes through the smallest.
Members intersect(std::span<const Set> sets, size_t count_max = SIZE_MAX);
/// What is in any of the sets.
Members unite(std::span<const Set> sets);
/// What is in the first of the sets, at least one, and in no other.
Members subtract(std::span<const Set> sets);

}  // namespace kevy
