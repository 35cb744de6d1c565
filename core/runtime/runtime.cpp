#include "runtime/runtime.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <string>

#include "base/check.h"
#include "resp/discarded_reply.h"
#include "runtime/dispatch/call.h"
#include "runtime/dispatch/key_prefetch.h"
#include "runtime/mutation/logging.h"
#include "runtime/observing/observer.h"
#include "runtime/session/loads_files.h"

namespace kevy {

Runtime::Runtime(const CommandTable& table, RuntimeOptions options, Settings& settings)
    : table_(table),
      secret_(HashSecret::process()),
      settings_(settings),
      shard_count_(options.shards),
      database_count_(options.databases),
      shards_(std::make_unique<Shard[]>(options.shards)),
      observer_(std::make_unique<Observer>(settings)) {
  for (uint32_t i = 0; i < shard_count_; ++i) shards_[i].spans = &spans_;
  for (std::string& refusal : refusals_) refusal.reserve(kRefusalMax);
}

Runtime::~Runtime() = default;

void Runtime::plan_keys(const CommandRow& row, Args args, ShardSet& shards,
                        KeyPrefetch& prefetch) const {
  const bool undeclared = row.needs_all_shards != nullptr && row.needs_all_shards(args);
  if (row.has(kAllShards) || undeclared) shards.add_all();
  for_each_key(row, args, [&](size_t i, const KeySpec& spec) {
    if ((spec.flags & kKeyNotKey) != 0) return;
    const Key key{args[i], hash(args[i])};
    const uint32_t index = shard_index(key);
    shards.add(index);
    prefetch.add(shards_[index], key.hash);
  });
}

void Runtime::plan(const Session& session, const CommandRow& row, Args args, ShardSet& shards,
                   KeyPrefetch& prefetch) const {
  plan_keys(row, args, shards, prefetch);
  if (row.has(kWatchedShards | kQueuedShards)) {
    for (const WatchedKey& watched : session.transaction.watched) {
      shards.add(shard_index({watched.key, hash(watched.key)}));
    }
  }
  if (row.has(kQueuedShards)) {
    for (const QueuedCommand& queued : session.transaction.queue) {
      if (queued.row->has(kWalksShards)) shards.add_all();
      const std::vector<Bytes> words(queued.args.begin(), queued.args.end());
      plan_keys(*queued.row, words, shards, prefetch);
    }
  }
}

// Whether the command is right and nothing about the session speaks against running it. Notes the
// command as the session's last one; where it does not, check() does.
inline bool Runtime::plainly_allowed(Session& session, const CommandRow& row, Args args) const {
  if (row.handler == nullptr || !row.accepts(args.size())) return false;
  if (!row.subcommands.empty() && args.size() > 1) return false;
  if (refuses_writes()) [[unlikely]]
    return false;
  if (session.stateless()) {
    return !row.has(kNeedsSession) && unusual_.load(std::memory_order_relaxed) == 0;
  }
  session.last_command.store(&row, std::memory_order_relaxed);
  return !session.transaction.open && unusual_.load(std::memory_order_relaxed) == 0 &&
         session.authenticated && !session.subscribed_to_any();
}

uint64_t Runtime::changes([[maybe_unused]] const Turn& all) noexcept {
  KEVY_DCHECK(all.holds_all());
  uint64_t sum = counters_.keyless_changes.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < shard_count_; ++i) sum += shards_[i].changes;
  return sum;
}

uint64_t Runtime::changes() noexcept {
  uint64_t sum = counters_.keyless_changes.load(std::memory_order_relaxed);
  Turn turn(*this);
  for (uint32_t i = 0; i < shard_count_; ++i) {
    turn.hold(shards_[i]);
    sum += shards_[i].changes;
  }
  return sum;
}

void Runtime::refuse_writes(Refusal who, Bytes text) {
  std::lock_guard guard(refusals_lock_);
  refusals_[static_cast<size_t>(who)].assign(text);
  refuses_writes_.store(true, std::memory_order_relaxed);
}

void Runtime::allow_writes(Refusal who) noexcept {
  std::lock_guard guard(refusals_lock_);
  refusals_[static_cast<size_t>(who)].clear();
  const bool any = !refusals_[0].empty() || !refusals_[1].empty();
  refuses_writes_.store(any, std::memory_order_relaxed);
}

bool Runtime::refuses_writes(std::string& why) {
  if (!refuses_writes()) [[likely]]
    return false;
  std::lock_guard guard(refusals_lock_);
  const std::string& snapshot = refusals_[static_cast<size_t>(Refusal::kSnapshot)];
  why = snapshot.empty() ? refusals_[static_cast<size_t>(Refusal::kAppendOnly)] : snapshot;
  return !why.empty();  // they may just have been allowed again
}

// However an EXEC ends, its transaction is over.
void Runtime::abandon_transaction(Turn& turn, Session& session) noexcept {
  hold_watched(turn, session);
  forget_watches(session);
  session.end_transaction();
}

// False when a busy script has them.
bool Runtime::hold_planned(Turn& turn, Session& session, const CommandRow& row, Args args) {
  if (row.keys.empty() && row.needs_all_shards == nullptr &&
      !row.has(kAllShards | kWatchedShards | kQueuedShards)) {
    turn.release();
    return true;
  }
  ShardSet shards;
  KeyPrefetch prefetch(session.database);
  try {
    plan(session, row, args, shards, prefetch);
    if (shards.empty()) {
      turn.release();
      return true;
    }
    if (!turn.hold_unless_busy(shards)) return false;
    const bool changes = row.has(kWrite | kMayReplicate | kQueuedShards);
    if (changes && !widen(turn, session, row, args)) return false;
  } catch (const std::bad_alloc&) {
    if (row.has(kQueuedShards)) abandon_transaction(turn, session);
    throw;
  }
  prefetch.run_held();
  return true;
}

void Runtime::set_script_busy(bool busy) noexcept {
  if (busy) {
    unusual_.fetch_or(kScriptBusy, std::memory_order_relaxed);
  } else {
    unusual_.fetch_and(static_cast<uint8_t>(~kScriptBusy), std::memory_order_relaxed);
  }
  for (uint32_t i = 0; i < shard_count_; ++i) shards_[i].lock.interrupt(busy);
}

void Runtime::begin_loading() noexcept {
  load_state_.begin(clock_.now_ms() / 1000);
  unusual_.fetch_or(kLoadsFiles, std::memory_order_relaxed);
}

void Runtime::end_loading() noexcept {
  unusual_.fetch_and(static_cast<uint8_t>(~kLoadsFiles), std::memory_order_relaxed);
}

// The watches of a transaction that ends so stay until the session's next one ends: their shards
// are not to be had.
void Runtime::answer_busy(Session& session, const CommandRow& row, Reply& reply) {
  const std::string text = script_status_.busy_text();
  counters_.error_replies.fetch_add(1, std::memory_order_relaxed);
  if (row.has(kQueuedShards) && session.transaction.open) {
    session.end_transaction();
    reply.error("EXECABORT Transaction discarded because of: " + text);
    return;
  }
  if (session.transaction.open) session.transaction.broken = true;
  reply.error(text);
}

void Runtime::prepare(Turn& turn, const Session& session, std::span<const Args> commands,
                      std::span<Route> routes) {
  KeyPrefetch prefetch(session.database);
  bool alike = !commands.empty();  // all for one shard, or none
  for (size_t i = 0; i < commands.size(); ++i) {
    const Args args = commands[i];
    // Many pipelines are of one verb and one key.
    const bool as_before = i != 0 && args.size() > 1 && args.size() == commands[i - 1].size() &&
                           same_bytes(args[1], commands[i - 1][1]) &&
                           same_bytes(args[0], commands[i - 1][0]);
    if (as_before && routes[i - 1].row != nullptr && routes[i - 1].row->only_key == 1) {
      routes[i] = routes[i - 1];
      continue;
    }
    routes[i] = route(args);
    if (routes[i].shard != nullptr) prefetch.add(*routes[i].shard, routes[i].hash);
    alike &= routes[i].shard == routes[0].shard;
  }
  if (alike && turn.goes_on_with(routes[0].shard)) {
    if (commands.size() > 1) prefetch.run_held();
    return;
  }
  turn.release();
  if (commands.size() > 1) prefetch.run_unheld();
}

bool Runtime::would_wait(Args args, const Route& route) noexcept {
  if (script_busy()) return false;  // it is answered so
  if (route.shard != nullptr) return route.shard->lock.held();
  if (route.row == nullptr || route.row->keys.empty()) return false;
  const KeySpec& spec = route.row->keys[0];
  const auto first = static_cast<size_t>(spec.first);
  if (spec.search != KeySearch::kRange || first >= args.size()) return false;
  return shard_of({args[first], hash(args[first])}).lock.held();
}

// Runs the handler, with the shards of its keys held; the effects go to `unit`. False, and nothing
// was done, when there is another log than `log` by the time they are held.
// The command is measured unless it has at most `brief_words` words.
[[gnu::always_inline]] inline bool Runtime::run(Turn& turn, Session& session, Args args,
                                                const Route& route, Reply& reply, Reply& unsilenced,
                                                WriteLog* log, Unit* unit, bool attended,
                                                size_t brief_words) {
  const CommandRow& row = *route.row;
  Call call(turn, session, row, args, reply, unsilenced, unit);
  if (route.shard != nullptr) [[likely]] {
    if (!turn.hold_unless_busy(*route.shard)) [[unlikely]] {
      answer_busy(session, row, reply);
      return true;
    }
    if (route.shard->waiters.any() && row.has(kWrite)) [[unlikely]] {
      if (!widen(turn, session, row, args)) {
        answer_busy(session, row, reply);
        return true;
      }
    }
    if (log_.load(std::memory_order_relaxed) != log) [[unlikely]]
      return false;
    count_command(*this, session, route.shard);
    call.bind_key({args[row.only_key], route.hash}, *route.shard);
  } else {
    if (!hold_planned(turn, session, row, args)) {
      answer_busy(session, row, reply);
      return true;
    }
    if (log_.load(std::memory_order_relaxed) != log) [[unlikely]]
      return false;
    count_command(*this, session, nullptr);
  }
  const size_t errors_before = reply.errors();
  if (args.size() > brief_words) [[unlikely]] {
    run_observed(call);
  } else {
    call.run();
  }
  if (attended) track_reads(turn, session, row, args);
  if (!session.stateless()) SessionTraffic::add(session.traffic.commands, 1);
  if (reply.errors() != errors_before) [[unlikely]] {
    count_errors(*this, session, reply.errors() - errors_before);
  }
  return true;
}

void Runtime::run_logged(Turn& turn, Session& session, Args args, const Route& route, Reply& reply,
                         Reply& unsilenced, bool attended, size_t brief_words) {
  for (bool done = false; !done;) {
    WriteLog* const log = this->log();
    if (log == nullptr) {
      done = run(turn, session, args, route, reply, unsilenced, nullptr, nullptr, attended,
                 brief_words);
      continue;
    }
    if (log->full()) [[unlikely]] {
      turn.release();
      log->wait_for_room();
    }
    log->prefetch();
    Unit unit;
    // Also of what was changed before something was thrown.
    const Logging logging(turn, session, *log, unit);
    done = run(turn, session, args, route, reply, unsilenced, log, &unit, attended, brief_words);
  }
}

[[gnu::always_inline]] inline void Runtime::execute(Turn& turn, Session& session, Args args,
                                                    const Route& route, Reply& reply,
                                                    Reply& unsilenced, bool attended) {
  size_t brief_words = 0;
  if (route.row == nullptr || !plainly_allowed(session, *route.row, args)) [[unlikely]] {
    if (!check(turn, session, route.row, args, reply)) return;
    if (!observes()) brief_words = route.row->brief_words;
  } else {
    brief_words = route.row->brief_words;
  }
  if (pause_.what() != Pause::What::kNothing && is_postponed(session, *route.row)) [[unlikely]] {
    postpone(session, *route.row, args);
    return;
  }
  if (arrivals_.load(std::memory_order_relaxed) != nullptr && !session.arrivals_seen &&
      await_arrivals(turn, session, *route.row, args)) {
    return;
  }
  // Also behind a command that found no memory for all that it was to do.
  struct Serving {
    Runtime& runtime;
    Turn& turn;
    ~Serving() {
      if (turn.any_ready()) [[unlikely]]
        runtime.serve(turn);
    }
  } const serving{*this, turn};
  const bool done = log() == nullptr && run(turn, session, args, route, reply, unsilenced, nullptr,
                                            nullptr, attended, brief_words);
  if (!done) [[unlikely]]
    run_logged(turn, session, args, route, reply, unsilenced, attended, brief_words);
}

void Runtime::execute(Turn& turn, Session& session, Args args, const Route& route, Reply& reply) {
  if (session.attended) [[unlikely]] {
    execute_attended(turn, session, args, route, reply);
  } else {
    execute(turn, session, args, route, reply, reply, false);
  }
}

// With what CLIENT REPLY and CLIENT TRACKING want done before and after it.
void Runtime::execute_attended(Turn& turn, Session& session, Args args, const Route& route,
                               Reply& reply) {
  struct After {
    Session& session;
    const CommandRow* row;
    ~After() {
      if (session.reply_mode == ReplyMode::kSkip) session.set_reply_mode(ReplyMode::kOn);
      const bool goes_on =
          session.transaction.open || session.waits() || (row != nullptr && row->has(kBeforeRead));
      if (!goes_on) session.tracking.caching_said = false;
    }
  } const after{session, route.row};
  if (session.reply_mode == ReplyMode::kSkipNext) session.set_reply_mode(ReplyMode::kSkip);
  if (session.reply_mode == ReplyMode::kOn) {
    execute(turn, session, args, route, reply, reply, true);
  } else {
    DiscardedReply discarded(reply.protocol());
    execute(turn, session, args, route, discarded, reply, true);
  }
}

// What they take is got before the first one runs. From then on a command that finds no memory is
// answered so in its place, and the others run.
void Runtime::run_queued(Call& exec) {
  Session& session = exec.session;
  const std::vector<QueuedCommand> queue = std::move(session.transaction.queue);
  session.transaction.queue.clear();
  struct Running {
    explicit Running(bool& flag_to_set) : flag(flag_to_set) { flag = true; }
    ~Running() { flag = false; }
    bool& flag;
  } const running(session.transaction.running);
  exec.reply.array(queue.size());
  if (exec.unit_ != nullptr) exec.unit_->set_in_parts();
  size_t words_max = 0;
  for (const QueuedCommand& queued : queue) words_max = std::max(words_max, queued.args.size());
  std::vector<Bytes> words;
  words.reserve(words_max);
  DiscardedReply discarded;
  Reply* unsilenced = &exec.unsilenced;
  for (const QueuedCommand& queued : queue) {
    words.assign(queued.args.begin(), queued.args.end());
    Reply& reply = session.silenced() ? static_cast<Reply&>(discarded) : *unsilenced;
    reply.set_protocol(session.protocol);
    const Reply::Mark mark = unsilenced->mark();
    try {
      Call call(exec.turn, session, *queued.row, words, reply, *unsilenced, exec.unit_);
      call.forbid_waiting();
      if (observes() || words.size() > queued.row->brief_words) {
        run_observed(call);
      } else {
        call.run();
      }
      if (session.tracking.on()) track_reads(exec.turn, session, *queued.row, words);
      SessionTraffic::add(session.traffic.commands, 1);
    } catch (const std::bad_alloc&) {
      unsilenced->take_back(mark);
      if (!reply.answer_no_memory()) unsilenced = &discarded;
    }
    exec.commit_effects();
  }
  session.tracking.caching_said = false;
  if (unsilenced == &discarded) throw Reply::Lost();
}

void Runtime::run_nested(Call& outer, Session& session, const CommandRow& row, Args args,
                         Reply& reply, bool logged) {
  if (outer.unit_ != nullptr) outer.unit_->set_in_parts();
  Call call(outer.turn, session, row, args, reply, reply, logged ? outer.unit_ : nullptr);
  call.forbid_waiting();
  struct Committed {
    Call& outer;
    const Call& inner;
    ~Committed() {
      outer.commit_effects();
      outer.has_changed_ |= inner.dirty_;
    }
  } const committed{outer, call};
  if (row.only_key != 0 && row.only_key < args.size()) {
    const Key key{args[row.only_key], hash(args[row.only_key])};
    Shard& shard = shard_of(key);
    count_command(*this, outer.session, &shard);
    call.bind_key(key, shard);
  } else {
    count_command(*this, outer.session, nullptr);
  }
  if (observes() || args.size() > row.brief_words) {
    run_observed_nested(call, outer);
  } else {
    call.run();
  }
  if (session.tracking.on()) track_reads(outer.turn, session, row, args);
}

void Runtime::discard_data() {
  {
    Turn turn(*this);
    turn.hold_all();
    for (uint32_t i = 0; i < shard_count_; ++i) {
      Shard& one = shard(i);
      one.databases.for_each(
          [&](size_t database, Keyspace&) { one.garbage.add(one.databases.take(database)); });
    }
  }
  spans_.trim();
}

void Runtime::first_expiry() noexcept {
  if (expiry_seen_.exchange(true) || !on_first_expiry_) return;
  if (!on_first_expiry_()) expiry_seen_.store(false);
}

}  // namespace kevy
