// HGET and its relatives: fields are read.
#include "command/collection.h"
#include "command/families.h"
#include "command/hash/value.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

void hget(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  if (const auto value = Hash(entry).find(call.args[2])) {
    reply_value(call.reply, *value);
  } else {
    call.reply.null();
  }
}

void hmget(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  call.reply.array(call.argc() - 2);
  for (const Bytes field : call.args.subspan(2)) {
    if (const auto value = hash.find(field)) {
      reply_value(call.reply, *value);
    } else {
      call.reply.null();
    }
  }
}

void hgetall(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  call.reply.map(hash.size());
  hash.for_each([&](Bytes field, Bytes value) {
    call.reply.bulk(field);
    call.reply.bulk(value);
  });
}

void hkeys(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  call.reply.array(hash.size());
  hash.for_each([&](Bytes field, Bytes) { call.reply.bulk(field); });
}

void hvals(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  call.reply.array(hash.size());
  hash.for_each([&](Bytes, Bytes value) { call.reply.bulk(value); });
}

void hlen(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (!wrong) call.reply.integer(static_cast<int64_t>(Hash(entry).size()));
}

void hexists(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (!wrong) call.reply.integer(Hash(entry).find(call.args[2]) ? 1 : 0);
}

void hstrlen(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  const auto value = Hash(entry).find(call.args[2]);
  char digits[kIntegerTextMax];
  call.reply.integer(value ? static_cast<int64_t>(value->text(digits).size()) : 0);
}

constexpr CommandRow kRows[] = {
    {.name = "hget", .arity = 3, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Answers the value of a field.", .syntax = "key field", .handler = hget},
    {.name = "hmget", .arity = -3, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "2.0.0",
     .complexity = "O(N) with N fields given", .summary = "Answers the values of several fields.",
     .syntax = "key field [field ...]", .handler = hmget},
    {.name = "hgetall", .arity = 2, .flags = kReadonly, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "2.0.0",
     .complexity = "O(N) with N fields in the hash",
     .summary = "Answers all fields of a hash with their values.", .syntax = "key",
     .handler = hgetall},
    {.name = "hkeys", .arity = 2, .flags = kReadonly, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "2.0.0",
     .complexity = "O(N) with N fields in the hash", .summary = "Answers all fields of a hash.",
     .syntax = "key", .handler = hkeys},
    {.name = "hvals", .arity = 2, .flags = kReadonly, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "2.0.0",
     .complexity = "O(N) with N fields in the hash", .summary = "Answers all values of a hash.",
     .syntax = "key", .handler = hvals},
    {.name = "hlen", .arity = 2, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneRead, .group = "hash", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Answers how many fields a hash has.", .syntax = "key", .handler = hlen},
    {.name = "hexists", .arity = 3, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneRead, .group = "hash", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Answers whether a hash has a field.", .syntax = "key field",
     .handler = hexists},
    {.name = "hstrlen", .arity = 3, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneRead, .group = "hash", .since = "3.2.0", .complexity = "O(1)",
     .summary = "Answers how many bytes the value of a field has.", .syntax = "key field",
     .handler = hstrlen},
};

}  // namespace

CommandFamily hash_read_commands() { return kRows; }

}  // namespace kevy
