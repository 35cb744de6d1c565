// MGET, MSET, MSETNX: several strings in one step.
#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/value.h"
#include "command/string/write.h"

namespace kevy {

namespace {

void mget(Call& call) {
  call.reply.array(call.argc() - 1);
  for (size_t i = 1; i < call.argc(); ++i) {
    const Entry* entry = call.find_read(call.key(i));
    if (entry != nullptr && entry->is_string()) {
      reply_string(call.reply, *entry);
    } else {
      call.reply.null();
    }
  }
}

void store_pairs(Call& call) {
  StringBatch batch(call.argc() / 2, Keyspace::kNoExpiry);
  for (size_t i = 1; i < call.argc(); i += 2) {
    const Key key = call.key(i);
    Entry* const entry = call.find_write(key);
    add_string(call, batch, key, entry, call.args[i + 1]);
  }
  for (const StringBatch::Pair& pair : batch.commit()) {
    if (pair.is_new()) call.made(pair.key);
    call.changed(pair.key, kEventString, "set");
  }
}

void mset(Call& call) {
  if (call.argc() % 2 == 0) {
    call.error(errors::wrong_arity(call));
    return;
  }
  store_pairs(call);
  call.reply.ok();
}

void msetnx(Call& call) {
  if (call.argc() % 2 == 0) {
    call.error(errors::wrong_arity(call));
    return;
  }
  for (size_t i = 1; i < call.argc(); i += 2) {
    if (call.find_write(call.key(i)) != nullptr) {
      call.reply.integer(0);
      return;
    }
  }
  store_pairs(call);
  call.reply.integer(1);
}

constexpr KeySpec kPairsUpdate[] = {{1, -1, 2, kKeyOW | kKeyUpdate}};
constexpr KeySpec kPairsInsert[] = {{1, -1, 2, kKeyOW | kKeyInsert}};

constexpr CommandRow kRows[] = {
    {.name = "mget", .arity = -2, .flags = kReadonly | kFast, .categories = kAclString,
     .keys = kAllReadAccess, .group = "string", .since = "1.0.0", .complexity = "O(N) in the keys",
     .summary = "Answers the strings of several keys, all as of one moment.",
     .syntax = "key [key ...]", .handler = mget},
    {.name = "mset", .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclString,
     .keys = kPairsUpdate, .group = "string", .since = "1.0.1", .complexity = "O(N) in the keys",
     .summary = "Stores several strings in one step.", .syntax = "key value [key value ...]",
     .handler = mset},
    {.name = "msetnx", .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclString,
     .keys = kPairsInsert, .group = "string", .since = "1.0.1", .complexity = "O(N) in the keys",
     .summary = "Stores several strings, or none when one of the keys is there already.",
     .syntax = "key value [key value ...]", .handler = msetnx},
};

}  // namespace

CommandFamily multi_string_commands() { return kRows; }

}  // namespace kevy
