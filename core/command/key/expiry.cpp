// Times to live: EXPIRE, TTL, PERSIST and their relatives.
#include <algorithm>

#include "command/arguments.h"
#include "command/expiry_conditions.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/write.h"

namespace kevy {

void set_expiry(Call& call, Key key, Entry* entry, int64_t at_ms) {
  if (at_ms <= call.now_ms()) {
    call.expire(key, call.session.database);
    ++call.shard_of(key).changes;
    return;
  }
  char digits[kIntegerTextMax];
  call.effect({"PEXPIREAT", key.bytes, format_int64(at_ms, digits)});
  call.keyspace(key).set_expiry(entry, key.hash, at_ms);
  call.runtime.note_expiry();
  call.changed(key, kEventGeneric, "expire");
}

namespace {

void expire_in(Call& call, TimeUnit unit) {
  ExpiryConditions conditions;
  if (!read_expiry_conditions(call, call.args, conditions)) return;
  const auto number = integer_argument(call, call.args[2]);
  if (!number) return;
  const auto at_ms = moment_of(call, *number, unit);
  if (!at_ms) {
    call.error(errors::invalid_expiry(call));
    return;
  }
  const Key key = call.key(1);
  Entry* entry = call.find_write(key);
  if (entry == nullptr || !conditions.hold(entry->expires_at_ms(), *at_ms)) {
    call.reply.integer(0);
    return;
  }
  set_expiry(call, key, entry, *at_ms);
  call.reply.integer(1);
}

void expire(Call& call) { expire_in(call, {true, false}); }
void pexpire(Call& call) { expire_in(call, {false, false}); }
void expireat(Call& call) { expire_in(call, {true, true}); }
void pexpireat(Call& call) { expire_in(call, {false, true}); }

constexpr int64_t kMissing = -2, kForever = -1;

// The moment a key expires at, or what to answer instead.
int64_t expiry_of(Call& call) {
  const Entry* entry = call.ask(call.key(1));
  if (entry == nullptr) return kMissing;
  return entry->has_expiry() ? entry->expires_at_ms() : kForever;
}

int64_t remaining_ms(Call& call, int64_t at_ms) {
  return std::max<int64_t>(at_ms - call.now_ms(), 0);
}

void ttl(Call& call) {
  const int64_t at_ms = expiry_of(call);
  call.reply.integer(at_ms < 0 ? at_ms : (remaining_ms(call, at_ms) + 500) / 1000);
}

void pttl(Call& call) {
  const int64_t at_ms = expiry_of(call);
  call.reply.integer(at_ms < 0 ? at_ms : remaining_ms(call, at_ms));
}

void expiretime(Call& call) {
  const int64_t at_ms = expiry_of(call);
  call.reply.integer(at_ms < 0 ? at_ms : (at_ms + 500) / 1000);
}

void pexpiretime(Call& call) { call.reply.integer(expiry_of(call)); }

void persist(Call& call) {
  const Key key = call.key(1);
  Entry* entry = call.find_write(key);
  if (entry == nullptr || !entry->has_expiry()) {
    call.reply.integer(0);
    return;
  }
  call.keyspace(key).set_expiry(entry, key.hash, Keyspace::kNoExpiry);
  call.changed(key, kEventGeneric, "persist");
  call.reply.integer(1);
}

constexpr CommandRow kRows[] = {
    {.name = "expire", .arity = -3, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = kOneUpdate, .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Lets a key live for some seconds from now.",
     .syntax = "key seconds:integer [NX|XX|GT|LT]", .handler = expire},
    {.name = "pexpire", .arity = -3, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = kOneUpdate, .group = "generic", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Lets a key live for some milliseconds from now.",
     .syntax = "key milliseconds:integer [NX|XX|GT|LT]", .handler = pexpire},
    {.name = "expireat", .arity = -3, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = kOneUpdate, .group = "generic", .since = "1.2.0", .complexity = "O(1)",
     .summary = "Lets a key live until a moment in seconds since 1970.",
     .syntax = "key unix-time-seconds:unix-time [NX|XX|GT|LT]", .handler = expireat},
    {.name = "pexpireat", .arity = -3, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = kOneUpdate, .group = "generic", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Lets a key live until a moment in milliseconds since 1970.",
     .syntax = "key unix-time-milliseconds:unix-time [NX|XX|GT|LT]", .handler = pexpireat},
    {.name = "ttl", .arity = 2, .flags = kReadonly | kFast, .categories = kAclKeyspace,
     .keys = kOneReadAccess, .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers how many seconds a key has left.", .syntax = "key", .handler = ttl},
    {.name = "pttl", .arity = 2, .flags = kReadonly | kFast, .categories = kAclKeyspace,
     .keys = kOneReadAccess, .group = "generic", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Answers how many milliseconds a key has left.", .syntax = "key",
     .handler = pttl},
    {.name = "expiretime", .arity = 2, .flags = kReadonly | kFast, .categories = kAclKeyspace,
     .keys = kOneReadAccess, .group = "generic", .since = "7.0.0", .complexity = "O(1)",
     .summary = "Answers the moment a key expires at, in seconds since 1970.", .syntax = "key",
     .handler = expiretime},
    {.name = "pexpiretime", .arity = 2, .flags = kReadonly | kFast, .categories = kAclKeyspace,
     .keys = kOneReadAccess, .group = "generic", .since = "7.0.0", .complexity = "O(1)",
     .summary = "Answers the moment a key expires at, in milliseconds since 1970.",
     .syntax = "key", .handler = pexpiretime},
    {.name = "persist", .arity = 2, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = kOneUpdate, .group = "generic", .since = "2.2.0", .complexity = "O(1)",
     .summary = "Takes a key's time to live away.", .syntax = "key", .handler = persist},
};

}  // namespace

CommandFamily expiry_commands() { return kRows; }

}  // namespace kevy
