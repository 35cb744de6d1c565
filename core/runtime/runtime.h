// Runtime: the engine without doors: shards, dispatch, sessions, pub/sub, the mutation point.
//
// It knows no verb by name, no value type and no socket; the table of commands is given to it.
// Any thread may call any method. Lock order: a turn's shards, ascending; then pub/sub, which is
// the turn's too; then leaves (outboxes, the session register, the log), of which only one is held
// at a time.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "resp/reply.h"
#include "runtime/dispatch/command_table.h"
#include "runtime/dispatch/script_status.h"
#include "runtime/dispatch/slot.h"
#include "runtime/dispatch/turn.h"
#include "runtime/migration/migration.h"
#include "runtime/mutation/write_log.h"
#include "runtime/persistence/load_state.h"
#include "runtime/persistence/value_payload.h"
#include "runtime/pubsub/pubsub.h"
#include "runtime/session/session.h"
#include "runtime/settings/settings.h"
#include "runtime/shard/lazy_free.h"
#include "runtime/shard/shard.h"
#include "runtime/tracking/tracking.h"
#include "runtime/waiting/arrivals.h"
#include "runtime/waiting/deadlines.h"
#include "runtime/waiting/late_keys.h"
#include "runtime/waiting/log_waits.h"
#include "runtime/waiting/pause.h"

namespace kevy {

class Call;
class KeyPrefetch;
class AppendOnly;    // runtime/persistence/append_only.h; the same
class Observer;      // runtime/observing/observer.h
class ScriptEngine;  // script/engine.h; only passed on here
class Shutdown;      // runtime/persistence/shutdown.h; the same
class Snapshots;     // runtime/persistence/snapshots.h; the same

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
  /// key fetched. Those with several do so themselves. The turn goes on if it holds what all of
  /// them need, and is given back otherwise.
  void prepare(Turn& turn, const Session& session, std::span<const Args> commands,
               std::span<Route> routes);

  /// Whether the command would have to wait for its first key's shard, as far as can be told.
  bool would_wait(Args args, const Route& route) noexcept;

  /// Runs the commands queued in the session as one step, each writing its reply. Called by the
  /// handler of EXEC, whose row has kQueuedShards, so that all their shards are held.
  void run_queued(Call& exec);

  /// Runs a command as a part of another one's step, which holds all shards: what a script calls.
  /// The caller has checked it. `logged` is false where its effects are not to be. What it did
  /// counts even if the rest of the step fails.
  void run_nested(Call& outer, Session& session, const CommandRow& row, Args args, Reply& reply,
                  bool logged);

  /// What is known of the script that runs, by any thread.
  ScriptStatus& script_status() noexcept { return script_status_; }
  /// Whether a script has run for too long, so that commands are not to wait for it.
  bool script_busy() const noexcept {
    return (unusual_.load(std::memory_order_relaxed) & kScriptBusy) != 0;
  }
  /// By the thread that runs the script, which holds all shards. It may call serve_others() while
  /// it is busy: what that thread had to do for others goes on.
  void set_script_busy(bool busy) noexcept;
  void set_serve_others(std::function<void()> serve) { serve_others_ = std::move(serve); }
  void serve_others() {
    if (serve_others_) serve_others_();
  }

  /// What runs scripts, if there is anything; given before the first command.
  ScriptEngine* scripts() const noexcept { return scripts_; }
  void set_scripts(ScriptEngine* scripts) noexcept { scripts_ = scripts; }

  /// From begin_loading() to end_loading() the instance reads its files. Sessions with sockets may run
  /// what has the flag `loading` alone, nothing expires, and whoever has no socket is who loads: he
  /// is not held up, and not shown to monitors.
  void begin_loading() noexcept;
  void end_loading() noexcept;
  bool loading() const noexcept {
    return (unusual_.load(std::memory_order_relaxed) & kLoadsFiles) != 0;
  }
  LoadState& load_state() noexcept { return load_state_; }

  // Keys and shards.
  uint64_t hash(Bytes key) const noexcept { return hash_bytes(key, secret_); }
  uint32_t shard_count() const noexcept { return shard_count_; }
  uint32_t database_count() const noexcept { return database_count_; }
  Shard& shard(uint32_t index) noexcept { return shards_[index]; }
  uint32_t shard_index(const Key& key) const noexcept {
    uint64_t hash = key.hash;
    if (contains(key.bytes, '{')) [[unlikely]]
      hash = this->hash(hash_tag(key.bytes));
    return static_cast<uint32_t>((hash >> 32) * shard_count_ >> 32);
  }
  Shard& shard_of(const Key& key) noexcept { return shard(shard_index(key)); }

  // Sessions.
  std::shared_ptr<Session> open_session(Session::Door door);
  /// One that is no client's: it is not told of nor found, nor ended with the others.
  std::shared_ptr<Session> open_unlisted_session();
  void close_session(Session& session);
  std::vector<std::shared_ptr<Session>> sessions();
  size_t session_count();
  /// nullptr: there is none with that id.
  std::shared_ptr<Session> find_session(uint64_t id) noexcept;
  /// The one that was opened next after the one with that id, or the first after 0; or nullptr.
  std::shared_ptr<Session> next_session(uint64_t after) noexcept;
  /// The session of calls that have none. Never written to.
  Session& stateless() noexcept { return stateless_; }
  /// Forgets the session's watches, whose shards the turn must hold.
  void forget_watches(Session& session) noexcept;
  /// On behalf of the command of `publisher`, or of nobody's if that is nullptr.
  void leave_all_channels(Turn& turn, Subscriber* publisher, Session& session);
  /// Ends the session from any thread, which holds nothing: whoever serves it closes it.
  void kill(Session& session) noexcept;
  void kill(Turn& turn, Session& session) noexcept;
  /// The same once what was published to it has been taken.
  void retire(Session& session) noexcept;
  /// The same for every session there is. Takes no memory.
  void kill_all() noexcept;

  /// Notes what a session holds now, in bytes, and closes the largest clients when that makes it
  /// too much for maxmemory-clients. By the thread that serves the session.
  void note_memory(Session& session, size_t total);
  /// What all sessions hold, as far as it was noted.
  size_t clients_memory() const noexcept { return clients_memory_.load(std::memory_order_relaxed); }
  /// Closes the largest clients if all together hold more than maxmemory-clients allows. Any
  /// thread, which holds nothing. Does nothing where there is no memory to list them.
  void evict_clients();

  /// Frees all keys, without a word to anyone: the instance is stopping.
  void discard_data();

  /// What the keyspaces take the memory of their entries from.
  SpanPool& spans() noexcept { return spans_; }
  /// What frees big values after their command.
  LazyFree& lazy_free() noexcept { return lazy_free_; }

  /// Who is to be told of changed keys.
  Tracking& tracking() noexcept { return tracking_; }
  /// Forgets tracked keys while there are too many. By housekeeping.
  void trim_tracking() noexcept;

  // Commands that wait (runtime/waiting/).
  /// Serves who waits for the keys that the turn has noted, to the end of what follows from it.
  void serve(Turn& turn) noexcept;
  /// The same for keys that could not be served when they changed. By housekeeping.
  void serve_late() noexcept;
  /// Ends the wait of the session's command, if one waits; any thread. Its session is woken at the
  /// end of the turn. `must`: also when another thread is just serving it, in vain. False when none
  /// waits.
  bool end_wait(Turn& turn, Session& session, WaitEnd why, bool must) noexcept;
  /// For the thread that runs the session, once its outbox says resumed(): the command stands in no
  /// line any more, and waits no more. Its reply is there if it was served.
  std::shared_ptr<Waiter> take_waiter(Turn& turn, Session& session) noexcept;
  /// Ends the waits whose time has come, and has commands run again that wait for this moment. Any
  /// thread, which holds nothing.
  void end_due_waits() noexcept;
  /// CLIENT PAUSE: until then commands of sessions wait, those that write or all.
  void pause(Pause::What what, int64_t until_us);
  /// Those that wait for the end of it are run now, each by its session, and those whose keys have
  /// changed meanwhile are served. The turn, which holds all shards, wakes them.
  void end_pause(Turn& turn) noexcept;
  /// Ends the waits for the disk that it has come up to. Any thread, which holds no shard.
  void end_log_waits() noexcept;
  /// Has a command run that was postponed. Any thread.
  void end_postponed(Waiter& waiter) noexcept;
  /// The waiter's migration is over: its command is run again, unless its wait has ended; then
  /// nobody watches the keys any more. During a pause all that comes with the end of it. To be
  /// called once, by who holds nothing.
  void end_migration(const WaiterPtr& waiter) noexcept;
  /// What comes to sockets, and whether several threads serve them; given before they do.
  void set_arrivals(Arrivals* arrivals, bool several) noexcept {
    several_serve_ = several;
    arrivals_.store(arrivals, std::memory_order_release);
  }
  /// By a thread that serves sockets.
  bool several_serve() const noexcept { return several_serve_; }
  Deadlines& deadlines() noexcept { return deadlines_; }
  LateKeys& late_keys() noexcept { return late_keys_; }
  size_t blocked_count() const noexcept { return blocked_.load(std::memory_order_relaxed); }

  // Commands that are observed (runtime/observing/).
  Observer& observer() noexcept { return *observer_; }
  /// Whether every command is measured, or shown to someone.
  bool observes() const noexcept {
    return (unusual_.load(std::memory_order_relaxed) & kObserved) != 0;
  }
  /// To be called when settings have changed that this follows from.
  void update_observing() noexcept;
  /// The session is shown all commands from now on. Throws std::bad_alloc, and it is not.
  void add_monitor(Call& call);
  /// It is shown none any more. On behalf of the command of `publisher`, or of nobody's.
  void remove_monitor(Turn& turn, Subscriber* publisher, Session& session) noexcept;
  /// Logs a command whose request, or reply, is large enough for that.
  void note_large_request(const Session& session, Args args) noexcept;
  void note_large_reply(const Session& session, Args args, size_t bytes) noexcept;

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
    if (!expiry_seen_.load(std::memory_order_relaxed)) [[unlikely]]
      first_expiry();
  }

  /// Takes every change, or nullptr. To be set before the first command, or while all shards are
  /// held.
  void set_log(WriteLog* log) noexcept { log_.store(log, std::memory_order_release); }
  WriteLog* log() const noexcept { return log_.load(std::memory_order_acquire); }
  /// Whether what is shown has to wait until `position` of the log is on disk.
  bool shows_too_much(uint64_t position) const noexcept {
    const WriteLog* const log = this->log();
    return position != 0 && log != nullptr && log->fenced() && !log->is_safe(position);
  }
  /// By who holds nothing: waits for that. False when it can not be had.
  bool wait_until_safe(uint64_t position) const noexcept {
    WriteLog* const log = this->log();
    return log == nullptr || log->wait_until_safe(position);
  }
  /// Why commands that write are refused at present: of two reasons the snapshot is told. Any
  /// thread; the last word counts.
  enum class Refusal : uint8_t { kAppendOnly, kSnapshot };
  /// Takes no memory for a text of kRefusalMax bytes at most; otherwise it may throw
  /// std::bad_alloc.
  static constexpr size_t kRefusalMax = 511;
  void refuse_writes(Refusal who, Bytes text);
  void allow_writes(Refusal who) noexcept;
  bool refuses_writes() const noexcept { return refuses_writes_.load(std::memory_order_relaxed); }
  /// Whether they are, and why; throws std::bad_alloc.
  bool refuses_writes(std::string& why);
  /// The append-only file, if there can be one; given before the first command.
  AppendOnly* append_only() const noexcept { return append_only_; }
  void set_append_only(AppendOnly* append_only) noexcept { append_only_ = append_only; }
  /// To be called, by who holds nothing, before a change is made.
  void wait_for_log_room() noexcept {
    WriteLog* const log = this->log();
    if (log != nullptr && log->full()) [[unlikely]]
      log->wait_for_room();
  }

  /// How values leave the keyspace and come back; given before the first command.
  ValuePayload* payload() const noexcept { return payload_; }
  void set_payload(ValuePayload* payload) noexcept { payload_ = payload; }
  /// Files of all keys; given before the first command.
  Snapshots* snapshots() const noexcept { return snapshots_; }
  void set_snapshots(Snapshots* snapshots) noexcept { snapshots_ = snapshots; }
  /// Who takes keys to other servers; given before the first command. nullptr: nobody.
  Migrations* migrations() const noexcept { return migrations_; }
  void set_migrations(Migrations* migrations) noexcept { migrations_ = migrations; }
  /// How SHUTDOWN reaches the host; given before the first command.
  Shutdown* shutdown() const noexcept { return shutdown_; }
  void set_shutdown(Shutdown* shutdown) noexcept { shutdown_ = shutdown; }

  PubSub& pubsub() noexcept { return pubsub_; }
  const CommandTable& table() const noexcept { return table_; }
  Settings& settings() noexcept { return settings_; }

  struct Counters {
    std::atomic<uint64_t> keyless_commands{0};
    std::atomic<uint64_t> keyless_changes{0};
    std::atomic<uint64_t> connections_received{0};
    std::atomic<uint64_t> rejected_connections{0};
    std::atomic<uint64_t> error_replies{0};
    std::atomic<uint64_t> evicted_clients{0};
  };
  Counters& counters() noexcept { return counters_; }
  /// How many changes there were since the start, by who holds all shards; and by who holds
  /// nothing, which takes them one after another.
  uint64_t changes(const Turn& all) noexcept;
  uint64_t changes() noexcept;

 private:
  friend class Call;

  /// What makes every command go through all checks.
  enum Unusual : uint8_t { kScriptBusy = 1, kObserved = 2, kLoadsFiles = 4 };

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
  bool hold_planned(Turn& turn, Session& session, const CommandRow& row, Args args);
  void answer_busy(Session& session, const CommandRow& row, Reply& reply);
  void plan_keys(const CommandRow& row, Args args, ShardSet& shards, KeyPrefetch& prefetch) const;
  void plan(const Session& session, const CommandRow& row, Args args, ShardSet& shards,
            KeyPrefetch& prefetch) const;
  [[nodiscard]] bool widen(Turn& turn, const Session& session, const CommandRow& row, Args args);
  void begin_wait(Call& call, const Wait& wait);
  void serve(Turn& turn, WaitQueue& queue);
  void serve(Turn& turn, const WaiterPtr& waiter);
  void serve_at_once(Turn& turn, const WaiterPtr& waiter);
  void finish_migration(Turn& turn, const WaiterPtr& waiter) noexcept;
  bool run_again(Turn& turn, Waiter& waiter);
  template <typename Hold>
  bool serve_line(int database, const Key& key, Hold&& hold) noexcept;
  void look_for(const Waiter& waiter, size_t place) noexcept;
  bool is_postponed(const Session& session, const CommandRow& row) const noexcept;
  void show_wait(Session& session, const WaiterPtr& waiter) noexcept;
  bool take_back_wait(Session& session, Waiter& waiter) noexcept;
  void resume_postponed(Turn& turn) noexcept;
  void postpone(Session& session, const CommandRow& row, Args args);
  template <typename Add>
  void postpone(Session& session, const CommandRow& row, Args args, Add&& add);
  bool publishes(const Session& session, const CommandRow& row, Args args) noexcept;
  bool await_arrivals(Turn& turn, Session& session, const CommandRow& row, Args args);
  void leave_lines(const Turn& turn, Waiter& waiter) noexcept;
  void finish_wait(Turn& turn, Waiter& waiter) noexcept;
  void execute_attended(Turn& turn, Session& session, Args args, const Route& route, Reply& reply);
  void execute(Turn& turn, Session& session, Args args, const Route& route, Reply& reply,
               Reply& unsilenced, bool attended);
  bool run(Turn& turn, Session& session, Args args, const Route& route, Reply& reply,
           Reply& unsilenced, WriteLog* log, Unit* unit, bool attended, size_t brief_words);
  void run_logged(Turn& turn, Session& session, Args args, const Route& route, Reply& reply,
                  Reply& unsilenced, bool attended, size_t brief_words);
  void track_reads(Turn& turn, Session& session, const CommandRow& row, Args args);
  void run_observed(Call& call);
  void run_observed_nested(Call& call, Call& outer);
  void note_duration(const Call& call, uint64_t ticks) noexcept;
  void show_monitors(Call& call, bool from_script) noexcept;
  void first_expiry() noexcept;
  void evict_clients(size_t limit);

  // Constant after construction.
  const CommandTable& table_;
  const HashSecret& secret_;
  Settings& settings_;
  const uint32_t shard_count_;
  const uint32_t database_count_;
  SpanPool spans_;      // with its own synchronisation; outlives the shards
  LazyFree lazy_free_;  // the same
  const std::unique_ptr<Shard[]> shards_;
  std::atomic<WriteLog*> log_{nullptr};  // changed with all shards held
  ValuePayload* payload_ = nullptr;
  Snapshots* snapshots_ = nullptr;
  Shutdown* shutdown_ = nullptr;
  Migrations* migrations_ = nullptr;
  ScriptEngine* scripts_ = nullptr;
  AppendOnly* append_only_ = nullptr;
  std::atomic<Arrivals*> arrivals_{nullptr};
  bool several_serve_ = false;       // written before arrivals_
  std::atomic<uint8_t> unusual_{0};  // bits of Unusual; seldom written, and read by every command
  std::function<bool()> on_first_expiry_;
  std::function<void()> serve_others_;
  Session stateless_{0, Session::Door::kStateless, settings_.output_limit(OutputClass::kPubSub)};

  // With their own synchronisation.
  Clock clock_;
  PubSub pubsub_;
  Tracking tracking_;
  Counters counters_;
  ScriptStatus script_status_;
  LoadState load_state_;
  Deadlines deadlines_;
  LateKeys late_keys_;
  LogWaits log_waits_;
  const std::unique_ptr<Observer> observer_;
  Lock observing_lock_;  // guards the writing of kObserved; taken with the pub/sub lock or without
  Pause pause_;
  std::atomic<bool> held_back_{false};  // someone was not served because of a pause
  std::atomic<size_t> blocked_{0};
  std::atomic<size_t> clients_memory_{0};
  std::atomic<bool> expiry_seen_{false};
  std::atomic<bool> refuses_writes_{false};
  std::atomic<uint64_t> next_session_id_{1};

  Lock refusals_lock_;
  std::array<std::string, 2> refusals_;

  Lock sessions_lock_;
  std::map<uint64_t, std::shared_ptr<Session>> sessions_;
};

inline bool Turn::settle() noexcept {
  release();
  return !runtime_.shows_too_much(fence_) || runtime_.wait_until_safe(fence_);
}

inline Turn::Turn(Runtime& runtime) noexcept : runtime_(runtime), moment_(runtime.clock()) {}

inline void Turn::note_logged(uint64_t position) noexcept {
  if (only_ != nullptr) [[likely]] {
    only_->logged_to = position;
  } else {
    note_logged_in_several(position);
  }
}

inline void Turn::hold(Shard& shard) {
  if (only_ != nullptr && only_ == &shard && !shard.lock.wanted()) return;
  release();
  shard.lock.lock();
  only_ = &shard;
}

inline bool Turn::hold_unless_busy(Shard& shard) {
  if (only_ != nullptr && only_ == &shard && !shard.lock.wanted()) return true;
  release();
  if (!shard.lock.lock_unless_interrupted()) return false;
  only_ = &shard;
  return true;
}

}  // namespace kevy
