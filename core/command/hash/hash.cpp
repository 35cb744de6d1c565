// HSET and HDEL and their relatives: fields are set and removed.
#include "command/collection.h"
#include "command/families.h"
#include "command/hash/value.h"
#include "command/key_specs.h"
#include "store/hash/hash_edit.h"

namespace kevy {

namespace {

// How many are new.
int64_t set_several(Call& call, const Key& key, Entry* entry, const Hash::Limits& limits) {
  HashEdit edit(call.keyspace(key), key, entry);
  int64_t added = 0;
  for (size_t i = 2; i < call.argc(); i += 2) {
    added += edit.set(call.args[i], call.args[i + 1], limits) ? 1 : 0;
  }
  edit.commit();
  return added;
}

// HSET and HMSET, which answer(how many fields are new).
template <typename Answer>
void set_pairs(Call& call, Answer answer) {
  if (call.argc() % 2 != 0) [[unlikely]] {
    call.error(errors::wrong_arity(call));
    return;
  }
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kHash);
  if (wrong) return;
  const Hash::Limits limits = hash_limits(call);
  int64_t added = 0;
  if (call.argc() == 4) [[likely]] {
    added = Hash(call.keyspace(key), key, entry).set(call.args[2], call.args[3], limits) ? 1 : 0;
  } else {
    added = set_several(call, key, entry, limits);
  }
  report_fields_set(call, key, entry, "hset");
  call.count_as(key, (call.argc() - 2) / 2);
  answer(added);
}

void hset(Call& call) {
  set_pairs(call, [&](int64_t added) { call.reply.integer(added); });
}

void hmset(Call& call) {
  set_pairs(call, [&](int64_t) { call.reply.ok(); });
}

void hsetnx(Call& call) {
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kHash);
  if (wrong) return;
  Hash hash(call.keyspace(key), key, entry);
  if (hash.find(call.args[2])) {
    call.reply.integer(0);
    return;
  }
  hash.set(call.args[2], call.args[3], hash_limits(call));
  report_fields_set(call, key, entry, "hset");
  call.reply.integer(1);
}

void hdel(Call& call) { remove_elements<Hash>(call, Type::kHash, kEventHash, "hdel"); }

constexpr uint32_t kFlags = kWrite | kDenyOom | kFast;

constexpr CommandRow kRows[] = {
    {.name = "hset", .arity = -4, .flags = kFlags, .categories = kAclHash, .keys = kOneUpdate,
     .group = "hash", .since = "2.0.0", .complexity = "O(N) with N fields given",
     .summary = "Sets fields of a hash and answers how many of them are new.",
     .syntax = "key field value [field value ...]", .handler = hset},
    {.name = "hmset", .arity = -4, .flags = kFlags, .categories = kAclHash, .keys = kOneUpdate,
     .group = "hash", .since = "2.0.0", .complexity = "O(N) with N fields given",
     .summary = "Sets fields of a hash.", .syntax = "key field value [field value ...]",
     .handler = hmset},
    {.name = "hsetnx", .arity = 4, .flags = kFlags, .categories = kAclHash, .keys = kOneInsert,
     .group = "hash", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Sets a field only where the hash does not have it.",
     .syntax = "key field value", .handler = hsetnx},
    {.name = "hdel", .arity = -3, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = kOneDelete, .group = "hash", .since = "2.0.0",
     .complexity = "O(N) with N fields given",
     .summary = "Removes fields from a hash; a hash without fields goes too.",
     .syntax = "key field [field ...]", .handler = hdel},
};

}  // namespace

CommandFamily hash_commands() { return kRows; }

}  // namespace kevy
