// What SORT takes from values: elements, and what the patterns of BY and GET stand for. The one
// place of SORT that knows the types of values.
#pragma once

#include <string>
#include <vector>

#include "command/string/value.h"
#include "runtime/dispatch/call.h"
#include "store/hash/hash.h"
#include "store/list/list.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"

namespace kevy {

/// Whether a value has elements for SORT.
inline bool has_sort_elements(const Entry& entry) {
  return entry.type() == Type::kList || entry.type() == Type::kSet || entry.type() == Type::kZset;
}

/// Redis unpacks a sorted set to sort it, which OBJECT ENCODING shows from then on, and a score of
/// -0 too. Returns where the entry is now.
inline Entry* prepare_for_sort(Call& call, const Key& key, Entry* entry) {
  if (entry->type() != Type::kZset || entry->encoding() != Encoding::kPacked) return entry;
  SortedSet set(call.keyspace(key), key, entry);
  set.make_big();
  return set.entry();
}

/// How many. Only where has_sort_elements.
inline size_t sort_element_count(const Entry& entry) {
  switch (entry.type()) {
    case Type::kSet:
      return Set(&entry).size();
    case Type::kZset:
      return SortedSet(&entry).size();
    default:
      return List(&entry).size();
  }
}

/// visit(Bytes) for `count` elements in the value's own order, or `backwards` from its end, until
/// it says stop; the `first` ones are left out. As many are there. Only where has_sort_elements; a
/// set, which has no order, is never gone through backwards.
template <Visitor<Bytes> Visit>
Walk for_each_sort_element(const Entry& entry, size_t first, size_t count, bool backwards,
                           Visit&& visit) {
  if (entry.type() == Type::kList) {
    const List list(&entry);
    return list.for_range(backwards ? list.size() - 1 - first : first, count,
                          backwards ? End::kBack : End::kFront, visit);
  }
  if (entry.type() == Type::kZset) {
    const SortedSet set(&entry);
    const size_t lowest = backwards ? set.size() - first - count : first;
    return set.visit({lowest, count}, backwards ? Direction::kDown : Direction::kUp,
                     [&](Bytes member, double) { return visit(member); });
  }
  if (count == 0) return Walk::kGoOn;
  size_t position = 0;
  return Set(&entry).for_each([&](Bytes member) {
    if (position++ < first) return Walk::kGoOn;
    return visit(member) == Walk::kStop || position == first + count ? Walk::kStop : Walk::kGoOn;
  });
}

/// visit(Bytes) with a field of a hash, where `entry` is one that has it. Returns whether.
template <typename Visit>
bool visit_sort_field(const Entry& entry, Bytes field, Visit&& visit) {
  if (entry.type() != Type::kHash) return false;
  const auto value = Hash(&entry).find(field);
  if (!value) return false;
  char digits[kIntegerTextMax];
  visit(value->text(digits));
  return true;
}

/// A pattern of BY or GET: "#" is the element itself; otherwise the first '*' stands for the
/// element in the name of a string, or of a hash with a field behind "->".
class SortPattern {
 public:
  explicit SortPattern(Bytes pattern) noexcept : is_element_(pattern == "#") {
    const size_t star = pattern.find('*');
    has_star_ = star != Bytes::npos;
    if (!has_star_) return;
    prefix_ = pattern.substr(0, star);
    suffix_ = pattern.substr(star + 1);
    const size_t arrow = suffix_.find("->");
    if (arrow == Bytes::npos || arrow + 2 == suffix_.size()) return;
    field_ = suffix_.substr(arrow + 2);
    suffix_ = suffix_.substr(0, arrow);
  }

  bool has_star() const noexcept { return has_star_; }

  /// visit(Bytes) with what the pattern stands for; false when there is nothing.
  template <typename Visit>
  bool look_up(Call& call, Bytes element, Visit&& visit) const {
    if (is_element_) {
      visit(element);
      return true;
    }
    if (!has_star_) return false;
    std::string name;
    name.reserve(prefix_.size() + element.size() + suffix_.size());
    name.append(prefix_).append(element).append(suffix_);
    const Entry* entry = call.find_read(call.key_of(name));
    if (entry == nullptr) return false;
    if (!field_.empty()) return visit_sort_field(*entry, field_, visit);
    if (!entry->is_string()) return false;
    visit(StringText(entry).bytes());
    return true;
  }

 private:
  bool is_element_, has_star_;
  Bytes prefix_, suffix_, field_;
};

}  // namespace kevy
