// SINTER, SUNION, SDIFF, and their forms that store or count.
#include "store/set/set_algebra.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "command/arguments.h"
#include "command/collection.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/set/value.h"

namespace kevy {

namespace {

using Operation = Members (*)(std::span<const Set>);

Members intersect_all(std::span<const Set> sets) { return intersect(sets); }

// The sets under `count` keys from argument `first` on, a missing key being the empty set. Nothing,
// and the error is answered, when one holds something else.
std::optional<std::vector<Set>> read_sets(Call& call, size_t first, size_t count) {
  std::vector<Set> sets;
  sets.reserve(count);
  for (size_t i = first; i < first + count; ++i) {
    const auto [entry, wrong] = find_to_read(call, call.key(i), Type::kSet);
    if (wrong) return std::nullopt;
    sets.emplace_back(entry);
  }
  return sets;
}

void answer(Call& call, Operation operation) {
  const auto sets = read_sets(call, 1, call.argc() - 1);
  if (!sets) return;
  Members members = operation(*sets);
  members.sort_integers(set_limits(call).intset_entries);
  call.reply.set(members.size());
  members.for_each([&](Bytes member) {
    call.reply.bulk(member);
    return Walk::kGoOn;
  });
}

// Puts the result under the first key, in place of whatever that holds; an empty one is no key.
void store(Call& call, Operation operation, Bytes event) {
  const auto sets = read_sets(call, 2, call.argc() - 2);
  if (!sets) return;
  const Members members = operation(*sets);
  const Key key = call.key(1);
  const bool there = find_to_replace(call, key) != nullptr;
  if (members.size() != 0) {
    Set::store(call.keyspace(key), key, members.list, set_limits(call));
    if (!there) call.made(key);
    call.changed(key, kEventSet, event);
  } else if (there) {
    call.keyspace(key).erase(key);
    call.changed(key, kEventGeneric, "del");
  }
  call.reply.integer(static_cast<int64_t>(members.size()));
}

void sinter(Call& call) { answer(call, intersect_all); }
void sunion(Call& call) { answer(call, unite); }
void sdiff(Call& call) { answer(call, subtract); }
void sinterstore(Call& call) { store(call, intersect_all, "sinterstore"); }
void sunionstore(Call& call) { store(call, unite, "sunionstore"); }
void sdiffstore(Call& call) { store(call, subtract, "sdiffstore"); }

using Cardinality = size_t (*)(std::span<const Set>, size_t count_max);

// Counts what comes of numbered keys, up to a limit.
void count(Call& call, Cardinality cardinality, bool approximately = false) {
  const auto number = parse_int64(call.args[1]);
  if (!number || *number < 1) {
    call.error("ERR numkeys should be greater than 0");
    return;
  }
  if (*number > static_cast<int64_t>(call.argc()) - 2) {
    call.error("ERR Number of keys can't be greater than number of args");
    return;
  }
  const auto keys = static_cast<size_t>(*number);
  const auto limit = cardinality_limit(call, 2 + keys, approximately);
  if (!limit) return;
  const auto sets = read_sets(call, 2, keys);
  if (!sets) return;
  call.reply.integer(static_cast<int64_t>(cardinality(*sets, *limit)));
}

void sintercard(Call& call) { count(call, intersection_size); }
// With APPROX too the count is exact: nothing is stored for it, and it needs no estimate.
void sunioncard(Call& call) { count(call, union_size, true); }
void sdiffcard(Call& call) { count(call, difference_size); }

constexpr KeySpec kStoreKeys[] = {{1, 1, 1, kKeyOW | kKeyUpdate}, {2, -1, 1, kKeyRO | kKeyAccess}};
constexpr KeySpec kCountedKeys[] = {
    {.first = 1, .flags = kKeyRO | kKeyAccess, .search = KeySearch::kKeynum}};

constexpr Bytes kIntersectionCost = "O(N) look-ups in each of the others, N the smallest set";
constexpr Bytes kSumCost = "O(N) in the members of all the sets";

constexpr CommandRow kRows[] = {
    {.name = "sinter", .arity = -2, .flags = kReadonly, .categories = kAclSet,
     .keys = kAllReadAccess, .group = "set", .since = "1.0.0", .complexity = kIntersectionCost,
     .summary = "Answers the members that all of the sets have.", .syntax = "key [key ...]",
     .handler = sinter},
    {.name = "sunion", .arity = -2, .flags = kReadonly, .categories = kAclSet,
     .keys = kAllReadAccess, .group = "set", .since = "1.0.0", .complexity = kSumCost,
     .summary = "Answers the members that any of the sets has.", .syntax = "key [key ...]",
     .handler = sunion},
    {.name = "sdiff", .arity = -2, .flags = kReadonly, .categories = kAclSet,
     .keys = kAllReadAccess, .group = "set", .since = "1.0.0", .complexity = kSumCost,
     .summary = "Answers the members that the first set has and none of the others.",
     .syntax = "key [key ...]", .handler = sdiff},
    {.name = "sinterstore", .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclSet,
     .keys = kStoreKeys, .group = "set", .since = "1.0.0", .complexity = kIntersectionCost,
     .summary = "Stores the members that all of the sets have, as a set of their own.",
     .syntax = "destination:key key [key ...]", .handler = sinterstore},
    {.name = "sunionstore", .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclSet,
     .keys = kStoreKeys, .group = "set", .since = "1.0.0", .complexity = kSumCost,
     .summary = "Stores the members that any of the sets has, as a set of their own.",
     .syntax = "destination:key key [key ...]", .handler = sunionstore},
    {.name = "sdiffstore", .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclSet,
     .keys = kStoreKeys, .group = "set", .since = "1.0.0", .complexity = kSumCost,
     .summary = "Stores the members that the first set has and none of the others, as a set of "
                "their own.",
     .syntax = "destination:key key [key ...]", .handler = sdiffstore},
    {.name = "sintercard", .arity = -3, .flags = kReadonly | kMovableKeys, .categories = kAclSet,
     .keys = kCountedKeys, .group = "set", .since = "7.0.0", .complexity = kIntersectionCost,
     .summary = "Counts the members that all of the sets have, up to a limit.",
     .syntax = "numkeys:integer key [key ...] [LIMIT limit:integer]", .handler = sintercard},
    {.name = "sunioncard", .arity = -3, .flags = kReadonly | kMovableKeys, .categories = kAclSet,
     .keys = kCountedKeys, .group = "set", .since = "8.10.0", .complexity = kSumCost,
     .summary = "Counts the members that any of the sets has, up to a limit.",
     .syntax = "numkeys:integer key [key ...] [APPROX] [LIMIT limit:integer]",
     .handler = sunioncard},
    {.name = "sdiffcard", .arity = -3, .flags = kReadonly | kMovableKeys, .categories = kAclSet,
     .keys = kCountedKeys, .group = "set", .since = "8.10.0", .complexity = kSumCost,
     .summary = "Counts the members that the first set has and none of the others, up to a limit.",
     .syntax = "numkeys:integer key [key ...] [LIMIT limit:integer]", .handler = sdiffcard},
};

}  // namespace

CommandFamily set_algebra_commands() { return kRows; }

}  // namespace kevy
