// Members and their scores: ZADD, ZREM, ZSCORE and their relatives.
#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/parts.h"
#include "command/sorted_set/range_arguments.h"

namespace kevy {

namespace {

using Outcome = SortedSet::Outcome;

struct AddOptions {
  ScoreRule rule;
  bool count_changed = false;
  size_t first_pair = 2;
};

bool read_add_options(Call& call, AddOptions& add) {
  ScoreRule& rule = add.rule;
  Options options(call.args, 2);
  for (; !options.done(); ++add.first_pair) {
    if (options.next_is("nx")) {
      rule.only_new = true;
    } else if (options.next_is("xx")) {
      rule.only_existing = true;
    } else if (options.next_is("ch")) {
      add.count_changed = true;
    } else if (options.next_is("incr")) {
      rule.add = true;
    } else if (options.next_is("gt")) {
      rule.only_greater = true;
    } else if (options.next_is("lt")) {
      rule.only_less = true;
    } else {
      break;
    }
  }
  const size_t words = call.argc() - add.first_pair;
  if (words == 0 || words % 2 != 0) {
    call.error(errors::kSyntax);
  } else if (rule.only_new && rule.only_existing) {
    call.error("ERR XX and NX options at the same time are not compatible");
  } else if ((rule.only_greater && rule.only_new) || (rule.only_less && rule.only_new) ||
             (rule.only_greater && rule.only_less)) {
    call.error("ERR GT, LT, and/or NX options at the same time are not compatible");
  } else if (rule.add && words > 2) {
    call.error("ERR INCR option supports a single increment-element pair");
  } else {
    return true;
  }
  return false;
}

// What one ZADD has done so far.
struct Sum {
  int64_t added = 0, changed = 0;
};

// The limits for the pairs from argument `first` on. Redis gives a set the form that scales as soon
// as a command names more members, or a longer one, than a packed set may have, whether or not they
// are there already.
SortedSet::Limits limits_for_pairs(Call& call, SortedSet& set, size_t first) {
  SortedSet::Limits limits = sorted_set_limits(call);
  bool small = (call.argc() - first) / 2 <= limits.entries;
  for (size_t i = first + 1; small && i < call.argc(); i += 2) {
    small = call.args[i].size() <= limits.bytes;
  }
  if (small) return limits;
  if (!set.empty() && set.packed()) set.make_big();
  limits.entries = 0;
  return limits;
}

// Stores one pair; false when the sum with the score that was there is no number, which has been
// answered.
bool store_one(Call& call, SortedSet& set, Bytes member, double score, ScoreRule rule,
               SortedSet::Limits limits, SortedSet::Stored& stored, Sum& sum) {
  stored = set.store(member, score, rule, limits);
  if (stored.outcome == Outcome::kNotANumber) {
    call.error("ERR resulting score is not a number (NaN)");
    return false;
  }
  if (stored.outcome == Outcome::kAdded) ++sum.added;
  if (stored.outcome == Outcome::kChanged) ++sum.changed;
  return true;
}

void report(Call& call, const Key& key, bool was_there, const Sum& sum, Bytes event) {
  if (sum.added + sum.changed == 0) return;
  if (!was_there) call.made(key);
  call.changed(key, kEventZset, event);
  call.count_as(key, static_cast<uint64_t>(sum.added + sum.changed));
}

void increment(Call& call, ScoreRule rule, Bytes score_text, Bytes member) {
  const auto score = score_argument(call, score_text);
  if (!score) return;
  const Key key = call.key(1);
  const Found found = find_to_write(call, key, Type::kZset);
  if (found.wrong) return;
  SortedSet set = sorted_set_of(call, key, found.entry);
  SortedSet::Stored stored;
  Sum sum;
  const auto limits = limits_for_pairs(call, set, call.argc() - 2);
  if (!store_one(call, set, member, *score, rule, limits, stored, sum)) return;
  report(call, key, found.entry != nullptr, sum, "zincr");
  if (stored.outcome == Outcome::kRefused) {
    call.reply.null();
  } else {
    call.reply.real(stored.score);
  }
}

void zadd(Call& call) {
  AddOptions options;
  if (!read_add_options(call, options)) return;
  const size_t first = options.first_pair;
  if (options.rule.add) {
    increment(call, options.rule, call.args[first], call.args[first + 1]);
    return;
  }
  // Nothing is stored unless all scores are good. Most often there is one, which is read once.
  const auto first_score = score_argument(call, call.args[first]);
  if (!first_score) return;
  for (size_t i = first + 2; i < call.argc(); i += 2) {
    if (!score_argument(call, call.args[i])) return;
  }
  const Key key = call.key(1);
  const Found found = find_to_write(call, key, Type::kZset);
  if (found.wrong) return;
  SortedSet set = sorted_set_of(call, key, found.entry);
  const auto limits = limits_for_pairs(call, set, first);
  SortedSet::Stored stored;
  Sum sum;
  in_parts(
      call, first, 2,
      [&](size_t i) {
        const double score = i == first ? *first_score : *score_argument(call, call.args[i]);
        store_one(call, set, call.args[i + 1], score, options.rule, limits, stored, sum);
      },
      [&] { report(call, key, found.entry != nullptr, sum, "zadd"); });
  call.reply.integer(options.count_changed ? sum.added + sum.changed : sum.added);
}

void zincrby(Call& call) {
  increment(call, {.add = true}, call.args[2], call.args[3]);
}

void zrem(Call& call) { remove_elements<SortedSet>(call, Type::kZset, kEventZset, "zrem"); }

void zcard(Call& call) {
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  call.reply.integer(static_cast<int64_t>(SortedSet(found.entry).size()));
}

void reply_score(Call& call, std::optional<double> score) {
  if (score) {
    call.reply.real(*score);
  } else {
    call.reply.null();
  }
}

void zscore(Call& call) {
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (!found.wrong) reply_score(call, SortedSet(found.entry).score(call.args[2]));
}

void zmscore(Call& call) {
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  call.reply.array(call.argc() - 2);
  for (size_t i = 2; i < call.argc(); ++i) reply_score(call, set.score(call.args[i]));
}

constexpr CommandRow kRows[] = {
    {.name = "zadd", .arity = -4, .flags = kWrite | kDenyOom | kFast, .categories = kAclSortedSet,
     .keys = kOneUpdate, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(log(N)) for each member",
     .summary = "Gives members scores, and adds those that are not there yet.",
     .syntax = "key [NX|XX] [GT|LT] [CH] [INCR] score:double member [score:double member ...]",
     .handler = zadd},
    {.name = "zincrby", .arity = 4, .flags = kWrite | kDenyOom | kFast,
     .categories = kAclSortedSet, .keys = kOneAccessUpdate, .group = "sorted-set",
     .since = "1.2.0", .complexity = "O(log(N))",
     .summary = "Adds to the score of a member; a missing one counts as 0.",
     .syntax = "key increment:integer member", .handler = zincrby},
    {.name = "zrem", .arity = -3, .flags = kWrite | kFast, .categories = kAclSortedSet,
     .keys = kOneDelete, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(log(N)) for each member",
     .summary = "Removes members and answers how many there were.",
     .syntax = "key member [member ...]", .handler = zrem},
    {.name = "zcard", .arity = 2, .flags = kReadonly | kFast, .categories = kAclSortedSet,
     .keys = kOneRead, .group = "sorted-set", .since = "1.2.0", .complexity = "O(1)",
     .summary = "Answers how many members there are.", .syntax = "key", .handler = zcard},
    {.name = "zscore", .arity = 3, .flags = kReadonly | kFast, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "1.2.0", .complexity = "O(1)",
     .summary = "Answers the score of a member.", .syntax = "key member", .handler = zscore},
    {.name = "zmscore", .arity = -3, .flags = kReadonly | kFast, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(1) for each member", .summary = "Answers the scores of several members.",
     .syntax = "key member [member ...]", .handler = zmscore},
};

}  // namespace

CommandFamily sorted_set_commands() { return kRows; }

}  // namespace kevy
