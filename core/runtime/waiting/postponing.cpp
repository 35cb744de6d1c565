// Commands that are postponed, and run later: those that CLIENT PAUSE holds up, and those that
// publish while something may have come that was sent before (arrivals.h).
#include <algorithm>
#include <new>

#include "runtime/mutation/mutation.h"
#include "runtime/runtime.h"
#include "runtime/session/loads_files.h"

namespace kevy {

namespace {

bool writes(const CommandRow& row) noexcept { return row.has(kWrite | kMayReplicate); }

}  // namespace

// Those too that would only be queued. Of a script it is not asked whether it writes. What is
// loaded goes on.
bool Runtime::is_postponed(const Session& session, const CommandRow& row) const noexcept {
  const Pause::What what = pause_.what();
  if (what == Pause::What::kNothing || session.stateless()) return false;
  if (loads_files(*this, session)) return false;
  if (what == Pause::What::kAll) return true;
  if (!row.has(kQueuedShards)) return writes(row);
  const std::vector<QueuedCommand>& queue = session.transaction.queue;
  return std::any_of(queue.begin(), queue.end(),
                     [](const QueuedCommand& queued) { return writes(*queued.row); });
}

// `add` has the wait ended later; false: there is nothing to wait for any more. Whether the command
// is answered is told by the session's mode when it is run.
template <typename Add>
void Runtime::postpone(Session& session, const CommandRow& row, Args args, Add&& add) {
  const auto self = std::static_pointer_cast<Session>(session.shared_from_this());
  const auto waiter = std::make_shared<Waiter>(self, row, args, session.database);
  waiter->postponed = true;
  if (session.reply_mode == ReplyMode::kSkip) session.reply_mode = ReplyMode::kSkipNext;
  show_wait(session, waiter);
  try {
    if (add(waiter)) return;
  } catch (const std::bad_alloc&) {
    if (!take_back_wait(session, *waiter)) return;
    throw;
  }
  end_postponed(*waiter);
}

void Runtime::end_postponed(Waiter& waiter) noexcept {
  Turn turn(*this);
  if (waiter.end(WaitEnd::kRetry, true)) finish_wait(turn, waiter);
}

void Runtime::postpone(Session& session, const CommandRow& row, Args args) {
  postpone(session, row, args, [&](const WaiterPtr& waiter) { return pause_.add(waiter); });
}

bool Runtime::publishes(const Session& session, const CommandRow& row, Args args) noexcept {
  const bool events = settings_.notify_events.load(std::memory_order_relaxed) != 0;
  const auto does = [&](const CommandRow& one, Bytes script) {
    if (one.has(kPublishes)) return true;
    if (events) return one.has(kWrite | kRunsScript);
    return one.has(kRunsScript) && script_status_.may_publish(script);
  };
  if (!row.has(kQueuedShards)) return does(row, args.size() > 1 ? args[1] : Bytes());
  const std::vector<QueuedCommand>& queue = session.transaction.queue;
  return std::any_of(queue.begin(), queue.end(), [&](const QueuedCommand& queued) {
    return queued.row->has(kBringsScript) ||
           does(*queued.row, queued.args.size() > 1 ? Bytes(queued.args[1]) : Bytes());
  });
}

// True: it runs later. A session without a socket waits here.
bool Runtime::await_arrivals(Turn& turn, Session& session, const CommandRow& row, Args args) {
  if (loads_files(*this, session)) return false;
  if (!publishes(session, row, args)) return false;
  Arrivals& arrivals = *arrivals_.load(std::memory_order_acquire);
  if (!session.has_socket()) {
    turn.release();
    arrivals.wait();
    return false;
  }
  session.arrivals_seen = true;
  postpone(session, row, args, [&](const WaiterPtr& waiter) {
    waiter->awaits_looks = true;
    arrivals.await(waiter);
    return true;
  });
  return true;
}

void Runtime::pause(Pause::What what, int64_t until_us) {
  pause_.begin(what, until_us);
  deadlines_.expect(until_us);
}

void Runtime::end_pause(Turn& turn) noexcept {
  pause_.end();
  resume_postponed(turn);
  if (!held_back_.exchange(false, std::memory_order_relaxed)) return;
  for (uint32_t i = 0; i < shard_count_; ++i) note_all_for_waiters(turn, shards_[i], std::nullopt);
}

void Runtime::resume_postponed(Turn& turn) noexcept {
  while (const WaiterPtr waiter = pause_.take()) {
    if (waiter->migration != nullptr) {
      finish_migration(turn, waiter);
      continue;
    }
    if (waiter->end(WaitEnd::kRetry, true)) finish_wait(turn, *waiter);
  }
}

}  // namespace kevy
