// ZPOPMIN, ZPOPMAX, ZMPOP: elements taken from either end of a sorted set.
#include <algorithm>

#include "command/arguments.h"
#include "command/families.h"
#include "command/sorted_set/access.h"

namespace kevy {

namespace {

/// Which end elements are taken from.
struct End {
  Direction direction;
  Bytes event, verb;
};
constexpr End kMin{Direction::kUp, "zpopmin", "ZPOPMIN"}, kMax{Direction::kDown, "zpopmax", "ZPOPMAX"};

/// Removes what was answered from the end of a set.
void take(Call& call, const Key& key, SortedSet& set, const End& end, Ranks ranks) {
  set.erase(ranks);
  call.changed(key, kEventZset, end.event);
  if (set.empty()) erase_empty(call, key);
}

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
  take(call, key, set, end, ranks);
}

void zpopmin(Call& call) { pop(call, kMin); }
void zpopmax(Call& call) { pop(call, kMax); }

struct ManyPop {
  size_t keys = 0;
  const End* end = nullptr;
  int64_t count = 1;
};

bool read_many_pop(Call& call, ManyPop& pop) {
  const auto keys = parse_int64(call.args[1]);
  if (!keys || *keys < 1) {
    call.error("ERR numkeys should be greater than 0");
    return false;
  }
  if (static_cast<uint64_t>(*keys) >= call.argc() - 2) {
    call.error(errors::kSyntax);
    return false;
  }
  pop.keys = static_cast<size_t>(*keys);
  Options options(call.args, 2 + pop.keys);
  const Bytes where = options.value();
  pop.end = equals_ignoring_case(where, "min")   ? &kMin
            : equals_ignoring_case(where, "max") ? &kMax
                                                 : nullptr;
  bool counted = false;
  while (pop.end != nullptr && !options.done()) {
    if (counted || !options.next_is("count", 1)) {
      pop.end = nullptr;
      break;
    }
    counted = true;
    const auto count = parse_int64(options.value());
    if (!count || *count < 1) {
      call.error("ERR count should be greater than 0");
      return false;
    }
    pop.count = *count;
  }
  if (pop.end == nullptr) call.error(errors::kSyntax);
  return pop.end != nullptr;
}

void zmpop(Call& call) {
  ManyPop pop;
  if (!read_many_pop(call, pop)) return;
  for (size_t i = 0; i < pop.keys; ++i) {
    const Key key = call.key(2 + i);
    const Found found = find_to_write(call, key, Type::kZset);
    if (found.wrong) return;
    if (found.entry == nullptr) continue;
    SortedSet set = sorted_set_of(call, key, found.entry);
    const Ranks ranks = at_end(set, *pop.end, static_cast<uint64_t>(pop.count));
    call.reply.array(2);
    call.reply.bulk(key.bytes);
    call.reply.array(ranks.count);
    set.visit(ranks, pop.end->direction, [&](Bytes member, double score) {
      call.reply.array(2);
      call.reply.bulk(member);
      call.reply.real(score);
      return Walk::kGoOn;
    });
    char digits[kIntegerTextMax];
    call.effect({pop.end->verb, key.bytes,
                 format_int64(static_cast<int64_t>(ranks.count), digits)});
    take(call, key, set, *pop.end, ranks);
    return;
  }
  call.reply.null_array();
}

constexpr KeySpec kPopKey[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete}};
constexpr KeySpec kPopKeys[] = {
    {1, 0, 1, kKeyRW | kKeyAccess | kKeyDelete, KeySearch::kKeynum}};

constexpr CommandRow kRows[] = {
    {.name = "zpopmin", .arity = -2, .flags = kWrite | kFast, .categories = kAclSortedSet,
     .keys = kPopKey, .group = "sorted-set", .since = "5.0.0",
     .complexity = "O(M*log(N)) in the elements taken",
     .summary = "Takes the elements of the lowest scores.", .syntax = "key [count]",
     .handler = zpopmin},
    {.name = "zpopmax", .arity = -2, .flags = kWrite | kFast, .categories = kAclSortedSet,
     .keys = kPopKey, .group = "sorted-set", .since = "5.0.0",
     .complexity = "O(M*log(N)) in the elements taken",
     .summary = "Takes the elements of the highest scores.", .syntax = "key [count]",
     .handler = zpopmax},
    {.name = "zmpop", .arity = -4, .flags = kWrite | kMovableKeys, .categories = kAclSortedSet,
     .keys = kPopKeys, .group = "sorted-set", .since = "7.0.0",
     .complexity = "O(K) in the keys and O(M*log(N)) in the elements taken",
     .summary = "Takes elements from an end of the first key that has any.",
     .syntax = "numkeys:integer key [key ...] <MIN|MAX> [COUNT count]", .handler = zmpop},
};

}  // namespace

CommandFamily sorted_set_pop_commands() { return kRows; }

}  // namespace kevy
