#include "runtime/runtime.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <string>

#include "resp/discarded_reply.h"
#include "runtime/dispatch/call.h"
#include "runtime/dispatch/key_prefetch.h"

namespace kevy {

Runtime::Runtime(const CommandTable& table, RuntimeOptions options, Settings& settings)
    : table_(table),
      secret_(HashSecret::process()),
      settings_(settings),
      shard_count_(options.shards),
      database_count_(options.databases),
      shards_(std::make_unique<Shard[]>(options.shards)) {
  for (uint32_t i = 0; i < shard_count_; ++i) shards_[i].spans = &spans_;
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
  if (session.stateless()) {
    return !row.has(kNeedsSession);
  }
  session.last_command.store(&row, std::memory_order_relaxed);
  return !session.transaction.open && session.authenticated && !session.subscribed_to_any();
}

// However an EXEC ends, its transaction is over.
void Runtime::abandon_transaction(Turn& turn, Session& session) noexcept {
  hold_watched(turn, session);
  forget_watches(session);
  session.end_transaction();
}

void Runtime::hold_planned(Turn& turn, Session& session, const CommandRow& row, Args args) {
  if (row.keys.empty() && row.needs_all_shards == nullptr &&
      !row.has(kAllShards | kWatchedShards | kQueuedShards)) {
    turn.release();
    return;
  }
  ShardSet shards;
  KeyPrefetch prefetch(session.database);
  try {
    plan(session, row, args, shards, prefetch);
  } catch (const std::bad_alloc&) {
    if (row.has(kQueuedShards)) abandon_transaction(turn, session);
    throw;
  }
  if (shards.empty()) {
    turn.release();
  } else {
    turn.hold(shards);
    prefetch.run_held();
  }
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
  if (route.shard != nullptr) return route.shard->lock.held();
  if (route.row == nullptr || route.row->keys.empty()) return false;
  const KeySpec& spec = route.row->keys[0];
  const auto first = static_cast<size_t>(spec.first);
  if (spec.search != KeySearch::kRange || first >= args.size()) return false;
  return shard_of({args[first], hash(args[first])}).lock.held();
}

// Runs the handler, with the shards of its keys held; the effects go to `unit`.
[[gnu::always_inline]] inline void Runtime::run(Turn& turn, Session& session, Args args,
                                                const Route& route, Reply& reply,
                                                Reply& unsilenced, Unit* unit) {
  const CommandRow& row = *route.row;
  Call call(turn, session, row, args, reply, unsilenced, unit);
  if (route.shard != nullptr) [[likely]] {
    turn.hold(*route.shard);
    ++route.shard->statistics.commands;
    call.bind_key({args[row.only_key], route.hash}, *route.shard);
  } else {
    hold_planned(turn, session, row, args);
    counters_.keyless_commands.fetch_add(1, std::memory_order_relaxed);
  }
  const size_t errors_before = reply.errors();
  call.run();
  if (!session.stateless()) SessionTraffic::add(session.traffic.commands, 1);
  if (reply.errors() != errors_before) [[unlikely]] {
    counters_.error_replies.fetch_add(reply.errors() - errors_before, std::memory_order_relaxed);
  }
}

void Runtime::run_logged(Turn& turn, Session& session, Args args, const Route& route,
                         Reply& reply, Reply& unsilenced) {
  Unit unit;
  const auto log = [&] {
    if (!unit.empty()) log_->append(std::move(unit));
  };
  try {
    run(turn, session, args, route, reply, unsilenced, &unit);
  } catch (...) {
    log();  // what was changed before
    throw;
  }
  log();
}

[[gnu::always_inline]] inline void Runtime::execute(Turn& turn, Session& session, Args args,
                                                    const Route& route, Reply& reply,
                                                    Reply& unsilenced) {
  if (route.row == nullptr || !plainly_allowed(session, *route.row, args)) [[unlikely]] {
    if (!check(turn, session, route.row, args, reply)) return;
  }
  if (log_ == nullptr) [[likely]] {
    run(turn, session, args, route, reply, unsilenced, nullptr);
  } else {
    run_logged(turn, session, args, route, reply, unsilenced);
  }
}

void Runtime::execute(Turn& turn, Session& session, Args args, const Route& route, Reply& reply) {
  if (session.reply_mode != ReplyMode::kOn) [[unlikely]] {
    execute_silenced(turn, session, args, route, reply);
  } else {
    execute(turn, session, args, route, reply, reply);
  }
}

void Runtime::execute_silenced(Turn& turn, Session& session, Args args, const Route& route,
                               Reply& reply) {
  struct EndOfSkip {
    Session& session;
    ~EndOfSkip() {
      if (session.reply_mode == ReplyMode::kSkip) session.reply_mode = ReplyMode::kOn;
    }
  } const end_of_skip{session};
  if (session.reply_mode == ReplyMode::kSkipNext) session.reply_mode = ReplyMode::kSkip;
  DiscardedReply discarded(reply.protocol());
  execute(turn, session, args, route, discarded, reply);
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
      Call(exec.turn, session, *queued.row, words, reply, *unsilenced, exec.unit_).run();
      SessionTraffic::add(session.traffic.commands, 1);
    } catch (const std::bad_alloc&) {
      unsilenced->take_back(mark);
      if (!reply.answer_no_memory()) unsilenced = &discarded;
    }
    exec.commit_effects();
  }
  if (unsilenced == &discarded) throw Reply::Lost();
}

std::shared_ptr<Session> Runtime::open_session(Session::Door door) {
  const uint64_t id = next_session_id_.fetch_add(1, std::memory_order_relaxed);
  auto session = std::make_shared<Session>(id, door, settings_.output_limit(OutputClass::kPubSub));
  const int64_t now = Clock::monotonic_us();
  session->created_us.store(now, std::memory_order_relaxed);
  session->last_active_us.store(now, std::memory_order_relaxed);
  session->authenticated =
      session->trusted() || !settings_.password_set.load(std::memory_order_relaxed);
  std::lock_guard guard(sessions_lock_);
  sessions_.emplace(id, session);
  return session;
}

void Runtime::close_session(Session& session) {
  Turn turn(*this);
  if (!session.transaction.watched.empty()) {
    hold_watched(turn, session);
    forget_watches(session);
  }
  leave_all_channels(turn, nullptr, session);
  turn.release();
  note_memory(session, 0);
  std::lock_guard guard(sessions_lock_);
  sessions_.erase(session.id);
}

void Runtime::hold_watched(Turn& turn, const Session& session) {
  ShardSet shards;
  for (const WatchedKey& watched : session.transaction.watched) {
    shards.add(shard_index({watched.key, hash(watched.key)}));
  }
  if (!shards.empty()) turn.hold(shards);
}

void Runtime::forget_watches(Session& session) noexcept {
  for (const WatchedKey& watched : session.transaction.watched) {
    const Key key{watched.key, hash(watched.key)};
    shard_of(key).watches.remove(watched.database, key, session.watch_broken);
  }
  session.transaction.watched.clear();
  session.watch_broken.store(false, std::memory_order_relaxed);
  session.watched_shown.store(0, std::memory_order_relaxed);
}

void Runtime::leave_all_channels(Turn& turn, Subscriber* publisher, Session& session) {
  if (!session.subscribed_to_any()) return;
  turn.hold_pubsub(publisher).leave_all(session);
  for (auto& count : session.subscription_counts) count.store(0, std::memory_order_relaxed);
}

void Runtime::kill(Session& session) noexcept {
  Turn turn(*this);
  turn.hold_pubsub(nullptr).expel(session);
}

void Runtime::retire(Session& session) noexcept {
  Turn turn(*this);
  turn.hold_pubsub(nullptr).retire(session);
}

void Runtime::kill_all() noexcept {
  const auto next = [this](uint64_t after) {
    std::lock_guard guard(sessions_lock_);
    const auto found = sessions_.upper_bound(after);
    return found == sessions_.end() ? nullptr : found->second;
  };
  for (auto session = next(0); session != nullptr; session = next(session->id)) kill(*session);
}

std::vector<std::shared_ptr<Session>> Runtime::sessions() {
  std::lock_guard guard(sessions_lock_);
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) all.push_back(session);
  return all;
}

size_t Runtime::session_count() {
  std::lock_guard guard(sessions_lock_);
  return sessions_.size();
}

void Runtime::discard_data() {
  {
    Turn turn(*this);
    ShardSet all;
    all.add_all();
    turn.hold(all);
    for (uint32_t i = 0; i < shard_count_; ++i) {
      Shard& one = shard(i);
      one.databases.for_each([&](size_t database, Keyspace&) {
        one.garbage.add(one.databases.take(database));
      });
    }
  }
  spans_.trim();
}

void Runtime::first_expiry() noexcept {
  if (expiry_seen_.exchange(true) || !on_first_expiry_) return;
  if (!on_first_expiry_()) expiry_seen_.store(false);
}

}  // namespace kevy
