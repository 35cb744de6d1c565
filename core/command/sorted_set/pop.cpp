// ZPOPMIN, ZPOPMAX, ZMPOP, and BZPOPMIN, BZPOPMAX, BZMPOP, which wait: elements taken from either
// end of a sorted set.
#include <algorithm>

#include "command/arguments.h"
#include "command/deadline.h"
#include "command/families.h"
#include "command/many_pop.h"
#include "command/sorted_set/access.h"

namespace kevy {

namespace {

/// Which end elements are taken from.
struct End {
  Direction direction;
  Bytes event, verb;
};
constexpr End kMin{Direction::kUp, "zpopmin", "ZPOPMIN"},
    kMax{Direction::kDown, "zpopmax", "ZPOPMAX"};

Ranks at_end(const SortedSet& set, const End& end, uint64_t count) {
  const uint64_t size = set.size();
  count = std::min(count, size);
  return {end.direction == Direction::kUp ? 0 : size - count, count};
}

void pop(Call& call, const End& end) {
  const bool counted = call.argc() == 3;
  if (call.argc() > 3) {
    call.error(errors::kSyntax);
    return;
  }
  uint64_t count = 1;
  if (counted) {
    const auto number = parse_int64(call.args[2]);
    if (!number || *number < 0) {
      call.error("ERR value is out of range, must be positive");
      return;
    }
    count = static_cast<uint64_t>(*number);
  }
  const Key key = call.key(1);
  const Found found = find_to_write(call, key, Type::kZset);
  if (found.wrong) return;
  SortedSet set = sorted_set_of(call, key, found.entry);
  const Ranks ranks = at_end(set, end, count);
  if (ranks.count == 0) {
    call.reply.array(0);
    return;
  }
  // Without a count RESP3 has no pair around the one element.
  const bool pairs = counted && call.reply.protocol() > 2;
  call.reply.array(pairs ? ranks.count : ranks.count * 2);
  set.visit(ranks, end.direction, [&](Bytes member, double score) {
    if (pairs) call.reply.array(2);
    call.reply.bulk(member);
    call.reply.real(score);
    return Walk::kGoOn;
  });
  remove_ranks(call, key, set, ranks, end.event);
}

void zpopmin(Call& call) { pop(call, kMin); }
void zpopmax(Call& call) { pop(call, kMax); }

constexpr EndNames kEndNames{"min", "max"};

// False when there is nothing to pop, and nothing was answered.
bool pop_many(Call& call, const ManyPop& pop) {
  const End& end = pop.at_second ? kMax : kMin;
  for (const Bytes name : pop.keys) {
    const Key key = call.key_of(name);
    const Found found = find_to_write(call, key, Type::kZset);
    if (found.wrong) return true;
    if (found.entry == nullptr) continue;
    SortedSet set = sorted_set_of(call, key, found.entry);
    const Ranks ranks = at_end(set, end, static_cast<uint64_t>(pop.count));
    call.reply.array(2);
    call.reply.bulk(key.bytes);
    call.reply.array(ranks.count);
    set.visit(ranks, end.direction, [&](Bytes member, double score) {
      call.reply.array(2);
      call.reply.bulk(member);
      call.reply.real(score);
      return Walk::kGoOn;
    });
    char digits[kIntegerTextMax];
    call.effect({end.verb, key.bytes, format_int64(static_cast<int64_t>(ranks.count), digits)});
    remove_ranks(call, key, set, ranks, end.event);
    return true;
  }
  return false;
}

void zmpop(Call& call) {
  const auto pop = read_many_pop(call, 1, kEndNames);
  if (pop && !pop_many(call, *pop)) call.reply.null_array();
}

// One element of the first of several sets that is there, with its key. False when there is none,
// and nothing was answered.
bool pop_one(Call& call, Args keys, const End& end) {
  for (const Bytes name : keys) {
    const Key key = call.key_of(name);
    const Found found = find_to_write(call, key, Type::kZset);
    if (found.wrong) return true;
    if (found.entry == nullptr) continue;
    SortedSet set = sorted_set_of(call, key, found.entry);
    const Ranks ranks = at_end(set, end, 1);
    call.reply.array(3);
    call.reply.bulk(key.bytes);
    set.visit(ranks, end.direction, [&](Bytes member, double score) {
      call.reply.bulk(member);
      call.reply.real(score);
      return Walk::kGoOn;
    });
    call.effect({end.verb, key.bytes});
    remove_ranks(call, key, set, ranks, end.event);
    return true;
  }
  return false;
}

void pop_when_there(Call& call, const End& end) {
  const auto deadline_us = deadline_argument(call, call.args.back());
  if (!deadline_us) return;
  const Args keys = call.args.subspan(1, call.argc() - 2);
  if (pop_one(call, keys, end) || wait_for(call, keys, Type::kZset, *deadline_us)) return;
  call.reply.null_array();
}

void bzpopmin(Call& call) { pop_when_there(call, kMin); }
void bzpopmax(Call& call) { pop_when_there(call, kMax); }

void bzmpop(Call& call) {
  const auto pop = read_many_pop(call, 2, kEndNames);
  if (!pop) return;
  const auto deadline_us = deadline_argument(call, call.args[1]);
  if (!deadline_us) return;
  if (pop_many(call, *pop) || wait_for(call, pop->keys, Type::kZset, *deadline_us)) return;
  call.reply.null_array();
}

constexpr KeySpec kPopKey[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete}};
constexpr KeySpec kPopKeys[] = {{1, 0, 1, kKeyRW | kKeyAccess | kKeyDelete, KeySearch::kKeynum}};
constexpr KeySpec kWaitKeys[] = {{1, -2, 1, kKeyRW | kKeyAccess | kKeyDelete}};
constexpr KeySpec kNumberedWaitKeys[] = {
    {2, 0, 1, kKeyRW | kKeyAccess | kKeyDelete, KeySearch::kKeynum}};

constexpr uint32_t kWaits = kWrite | kBlocking | kNeedsSession;

constexpr CommandRow kRows[] = {
    {.name = "zpopmin",
     .arity = -2,
     .flags = kWrite | kFast | kTakesMany,
     .categories = kAclSortedSet,
     .keys = kPopKey,
     .group = "sorted-set",
     .since = "5.0.0",
     .complexity = "O(M*log(N)) in the elements taken",
     .summary = "Takes the elements of the lowest scores.",
     .syntax = "key [count]",
     .handler = zpopmin},
    {.name = "zpopmax",
     .arity = -2,
     .flags = kWrite | kFast | kTakesMany,
     .categories = kAclSortedSet,
     .keys = kPopKey,
     .group = "sorted-set",
     .since = "5.0.0",
     .complexity = "O(M*log(N)) in the elements taken",
     .summary = "Takes the elements of the highest scores.",
     .syntax = "key [count]",
     .handler = zpopmax},
    {.name = "zmpop",
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .categories = kAclSortedSet,
     .keys = kPopKeys,
     .group = "sorted-set",
     .since = "7.0.0",
     .complexity = "O(K) in the keys and O(M*log(N)) in the elements taken",
     .summary = "Takes elements from an end of the first key that has any.",
     .syntax = "numkeys:integer key [key ...] <MIN|MAX> [COUNT count]",
     .handler = zmpop},
    {.name = "bzpopmin",
     .arity = -3,
     .flags = kWaits | kFast,
     .categories = kAclSortedSet | kAclBlocking,
     .keys = kWaitKeys,
     .group = "sorted-set",
     .since = "5.0.0",
     .complexity = "O(K) in the keys and O(log(N))",
     .summary =
         "Takes the element of the lowest score of the first key that has any, and waits for one.",
     .syntax = "key [key ...] timeout:double",
     .handler = bzpopmin},
    {.name = "bzpopmax",
     .arity = -3,
     .flags = kWaits | kFast,
     .categories = kAclSortedSet | kAclBlocking,
     .keys = kWaitKeys,
     .group = "sorted-set",
     .since = "5.0.0",
     .complexity = "O(K) in the keys and O(log(N))",
     .summary =
         "Takes the element of the highest score of the first key that has any, and waits for one.",
     .syntax = "key [key ...] timeout:double",
     .handler = bzpopmax},
    {.name = "bzmpop",
     .arity = -5,
     .flags = kWaits | kMovableKeys,
     .categories = kAclSortedSet | kAclBlocking,
     .keys = kNumberedWaitKeys,
     .group = "sorted-set",
     .since = "7.0.0",
     .complexity = "O(K) in the keys and O(M*log(N)) in the elements taken",
     .summary = "Takes elements from an end of the first key that has any, and waits for some.",
     .syntax = "timeout:double numkeys:integer key [key ...] <MIN|MAX> [COUNT count]",
     .handler = bzmpop},
};

}  // namespace

CommandFamily sorted_set_pop_commands() { return kRows; }

}  // namespace kevy
