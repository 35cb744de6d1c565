// Whole databases: DBSIZE, FLUSHALL, FLUSHDB, SWAPDB.
#include <array>
#include <optional>

#include "command/arguments.h"
#include "command/families.h"
#include "runtime/persistence/snapshots.h"

namespace kevy {

namespace {

void dbsize(Call& call) {
  size_t size = 0;
  for (uint32_t i = 0; i < call.runtime.shard_count(); ++i) {
    const auto database = static_cast<size_t>(call.session.database);
    if (const Keyspace* keyspace = call.runtime.shard(i).databases.find(database)) {
      size += keyspace->size();
    }
  }
  call.reply.integer(static_cast<int64_t>(size));
}

// Empties one database, or all. What was in it is freed when the shards are unlocked.
void flush(Call& call, std::optional<int> only) {
  const auto flushed = [&](int database) { return !only || *only == database; };
  uint64_t keys = 0;
  for (uint32_t i = 0; i < call.runtime.shard_count(); ++i) {
    Shard& shard = call.runtime.shard(i);
    // A watched key changes when it is there.
    shard.watches.change_where(only, [&](int database, const Key& key) {
      return shard.find(static_cast<size_t>(database), key) != nullptr;
    });
    shard.databases.for_each([&](size_t database, Keyspace& keyspace) {
      if (!flushed(static_cast<int>(database))) return;
      keys += keyspace.size();
      shard.garbage.add(shard.databases.take(database));
    });
    note_all_for_waiters(call.turn, shard, only);
  }
  call.runtime.tracking().all_changed(call.turn, call.client());
  call.changed_everything();
  call.count_changes(keys - 1);  // beside the one
}

bool read_flush_options(Call& call) {
  if (call.argc() == 1) return true;
  if (call.argc() == 2 && (equals_ignoring_case(call.args[1], "sync") ||
                           equals_ignoring_case(call.args[1], "async"))) {
    return true;
  }
  call.error(errors::kSyntax);
  return false;
}

void flushall(Call& call) {
  if (!read_flush_options(call)) return;
  flush(call, std::nullopt);
  // With rules an empty file takes the place of the old one at once; what comes of that is not told.
  Runtime& runtime = call.runtime;
  if (Snapshots* const snapshots = runtime.loading() ? nullptr : runtime.snapshots()) {
    const bool rules = runtime.settings().save_rules.load(std::memory_order_relaxed);
    static_cast<void>(snapshots->flushed(call.turn, rules));
  }
  call.reply.ok();
}

void flushdb(Call& call) {
  if (!read_flush_options(call)) return;
  flush(call, call.session.database);
  call.reply.ok();
}

// An integer of 32 bits, which need not be the number of a database.
std::optional<int64_t> index_argument(Call& call, Bytes text, Bytes error) {
  const auto number = parse_int64(text);
  if (number && *number >= INT32_MIN && *number <= INT32_MAX) return number;
  call.error(error);
  return std::nullopt;
}

// Exchanges two databases on all shards. What may find no memory comes before any change: the
// keyspaces are made, and watched keys that have expired are removed, which changes those that were
// there when they began to be watched.
void exchange(Call& call, size_t a, size_t b) {
  const std::array databases = {static_cast<int>(a), static_cast<int>(b)};
  const auto of_watched = [&](Shard& shard, auto&& is_changed) {
    for (const int database : databases) shard.watches.change_where(database, is_changed);
  };
  for (uint32_t i = 0; i < call.runtime.shard_count(); ++i) {
    Shard& shard = call.runtime.shard(i);
    const bool either = shard.databases.find(a) != nullptr || shard.databases.find(b) != nullptr;
    if (either) shard.keyspace(a), shard.keyspace(b);
    of_watched(shard, [&](int, const Key& key) {
      for (const int database : databases) call.peek_in(key, database);
      return false;
    });
  }
  for (uint32_t i = 0; i < call.runtime.shard_count(); ++i) {
    Shard& shard = call.runtime.shard(i);
    // A watched key changes when it is there before or after.
    of_watched(shard, [&](int, const Key& key) {
      return shard.find(a, key) != nullptr || shard.find(b, key) != nullptr;
    });
    shard.databases.swap(a, b);
    for (const int database : databases) note_all_for_waiters(call.turn, shard, database);
  }
}

void swapdb(Call& call) {
  const auto first = index_argument(call, call.args[1], "ERR invalid first DB index");
  if (!first) return;
  const auto second = index_argument(call, call.args[2], "ERR invalid second DB index");
  if (!second) return;
  const auto count = static_cast<int64_t>(call.runtime.database_count());
  if (*first < 0 || *first >= count || *second < 0 || *second >= count) {
    call.error(errors::kDatabaseIndex);
    return;
  }
  const auto a = static_cast<size_t>(*first), b = static_cast<size_t>(*second);
  if (a != b) exchange(call, a, b);
  call.changed_everything();
  call.reply.ok();
}

constexpr uint32_t kFlush = kWrite | kAllShards;

constexpr CommandRow kRows[] = {
    {.name = "dbsize", .arity = 1, .flags = kReadonly | kFast | kAllShards,
     .categories = kAclKeyspace, .group = "server", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Counts the keys of the database.", .handler = dbsize},
    {.name = "flushall", .arity = -1, .flags = kFlush,
     .categories = kAclKeyspace | kAclDangerous, .group = "server", .since = "1.0.0",
     .complexity = "O(N) in the keys", .summary = "Deletes the keys of all databases.",
     .syntax = "[ASYNC|SYNC]", .handler = flushall},
    {.name = "flushdb", .arity = -1, .flags = kFlush,
     .categories = kAclKeyspace | kAclDangerous, .group = "server", .since = "1.0.0",
     .complexity = "O(N) in the keys", .summary = "Deletes the keys of the database.",
     .syntax = "[ASYNC|SYNC]", .handler = flushdb},
    {.name = "swapdb", .arity = 3, .flags = kWrite | kFast | kAllShards,
     .categories = kAclKeyspace | kAclDangerous, .group = "server", .since = "4.0.0",
     .complexity = "O(1)", .summary = "Exchanges the keys of two databases.",
     .syntax = "index1:integer index2:integer", .handler = swapdb},
};

}  // namespace

CommandFamily database_commands() { return kRows; }

}  // namespace kevy
