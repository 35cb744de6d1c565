// SPOP and SRANDMEMBER: members of a set by chance, taken out or only looked at.
#include <algorithm>
#include <string>
#include <vector>

#include "command/arguments.h"
#include "command/collection.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/random_count.h"
#include "command/set/value.h"

namespace kevy {

namespace {

// Members that are taken out for each that stays, from which on those that stay are moved instead.
constexpr size_t kMost = 4;
// Where more than one in so many is taken out of a set in its entry, all of it is written anew.
constexpr size_t kFew = 16;

void pop_one(Call& call) {
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kSet);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  Set set(call.keyspace(key), key, entry);
  set.pick(1, thread_random(), [&](Bytes member) {
    call.reply.bulk(member);
    call.effect({"SREM", key.bytes, member});
    set.erase(member);
  });
  call.changed(key, kEventSet, "spop");
  if (set.empty()) erase_empty(call, key);
}

void pop_all(Call& call, const Key& key, const Set& set) {
  call.reply.set(set.size());
  set.for_each([&](Bytes member) {
    call.reply.bulk(member);
    return Walk::kGoOn;
  });
  call.effect({"DEL", key.bytes});
  call.changed(key, kEventSet, "spop");
  call.count_as(key, set.size());
  erase_empty(call, key);
}

// Of a set in its entry, all in one go.
void pop_inside(Call& call, const Key& key, Set& set, size_t wanted) {
  call.reply.set(wanted);
  set.take_inside(wanted, thread_random(), [&](Bytes member) {
    call.reply.bulk(member);
    call.effect({"SREM", key.bytes, member});
  });
}

// Where few are left.
void pop_most(Call& call, const Key& key, Set& set, size_t wanted) {
  auto left = set.choose(set.size() - wanted, thread_random());
  call.reply.set(wanted);
  set.for_each([&](Bytes member) {
    if (!left->contains(member)) {
      call.reply.bulk(member);
      call.effect({"SREM", key.bytes, member});
    }
    return Walk::kGoOn;
  });
  set.become(std::move(left));
}

void pop_few(Call& call, const Key& key, Set& set, size_t wanted) {
  std::vector<std::string> members;
  members.reserve(wanted);
  set.sample(wanted, thread_random(), [&](Bytes member) { members.emplace_back(member); });
  call.reply.set(members.size());
  for (const std::string& member : members) {
    call.reply.bulk(member);
    call.effect({"SREM", key.bytes, member});
  }
  for (const std::string& member : members) set.erase(member);
}

void pop_several(Call& call) {
  const auto count = parse_int64(call.args[2]);
  if (!count || *count < 0) {
    call.error("ERR value is out of range, must be positive");
    return;
  }
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kSet);
  if (wrong) return;
  if (entry == nullptr || *count == 0) {
    call.reply.set(0);
    return;
  }
  Set set(call.keyspace(key), key, entry);
  const auto wanted = static_cast<size_t>(*count);
  if (wanted >= set.size()) {
    pop_all(call, key, set);
    return;
  }
  if (!set.is_big() && wanted * kFew > set.size()) {
    pop_inside(call, key, set, wanted);
  } else if (set.is_big() && (set.size() - wanted) * kMost < wanted) {
    pop_most(call, key, set, wanted);
  } else {
    pop_few(call, key, set, wanted);
  }
  call.changed(key, kEventSet, "spop");
  call.count_as(key, wanted);
}

void spop(Call& call) {
  if (call.argc() == 2) {
    pop_one(call);
  } else if (call.argc() == 3) {
    pop_several(call);
  } else {
    call.error(errors::kSyntax);
  }
}

void pick_one(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kSet);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  Set(entry).pick(1, thread_random(), [&](Bytes member) { call.reply.bulk(member); });
}

void pick_several(Call& call) {
  const auto wanted = random_count(call);
  if (!wanted) return;
  const int64_t count = wanted->count;
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kSet);
  if (wrong) return;
  const auto reply_member = [&](Bytes member) { call.reply.bulk(member); };
  const Set set(entry);
  if (count < 0 && !set.empty()) {
    if (!check_repeated(call, count)) return;
    const auto picked = static_cast<size_t>(-count);
    call.reply.array(picked);
    set.pick(picked, thread_random(), reply_member);
  } else {
    const size_t picked = std::min(static_cast<size_t>(std::max<int64_t>(count, 0)), set.size());
    call.reply.array(picked);
    set.sample(picked, thread_random(), reply_member);
  }
}

void srandmember(Call& call) {
  if (call.argc() == 2) {
    pick_one(call);
  } else if (call.argc() == 3) {
    pick_several(call);
  } else {
    call.error(errors::kSyntax);
  }
}

constexpr CommandRow kRows[] = {
    {.name = "spop", .arity = -2, .flags = kWrite | kFast | kTakesMany, .categories = kAclSet,
     .keys = kOneAccessDelete, .group = "set", .since = "1.0.0",
     .complexity = "O(N) in the members taken",
     .summary = "Takes members out of a set by chance.", .syntax = "key [count:integer]",
     .handler = spop},
    {.name = "srandmember", .arity = -2, .flags = kReadonly, .categories = kAclSet,
     .keys = kOneReadAccess, .group = "set", .since = "1.0.0",
     .complexity = "O(N) in the members answered",
     .summary = "Answers members of a set by chance; a negative count may repeat them.",
     .syntax = "key [count:integer]", .handler = srandmember},
};

}  // namespace

CommandFamily set_random_commands() { return kRows; }

}  // namespace kevy
