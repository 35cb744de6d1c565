// SORT and SORT_RO: the elements of a value in an order, or what they refer to.
#include <algorithm>
#include <cmath>

#include "base/radix_sort.h"
#include "command/families.h"
#include "command/key/sort_source.h"
#include "command/list/arguments.h"

namespace kevy {

namespace {

/// Calls visit(index, name in lower case) for each option among the arguments that has all its
/// values; an option's values are passed over.
template <typename Visit>
void for_each_option(Args args, Visit&& visit) {
  static constexpr struct {
    Bytes name;
    size_t values;
  } kWithValues[] = {{"limit", 2}, {"by", 1}, {"get", 1}, {"store", 1}};
  for (size_t i = 2; i < args.size(); ++i) {
    for (const auto& [name, values] : kWithValues) {
      if (!equals_ignoring_case(args[i], name)) continue;
      if (i + values < args.size()) visit(i, name);
      i += values;
      break;
    }
  }
}

size_t destination_argument(Args args) {
  size_t found = 0;
  for_each_option(args, [&](size_t i, Bytes name) {
    if (name == "store") found = i + 1;
  });
  return found;
}

// A pattern makes keys of elements, which may lie on any shard.
bool reads_other_keys(Args args) {
  bool found = false;
  for_each_option(args, [&](size_t i, Bytes name) {
    if (name == "by" || name == "get") found |= SortPattern(args[i + 1]).has_star();
  });
  return found;
}

struct SortOptions {
  bool descending = false;
  bool alpha = false;
  bool as_it_is = false;  // BY without a '*': not sorted
  std::optional<SortPattern> by;
  std::vector<SortPattern> get;
  int64_t skipped = 0;
  int64_t count_max = -1;
  size_t destination = 0;  // its argument; 0: no STORE
};

bool read_limit(Call& call, Options& options, SortOptions& sort) {
  const auto skipped = integer_argument(call, options.value());
  const auto count = skipped ? integer_argument(call, options.value()) : std::nullopt;
  if (!count) return false;
  sort.skipped = *skipped;
  sort.count_max = *count;
  return true;
}

bool read_sort_options(Call& call, bool may_store, SortOptions& sort) {
  for (Options options(call.args, 2); !options.done();) {
    if (options.next_is("asc")) {
      sort.descending = false;
    } else if (options.next_is("desc")) {
      sort.descending = true;
    } else if (options.next_is("alpha")) {
      sort.alpha = true;
    } else if (options.next_is("limit", 2)) {
      if (!read_limit(call, options, sort)) return false;
    } else if (options.next_is("by", 1)) {
      sort.by.emplace(options.value());
      sort.as_it_is |= !sort.by->has_star();
    } else if (options.next_is("get", 1)) {
      sort.get.emplace_back(options.value());
    } else if (may_store && options.next_is("store", 1)) {
      options.value();
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  if (may_store) sort.destination = destination_argument(call.args);
  if (sort.as_it_is) sort.by.reset();
  return true;
}

/// What sorting moves instead of the element: its position, and the number it is sorted by, if
/// there is one.
struct Rank {
  double number;
  size_t position;  // in the value
};

/// The elements one behind another, so that going through them in another order stays in the cache.
class Texts {
 public:
  void reserve(size_t count) { ends_.reserve(count); }
  void push_back(Bytes text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
  }
  size_t size() const noexcept { return ends_.size(); }
  Bytes operator[](size_t i) const noexcept {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

// A zero byte ends a number.
std::optional<double> sort_number(Bytes text) { return parse_double(before_nul(text)); }

class Sorting {
 public:
  Sorting(Call& call, const SortOptions& options) : call_(call), options_(options) {}

  /// Takes the elements, or those within the limit where they are not sorted.
  void read(const Entry& entry);
  /// Finds what the elements are sorted by; false when one is no number.
  bool weigh();
  /// Brings those within the limit into order.
  void sort();
  size_t size() const noexcept { return order_.size(); }
  /// visit(Bytes element), in order, until it says stop.
  template <Visitor<Bytes> Visit>
  void for_each(Visit&& visit) const {
    for (const Rank& rank : order_) {
      if (visit(elements_[rank.position]) == Walk::kStop) return;
    }
  }

 private:
  struct Window {
    size_t first, count;
  };
  Window window(size_t size) const;
  void take(const Entry& entry, Window window, bool backwards);
  void sort_equals();
  /// Of those whose numbers are equal.
  bool before(const Rank& a, const Rank& b) const;
  int compare(const Rank& a, const Rank& b) const;
  int compare_text(Bytes a, Bytes b) const;

  Call& call_;
  const SortOptions& options_;
  bool sorted_ = true, alpha_ = false, by_ = false;
  bool unordered_ = false;  // the value has no order of its own
  Texts elements_;
  std::vector<std::optional<std::string>> weights_;  // of the elements, with BY and ALPHA
  std::vector<Rank> order_;
};

Sorting::Window Sorting::window(size_t size) const {
  const auto length = static_cast<int64_t>(size);
  const int64_t first = std::clamp<int64_t>(options_.skipped, 0, length);
  const int64_t count = options_.count_max < 0 ? length : options_.count_max;
  return {static_cast<size_t>(first), static_cast<size_t>(std::min(count, length - first))};
}

void Sorting::take(const Entry& entry, Window window, bool backwards) {
  elements_.reserve(window.count);
  order_.reserve(window.count);
  for_each_sort_element(entry, window.first, window.count, backwards, [&](Bytes element) {
    order_.push_back({0, elements_.size()});
    elements_.push_back(element);
    return Walk::kGoOn;
  });
}

void Sorting::read(const Entry& entry) {
  unordered_ = entry.type() == Type::kSet;
  sorted_ = !options_.as_it_is;
  alpha_ = options_.alpha;
  by_ = options_.by.has_value();
  // What is stored must not depend on how a set lies in memory.
  if (!sorted_ && unordered_ && options_.destination != 0) sorted_ = alpha_ = true;
  const size_t size = sort_element_count(entry);
  if (sorted_) {
    take(entry, {0, size}, false);
  } else {
    take(entry, window(size), options_.descending);
  }
}

bool Sorting::weigh() {
  if (!sorted_ || (alpha_ && !by_)) return true;
  bool numbers = true;
  const auto set_number = [&](Rank& rank, Bytes text) {
    const auto number = sort_number(text);
    numbers &= number.has_value();
    rank.number = number.value_or(0);
  };
  if (by_ && alpha_) weights_.resize(elements_.size());
  for (Rank& rank : order_) {
    const Bytes element = elements_[rank.position];
    if (!by_) {
      set_number(rank, element);
      continue;
    }
    options_.by->look_up(call_, element, [&](Bytes weight) {
      if (alpha_) {
        weights_[rank.position] = weight;
      } else {
        set_number(rank, weight);
      }
    });
  }
  return numbers;
}

// A reply is sorted by text up to a zero byte, as strcoll does in the C locale; a stored list is
// sorted by all bytes.
int Sorting::compare_text(Bytes a, Bytes b) const {
  if (options_.destination != 0) return a.compare(b);
  return a.substr(0, a.find('\0')).compare(b.substr(0, b.find('\0')));
}

int Sorting::compare(const Rank& a, const Rank& b) const {
  const Bytes one = elements_[a.position], other = elements_[b.position];
  if (!alpha_) return one.compare(other);
  if (!by_) return compare_text(one, other);
  const auto &weight = weights_[a.position], &other_weight = weights_[b.position];
  if (weight.has_value() != other_weight.has_value()) return weight.has_value() ? 1 : -1;
  if (!weight) return 0;
  return compare_text(*weight, *other_weight);
}

bool Sorting::before(const Rank& a, const Rank& b) const {
  const int order = options_.descending ? compare(b, a) : compare(a, b);
  if (order != 0) return order < 0;
  if (unordered_) {
    const int elements = elements_[a.position].compare(elements_[b.position]);
    if (elements != 0) return elements < 0;
  }
  return a.position < b.position;
}

void Sorting::sort() {
  if (!sorted_) return;
  const Window wanted = window(order_.size());
  const auto begin = order_.begin();
  const auto end = begin + static_cast<ptrdiff_t>(wanted.first + wanted.count);
  const bool descending = options_.descending;
  const auto less = [this, descending](const Rank& a, const Rank& b) {
    if (a.number != b.number) return (a.number < b.number) != descending;
    return before(a, b);
  };
  constexpr size_t kManyNumbers = 512;
  if (end != order_.end()) {
    std::partial_sort(begin, end, order_.end(), less);
  } else if (alpha_ || order_.size() < kManyNumbers) {
    std::sort(begin, end, less);
  } else {
    radix_sort(order_, [descending](const Rank& rank) {
      return descending ? ~radix_key(rank.number) : radix_key(rank.number);
    });
    sort_equals();
  }
  order_.erase(end, order_.end());
  order_.erase(begin, begin + static_cast<ptrdiff_t>(wanted.first));
}

// Puts elements with equal numbers in order, once the numbers are.
void Sorting::sort_equals() {
  for (auto first = order_.begin(); first != order_.end();) {
    const auto next = std::find_if(first + 1, order_.end(), [&](const Rank& rank) {
      return rank.number != first->number;
    });
    if (next - first > 1) {
      std::sort(first, next, [this](const Rank& a, const Rank& b) { return before(a, b); });
    }
    first = next;
  }
}

void answer(Call& call, const SortOptions& options, const Sorting& sorting) {
  call.reply.array(sorting.size() * std::max<size_t>(options.get.size(), 1));
  sorting.for_each([&](Bytes element) {
    if (options.get.empty()) call.reply.bulk(element);
    for (const SortPattern& pattern : options.get) {
      const bool found =
          pattern.look_up(call, element, [&](Bytes value) { call.reply.bulk(value); });
      if (!found) call.reply.null();
    }
    return Walk::kGoOn;
  });
}

void store(Call& call, const SortOptions& options, const Sorting& sorting) {
  std::vector<std::string> gotten;
  std::vector<Bytes> values;
  sorting.for_each([&](Bytes element) {
    if (options.get.empty()) values.push_back(element);
    for (const SortPattern& pattern : options.get) {
      std::string& value = gotten.emplace_back();
      pattern.look_up(call, element, [&](Bytes bytes) { value = bytes; });
    }
    return Walk::kGoOn;
  });
  values.insert(values.end(), gotten.begin(), gotten.end());
  if (!check_elements(call, values)) return;
  const Key key = call.key(options.destination);
  const bool existed = find_to_replace(call, key) != nullptr;
  if (!values.empty()) {
    List::store(call.keyspace(key), key, values, list_limit(call));
    if (!existed) call.made(key);
    call.changed(key, kEventList, "sortstore");
    call.count_as(key, values.size());
  } else if (existed) {
    call.keyspace(key).erase(key);
    call.changed(key, kEventGeneric, "del");
  }
  call.reply.integer(static_cast<int64_t>(values.size()));
}

void sort_values(Call& call, bool may_store) {
  SortOptions options;
  if (!read_sort_options(call, may_store, options)) return;
  const Key key = call.key(1);
  Entry* entry = call.find_read(key);
  if (entry != nullptr && !has_sort_elements(*entry)) {
    call.error(errors::kWrongType);
    return;
  }
  if (entry != nullptr) entry = prepare_for_sort(call, key, entry);
  Sorting sorting(call, options);
  if (entry != nullptr) sorting.read(*entry);
  if (!sorting.weigh()) {
    call.error("ERR One or more scores can't be converted into double");
    return;
  }
  sorting.sort();
  if (options.destination != 0) {
    store(call, options, sorting);
  } else {
    answer(call, options, sorting);
  }
}

void sort(Call& call) { sort_values(call, true); }
void sort_ro(Call& call) { sort_values(call, false); }

constexpr KeySpec kSortKeys[] = {{1, 1, 1, kKeyRO | kKeyAccess},
                                 {0, 0, 1, kKeyRO | kKeyAccess, KeySearch::kUnknown},
                                 {0, 0, 1, kKeyOW | kKeyUpdate, KeySearch::kUnknown}};
constexpr KeySpec kSortReadKeys[] = {{1, 1, 1, kKeyRO | kKeyAccess},
                                     {0, 0, 1, kKeyRO | kKeyAccess, KeySearch::kUnknown}};

constexpr uint32_t kCategories = kAclSet | kAclSortedSet | kAclList | kAclDangerous;
constexpr Bytes kComplexity = "O(N+M*log(M)): N the elements, M those sorted";

constexpr CommandRow kRows[] = {
    {.name = "sort", .arity = -2, .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kCategories, .keys = kSortKeys, .group = "generic", .since = "1.0.0",
     .complexity = kComplexity,
     .summary = "Sorts the elements of a list, set or sorted set; answers or stores them.",
     .syntax = "key [BY pattern] [LIMIT offset:integer count] [GET pattern [GET pattern ...]] "
               "[ASC|DESC] [ALPHA] [STORE destination:key]",
     .handler = sort, .further_key = destination_argument,
     .needs_all_shards = reads_other_keys},
    {.name = "sort_ro", .arity = -2, .flags = kReadonly | kMovableKeys,
     .categories = kCategories, .keys = kSortReadKeys, .group = "generic", .since = "7.0.0",
     .complexity = kComplexity,
     .summary = "Sorts the elements of a list, set or sorted set and answers them.",
     .syntax = "key [BY pattern] [LIMIT offset:integer count] [GET pattern [GET pattern ...]] "
               "[ASC|DESC] [ALPHA]",
     .handler = sort_ro, .needs_all_shards = reads_other_keys},
};

}  // namespace

CommandFamily sort_commands() { return kRows; }

}  // namespace kevy
