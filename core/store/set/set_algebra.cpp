#include "store/set/set_algebra.h"

#include <algorithm>
#include <optional>

namespace kevy {

namespace {

// Members that are looked up in one set after another before the next ones are taken.
constexpr size_t kPart = 512;

// Calls visit(std::vector<Bytes>&) with part after part of a set, until it says false.
template <typename Visit>
void in_parts(const Set& set, NumberTexts& texts, Visit&& visit) {
  std::vector<Bytes> part;
  uint64_t cursor = 0;
  do {
    part.clear();
    cursor = set.gather(cursor, kPart, part, texts);
  } while (visit(part) && cursor != 0);
}

void append(std::vector<Bytes>& to, const std::vector<Bytes>& part) {
  to.insert(to.end(), part.begin(), part.end());
}

// Whether to gather what is to be subtracted first: it takes a look-up for each member of the
// others and at most as many additions, which cost about two more; then one look-up for each of the
// first. The other way takes one in every other set for each of the first.
bool gather_subtrahends(const Set& first, std::span<const Set> others) {
  size_t sum = 0;
  for (const Set& other : others) sum += other.size();
  return 3 * sum + first.size() < first.size() * others.size();
}

}  // namespace

void Members::sort_integers(size_t count_max) {
  if (list.size() > count_max) return;
  std::vector<std::pair<int64_t, Bytes>> numbers;
  for (const Bytes member : list) {
    const auto number = parse_int64(member);
    if (!number) return;
    numbers.emplace_back(*number, member);
  }
  std::sort(numbers.begin(), numbers.end());
  std::transform(numbers.begin(), numbers.end(), list.begin(),
                 [](const auto& number) { return number.second; });
}

Members intersect(std::span<const Set> sets, size_t count_max) {
  std::vector<Set> by_size(sets.begin(), sets.end());
  std::sort(by_size.begin(), by_size.end(),
            [](const Set& a, const Set& b) { return a.size() < b.size(); });
  Members result;
  in_parts(by_size[0], result.texts, [&](std::vector<Bytes>& part) {
    for (size_t i = 1; i < by_size.size() && !part.empty(); ++i) by_size[i].filter(part, true);
    append(result.list, part);
    return result.list.size() < count_max;
  });
  if (result.list.size() > count_max) result.list.resize(count_max);
  return result;
}

Members unite(std::span<const Set> sets) {
  std::vector<Set> by_size(sets.begin(), sets.end());
  std::sort(by_size.begin(), by_size.end(),
            [](const Set& a, const Set& b) { return a.size() > b.size(); });
  Members result;
  if (by_size.empty()) return result;
  const Set& largest = by_size[0];
  result.list.reserve(largest.size());
  in_parts(largest, result.texts, [&](std::vector<Bytes>& part) {
    append(result.list, part);
    return true;
  });
  SetObject further;  // what the sets before brought beyond the largest
  for (size_t i = 1; i < by_size.size(); ++i) {
    in_parts(by_size[i], result.texts, [&](std::vector<Bytes>& part) {
      largest.filter(part, false);
      further.filter(part, false);
      append(result.list, part);
      if (i + 1 < by_size.size()) further.insert(part);
      return true;
    });
  }
  return result;
}

Members subtract(std::span<const Set> sets) {
  const Set& first = sets[0];
  const auto others = sets.subspan(1);
  Members result;
  SetObject gathered;
  const bool gather = gather_subtrahends(first, others);
  for (size_t i = 0; gather && i < others.size(); ++i) {
    in_parts(others[i], result.texts, [&](std::vector<Bytes>& part) {
      first.filter(part, true);
      for (const Bytes member : part) gathered.add(member);
      return true;
    });
  }
  in_parts(first, result.texts, [&](std::vector<Bytes>& part) {
    if (gather) {
      gathered.filter(part, false);
    } else {
      for (size_t i = 0; i < others.size() && !part.empty(); ++i) others[i].filter(part, false);
    }
    append(result.list, part);
    return true;
  });
  return result;
}

}  // namespace kevy
