#include "store/set/set_algebra.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace kevy {

namespace {

// Members that are looked up in one set after another before the next ones are taken: at most so
// many, and at first fewer where few are wanted.
constexpr size_t kPart = 512, kPartMin = 8;

// Calls visit(std::vector<MemberRef>&) with part after part of a set, until it says stop. The first
// part has some `first` members, the next ones more and more.
template <Visitor<std::vector<MemberRef>&> Visit>
void in_parts(const Set& set, size_t first, Visit&& visit) {
  std::vector<MemberRef> part;
  uint64_t cursor = 0;
  size_t size = std::clamp(first, kPartMin, kPart);
  do {
    part.clear();
    cursor = set.gather(cursor, size, part);
    size = std::min(2 * size, kPart);
  } while (visit(part) == Walk::kGoOn && cursor != 0);
}

void append(std::vector<MemberRef>& to, const std::vector<MemberRef>& part) {
  to.insert(to.end(), part.begin(), part.end());
}

// Every set once, in the order of size that `compare` tells.
template <typename Compare>
std::vector<Set> once_each(std::span<const Set> sets, Compare&& compare) {
  std::vector<Set> distinct(sets.begin(), sets.end());
  std::sort(distinct.begin(), distinct.end(), [&](const Set& a, const Set& b) {
    const size_t first = a.size(), second = b.size();
    return first != second ? compare(first, second) : std::less<>()(a.entry(), b.entry());
  });
  const auto same = [](const Set& a, const Set& b) { return a.entry() == b.entry(); };
  distinct.erase(std::unique(distinct.begin(), distinct.end(), same), distinct.end());
  return distinct;
}

// Calls visit(std::vector<MemberRef>&) with what parts of the smallest set all others have as well.
template <Visitor<std::vector<MemberRef>&> Visit>
void in_common_parts(std::span<const Set> by_size, size_t count_max, Visit&& visit) {
  in_parts(by_size[0], count_max, [&](std::vector<MemberRef>& part) {
    for (size_t i = 1; i < by_size.size() && !part.empty(); ++i) by_size[i].filter(part, true);
    return visit(part);
  });
}

// Calls visit(std::vector<MemberRef>&) with parts of what the sets after the first, the largest,
// bring beyond it, each member once.
template <Visitor<std::vector<MemberRef>&> Visit>
void in_further_parts(std::span<const Set> by_size, Visit&& visit) {
  SetObject further;  // what the sets before brought
  bool more = true;
  for (size_t i = 1; more && i < by_size.size(); ++i) {
    in_parts(by_size[i], kPart, [&](std::vector<MemberRef>& part) {
      by_size[0].filter(part, false);
      further.filter(part, false);
      more = visit(part) == Walk::kGoOn;
      if (more && i + 1 < by_size.size()) further.insert(part);
      return more ? Walk::kGoOn : Walk::kStop;
    });
  }
}

// Calls visit(std::vector<MemberRef>&) with parts of what only the first set has, of which some
// `wanted` are looked for.
template <Visitor<std::vector<MemberRef>&> Visit>
void in_different_parts(std::span<const Set> sets, size_t wanted, Visit&& visit) {
  const Set& first = sets[0];
  const std::vector<Set> others = once_each(sets.subspan(1), std::greater<>());
  const auto is_first = [&](const Set& other) { return other.entry() == first.entry(); };
  if (first.empty() || std::any_of(others.begin(), others.end(), is_first)) return;
  SetObject gathered;
  size_t sum = 0;
  for (const Set& other : others) sum += other.size();
  const bool gather = subtract_by_gathering(std::min(first.size(), wanted), others.size(), sum);
  for (size_t i = 0; gather && i < others.size(); ++i) {
    in_parts(others[i], kPart, [&](std::vector<MemberRef>& part) {
      first.filter(part, true);
      char digits[kIntegerTextMax];
      for (const MemberRef& member : part) gathered.add(member.text(digits));
      return Walk::kGoOn;
    });
  }
  in_parts(first, wanted, [&](std::vector<MemberRef>& part) {
    if (gather) {
      gathered.filter(part, false);
    } else {
      for (size_t i = 0; i < others.size() && !part.empty(); ++i) others[i].filter(part, false);
    }
    return visit(part);
  });
}

}  // namespace

void Members::sort_integers(size_t count_max) {
  if (list.size() > count_max) return;
  std::vector<int64_t> numbers;
  numbers.reserve(list.size());
  for (const MemberRef& member : list) {
    const auto number = member.number();
    if (!number) return;
    numbers.push_back(*number);
  }
  if (std::is_sorted(numbers.begin(), numbers.end())) return;
  std::sort(numbers.begin(), numbers.end());
  std::transform(numbers.begin(), numbers.end(), list.begin(),
                 [](int64_t number) { return MemberRef(number); });
}

Members intersect(std::span<const Set> sets, size_t count_max) {
  const std::vector<Set> by_size = once_each(sets, std::less<>());
  Members result;
  in_common_parts(by_size, count_max, [&](std::vector<MemberRef>& part) {
    const size_t missing = count_max - result.size();
    if (part.size() > missing) part.resize(missing, MemberRef(0));
    append(result.list, part);
    return result.size() == count_max ? Walk::kStop : Walk::kGoOn;
  });
  return result;
}

size_t intersection_size(std::span<const Set> sets, size_t count_max) {
  const std::vector<Set> by_size = once_each(sets, std::less<>());
  if (by_size.size() == 1) return std::min(by_size[0].size(), count_max);
  size_t count = 0;
  in_common_parts(by_size, count_max, [&](std::vector<MemberRef>& part) {
    count = std::min(count + part.size(), count_max);
    return count == count_max ? Walk::kStop : Walk::kGoOn;
  });
  return count;
}

Members unite(std::span<const Set> sets) {
  Members result;
  const std::vector<Set> by_size = once_each(sets, std::greater<>());
  if (by_size.empty()) return result;
  result.list.reserve(by_size[0].size());
  in_parts(by_size[0], kPart, [&](std::vector<MemberRef>& part) {
    append(result.list, part);
    return Walk::kGoOn;
  });
  in_further_parts(by_size, [&](std::vector<MemberRef>& part) {
    append(result.list, part);
    return Walk::kGoOn;
  });
  return result;
}

size_t union_size(std::span<const Set> sets, size_t count_max) {
  const std::vector<Set> by_size = once_each(sets, std::greater<>());
  size_t count = by_size.empty() ? 0 : std::min(by_size[0].size(), count_max);
  if (count == count_max) return count;
  in_further_parts(by_size, [&](std::vector<MemberRef>& part) {
    count = std::min(count + part.size(), count_max);
    return count == count_max ? Walk::kStop : Walk::kGoOn;
  });
  return count;
}

Members subtract(std::span<const Set> sets) {
  Members result;
  in_different_parts(sets, SIZE_MAX, [&](std::vector<MemberRef>& part) {
    append(result.list, part);
    return Walk::kGoOn;
  });
  return result;
}

size_t difference_size(std::span<const Set> sets, size_t count_max) {
  if (sets.size() == 1) return std::min(sets[0].size(), count_max);
  size_t count = 0;
  in_different_parts(sets, count_max, [&](std::vector<MemberRef>& part) {
    count = std::min(count + part.size(), count_max);
    return count == count_max ? Walk::kStop : Walk::kGoOn;
  });
  return count;
}

}  // namespace kevy
