// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
#include <algorithm>
#include <new>

#include "command/families.h"
#include "command/key_specs.h"
#include "runtime/dispatch/call.h"

namespace kevy {

namespace {

void multi(Call& call) {
  call.session.transaction.open = true;
  call.session.multi_shown.store(0, std::memory_order_relaxed);
  call.session.multi_seen.store(true, std::memory_order_relaxed);
  call.reply.ok();
}

// Whether a watched key changed since, was deleted, or expires now.
bool watches_broken(Call& call) {
  const WatchFlag& flag = call.session.watch_flag;
  for (const WatchedKey& watched : call.session.transaction.watched) {
    if (flag.broken()) break;
    call.peek_in(call.key_of(watched.key), watched.database);
  }
  return flag.broken();
}

void exec(Call& call) {
  Session& session = call.session;
  if (!session.transaction.open) {
    call.error("ERR EXEC without MULTI");
    return;
  }
  // However it ends, also for want of memory, the transaction is over.
  const struct End {
    Call& call;
    ~End() {
      call.runtime.forget_watches(call.session);
      call.session.end_transaction();
    }
  } end{call};
  const bool refused = session.transaction.broken;
  const bool overtaken = !refused && watches_broken(call);
  call.runtime.forget_watches(session);
  if (refused) {
    call.error("EXECABORT Transaction discarded because of previous errors.");
  } else if (overtaken) {
    call.reply.null_array();
  } else {
    session.transaction.open = false;
    call.runtime.run_queued(call);
  }
}

void discard(Call& call) {
  if (!call.session.transaction.open) {
    call.error("ERR DISCARD without MULTI");
    return;
  }
  call.runtime.forget_watches(call.session);
  call.session.end_transaction();
  call.reply.ok();
}

void watch(Call& call) {
  Session& session = call.session;
  Transaction& transaction = session.transaction;
  const int database = session.database;
  session.multi_seen.store(true, std::memory_order_relaxed);
  for (size_t i = 1; i < call.argc(); ++i) {
    if (session.watch_flag.broken()) break;  // EXEC will be refused anyway
    const Key key = call.key(i);
    if (transaction.watched.contains(WatchedKey::Less::Name{database, key.bytes})) continue;
    call.peek(key);  // what has expired already does not expire again before EXEC
    const auto added = transaction.watched.insert({database, std::string(key.bytes)}).first;
    try {
      call.shard_of(key).watches.add(database, key, session.watch_flag);
    } catch (...) {
      transaction.watched.erase(added);
      throw;
    }
    transaction.memory += sizeof(WatchedKey) + key.bytes.size();
    session.watched_shown.store(transaction.watched.size(), std::memory_order_relaxed);
  }
  call.reply.ok();
}

void unwatch(Call& call) {
  call.runtime.forget_watches(call.session);
  if (!call.session.transaction.open) call.session.transaction.memory = 0;
  call.reply.ok();
}

constexpr uint32_t kFlags =
    kNoScript | kLoading | kStale | kFast | kAllowBusy | kNeedsSession;

constexpr CommandRow kRows[] = {
    {.name = "multi", .arity = 1, .flags = kFlags | kNoMulti, .categories = kAclTransaction,
     .group = "transactions", .since = "1.2.0", .complexity = "O(1)",
     .summary = "Starts to queue commands for EXEC.", .handler = multi},
    {.name = "exec", .arity = 1,
     .flags = kNoScript | kLoading | kStale | kNeedsSession | kNotQueued | kQueuedShards |
              kSkipCommandlog,
     .categories = kAclTransaction, .group = "transactions", .since = "1.2.0",
     .complexity = "As the queued commands", .summary = "Runs the queued commands as one step.",
     .handler = exec},
    {.name = "discard", .arity = 1, .flags = kFlags | kNotQueued | kWatchedShards,
     .categories = kAclTransaction, .group = "transactions", .since = "2.0.0",
     .complexity = "O(N) in the queued commands",
     .summary = "Drops the queued commands and the watches.", .handler = discard},
    {.name = "watch", .arity = -2, .flags = kFlags | kNoMulti, .categories = kAclTransaction,
     .keys = kAllRead, .group = "transactions", .since = "2.2.0",
     .complexity = "O(N) in the keys",
     .summary = "Lets the next EXEC run only if these keys did not change until then.",
     .syntax = "key [key ...]", .handler = watch},
    {.name = "unwatch", .arity = 1, .flags = kFlags | kWatchedShards,
     .categories = kAclTransaction, .group = "transactions", .since = "2.2.0",
     .complexity = "O(1)", .summary = "Forgets the watched keys.", .handler = unwatch},
};

}  // namespace

CommandFamily transaction_commands() { return kRows; }

}  // namespace kevy
