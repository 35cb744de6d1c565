// GET and SET and their relatives.
#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/condition.h"
#include "command/expiry_option.h"
#include "command/string/value.h"
#include "command/string/write.h"

namespace kevy {

namespace {

struct SetOptions {
  bool only_new = false;
  bool only_existing = false;
  bool get = false;
  StringCondition condition;
  ExpiryOption expiry;

  bool allow(const Entry* entry) const {
    return !(only_new && entry != nullptr) && !(only_existing && entry == nullptr) &&
           condition.holds(entry);
  }
};

bool read_set_options(Call& call, SetOptions& set) {
  for (Options options(call.args, 3); !options.done();) {
    const bool conditional = set.condition.given();
    if (!set.only_existing && !conditional && options.next_is("nx")) {
      set.only_new = true;
    } else if (!set.only_new && !conditional && options.next_is("xx")) {
      set.only_existing = true;
    } else if (options.next_is("get")) {
      set.get = true;
    } else if (!read_expiry_or_keep(options, set.expiry) &&
               (set.only_new || set.only_existing || conditional ||
                !read_condition(options, set.condition))) {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return check_condition(call, set.condition);
}

// Not inlined: plain SET, the usual case, would have to save the registers that this needs.
[[gnu::noinline]] void set_with_options(Call& call) {
  SetOptions options;
  if (!read_set_options(call, options)) return;
  const auto expires_at_ms = expiry_of_new(call, options.expiry);
  if (!expires_at_ms) return;
  const Key key = call.key(1);
  Entry* entry = options.get ? call.find_read(key) : call.find_write(key);
  if ((options.get || options.condition.given()) && !require_string(call, entry)) return;
  if (options.get) {
    if (entry == nullptr) {
      call.reply.null();
    } else {
      reply_string(call.reply, *entry);
    }
  }
  if (!options.allow(entry)) {
    if (!options.get) call.reply.null();
    return;
  }
  store_string(call, key, entry, call.args[2], *expires_at_ms);
  if (!options.get) call.reply.ok();
}

void set(Call& call) {
  if (call.argc() > 3) {
    set_with_options(call);
    return;
  }
  const Key key = call.key(1);
  store_string(call, key, call.find_write(key), call.args[2], Keyspace::kNoExpiry,
               StoredAs::kOwnWords);
  call.reply.ok();
}

void setnx(Call& call) {
  const Key key = call.key(1);
  if (call.find_write(key) != nullptr) {
    call.reply.integer(0);
    return;
  }
  store_string(call, key, nullptr, call.args[2], Keyspace::kNoExpiry);
  call.reply.integer(1);
}

void set_with_ttl(Call& call, TimeUnit unit) {
  const auto at_ms = read_moment(call, call.args[2], unit);
  if (!at_ms) return;
  const Key key = call.key(1);
  store_string(call, key, call.find_write(key), call.args[3], *at_ms);
  call.reply.ok();
}

void setex(Call& call) { set_with_ttl(call, {true, false}); }
void psetex(Call& call) { set_with_ttl(call, {false, false}); }

void get(Call& call) {
  const Entry* entry = call.find_read(call.key(1));
  if (entry == nullptr) {
    call.reply.null();
  } else if (entry->is_string()) [[likely]] {
    reply_string(call.reply, *entry);
  } else {
    call.error(errors::kWrongType);
  }
}

void getset(Call& call) {
  const Key key = call.key(1);
  Entry* entry = call.find_read(key);
  if (!require_string(call, entry)) return;
  if (entry == nullptr) {
    call.reply.null();
  } else {
    reply_string(call.reply, *entry);
  }
  store_string(call, key, entry, call.args[2], Keyspace::kNoExpiry);
}

void getdel(Call& call) {
  const Key key = call.key(1);
  const Entry* entry = call.find_read(key);
  if (!require_string(call, entry)) return;
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  reply_string(call.reply, *entry);
  call.effect({"DEL", key.bytes});
  call.keyspace(key).erase(key);
  call.changed(key, kEventGeneric, "del");
}

void getex(Call& call) {
  ExpiryOption expiry;
  for (Options options(call.args, 2); !options.done();) {
    if (read_expiry_or_persist(options, expiry)) continue;
    call.error(errors::kSyntax);
    return;
  }
  std::optional<int64_t> at_ms;
  if (expiry.given()) {
    at_ms = read_moment(call, expiry.text, expiry.unit);
    if (!at_ms) return;
  }
  const Key key = call.key(1);
  Entry* entry = call.find_read(key);
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  if (!require_string(call, entry)) return;
  reply_string(call.reply, *entry);
  if (at_ms) {
    set_expiry(call, key, entry, *at_ms);
  } else if (expiry.persist && entry->has_expiry()) {
    call.effect({"PERSIST", key.bytes});
    call.keyspace(key).set_expiry(entry, key.hash, Keyspace::kNoExpiry);
    call.changed(key, kEventGeneric, "persist");
  }
}

// SET reads what the key held only when it is told GET.
uint16_t set_key_flags(Args args) {
  for (size_t i = 3; i < args.size(); ++i) {
    if (equals_ignoring_case(args[i], "get")) return kKeyRW | kKeyAccess | kKeyUpdate;
  }
  return kKeyOW | kKeyUpdate;
}

constexpr CommandRow kRows[] = {
    {.name = "get", .arity = 2, .flags = kReadonly | kFast, .categories = kAclString,
     .keys = kOneReadAccess, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers the string a key holds.", .syntax = "key", .handler = get},
    {.name = "set", .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclString,
     .keys = kSetKey, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Stores a string under a key, whatever the key held before.",
     .syntax = "key value [NX|XX|IFEQ ifeq-value|IFNE ifne-value|IFDEQ ifdeq-digest|"
               "IFDNE ifdne-digest] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|"
               "PXAT unix-time-milliseconds|KEEPTTL]",
     .handler = set, .key_flags = set_key_flags},
    {.name = "setnx", .arity = 3, .flags = kWrite | kDenyOom | kFast, .categories = kAclString,
     .keys = kOneOverwriteInsert, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Stores a string only where there is no such key.", .syntax = "key value",
     .handler = setnx},
    {.name = "setex", .arity = 4, .flags = kWrite | kDenyOom, .categories = kAclString,
     .keys = kOneOverwrite, .group = "string", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Stores a string that lives for some seconds.", .syntax = "key seconds value",
     .handler = setex},
    {.name = "psetex", .arity = 4, .flags = kWrite | kDenyOom, .categories = kAclString,
     .keys = kOneOverwrite, .group = "string", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Stores a string that lives for some milliseconds.",
     .syntax = "key milliseconds value", .handler = psetex},
    {.name = "getset", .arity = 3, .flags = kWrite | kDenyOom | kFast, .categories = kAclString,
     .keys = kOneAccessUpdate, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Stores a string and answers what was there before.", .syntax = "key value",
     .handler = getset},
    {.name = "getdel", .arity = 2, .flags = kWrite | kFast, .categories = kAclString,
     .keys = kOneAccessDelete, .group = "string", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Answers the string of a key and deletes the key.", .syntax = "key",
     .handler = getdel},
    {.name = "getex", .arity = -2, .flags = kWrite | kFast, .categories = kAclString,
     .keys = kGetexKey, .group = "string", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Answers the string of a key and changes its time to live.",
     .syntax = "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|"
               "PXAT unix-time-milliseconds|PERSIST]",
     .handler = getex},
};

}  // namespace

void log_stored_string(Call& call, const Key& key, Bytes value, int64_t expires_at_ms) {
  char digits[kIntegerTextMax];
  if (expires_at_ms == Keyspace::kNoExpiry) {
    call.effect({"SET", key.bytes, value});
  } else if (expires_at_ms == Keyspace::kKeepExpiry) {
    call.effect({"SET", key.bytes, value, "KEEPTTL"});
  } else {
    call.effect({"SET", key.bytes, value, "PXAT", format_int64(expires_at_ms, digits)});
  }
}

void put_long_string(Call& call, const Key& key, Entry* entry, Bytes value,
                     int64_t expires_at_ms) {
  Keyspace& keyspace = call.keyspace(key);
  if (SharedBytes block = call.block_of(value)) {
    keyspace.set_shared(key, std::move(block), expires_at_ms);
  } else if (entry == nullptr || !keyspace.overwrite(*entry, value, expires_at_ms)) {
    keyspace.set_string(key, value, expires_at_ms);
  }
}

CommandFamily string_commands() { return kRows; }

}  // namespace kevy
