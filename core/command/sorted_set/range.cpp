// Sorted sets by rank, score and lexical order: ZRANGE and its relatives, which answer, count,
// store or remove the elements of a range.
#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/sorted_set/range_arguments.h"

namespace kevy {

namespace {

// Range commands.

void answer_range(Call& call, RangeBy by, std::optional<Direction> direction) {
  RangeArguments range{.by = by, .direction = direction};
  if (!range.read(call, 2, true)) return;
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  const Ranks ranks = range.ranks(set);
  reply_elements(call.reply, ranks.count, range.with_scores);
  set.visit(ranks, range.towards(), [&](Bytes member, double score) {
    reply_element(call.reply, member, score, range.with_scores);
    return Walk::kGoOn;
  });
}

void zrange(Call& call) { answer_range(call, RangeBy::kAny, std::nullopt); }
void zrevrange(Call& call) { answer_range(call, RangeBy::kRank, Direction::kDown); }
void zrangebyscore(Call& call) { answer_range(call, RangeBy::kScore, Direction::kUp); }
void zrevrangebyscore(Call& call) { answer_range(call, RangeBy::kScore, Direction::kDown); }
void zrangebylex(Call& call) { answer_range(call, RangeBy::kLex, Direction::kUp); }
void zrevrangebylex(Call& call) { answer_range(call, RangeBy::kLex, Direction::kDown); }

void zrangestore(Call& call) {
  RangeArguments range{.by = RangeBy::kAny, .direction = std::nullopt};
  if (!range.read(call, 3, false)) return;
  const Found found = find_to_read(call, call.key(2), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  auto result = std::make_unique<SortedSetObject>();
  set.visit(range.ranks(set), Direction::kUp, [&](Bytes member, double score) {
    result->add(member, score);
    return Walk::kGoOn;
  });
  store_sorted_set(call, call.key(1), std::move(result), "zrangestore");
}

// Ranks and numbers of elements.

void answer_rank(Call& call, Direction direction) {
  const bool with_score = call.argc() == 4;
  if (call.argc() > 4) {
    call.error(errors::wrong_arity(call));
    return;
  }
  if (with_score && !equals_ignoring_case(call.args[3], "withscore")) {
    call.error(errors::kSyntax);
    return;
  }
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  const auto ranked = set.rank(call.args[2]);
  if (!ranked) {
    if (with_score) {
      call.reply.null_array();
    } else {
      call.reply.null();
    }
    return;
  }
  const uint64_t rank =
      direction == Direction::kUp ? ranked->rank : set.size() - 1 - ranked->rank;
  if (with_score) call.reply.array(2);
  call.reply.integer(static_cast<int64_t>(rank));
  if (with_score) call.reply.real(ranked->score);
}

void zrank(Call& call) { answer_rank(call, Direction::kUp); }
void zrevrank(Call& call) { answer_rank(call, Direction::kDown); }

void zcount(Call& call) {
  const auto range = score_range_argument(call, call.args[2], call.args[3]);
  if (!range) return;
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  call.reply.integer(static_cast<int64_t>(SortedSet(found.entry).between(*range).count));
}

void zlexcount(Call& call) {
  const auto range = lex_range_argument(call, call.args[2], call.args[3]);
  if (!range) return;
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  call.reply.integer(
      static_cast<int64_t>(SortedSet(found.entry).between(*range, Direction::kUp).count));
}

// Removal.

// Removes the elements that `ranks` tells of the set.
template <typename RanksOf>
void remove_range(Call& call, Bytes event, RanksOf&& ranks_in) {
  const Key key = call.key(1);
  const Found found = find_to_write(call, key, Type::kZset);
  if (found.wrong) return;
  SortedSet set = sorted_set_of(call, key, found.entry);
  const Ranks ranks = ranks_in(set);
  remove_ranks(call, key, set, ranks, event);
  call.reply.integer(static_cast<int64_t>(ranks.count));
}

void zremrangebyrank(Call& call) {
  const auto start = integer_argument(call, call.args[2]);
  if (!start) return;
  const auto stop = integer_argument(call, call.args[3]);
  if (!stop) return;
  remove_range(call, "zremrangebyrank",
               [&](const SortedSet& set) { return ranks_of(*start, *stop, set.size()); });
}

void zremrangebyscore(Call& call) {
  const auto range = score_range_argument(call, call.args[2], call.args[3]);
  if (!range) return;
  remove_range(call, "zremrangebyscore",
               [&](const SortedSet& set) { return set.between(*range); });
}

void zremrangebylex(Call& call) {
  const auto range = lex_range_argument(call, call.args[2], call.args[3]);
  if (!range) return;
  remove_range(call, "zremrangebylex",
               [&](const SortedSet& set) { return set.between(*range, Direction::kUp); });
}

constexpr KeySpec kRangestoreKeys[] = {{1, 1, 1, kKeyOW | kKeyUpdate},
                                       {2, 2, 1, kKeyRO | kKeyAccess}};

constexpr CommandRow kRows[] = {
    {.name = "zrange", .arity = -4, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(log(N)+M) in the elements answered",
     .summary = "Answers the elements of a range of ranks, scores or members.",
     .syntax = "key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset:integer count] [WITHSCORES]",
     .handler = zrange},
    {.name = "zrangestore", .arity = -5, .flags = kWrite | kDenyOom, .categories = kAclSortedSet,
     .keys = kRangestoreKeys, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(log(N)+M) in the elements stored",
     .summary = "Stores the elements of a range under another key.",
     .syntax = "dst:key src:key min max [BYSCORE|BYLEX] [REV] [LIMIT offset:integer count]",
     .handler = zrangestore},
    {.name = "zrevrange", .arity = -4, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(log(N)+M) in the elements answered",
     .summary = "Answers the elements of a range of ranks, counted from the highest score.",
     .syntax = "key start:integer stop:integer [WITHSCORES]", .handler = zrevrange},
    {.name = "zrangebyscore", .arity = -4, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "1.0.5",
     .complexity = "O(log(N)+M) in the elements answered",
     .summary = "Answers the elements of a range of scores.",
     .syntax = "key min:double max:double [WITHSCORES] [LIMIT offset:integer count]",
     .handler = zrangebyscore},
    {.name = "zrevrangebyscore", .arity = -4, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.2.0",
     .complexity = "O(log(N)+M) in the elements answered",
     .summary = "Answers the elements of a range of scores, the highest first.",
     .syntax = "key max:double min:double [WITHSCORES] [LIMIT offset:integer count]",
     .handler = zrevrangebyscore},
    {.name = "zrangebylex", .arity = -4, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.8.9",
     .complexity = "O(log(N)+M) in the elements answered",
     .summary = "Answers the members of a lexical range, where all scores are the same.",
     .syntax = "key min max [LIMIT offset:integer count]", .handler = zrangebylex},
    {.name = "zrevrangebylex", .arity = -4, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.8.9",
     .complexity = "O(log(N)+M) in the elements answered",
     .summary = "Answers the members of a lexical range, the last first.",
     .syntax = "key max min [LIMIT offset:integer count]", .handler = zrevrangebylex},
    {.name = "zrank", .arity = -3, .flags = kReadonly | kFast, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.0.0", .complexity = "O(log(N))",
     .summary = "Answers how many elements come before a member.",
     .syntax = "key member [WITHSCORE]", .handler = zrank},
    {.name = "zrevrank", .arity = -3, .flags = kReadonly | kFast, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.0.0", .complexity = "O(log(N))",
     .summary = "Answers how many elements come behind a member.",
     .syntax = "key member [WITHSCORE]", .handler = zrevrank},
    {.name = "zcount", .arity = 4, .flags = kReadonly | kFast, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.0.0", .complexity = "O(log(N))",
     .summary = "Counts the elements of a range of scores.",
     .syntax = "key min:double max:double", .handler = zcount},
    {.name = "zlexcount", .arity = 4, .flags = kReadonly | kFast, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.8.9", .complexity = "O(log(N))",
     .summary = "Counts the elements of a lexical range.", .syntax = "key min max",
     .handler = zlexcount},
    {.name = "zremrangebyrank", .arity = 4, .flags = kWrite, .categories = kAclSortedSet,
     .keys = kOneDelete, .group = "sorted-set", .since = "2.0.0",
     .complexity = "O(M*log(N)) in the elements removed",
     .summary = "Removes the elements of a range of ranks.",
     .syntax = "key start:integer stop:integer", .handler = zremrangebyrank},
    {.name = "zremrangebyscore", .arity = 4, .flags = kWrite, .categories = kAclSortedSet,
     .keys = kOneDelete, .group = "sorted-set", .since = "1.2.0",
     .complexity = "O(M*log(N)) in the elements removed",
     .summary = "Removes the elements of a range of scores.",
     .syntax = "key min:double max:double", .handler = zremrangebyscore},
    {.name = "zremrangebylex", .arity = 4, .flags = kWrite, .categories = kAclSortedSet,
     .keys = kOneDelete, .group = "sorted-set", .since = "2.8.9",
     .complexity = "O(M*log(N)) in the elements removed",
     .summary = "Removes the elements of a lexical range.", .syntax = "key min max",
     .handler = zremrangebylex},
};

}  // namespace

CommandFamily sorted_set_range_commands() { return kRows; }

}  // namespace kevy
