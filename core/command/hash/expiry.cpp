// Times to live of fields: HEXPIRE, HTTL, HPERSIST and their relatives.
#include <algorithm>

#include "command/collection.h"
#include "command/expiry_conditions.h"
#include "command/families.h"
#include "command/hash/fields.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

// What is answered for a field.
constexpr int64_t kMissing = -2, kForever = -1, kUnchanged = 0, kChanged = 1, kRemoved = 2;

void expire_fields(Call& call, TimeUnit unit) {
  const auto at = find_fields(call, 3);
  if (!at) return;
  ExpiryConditions conditions;
  if (!read_expiry_conditions(call, call.args.first(*at), conditions)) return;
  const auto fields = read_fields(call, *at);
  if (!fields) return;
  const auto at_ms = field_moment(call, call.args[2], unit);
  if (!at_ms) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  const bool due = has_come(call, *at_ms);
  ChosenFields changing;
  call.reply.array(fields->size());
  for (const Bytes field : *fields) {
    const bool again = changing.contains(field);
    std::optional<int64_t> now;
    if (!again) {
      now = hash.expiry_of(field);
    } else if (!due) {
      now = *at_ms;
    }
    if (!now || !conditions.hold(*now, *at_ms)) {
      call.reply.integer(now ? kUnchanged : kMissing);
      continue;
    }
    if (!again) changing.add(field);
    call.reply.integer(due ? kRemoved : kChanged);
  }
  if (due) {
    remove_fields(call, key, entry, changing.names(), "hexpired");
  } else {
    expire_fields_at(call, key, entry, *at_ms, changing.names());
  }
}

void hexpire(Call& call) { expire_fields(call, {true, false}); }
void hpexpire(Call& call) { expire_fields(call, {false, false}); }
void hexpireat(Call& call) { expire_fields(call, {true, true}); }
void hpexpireat(Call& call) { expire_fields(call, {false, true}); }

// Answers for each field that has a time to live what answer(the moment it expires at) gives.
template <typename Answer>
void reply_expiries(Call& call, Answer&& answer) {
  const auto fields = read_only_fields(call, errors::kSyntax);
  if (!fields) return;
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  call.reply.array(fields->size());
  for (const Bytes field : *fields) {
    const auto at_ms = hash.expiry_of(field);
    if (!at_ms) {
      call.reply.integer(kMissing);
    } else {
      call.reply.integer(*at_ms < 0 ? kForever : answer(*at_ms));
    }
  }
}

// To the nearest second.
int64_t seconds(int64_t ms) { return ms / 1000 + (ms % 1000 >= 500 ? 1 : 0); }

int64_t remaining_ms(Call& call, int64_t at_ms) {
  return std::max<int64_t>(at_ms - call.now_ms(), 0);
}

void httl(Call& call) {
  reply_expiries(call, [&](int64_t at_ms) { return seconds(remaining_ms(call, at_ms)); });
}

void hpttl(Call& call) {
  reply_expiries(call, [&](int64_t at_ms) { return remaining_ms(call, at_ms); });
}

void hexpiretime(Call& call) { reply_expiries(call, seconds); }

void hpexpiretime(Call& call) {
  reply_expiries(call, [](int64_t at_ms) { return at_ms; });
}

void hpersist(Call& call) {
  const auto fields = read_only_fields(call);
  if (!fields) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  ChosenFields changing;
  call.reply.array(fields->size());
  for (const Bytes field : *fields) {
    const auto now = hash.expiry_of(field);
    if (now && *now >= 0 && !changing.contains(field)) {
      changing.add(field);
      call.reply.integer(kChanged);
    } else {
      call.reply.integer(now ? kForever : kMissing);
    }
  }
  persist_fields(call, key, entry, changing.names());
}

constexpr Bytes kComplexity = "O(N) with N fields given";

constexpr CommandRow kRows[] = {
    {.name = "hexpire", .arity = -6, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = kOneUpdate, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Lets fields of a hash live for some seconds from now.",
     .syntax = "key seconds:integer [NX|XX|GT|LT] <FIELDS numfields:integer field [field ...]>",
     .handler = hexpire},
    {.name = "hpexpire", .arity = -6, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = kOneUpdate, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Lets fields of a hash live for some milliseconds from now.",
     .syntax = "key milliseconds:integer [NX|XX|GT|LT] "
               "<FIELDS numfields:integer field [field ...]>",
     .handler = hpexpire},
    {.name = "hexpireat", .arity = -6, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = kOneUpdate, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Lets fields of a hash live until a moment in seconds since 1970.",
     .syntax = "key unix-time-seconds:integer [NX|XX|GT|LT] "
               "<FIELDS numfields:integer field [field ...]>",
     .handler = hexpireat},
    {.name = "hpexpireat", .arity = -6, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = kOneUpdate, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Lets fields of a hash live until a moment in milliseconds since 1970.",
     .syntax = "key unix-time-milliseconds:integer [NX|XX|GT|LT] "
               "<FIELDS numfields:integer field [field ...]>",
     .handler = hpexpireat},
    {.name = "httl", .arity = -5, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Answers how many seconds fields of a hash have left.",
     .syntax = "key <FIELDS numfields:integer field [field ...]>", .handler = httl},
    {.name = "hpttl", .arity = -5, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Answers how many milliseconds fields of a hash have left.",
     .syntax = "key <FIELDS numfields:integer field [field ...]>", .handler = hpttl},
    {.name = "hexpiretime", .arity = -5, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Answers the moments fields of a hash expire at, in seconds since 1970.",
     .syntax = "key <FIELDS numfields:integer field [field ...]>", .handler = hexpiretime},
    {.name = "hpexpiretime", .arity = -5, .flags = kReadonly | kFast, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Answers the moments fields of a hash expire at, in milliseconds since 1970.",
     .syntax = "key <FIELDS numfields:integer field [field ...]>", .handler = hpexpiretime},
    {.name = "hpersist", .arity = -5, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = kOneUpdate, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Takes the times to live of fields of a hash away.",
     .syntax = "key <FIELDS numfields:integer field [field ...]>", .handler = hpersist},
};

}  // namespace

CommandFamily hash_expiry_commands() { return kRows; }

}  // namespace kevy
