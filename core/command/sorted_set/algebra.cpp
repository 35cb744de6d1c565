// Unions, intersections and differences of sorted sets: ZUNION, ZINTER, ZDIFF, what stores them,
// and ZINTERCARD.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <span>

#include "command/arguments.h"
#include "command/families.h"
#include "command/sorted_set/range_arguments.h"
#include "command/sorted_set/zset_source.h"
#include "store/set/set_algebra.h"

namespace kevy {

namespace {

enum class Aggregate : uint8_t { kSum, kMin, kMax };
enum class Operation : uint8_t { kUnion, kInter, kDiff };

struct Algebra {
  Operation operation;
  bool stores;  // the first key is the destination
  std::vector<ZsetSource> sources = {};
  Aggregate aggregate = Aggregate::kSum;
  WithScores with_scores = WithScores::kNo;

  bool read(Call& call);
  std::unique_ptr<SortedSetObject> result();

 private:
  bool read_options(Call& call, size_t first);
  bool read_weights(Call& call, Options& options);
  void unite(SortedSetObject& into);
  void intersect(SortedSetObject& into);
  void subtract(SortedSetObject& into);
  double combined(double score, double other) const noexcept;
  double folded(std::span<const double> scores, std::span<const size_t> number) const noexcept;
};

/// The keys that a number of them at `counted` announces, as sources.
bool read_sources(Call& call, size_t counted, std::vector<ZsetSource>& sources) {
  const size_t count = input_keys_argument(call, counted);
  sources.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const Entry* entry = call.find_read(call.key(counted + 1 + i));
    if (entry != nullptr && !ZsetSource::accepts(entry->type())) {
      call.error(errors::kWrongType);
      return false;
    }
    sources.emplace_back(entry);
  }
  return count != 0;
}

void smallest_first(std::vector<ZsetSource>& sources) {
  std::stable_sort(sources.begin(), sources.end(), [](const ZsetSource& a, const ZsetSource& b) {
    return a.size() < b.size();
  });
}

/// Every source once, in the order in which they come first, and which of these each of all is:
/// what is named often is looked up once.
struct Distinct {
  std::vector<ZsetSource> sources;
  std::vector<size_t> number;  // of each of all

  explicit Distinct(std::span<const ZsetSource> all) : number(all.size()) {
    std::vector<size_t> by_entry(all.size());
    std::iota(by_entry.begin(), by_entry.end(), size_t{0});
    std::sort(by_entry.begin(), by_entry.end(), [&](size_t a, size_t b) {
      const Entry *first = all[a].entry(), *second = all[b].entry();
      return first != second ? std::less<>()(first, second) : a < b;
    });
    // Of those with one entry the first leads.
    std::vector<size_t> leader(all.size());
    for (size_t i = 0, leads = 0; i < all.size(); ++i) {
      if (all[by_entry[i]].entry() != all[by_entry[leads]].entry()) leads = i;
      leader[by_entry[i]] = by_entry[leads];
    }
    for (size_t i = 0; i < all.size(); ++i) {
      const bool leads = leader[i] == i;
      number[i] = leads ? sources.size() : number[leader[i]];
      if (leads) sources.push_back(all[i]);
    }
  }
};

/// Sums of whole numbers, which come out the same in whatever order they are added: what is named often
/// is added once, with its weights together.
class WholeSums {
 public:
  WholeSums(std::span<const ZsetSource> all, const Distinct& distinct) : weights_(distinct.sources.size()) {
    if (all.size() == weights_.size()) return;  // nothing is named twice
    for (size_t i = 0; i < all.size(); ++i) weights_[distinct.number[i]] += all[i].weight;
    // Of weights above zero, so that a sum of zeros has the sign it has one by one.
    apply_ = std::all_of(all.begin(), all.end(), [](const ZsetSource& source) {
      return source.weight > 0 && is_whole(source.weight);
    });
  }

  /// The sum of these scores, one for each distinct source, unless it may depend on the order.
  std::optional<double> of(std::span<const double> scores) const noexcept {
    double sum = 0, magnitude = 0;
    bool apply = apply_;
    for (size_t i = 0; apply && i < scores.size(); ++i) {
      const double weighted = scores[i] * weights_[i];
      sum = i == 0 ? weighted : sum + weighted;
      magnitude += std::abs(weighted);
      apply = is_whole(scores[i]) && magnitude < kExactBelow;
    }
    return apply ? std::optional(sum) : std::nullopt;
  }

 private:
  static constexpr double kExactBelow = 9007199254740992;  // 2^53

  static bool is_whole(double number) noexcept { return std::trunc(number) == number; }

  std::vector<double> weights_;
  bool apply_ = false;
};

bool Algebra::read(Call& call) {
  const size_t counted = stores ? 2 : 1;
  return read_sources(call, counted, sources) &&
         read_options(call, counted + 1 + sources.size());
}

bool Algebra::read_weights(Call& call, Options& options) {
  for (ZsetSource& source : sources) {
    const auto weight = score_argument(call, options.value(), "ERR weight value is not a float");
    if (!weight) return false;
    source.weight = *weight;
  }
  return true;
}

bool Algebra::read_options(Call& call, size_t first) {
  const bool combines = operation != Operation::kDiff;
  for (Options options(call.args, first); !options.done();) {
    if (combines && options.next_is("weights", sources.size())) {
      if (!read_weights(call, options)) return false;
      continue;
    }
    bool known = false;
    if (combines && options.next_is("aggregate", 1)) {
      const Bytes how = options.value();
      known = true;
      if (equals_ignoring_case(how, "sum")) {
        aggregate = Aggregate::kSum;
      } else if (equals_ignoring_case(how, "min")) {
        aggregate = Aggregate::kMin;
      } else if (equals_ignoring_case(how, "max")) {
        aggregate = Aggregate::kMax;
      } else {
        known = false;
      }
    } else if (!stores && options.next_is("withscores")) {
      with_scores = WithScores::kYes;
      known = true;
    }
    if (!known) {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// Infinities that cancel each other out, and a weight of 0 of one, give 0.
double number_or_zero(double score) noexcept {
  if (std::isnan(score)) [[unlikely]]
    return 0;
  return score;
}

double sum_of(double score, double other) noexcept { return number_or_zero(score + other); }
double least_of(double score, double other) noexcept { return other < score ? other : score; }
double greatest_of(double score, double other) noexcept { return other > score ? other : score; }

double Algebra::combined(double score, double other) const noexcept {
  switch (aggregate) {
    case Aggregate::kSum:
      return sum_of(score, other);
    case Aggregate::kMin:
      return least_of(score, other);
    default:
      return greatest_of(score, other);
  }
}

// Combines the scores that a member has in each of the sources, in their order: scores[number[i]]
// in the i-th.
double Algebra::folded(std::span<const double> scores,
                       std::span<const size_t> number) const noexcept {
  const auto fold = [&](auto&& combine) {
    double result = number_or_zero(scores[0] * sources[0].weight);
    for (size_t i = 1; i < sources.size(); ++i) {
      result = combine(result, scores[number[i]] * sources[i].weight);
    }
    return result;
  };
  switch (aggregate) {
    case Aggregate::kSum: {
      // A sum that was no number on the way is none at the end; only then is each step looked at.
      const double plain = fold([](double score, double other) { return score + other; });
      return std::isnan(plain) ? fold(sum_of) : plain;
    }
    case Aggregate::kMin:
      return fold(least_of);
    default:
      return fold(greatest_of);
  }
}

void Algebra::unite(SortedSetObject& into) {
  for (const ZsetSource& source : sources) {
    source.for_each([&](Bytes member, double score) {
      const double weighted = number_or_zero(score * source.weight);
      if (ScoredMember* there = into.find(member)) {
        into.set_gathered(there, combined(there->score(), weighted));
      } else {
        into.gather(member, weighted);
      }
      return Walk::kGoOn;
    });
  }
}

void Algebra::intersect(SortedSetObject& into) {
  if (sources[0].size() == 0) return;
  const Distinct distinct(sources);
  const WholeSums whole(sources, distinct);
  std::vector<double> scores(distinct.sources.size());
  sources[0].for_each([&](Bytes member, double score) {
    scores[0] = score;
    for (size_t i = 1; i < scores.size(); ++i) {
      const auto other = distinct.sources[i].score(member);
      if (!other) return Walk::kGoOn;
      scores[i] = *other;
    }
    const auto sum = aggregate == Aggregate::kSum ? whole.of(scores) : std::nullopt;
    into.gather(member, sum ? *sum : folded(scores, distinct.number));
    return Walk::kGoOn;
  });
}

void Algebra::subtract(SortedSetObject& into) {
  const ZsetSource& first = sources[0];
  const Distinct all(sources);
  const std::span<const ZsetSource> others = std::span(all.sources).subspan(1);
  const bool again = std::count(all.number.begin(), all.number.end(), 0) > 1;
  if (first.size() == 0 || again) return;
  size_t sum = 0;
  for (const ZsetSource& other : others) sum += other.size();
  SetObject gathered;
  const bool gather = subtract_by_gathering(first.size(), others.size(), sum);
  for (size_t i = 0; gather && i < others.size(); ++i) {
    others[i].for_each([&](Bytes member, double) {
      if (first.score(member)) gathered.add(member);
      return Walk::kGoOn;
    });
  }
  first.for_each([&](Bytes member, double score) {
    const bool gone = gather ? gathered.contains(member)
                             : std::any_of(others.begin(), others.end(), [&](const auto& other) {
                                 return other.score(member).has_value();
                               });
    if (!gone) into.gather(member, score);
    return Walk::kGoOn;
  });
}

std::unique_ptr<SortedSetObject> Algebra::result() {
  auto gathered = std::make_unique<SortedSetObject>();
  if (operation == Operation::kDiff) {
    subtract(*gathered);
  } else {
    // The smallest first, as Redis does: the order in which scores are added may show in the sum.
    smallest_first(sources);
    if (operation == Operation::kUnion) {
      unite(*gathered);
    } else {
      intersect(*gathered);
    }
  }
  gathered->order_gathered();
  return gathered;
}

void answer(Call& call, Operation operation) {
  Algebra algebra{.operation = operation, .stores = false};
  if (!algebra.read(call)) return;
  const auto result = algebra.result();
  const ScoreTree& order = result->order();
  reply_elements(call.reply, order.size(), algebra.with_scores);
  order.visit_up(0, order.size(), [&](const ScoredMember& member, double score) {
    reply_element(call.reply, member.key(), score, algebra.with_scores);
    return Walk::kGoOn;
  });
}

void store(Call& call, Operation operation, Bytes event) {
  Algebra algebra{.operation = operation, .stores = true};
  if (algebra.read(call)) store_sorted_set(call, call.key(1), algebra.result(), event);
}

void zunion(Call& call) { answer(call, Operation::kUnion); }
void zinter(Call& call) { answer(call, Operation::kInter); }
void zdiff(Call& call) { answer(call, Operation::kDiff); }
void zunionstore(Call& call) { store(call, Operation::kUnion, "zunionstore"); }
void zinterstore(Call& call) { store(call, Operation::kInter, "zinterstore"); }
void zdiffstore(Call& call) { store(call, Operation::kDiff, "zdiffstore"); }

void zintercard(Call& call) {
  std::vector<ZsetSource> sources;
  if (!read_sources(call, 1, sources)) return;
  const auto limit = cardinality_limit(call, 2 + sources.size());
  if (!limit) return;
  smallest_first(sources);
  const std::vector<ZsetSource> distinct = Distinct(sources).sources;
  uint64_t in_all = 0;
  if (distinct.size() == 1) {
    in_all = std::min<uint64_t>(distinct[0].size(), *limit);
  } else {
    distinct[0].for_each([&](Bytes member, double) {
      const bool everywhere =
          std::all_of(distinct.begin() + 1, distinct.end(),
                      [&](const ZsetSource& other) { return other.score(member).has_value(); });
      if (everywhere) ++in_all;
      return in_all == *limit ? Walk::kStop : Walk::kGoOn;
    });
  }
  call.reply.integer(static_cast<int64_t>(in_all));
}

constexpr KeySpec kInputs[] = {{1, 0, 1, kKeyRO | kKeyAccess, KeySearch::kKeynum}};
constexpr KeySpec kDestinationAndInputs[] = {
    {1, 1, 1, kKeyOW | kKeyUpdate}, {2, 0, 1, kKeyRO | kKeyAccess, KeySearch::kKeynum}};
constexpr uint32_t kReads = kReadonly | kMovableKeys;
constexpr uint32_t kStores = kWrite | kDenyOom | kMovableKeys;

constexpr CommandRow kRows[] = {
    {.name = "zunion", .arity = -3, .flags = kReads, .categories = kAclSortedSet,
     .keys = kInputs, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(N)+O(M*log(M)) in the elements of all inputs and of the result",
     .summary = "Answers what is in any of the sorted sets.",
     .syntax = "numkeys:integer key [key ...] [WEIGHTS weight:integer [weight:integer ...]] "
               "[AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]",
     .handler = zunion},
    {.name = "zinter", .arity = -3, .flags = kReads, .categories = kAclSortedSet,
     .keys = kInputs, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(N*K)+O(M*log(M)) in the smallest input, the inputs and the result",
     .summary = "Answers what is in all of the sorted sets.",
     .syntax = "numkeys:integer key [key ...] [WEIGHTS weight:integer [weight:integer ...]] "
               "[AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]",
     .handler = zinter},
    {.name = "zdiff", .arity = -3, .flags = kReads, .categories = kAclSortedSet,
     .keys = kInputs, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(N*K)+O(M*log(M)) in the first input, the inputs and the result",
     .summary = "Answers what is in the first sorted set and in none of the others.",
     .syntax = "numkeys:integer key [key ...] [WITHSCORES]", .handler = zdiff},
    {.name = "zunionstore", .arity = -4, .flags = kStores, .categories = kAclSortedSet,
     .keys = kDestinationAndInputs, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(N)+O(M*log(M)) in the elements of all inputs and of the result",
     .summary = "Stores what is in any of the sorted sets.",
     .syntax = "destination:key numkeys:integer key [key ...] "
               "[WEIGHTS weight:integer [weight:integer ...]] [AGGREGATE <SUM|MIN|MAX>]",
     .handler = zunionstore},
    {.name = "zinterstore", .arity = -4, .flags = kStores, .categories = kAclSortedSet,
     .keys = kDestinationAndInputs, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(N*K)+O(M*log(M)) in the smallest input, the inputs and the result",
     .summary = "Stores what is in all of the sorted sets.",
     .syntax = "destination:key numkeys:integer key [key ...] "
               "[WEIGHTS weight:integer [weight:integer ...]] [AGGREGATE <SUM|MIN|MAX>]",
     .handler = zinterstore},
    {.name = "zdiffstore", .arity = -4, .flags = kStores, .categories = kAclSortedSet,
     .keys = kDestinationAndInputs, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(N*K)+O(M*log(M)) in the first input, the inputs and the result",
     .summary = "Stores what is in the first sorted set and in none of the others.",
     .syntax = "destination:key numkeys:integer key [key ...]", .handler = zdiffstore},
    {.name = "zintercard", .arity = -3, .flags = kReads, .categories = kAclSortedSet,
     .keys = kInputs, .group = "sorted-set", .since = "7.0.0",
     .complexity = "O(N*K) in the smallest input and the inputs",
     .summary = "Counts what is in all of the sorted sets.",
     .syntax = "numkeys:integer key [key ...] [LIMIT limit:integer]", .handler = zintercard},
};

}  // namespace

void store_sorted_set(Call& call, const Key& key, std::unique_ptr<SortedSetObject> result,
                      Bytes event) {
  const bool was_there = find_to_replace(call, key) != nullptr;
  const auto size = static_cast<int64_t>(result->size());
  if (size != 0) {
    SortedSet::put(call.keyspace(key), key, std::move(result), sorted_set_limits(call));
    if (!was_there) call.made(key);
    call.changed(key, kEventZset, event);
  } else if (was_there) {
    call.keyspace(key).erase(key);
    call.changed(key, kEventGeneric, "del");
  }
  call.reply.integer(size);
}

size_t input_keys_argument(Call& call, size_t counted) {
  const auto count = integer_argument(call, call.args[counted]);
  if (!count) return 0;
  if (*count < 1) {
    call.error("ERR at least 1 input key is needed for '" +
               full_name(call.runtime.table(), call.row) + "' command");
    return 0;
  }
  if (static_cast<uint64_t>(*count) > call.argc() - counted - 1) {
    call.error(errors::kSyntax);
    return 0;
  }
  return static_cast<size_t>(*count);
}

CommandFamily sorted_set_algebra_commands() { return kRows; }

}  // namespace kevy
