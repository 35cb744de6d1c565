// Runtime: the engine without doors: shards, dispatch, sessions, pub/sub, the mutation point.
//
// It knows no verb by name, no value type and no socket; the table of commands is given to it.
// Any thread may call any method. Lock order: a turn's shards, ascending; then pub/sub, which is the
// turn's too; then leaves (outboxes, the session register, the log), of which only one is held at a
// time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "resp/reply.h"
#include "runtime/dispatch/command_table.h"
#include "runtime/dispatch/slot.h"
#include "runtime/dispatch/turn.h"
#include "runtime/mutation/write_log.h"
#include "runtime/pubsub/pubsub.h"
#include "runtime/session/session.h"
#include "runtime/settings/settings.h"
#include "runtime/shard/lazy_free.h"
#include "runtime/shard/shard.h"

namespace kevy {

class Call;
class KeyPrefetch;

struct RuntimeOptions {
  uint32_t shards = 16;
  uint32_t databases = 16;
};

/// The way a command will go: its row and, if it has just one key, that key's hash and shard.
/// Follows from the command's words alone.
struct Route {
  const CommandRow* row = nullptr;
  Shard* shard = nullptr;  // nullptr: of no key, or of several
  uint64_t hash = 0;
};

class Runtime {
 public:
  Runtime(const CommandTable& table, RuntimeOptions options, Settings& settings);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Runs one command of a session and writes its reply, whatever the command is. The session's
  /// commands take effect in the order of the calls. `args` has at least one word.
  void execute(Turn& turn, Session& session, Args args, Reply& reply) {
    execute(turn, session, args, route(args), reply);
  }
  /// The same for a command whose route is known.
  void execute(Turn& turn, Session& session, Args args, const Route& route, Reply& reply);

  /// For words that did not come through the parser, which bounds them: false, and the error is
  /// answered, when one is longer than a client may send. It was not read.
  bool accepts_words(Session& session, Args args, Reply& reply);

  /// Finds the routes of commands that are about to be executed, and has the keys of those with one
  /// key fetched. Those with several do so themselves. The turn goes on if it holds what all of them
  /// need, and is given back otherwise.
  void prepare(Turn& turn, const Session& session, std::span<const Args> commands,
               std::span<Route> routes);

  /// Whether the command would have to wait for its first key's shard, as far as can be told.
  bool would_wait(Args args, const Route& route) noexcept;

  /// Runs the commands queued in the session as one step, each writing its reply. Called by the
  /// handler of EXEC, whose row has kQueuedShards, so that all their shards are held.
  void run_queued(Call& exec);

  // Keys and shards.
  uint64_t hash(Bytes key) const noexcept { return hash_bytes(key, secret_); }
  uint32_t shard_count() const noexcept { return shard_count_; }
  uint32_t database_count() const noexcept { return database_count_; }
  Shard& shard(uint32_t index) noexcept { return shards_[index]; }
  uint32_t shard_index(const Key& key) const noexcept {
    uint64_t hash = key.hash;
    if (contains(key.bytes, '{')) [[unlikely]] hash = this->hash(hash_tag(key.bytes));
    return static_cast<uint32_t>((hash >> 32) * shard_count_ >> 32);
  }
  Shard& shard_of(const Key& key) noexcept { return shard(shard_index(key)); }

  // Sessions.
  std::shared_ptr<Session> open_session(Session::Door door);
  void close_session(Session& session);
  std::vector<std::shared_ptr<Session>> sessions();
  size_t session_count();
  /// The session of calls that have none. Never written to.
  Session& stateless() noexcept { return stateless_; }
  /// Forgets the session's watches, whose shards the turn must hold.
  void forget_watches(Session& session) noexcept;
  /// On behalf of the command of `publisher`, or of nobody's if that is nullptr.
  void leave_all_channels(Turn& turn, Subscriber* publisher, Session& session);
  /// Ends the session from any thread, which holds nothing: whoever serves it closes it.
  void kill(Session& session) noexcept;
  /// The same once what was published to it has been taken.
  void retire(Session& session) noexcept;
  /// The same for every session there is. Takes no memory.
  void kill_all() noexcept;

  /// Notes what a session holds now, in bytes, and closes the largest clients when that makes it too
  /// much for maxmemory-clients. By the thread that serves the session.
  void note_memory(Session& session, size_t total);
  /// What all sessions hold, as far as it was noted.
  size_t clients_memory() const noexcept {
    return clients_memory_.load(std::memory_order_relaxed);
  }
  /// Closes the largest clients if all together hold more than maxmemory-clients allows. Any thread,
  /// which holds nothing. Does nothing where there is no memory to list them.
  void evict_clients();

  /// Frees all keys, without a word to anyone: the instance is stopping.
  void discard_data();

  /// What the keyspaces take the memory of their entries from.
  SpanPool& spans() noexcept { return spans_; }
  /// What frees big values after their command.
  LazyFree& lazy_free() noexcept { return lazy_free_; }

  // Time and expiry.
  Clock& clock() noexcept { return clock_; }
  struct ExpiryStep {
    bool any_left = false;         // the shard has keys with a time to live
    bool worth_repeating = false;  // a quarter or more of those looked at were due
  };
  /// Looks at some `effort` keys with a time to live of one shard and removes what is due. Called
  /// by housekeeping.
  ExpiryStep expire_some(uint32_t index, size_t effort);
  /// The same for the fields of hashes: looks at some `effort` hashes that have fields with a time
  /// to live, and removes that many due fields of each at most.
  ExpiryStep expire_some_fields(uint32_t index, size_t effort);
  /// Removes all that has expired, as far as there is memory for that.
  void expire_all() noexcept;
  /// Called, while shards are held, when a key gets a time to live and housekeeping sleeps.
  /// False when it could do nothing: the next such key has it called again.
  void set_on_first_expiry(std::function<bool()> start) { on_first_expiry_ = std::move(start); }
  /// Lets the next note_expiry call the function again.
  void rearm_expiry() noexcept { expiry_seen_.store(false); }
  void note_expiry() noexcept {
    if (!expiry_seen_.load(std::memory_order_relaxed)) [[unlikely]] first_expiry();
  }

  /// Listens to every change; set before the first command, or nullptr.
  void set_log(WriteLog* log) noexcept { log_ = log; }
  WriteLog* log() const noexcept { return log_; }

  PubSub& pubsub() noexcept { return pubsub_; }
  const CommandTable& table() const noexcept { return table_; }
  Settings& settings() noexcept { return settings_; }

  struct Counters {
    std::atomic<uint64_t> keyless_commands{0};
    std::atomic<uint64_t> connections_received{0};
    std::atomic<uint64_t> rejected_connections{0};
    std::atomic<uint64_t> error_replies{0};
    std::atomic<uint64_t> evicted_clients{0};
  };
  Counters& counters() noexcept { return counters_; }

 private:
  friend class Call;

  bool check(Turn& turn, Session& session, const CommandRow* row, Args args, Reply& reply);
  void hold_watched(Turn& turn, const Session& session);
  Route route(Args args) noexcept {
    const CommandRow* row = table_.find(args);
    if (row == nullptr || row->only_key == 0 || row->only_key >= args.size()) return {row};
    const Key key{args[row->only_key], hash(args[row->only_key])};
    return {row, &shard_of(key), key.hash};
  }
  bool plainly_allowed(Session& session, const CommandRow& row, Args args) const;
  void abandon_transaction(Turn& turn, Session& session) noexcept;
  void hold_planned(Turn& turn, Session& session, const CommandRow& row, Args args);
  void plan_keys(const CommandRow& row, Args args, ShardSet& shards, KeyPrefetch& prefetch) const;
  void plan(const Session& session, const CommandRow& row, Args args, ShardSet& shards,
            KeyPrefetch& prefetch) const;
  void execute_silenced(Turn& turn, Session& session, Args args, const Route& route, Reply& reply);
  void execute(Turn& turn, Session& session, Args args, const Route& route, Reply& reply,
               Reply& unsilenced);
  void run(Turn& turn, Session& session, Args args, const Route& route, Reply& reply,
           Reply& unsilenced, Unit* unit);
  void run_logged(Turn& turn, Session& session, Args args, const Route& route, Reply& reply,
                  Reply& unsilenced);
  void first_expiry() noexcept;
  void evict_clients(size_t limit);

  // Constant after construction.
  const CommandTable& table_;
  const HashSecret& secret_;
  Settings& settings_;
  const uint32_t shard_count_;
  const uint32_t database_count_;
  SpanPool spans_;  // with its own synchronisation; outlives the shards
  LazyFree lazy_free_;  // the same
  const std::unique_ptr<Shard[]> shards_;
  WriteLog* log_ = nullptr;
  std::function<bool()> on_first_expiry_;
  Session stateless_{0, Session::Door::kStateless, settings_.output_limit(OutputClass::kPubSub)};

  // With their own synchronisation.
  Clock clock_;
  PubSub pubsub_;
  Counters counters_;
  std::atomic<size_t> clients_memory_{0};
  std::atomic<bool> expiry_seen_{false};
  std::atomic<uint64_t> next_session_id_{1};

  Lock sessions_lock_;
  std::map<uint64_t, std::shared_ptr<Session>> sessions_;
};

inline Turn::Turn(Runtime& runtime) noexcept : runtime_(runtime), moment_(runtime.clock()) {}

inline void Turn::hold(Shard& shard) {
  if (only_ != nullptr && only_ == &shard && !shard.lock.wanted()) return;
  release();
  shard.lock.lock();
  only_ = &shard;
}

}  // namespace kevy
