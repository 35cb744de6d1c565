// MSETEX: several strings in one step, with a time to live for all of them.
#include <climits>

#include "command/families.h"
#include "command/expiry_option.h"
#include "command/string/write.h"

namespace kevy {

namespace {

constexpr size_t kFirstPair = 2;

struct MsetexOptions {
  size_t pairs_end = 0;  // behind the last value
  bool only_new = false;
  bool only_existing = false;
  ExpiryOption expiry;
};

std::optional<MsetexOptions> read_msetex_options(Call& call) {
  const auto count = parse_int64(call.args[1]);
  if (!count || *count < 1 || *count > INT_MAX) {
    call.error("ERR invalid numkeys value or out of range");
    return std::nullopt;
  }
  MsetexOptions msetex;
  msetex.pairs_end = kFirstPair + 2 * static_cast<size_t>(*count);
  if (msetex.pairs_end > call.argc()) {
    call.error(errors::kSyntax);
    return std::nullopt;
  }
  for (Options options(call.args, msetex.pairs_end); !options.done();) {
    if (!msetex.only_existing && options.next_is("nx")) {
      msetex.only_new = true;
    } else if (!msetex.only_new && options.next_is("xx")) {
      msetex.only_existing = true;
    } else if (!read_expiry_or_keep(options, msetex.expiry)) {
      call.error(errors::kSyntax);
      return std::nullopt;
    }
  }
  return msetex;
}

bool allowed(Call& call, const MsetexOptions& options) {
  if (!options.only_new && !options.only_existing) return true;
  for (size_t i = kFirstPair; i < options.pairs_end; i += 2) {
    if ((call.find_write(call.key(i)) != nullptr) != options.only_existing) return false;
  }
  return true;
}

// The moment has come: the keys go.
void expire_pairs(Call& call, size_t pairs_end) {
  for (size_t i = kFirstPair; i < pairs_end; i += 2) {
    if (call.find_write(call.key(i)) != nullptr) call.effect({"DEL", call.args[i]});
  }
  for (size_t i = kFirstPair; i < pairs_end; i += 2) {
    const Key key = call.key(i);
    if (!call.keyspace(key).erase(key)) continue;
    ++call.shard_of(key).statistics.expired_keys;
    call.changed(key, kEventExpired, "expired");
  }
}

void store_pairs(Call& call, size_t pairs_end, int64_t expires_at_ms) {
  StringBatch batch((pairs_end - kFirstPair) / 2, expires_at_ms);
  for (size_t i = kFirstPair; i < pairs_end; i += 2) {
    const Key key = call.key(i);
    Entry* const entry = call.find_write(key);
    if (call.logged()) log_stored_string(call, key, call.args[i + 1], expires_at_ms);
    add_string(call, batch, key, entry, call.args[i + 1]);
  }
  if (expires_at_ms >= 0) call.runtime.note_expiry();
  for (const StringBatch::Pair& pair : batch.commit()) {
    if (pair.is_new()) call.made(pair.key);
    call.changed(pair.key, kEventString, "set");
    if (expires_at_ms < 0) continue;
    call.notify(pair.key, call.session.database, kEventGeneric, "expire");
  }
}

void msetex(Call& call) {
  const auto options = read_msetex_options(call);
  if (!options) return;
  const auto expires_at_ms = expiry_of_new(call, options->expiry);
  if (!expires_at_ms) return;
  if (!allowed(call, *options)) {
    call.reply.integer(0);
    return;
  }
  if (*expires_at_ms >= 0 && *expires_at_ms <= call.now_ms()) {
    expire_pairs(call, options->pairs_end);
  } else {
    store_pairs(call, options->pairs_end, *expires_at_ms);
  }
  call.reply.integer(1);
}

constexpr KeySpec kCountedPairs[] = {{.first = 1, .step = 2, .flags = kKeyOW | kKeyUpdate,
                                      .search = KeySearch::kKeynum}};

constexpr CommandRow kRows[] = {
    {.name = "msetex", .arity = -4, .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kAclString, .keys = kCountedPairs, .group = "string", .since = "9.1.0",
     .complexity = "O(N) in the keys",
     .summary = "Stores several strings in one step, with one time to live for all.",
     .syntax = "numkeys:integer key value [key value ...] [NX|XX] [EX seconds|PX milliseconds|"
               "EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]",
     .handler = msetex},
};

}  // namespace

CommandFamily msetex_commands() { return kRows; }

}  // namespace kevy
