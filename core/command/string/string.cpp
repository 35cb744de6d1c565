// GET and SET and their relatives.
#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/value.h"
#include "command/string/write.h"

namespace kevy {

namespace {

/// What SET and GETEX can be told about the time to live.
struct ExpiryOption {
  bool given = false;
  bool keep = false;
  bool persist = false;
  TimeUnit unit{};
  Bytes text;
};

bool read_expiry_option(Options& options, ExpiryOption& expiry) {
  static constexpr struct {
    Bytes name;
    TimeUnit unit;
  } kUnits[] = {{"ex", {true, false}}, {"px", {false, false}}, {"exat", {true, true}},
                {"pxat", {false, true}}};
  for (const auto& [name, unit] : kUnits) {
    if (expiry.given || expiry.keep || expiry.persist || !options.next_is(name, 1)) continue;
    expiry.given = true;
    expiry.unit = unit;
    expiry.text = options.value();
    return true;
  }
  return false;
}

// The moment an option's text means; answers the error when it means none.
std::optional<int64_t> read_moment(Call& call, Bytes text, TimeUnit unit) {
  const auto number = integer_argument(call, text);
  if (!number) return std::nullopt;
  const auto at_ms = *number > 0 ? moment_of(call, *number, unit) : std::nullopt;
  if (!at_ms) call.error(errors::invalid_expiry(call));
  return at_ms;
}

struct SetOptions {
  bool only_new = false;
  bool only_existing = false;
  bool get = false;
  ExpiryOption expiry;
};

bool read_set_options(Call& call, SetOptions& set) {
  for (Options options(call.args, 3); !options.done();) {
    if (!set.only_existing && options.next_is("nx")) {
      set.only_new = true;
    } else if (!set.only_new && options.next_is("xx")) {
      set.only_existing = true;
    } else if (options.next_is("get")) {
      set.get = true;
    } else if (!set.expiry.given && options.next_is("keepttl")) {
      set.expiry.keep = true;
    } else if (!read_expiry_option(options, set.expiry)) {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// Kept out of SET's usual way, which needs none of what this keeps in registers.
[[gnu::noinline]] void set_with_options(Call& call) {
  SetOptions options;
  if (!read_set_options(call, options)) return;
  int64_t expires_at_ms = options.expiry.keep ? Keyspace::kKeepExpiry : Keyspace::kNoExpiry;
  if (options.expiry.given) {
    const auto moment = read_moment(call, options.expiry.text, options.expiry.unit);
    if (!moment) return;
    expires_at_ms = *moment;
  }
  const Key key = call.key(1);
  Entry* entry = options.get ? call.find_read(key) : call.find_write(key);
  if (options.get) {
    if (!require_string(call, entry)) return;
    if (entry == nullptr) {
      call.reply.null();
    } else {
      reply_string(call.reply, *entry);
    }
  }
  if ((options.only_new && entry != nullptr) || (options.only_existing && entry == nullptr)) {
    if (!options.get) call.reply.null();
    return;
  }
  store_string(call, key, entry, call.args[2], expires_at_ms);
  if (!options.get) call.reply.ok();
}

void set(Call& call) {
  if (call.argc() > 3) {
    set_with_options(call);
    return;
  }
  const Key key = call.key(1);
  store_string(call, key, call.find_write(key), call.args[2], Keyspace::kNoExpiry);
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
  call.keyspace(key).erase(key);
  call.changed(key, kEventGeneric, "del");
  call.effect({"DEL", key.bytes});
}

void getex(Call& call) {
  ExpiryOption expiry;
  for (Options options(call.args, 2); !options.done();) {
    if (!expiry.given && options.next_is("persist")) {
      expiry.persist = true;
    } else if (!read_expiry_option(options, expiry)) {
      call.error(errors::kSyntax);
      return;
    }
  }
  std::optional<int64_t> at_ms;
  if (expiry.given) {
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
    call.keyspace(key).set_expiry(entry, key.hash, Keyspace::kNoExpiry);
    call.changed(key, kEventGeneric, "persist");
    call.effect({"PERSIST", key.bytes});
  }
}

constexpr CommandRow kRows[] = {
    {.name = "get", .arity = 2, .flags = kReadonly | kFast, .categories = kAclString,
     .keys = kOneReadAccess, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers the string a key holds.", .syntax = "key", .handler = get},
    {.name = "set", .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclString,
     .keys = kSetKey, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Stores a string under a key, whatever the key held before.",
     .syntax = "key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|"
               "PXAT unix-time-milliseconds|KEEPTTL]",
     .handler = set},
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

CommandFamily string_commands() { return kRows; }

}  // namespace kevy
