// Sets one by one: SADD, SREM, SMOVE, and what asks for their members.
#include "command/collection.h"
#include "command/collection_scan.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/parts.h"
#include "command/set/value.h"

namespace kevy {

namespace {

// How many are new. All are added, or none where memory runs out.
size_t add_several(Keyspace& keyspace, const Key& key, Entry* entry, Args members,
                   const Set::Limits& limits) {
  Set set(keyspace, key, entry);
  PartsDone done(members.size());
  size_t added = 0;
  try {
    set.expect(members.size(), members[0], limits);
    for (size_t i = 0; i < members.size(); ++i) {
      if (!set.add(members[i], limits)) continue;
      done.add(i);
      ++added;
    }
  } catch (const std::bad_alloc&) {
    if (entry == nullptr) {
      if (set.entry() != nullptr) keyspace.erase(key);
    } else {
      for (size_t i = 0; i < members.size(); ++i) {
        if (done.has(i)) set.erase(members[i]);
      }
    }
    throw;
  }
  return added;
}

void sadd(Call& call) {
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kSet);
  if (wrong) return;
  const Args members = call.args.subspan(2);
  const Set::Limits limits = set_limits(call);
  size_t added;
  if (members.size() == 1) [[likely]] {
    added = Set(call.keyspace(key), key, entry).add(members[0], limits) ? 1 : 0;
  } else {
    added = add_several(call.keyspace(key), key, entry, members, limits);
  }
  if (added != 0) {
    if (entry == nullptr) call.made(key);
    call.changed(key, kEventSet, "sadd");
    call.count_as(key, added);
  }
  call.reply.integer(static_cast<int64_t>(added));
}

void srem(Call& call) { remove_elements<Set>(call, Type::kSet, kEventSet, "srem"); }

void smove(Call& call) {
  const Key from = call.key(1);
  const Key to = call.key(2);
  const Bytes member = call.args[3];
  Entry* const source = call.find_write(from);
  Entry* const destination = call.find_write(to);
  if (source == nullptr) {
    call.reply.integer(0);
    return;
  }
  if (of_type(call, source, Type::kSet).wrong || of_type(call, destination, Type::kSet).wrong) {
    return;
  }
  Set taken(call.keyspace(from), from, source);
  if (source == destination) {
    call.reply.integer(taken.contains(member) ? 1 : 0);
    return;
  }
  if (!taken.contains(member)) {
    call.reply.integer(0);
    return;
  }
  // First what may find no memory.
  Set given(call.keyspace(to), to, destination);
  const bool added = given.add(member, set_limits(call));
  taken.erase(member);
  call.changed(from, kEventSet, "srem");
  if (taken.empty()) erase_empty(call, from);
  if (destination == nullptr) call.made(to);
  if (added) call.changed(to, kEventSet, "sadd");
  call.reply.integer(1);
}

void sismember(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kSet);
  if (!wrong) call.reply.integer(Set(entry).contains(call.args[2]) ? 1 : 0);
}

void smismember(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kSet);
  if (wrong) return;
  const Set set(entry);
  const Args members = call.args.subspan(2);
  call.reply.array(members.size());
  for (const Bytes member : members) call.reply.integer(set.contains(member) ? 1 : 0);
}

void scard(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kSet);
  if (!wrong) call.reply.integer(static_cast<int64_t>(Set(entry).size()));
}

void smembers(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kSet);
  if (wrong) return;
  const Set set(entry);
  call.reply.set(set.size());
  set.for_each([&](Bytes member) {
    call.reply.bulk(member);
    return Walk::kGoOn;
  });
}

void sscan(Call& call) {
  scan_collection(call, Type::kSet,
                  [](const Entry* entry, const ScanOptions& scan, FoundBytes& found) {
                    return Set(entry).scan(scan.cursor, scan.count, [&](Bytes member) {
                      if (scan.wants(member)) found.add(member);
                    });
                  });
}

constexpr KeySpec kSmoveKeys[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete},
                                  {2, 2, 1, kKeyRW | kKeyInsert}};

constexpr CommandRow kRows[] = {
    {.name = "sadd", .arity = -3, .flags = kWrite | kDenyOom | kFast, .categories = kAclSet,
     .keys = kOneInsert, .group = "set", .since = "1.0.0", .complexity = "O(N) in the members",
     .summary = "Adds members to a set and answers how many are new.",
     .syntax = "key member [member ...]", .handler = sadd},
    {.name = "srem", .arity = -3, .flags = kWrite | kFast, .categories = kAclSet,
     .keys = kOneDelete, .group = "set", .since = "1.0.0", .complexity = "O(N) in the members",
     .summary = "Takes members out of a set and answers how many there were.",
     .syntax = "key member [member ...]", .handler = srem},
    {.name = "smove", .arity = 4, .flags = kWrite | kFast, .categories = kAclSet,
     .keys = kSmoveKeys, .group = "set", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Takes a member out of one set and puts it into another.",
     .syntax = "source:key destination:key member", .handler = smove},
    {.name = "sismember", .arity = 3, .flags = kReadonly | kFast, .categories = kAclSet,
     .keys = kOneRead, .group = "set", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers whether a set has a member.", .syntax = "key member",
     .handler = sismember},
    {.name = "smismember", .arity = -3, .flags = kReadonly | kFast, .categories = kAclSet,
     .keys = kOneReadAccess, .group = "set", .since = "6.2.0",
     .complexity = "O(N) in the members asked for",
     .summary = "Answers of each of several values whether it is a member of a set.",
     .syntax = "key member [member ...]", .handler = smismember},
    {.name = "scard", .arity = 2, .flags = kReadonly | kFast, .categories = kAclSet,
     .keys = kOneRead, .group = "set", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers how many members a set has.", .syntax = "key", .handler = scard},
    {.name = "smembers", .arity = 2, .flags = kReadonly, .categories = kAclSet,
     .keys = kOneReadAccess, .group = "set", .since = "1.0.0", .complexity = "O(N) in the members",
     .summary = "Answers all members of a set.", .syntax = "key", .handler = smembers},
    {.name = "sscan", .arity = -3, .flags = kReadonly, .categories = kAclSet,
     .keys = kOneReadAccess, .group = "set", .since = "2.8.0",
     .complexity = "O(1) a call, O(N) for a full iteration",
     .summary = "Walks through the members of a set, some at a call.",
     .syntax = "key cursor:integer [MATCH pattern] [COUNT count:integer]", .handler = sscan},
};

}  // namespace

CommandFamily set_commands() { return kRows; }

}  // namespace kevy
