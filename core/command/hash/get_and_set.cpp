// HGETEX, HSETEX and HGETDEL: values of fields, together with their times to live or their removal.
#include "command/collection.h"
#include "command/expiry_option.h"
#include "command/families.h"
#include "command/hash/fields.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

// Answers the values of fields, null where there is none or is_gone(field), and calls
// with_found(field) for the others.
template <typename IsGone, typename WithFound>
void reply_values(Call& call, const Hash& hash, Args fields, IsGone&& is_gone,
                  WithFound&& with_found) {
  call.reply.array(fields.size());
  for (const Bytes field : fields) {
    const auto value = hash.find(field);
    if (!value || is_gone(field)) {
      call.reply.null();
      continue;
    }
    reply_value(call.reply, *value);
    with_found(field);
  }
}

void hgetex(Call& call) {
  const auto at = find_fields(call, 2);
  if (!at) return;
  ExpiryOption option;
  for (Options options(call.args.first(*at), 2); !options.done();) {
    if (read_expiry_or_persist(options, option)) continue;
    call.error(errors::kSyntax);
    return;
  }
  const auto fields = read_fields(call, *at);
  if (!fields) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_read(call, key, Type::kHash);
  if (wrong) return;
  std::optional<int64_t> at_ms = Keyspace::kNoExpiry;
  if (option.given()) at_ms = field_moment(call, option.text, option.unit);
  if (!at_ms) return;
  const bool due = has_come(call, *at_ms);
  const Hash hash(entry);
  ChosenFields changing;
  reply_values(
      call, hash, *fields, [&](Bytes field) { return due && changing.contains(field); },
      [&](Bytes field) {
        const bool changes = option.given() || (option.persist && *hash.expiry_of(field) >= 0);
        if (changes && !changing.contains(field)) changing.add(field);
      });
  if (due) {
    remove_fields(call, key, entry, changing.names(), "hexpired");
  } else if (option.persist) {
    persist_fields(call, key, entry, changing.names());
  } else {
    expire_fields_at(call, key, entry, *at_ms, changing.names());
  }
}

void hgetdel(Call& call) {
  const auto fields = read_only_fields(call);
  if (!fields) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  ChosenFields removing;
  reply_values(
      call, hash, *fields, [&](Bytes field) { return removing.contains(field); },
      [&](Bytes field) { removing.add(field); });
  remove_fields(call, key, entry, removing.names(), "hdel");
}

/// Yes or no, asked of what is there: of the key (NX, XX) or of all fields (FNX, FXX).
enum class Presence { kAny, kMissing, kThere };

struct SetOptions {
  Presence key = Presence::kAny;
  Presence fields = Presence::kAny;
  ExpiryOption expiry;
};

bool read_presence(Options& options, Bytes missing, Bytes there, Presence& wanted) {
  if (wanted != Presence::kThere && options.next_is(missing)) {
    wanted = Presence::kMissing;
  } else if (wanted != Presence::kMissing && options.next_is(there)) {
    wanted = Presence::kThere;
  } else {
    return false;
  }
  return true;
}

bool read_set_options(Call& call, size_t end, SetOptions& set) {
  for (Options options(call.args.first(end), 2); !options.done();) {
    if (!read_presence(options, "nx", "xx", set.key) &&
        !read_presence(options, "fnx", "fxx", set.fields) &&
        !read_expiry_or_keep(options, set.expiry)) {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

bool is_as_wanted(Presence wanted, bool there) {
  return wanted == Presence::kAny || (wanted == Presence::kThere) == there;
}

// Sets the fields to expire at a moment that has come: they are not there after it, but events tell
// of them as if they had been for a moment. A change is only what was there before.
void set_due(Call& call, const Key& key, Entry* entry, Args pairs) {
  const bool made = entry == nullptr;
  const Hash hash(entry);
  ChosenFields removing;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (hash.find(pairs[i]) && !removing.contains(pairs[i])) removing.add(pairs[i]);
  }
  const int database = call.session.database;
  if (made) call.made(key);
  call.notify(key, database, kEventHash, "hset");
  call.notify(key, database, kEventHash, "hexpire");
  call.shard_of(key).statistics.expired_fields += pairs.size() / 2 - removing.names().size();
  if (!removing.empty()) {
    remove_fields(call, key, entry, removing.names(), "hexpired");
    return;
  }
  call.notify(key, database, kEventHash, "hexpired");
  if (made) call.notify(key, database, kEventGeneric, "del");
}

// The effect on fields that are to expire at one moment, or never.
void log_set(Call& call, const Key& key, Args pairs, int64_t expires_at_ms) {
  char digits[kIntegerTextMax];
  if (expires_at_ms >= 0) {
    log_fields(call, {"HSETEX", key.bytes, "PXAT", format_int64(expires_at_ms, digits)}, pairs, 2);
  } else {
    log_fields(call, {"HSETEX", key.bytes}, pairs, 2);
  }
}

// The effect on fields that keep the moments they have: these are told, since a field that has
// expired where the effect is replayed would have nothing to keep.
void log_kept(Call& call, const Key& key, const Entry* entry, Args pairs) {
  if (!call.logged()) return;
  const Hash hash(entry);
  const auto moment = [&](size_t i) {
    return hash.expiry_of(pairs[i]).value_or(Keyspace::kNoExpiry);
  };
  for (size_t first = 0, end = 0; first < pairs.size(); first = end) {
    const int64_t at_ms = moment(first);
    do end += 2;
    while (end < pairs.size() && moment(end) == at_ms);
    log_set(call, key, pairs.subspan(first, end - first), at_ms);
  }
}

void set_fields(Call& call, const Key& key, Entry* entry, Args pairs, const ExpiryOption& option,
                int64_t expires_at_ms) {
  if (option.keep) {
    log_kept(call, key, entry, pairs);
  } else {
    log_set(call, key, pairs, option.given() ? expires_at_ms : Keyspace::kNoExpiry);
  }
  HashEdit edit(call.keyspace(key), key, entry);
  const Hash::Limits limits = hash_limits(call);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    edit.set(pairs[i], pairs[i + 1], limits, expires_at_ms);
  }
  edit.commit();
  report_fields_set(call, key, entry, "hset");
  call.count_as(key, pairs.size() / 2);
  if (option.given()) {
    call.runtime.note_expiry();
    call.notify(key, call.session.database, kEventHash, "hexpire");
  }
}

void hsetex(Call& call) {
  const auto at = find_fields(call, 2);
  if (!at) return;
  SetOptions options;
  if (!read_set_options(call, *at, options)) return;
  const auto pairs = read_fields(call, *at, 2);
  if (!pairs) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kHash);
  if (wrong) return;
  if (!is_as_wanted(options.key, entry != nullptr)) {
    call.reply.integer(0);
    return;
  }
  std::optional<int64_t> at_ms =
      options.expiry.keep ? Keyspace::kKeepExpiry : Keyspace::kNoExpiry;
  if (options.expiry.given()) at_ms = field_moment(call, options.expiry.text, options.expiry.unit);
  if (!at_ms) return;
  const Hash hash(entry);
  for (size_t i = 0; i < pairs->size() && options.fields != Presence::kAny; i += 2) {
    if (!is_as_wanted(options.fields, hash.find((*pairs)[i]).has_value())) {
      call.reply.integer(0);
      return;
    }
  }
  if (has_come(call, *at_ms)) {
    set_due(call, key, entry, *pairs);
  } else {
    set_fields(call, key, entry, *pairs, options.expiry, *at_ms);
  }
  call.reply.integer(1);
}

constexpr Bytes kComplexity = "O(N) with N fields given";

constexpr CommandRow kRows[] = {
    {.name = "hgetex", .arity = -5, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = kOneAccessUpdate, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Answers the values of fields and changes their times to live.",
     .syntax = "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|"
               "PXAT unix-time-milliseconds|PERSIST] "
               "<FIELDS numfields:integer field [field ...]>",
     .handler = hgetex},
    {.name = "hsetex", .arity = -6, .flags = kWrite | kDenyOom | kFast, .categories = kAclHash,
     .keys = kOneInsert, .group = "hash", .since = "9.0.0", .complexity = kComplexity,
     .summary = "Sets fields of a hash with a time to live.",
     .syntax = "key [NX|XX] [FNX|FXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|"
               "PXAT unix-time-milliseconds|KEEPTTL] "
               "<FIELDS numfields:integer field value [field value ...]>",
     .handler = hsetex},
    {.name = "hgetdel", .arity = -5, .flags = kWrite | kFast, .categories = kAclHash,
     .keys = kOneAccessDelete, .group = "hash", .since = "9.1.0", .complexity = kComplexity,
     .summary = "Answers the values of fields and removes them; a hash without fields goes too.",
     .syntax = "key <FIELDS numfields:integer field [field ...]>", .handler = hgetdel},
};

}  // namespace

CommandFamily hash_value_commands() { return kRows; }

}  // namespace kevy
