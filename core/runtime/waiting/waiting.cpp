// Commands that wait: how their waits begin and end, and how they are served.
#include <algorithm>
#include <new>

#include "base/ticks.h"
#include "resp/discarded_reply.h"
#include "runtime/dispatch/call.h"
#include "runtime/observing/observer.h"

namespace kevy {

Migration* Call::migration() const noexcept {
  return served_ == nullptr ? nullptr : served_->migration.get();
}

bool Call::suspend(const Wait& wait) {
  if (!may_wait_ || session.stateless()) return false;
  if (served_ == nullptr) {
    runtime.begin_wait(*this, wait);
  } else if (wait.look) {
    runtime.deadlines().look_next(*served_, *wait.look);
  }
  suspended_ = true;
  return true;
}

// The turn holds the shards of all the command's keys, so that no change comes between.
void Runtime::begin_wait(Call& call, const Wait& wait) {
  Session& session = call.session;
  const auto self = std::static_pointer_cast<Session>(session.shared_from_this());
  const Args words = wait.words.empty() ? call.args : wait.words;
  const auto waiter = std::make_shared<Waiter>(self, call.row, words, session.database);
  waiter->wanted = wait.wanted;
  waiter->deadline_us = wait.deadline_us;
  waiter->log_position = wait.log_position;
  waiter->looks = wait.look.has_value();
  waiter->migration = wait.migration;
  waiter->reply = call.reply.aside();
  const auto first = static_cast<size_t>(wait.keys.data() - call.args.data());
  size_t keys = 0;
  for_each_key(call.row, waiter->args(), [&](size_t i, const KeySpec&) {
    const Key key{waiter->args()[i], hash(waiter->args()[i])};
    waiter->shards.add(shard_index(key));
    if (i - first < wait.keys.size()) waiter->places.push_back({&shard_of(key), key, nullptr, {}});
    ++keys;
  });
  waiter->moves = keys > wait.keys.size();
  show_wait(session, waiter);
  try {
    for (Waiter::Place& place : waiter->places)
      place.shard->waiters.add(*place.shard, waiter, place);
    // From here on the wait may end.
    if (waiter->log_position != 0) log_waits_.add(waiter);
    if (waiter->timed()) deadlines_.add(waiter, wait.look.value_or(WaitLook{}));
    if (waiter->migration != nullptr) migrations_->begin(waiter);
  } catch (const std::bad_alloc&) {
    leave_lines(call.turn, *waiter);
    log_waits_.remove(*waiter);
    if (waiter->migration != nullptr) waiter->migration->forget(*this);  // it has not begun
    if (!take_back_wait(session, *waiter)) return;
    throw;
  }
  if (waiter->log_position != 0) end_log_waits();  // it may have come just now
}

void Runtime::end_log_waits() noexcept {
  const WriteLog* const log = this->log();
  const uint64_t safe = log == nullptr ? UINT64_MAX : log->safe();
  while (const WaiterPtr waiter = log_waits_.take(safe)) {
    Turn turn(*this);
    if (waiter->end(WaitEnd::kRetry, true)) finish_wait(turn, *waiter);
  }
}

// For a wait that could not begin, though others may have seen it. False: one of them has ended it,
// so that it is over as any other wait.
bool Runtime::take_back_wait(Session& session, Waiter& waiter) noexcept {
  if (!waiter.end(WaitEnd::kGone, false)) return false;
  show_wait(session, nullptr);
  return true;
}

void Runtime::show_wait(Session& session, const WaiterPtr& waiter) noexcept {
  const bool waits = waiter != nullptr;
  session.set_waiter(waiter);
  session.blocked_shown.store(waits, std::memory_order_relaxed);
  blocked_.fetch_add(waits ? 1 : SIZE_MAX, std::memory_order_relaxed);
}

// Takes a waiter out of the lines of the shards that are held.
void Runtime::leave_lines(const Turn& turn, Waiter& waiter) noexcept {
  for (Waiter::Place& place : waiter.places) {
    if (turn.holds(static_cast<uint32_t>(place.shard - &shards_[0]))) {
      place.shard->waiters.remove(waiter, place);
    }
  }
}

// By who has ended the wait or served it. Once the session is told, it goes on.
void Runtime::finish_wait(Turn& turn, Waiter& waiter) noexcept {
  deadlines_.remove(waiter);
  if (waiter.log_position != 0) log_waits_.remove(waiter);
  if (waiter.migration != nullptr && !waiter.served()) migrations_->look();
  const WaitEnd why = waiter.served() ? WaitEnd::kNot : waiter.why();
  if (why == WaitEnd::kTimeout || why == WaitEnd::kUnblocked) {
    observer_->note_duration(*waiter.session, waiter.row, waiter.args(), 0,
                             clock_.now_us() / 1'000'000);
  }
  blocked_.fetch_sub(1, std::memory_order_relaxed);
  Session& session = *waiter.session;
  session.blocked_shown.store(false, std::memory_order_relaxed);
  session.outbox.resume();
  turn.wake_later(session);
}

bool Runtime::end_wait(Turn& turn, Session& session, WaitEnd why, bool must) noexcept {
  const WaiterPtr waiter = session.waiter();
  if (waiter == nullptr) return false;
  // What is postponed has no time to run out, and a migration has its own.
  const bool unblocks = why == WaitEnd::kTimeout || why == WaitEnd::kUnblocked;
  const bool unending = waiter->postponed || waiter->migration != nullptr;
  if ((unending && unblocks) || !waiter->end(why, must)) return false;
  if (waiter->postponed) pause_.remove(*waiter);
  finish_wait(turn, *waiter);
  return true;
}

std::shared_ptr<Waiter> Runtime::take_waiter(Turn& turn, Session& session) noexcept {
  WaiterPtr waiter = session.waiter();
  if (waiter == nullptr) return nullptr;
  if (waiter->standing.load(std::memory_order_acquire) != 0) {
    ShardSet shards;
    for (const Waiter::Place& place : waiter->places) {
      shards.add(static_cast<uint32_t>(place.shard - &shards_[0]));
    }
    // Beside a busy script it stays in its lines, where it is found dead.
    if (turn.hold_unless_busy(shards)) leave_lines(turn, *waiter);
  }
  session.set_waiter(nullptr);
  session.outbox.acknowledge_resume();
  if (!waiter->postponed) session.tracking.caching_said = false;
  return waiter;
}

void Runtime::end_due_waits() noexcept {
  const int64_t now_us = clock_.now_us();
  const bool paused = pause_.what() != Pause::What::kNothing;
  deadlines_.expect(pause_.end_if_due(now_us));
  if (paused && pause_.what() == Pause::What::kNothing) {
    Turn turn(*this);
    turn.hold_all();
    end_pause(turn);
  }
  while (true) {
    const Deadlines::Due due = deadlines_.take_due(now_us);
    if (due.waiter == nullptr) return;
    if (due.is_look) {
      look_for(*due.waiter, due.place);
      continue;
    }
    Turn turn(*this);
    if (due.waiter->end(WaitEnd::kTimeout, true)) finish_wait(turn, *due.waiter);
  }
}

// Makes sure that whoever waits for what this command may change can be served when it is over:
// holds the shards of their other keys too. Nothing has been looked at yet, so all locks may be
// given back and taken anew; then others may wait.
bool Runtime::widen(Turn& turn, const Session& session, const CommandRow& row, Args args) {
  while (!turn.holds_all() && turn.has_waiters()) {
    ShardSet needed = turn.held();
    const auto look = [&](const CommandRow& of, Args words) {
      for_each_key(of, words, [&](size_t i, const KeySpec& spec) {
        if ((spec.flags & kKeyNotKey) != 0) return;
        const Key key{words[i], hash(words[i])};
        Shard& shard = shard_of(key);
        if (!shard.waiters.any()) return;
        shard.waiters.for_each(key, [&](const WaitQueue& queue) { queue.add_needed(needed); });
      });
    };
    look(row, args);
    if (row.has(kQueuedShards)) {
      for (const QueuedCommand& queued : session.transaction.queue) {
        const std::vector<Bytes> words(queued.args.begin(), queued.args.end());
        look(*queued.row, words);
      }
    }
    if (turn.held().covers(needed)) return true;
    if (!turn.hold_unless_busy(needed)) return false;
  }
  return true;
}

void Runtime::serve(Turn& turn) noexcept {
  turn.moment().renew();  // what has expired while the command ran is nobody's
  while (turn.any_ready()) {
    WaitQueue& queue = turn.take_ready();
    ShardSet needed;
    queue.add_needed(needed);
    if (turn.held().covers(needed)) {
      serve(turn, queue);
    } else {
      late_keys_.add(queue.database, queue.key().bytes);
    }
    queue.shard->waiters.end_serving(queue);
  }
}

// Serves who waits for a key that nobody has changed just now. `hold` makes sure that shards are
// held; false: it can not, and nobody is served.
template <typename Hold>
bool Runtime::serve_line(int database, const Key& key, Hold&& hold) noexcept {
  Shard& shard = shard_of(key);
  Turn turn(*this);
  ShardSet needed;
  needed.add(shard_index(key));
  while (true) {
    if (!hold(turn, needed)) return false;
    WaitQueue* const queue = shard.waiters.find(database, key);
    if (queue == nullptr) return true;
    queue->add_needed(needed);
    if (turn.held().covers(needed)) {
      turn.note_ready(*queue);
      serve(turn);
      return true;
    }
  }
}

void Runtime::serve_late() noexcept {
  while (const auto name = late_keys_.take()) {
    serve_line(name->database, {name->key, hash(name->key)},
               [](Turn& turn, const ShardSet& shards) {
                 turn.hold(shards);
                 return true;
               });
  }
}

// Others are to be told of their time even while a script holds all.
void Runtime::look_for(const Waiter& waiter, size_t place) noexcept {
  const Key& key = waiter.places[place].key;
  const bool served = serve_line(waiter.database, key, [](Turn& turn, const ShardSet& shards) {
    return turn.hold_unless_busy(shards);
  });
  if (!served) late_keys_.add(waiter.database, key.bytes);
}

// Those who stood there when this began, in their order.
void Runtime::serve(Turn& turn, WaitQueue& queue) {
  queue.starved = false;
  size_t left = queue.line().size();
  for (auto at = queue.line().begin(); left != 0; --left) {
    const Entry* entry = queue.shard->find(static_cast<size_t>(queue.database), queue.key());
    if (entry != nullptr && entry->may_expire() && entry->expired(turn.moment().ms()))
      entry = nullptr;
    const WaitMask state = state_of(entry);
    if (!queue.wants(state)) return;
    const WaiterPtr waiter = *at++;
    if ((waiter->wanted & state) == 0) continue;
    serve(turn, waiter);
    if (waiter->starved) queue.starved = true;
  }
}

void Runtime::serve(Turn& turn, const WaiterPtr& waiter) {
  if (is_postponed(*waiter->session, waiter->row)) {
    held_back_.store(true, std::memory_order_relaxed);
    return;
  }
  serve_at_once(turn, waiter);
}

void Runtime::serve_at_once(Turn& turn, const WaiterPtr& waiter) {
  if (waiter->session->ended() || !waiter->claim()) {
    leave_lines(turn, *waiter);
    return;
  }
  Outbox& outbox = waiter->session->outbox;
  outbox.begin_reply();
  if (run_again(turn, *waiter)) {
    waiter->serve();
  } else {
    outbox.open_reply();
    if (waiter->give_back()) return;
  }
  leave_lines(turn, *waiter);
  finish_wait(turn, *waiter);
}

// False when it has found nothing, or no memory: then it has done nothing.
bool Runtime::run_again(Turn& turn, Waiter& waiter) {
  DiscardedReply discarded(waiter.session->protocol);
  Reply& reply = waiter.reply != nullptr ? *waiter.reply : discarded;
  const Reply::Mark before = reply.mark();
  WriteLog* const log = this->log();
  Unit unit;
  Call call(turn, *waiter.session, waiter.row, waiter.args(), reply, reply,
            log == nullptr ? nullptr : &unit);
  call.served_ = &waiter;
  bool done = true;
  waiter.starved = false;
  const size_t written = reply.written();
  const uint64_t begin = ticks_now();
  try {
    call.run();
    done = !call.suspended_;
    if (done) {
      note_duration(call, ticks_now() - begin);
      const int64_t now_s = clock_.now_us() / 1'000'000;
      observer_->note_request(call.session, call.row, call.args, now_s, true);
      observer_->note_reply(call.session, call.row, call.args, reply.written() - written, now_s,
                            true);
    }
    if (waiter.session->tracking.on())
      track_reads(turn, *waiter.session, waiter.row, waiter.args());
  } catch (const std::bad_alloc&) {
    reply.take_back(before);
    done = call.dirty_ || waiter.migration != nullptr;  // which ends once
    waiter.starved = !done;
    if (done && !reply.answer_no_memory()) waiter.session->outbox.cancel();
  }
  if (!unit.empty()) {
    waiter.session->written_to = log->append(unit);
    turn.note_logged(waiter.session->written_to);
  }
  turn.note_seen();
  waiter.fence = turn.fence();
  const size_t errors = reply.errors() - before.errors;
  if (errors != 0) counters_.error_replies.fetch_add(errors, std::memory_order_relaxed);
  return done;
}

}  // namespace kevy
