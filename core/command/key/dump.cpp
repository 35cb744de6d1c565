// DUMP and RESTORE: what a key holds as a payload, and back.
#include <optional>

#include "command/arguments.h"
#include "command/families.h"
#include "runtime/shard/access.h"

namespace kevy {

namespace {

void dump(Call& call) {
  const Entry* entry = call.find_read(call.key(1));
  if (entry == nullptr) {
    call.reply.null();
  } else {
    call.reply.bulk(call.runtime.payload()->payload_of(*entry));
  }
}

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  std::optional<int64_t> idle_s, frequency;
};

bool read_options(Call& call, RestoreOptions& restore) {
  for (Options options(call.args, 4); !options.done();) {
    if (options.next_is("replace")) {
      restore.replace = true;
    } else if (options.next_is("absttl")) {
      restore.absolute = true;
    } else if (!restore.frequency && options.next_is("idletime", 1)) {
      restore.idle_s = integer_argument(call, options.value());
      if (!restore.idle_s) return false;
      if (*restore.idle_s >= 0) continue;
      call.error("ERR Invalid IDLETIME value, must be >= 0");
      return false;
    } else if (!restore.idle_s && options.next_is("freq", 1)) {
      restore.frequency = integer_argument(call, options.value());
      if (!restore.frequency) return false;
      if (*restore.frequency >= 0 && *restore.frequency <= 255) continue;
      call.error("ERR Invalid FREQ value, must be >= 0 and <= 255");
      return false;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// What the entry remembers of its use: what was given, as far as the policy asks for it.
uint32_t access_of(Call& call, const RestoreOptions& options) {
  const int64_t now_s = call.turn.moment().coarse_seconds();
  if (call.runtime.settings().lfu_policy.load(std::memory_order_relaxed)) {
    if (!options.frequency) return first_access(call.turn);
    return lfu_minutes(now_s) << 8 | static_cast<uint32_t>(*options.frequency);
  }
  const auto idle_s = static_cast<uint32_t>(options.idle_s.value_or(0));
  return (static_cast<uint32_t>(now_s) - idle_s) & kAccessBits;
}

// The command with the moment that it meant.
void log_restored(Call& call, int64_t expires_at_ms, bool absolute) {
  if (!call.logged() || expires_at_ms == Keyspace::kNoExpiry || absolute) return;
  char digits[kIntegerTextMax];
  std::vector<Bytes> words(call.args.begin(), call.args.end());
  words[2] = format_int64(expires_at_ms, digits);
  words.emplace_back("ABSTTL");
  call.effect(words);
}

void put(Call& call, const Key& key, Value&& value, int64_t expires_at_ms,
         const RestoreOptions& options) {
  const bool fields_expire = value.fields_expire_at_ms != Entry::kNoFieldTimes;
  log_restored(call, expires_at_ms, options.absolute);
  call.keyspace(key)
      .put(key, std::move(value), expires_at_ms)
      ->set_access(access_of(call, options));
  if (fields_expire || expires_at_ms != Keyspace::kNoExpiry) call.runtime.note_expiry();
  call.made(key);
  call.changed(key, kEventGeneric, "restore");
}

// The moment; 0 for none. What passes the end of time is long over, as the references have it.
std::optional<int64_t> moment_argument(Call& call, bool absolute) {
  const auto time = integer_argument(call, call.args[2]);
  if (!time) return std::nullopt;
  if (*time < 0) {
    call.error("ERR Invalid TTL value, must be >= 0");
    return std::nullopt;
  }
  int64_t moment = *time;
  if (moment != 0 && !absolute && __builtin_add_overflow(moment, call.now_ms(), &moment)) return 1;
  return moment;
}

void restore(Call& call) {
  RestoreOptions options;
  if (!read_options(call, options)) return;
  const Key key = call.key(1);
  const bool there = call.find_write(key) != nullptr;
  if (there && !options.replace) {
    call.error("BUSYKEY Target key name already exists.");
    return;
  }
  const auto moment = moment_argument(call, options.absolute);
  if (!moment) return;
  RestoredValue restored = call.runtime.payload()->value_of(call.args[3]);
  if (restored.outcome == RestoredValue::Outcome::kBadFooter) {
    call.error("ERR DUMP payload version or checksum are wrong");
    return;
  }
  if (restored.outcome == RestoredValue::Outcome::kBadValue) {
    call.error("ERR Bad data format");
    return;
  }
  if (*moment == 0 || *moment > call.now_ms()) {
    const int64_t expires_at_ms = *moment == 0 ? Keyspace::kNoExpiry : *moment;
    put(call, key, std::move(restored.value), expires_at_ms, options);
  } else if (there) {
    call.effect({"DEL", key.bytes});
    call.keyspace(key).erase(key);
    call.changed(key, kEventGeneric, "del");
  }
  call.reply.ok();
}

constexpr KeySpec kDumpKeys[] = {{1, 1, 1, kKeyRO | kKeyAccess}};
constexpr KeySpec kRestoreKeys[] = {{1, 1, 1, kKeyOW | kKeyUpdate}};
constexpr Bytes kRestoreSyntax =
    "key ttl:integer serialized-value:string [REPLACE] [ABSTTL] [IDLETIME seconds:integer] "
    "[FREQ frequency:integer]";

constexpr CommandRow kRows[] = {
    {.name = "dump",
     .arity = 2,
     .flags = kReadonly,
     .categories = kAclKeyspace,
     .keys = kDumpKeys,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(N) in the value",
     .summary = "Answers a value as a payload for RESTORE.",
     .syntax = "key",
     .handler = dump},
    {.name = "restore",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .categories = kAclKeyspace | kAclDangerous,
     .keys = kRestoreKeys,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(N) in the value; O(N log N) for sorted sets",
     .summary = "Gives a key the value of a payload that DUMP answered.",
     .syntax = kRestoreSyntax,
     .handler = restore},
};

}  // namespace

CommandFamily dump_commands() { return kRows; }

}  // namespace kevy
