// CLIENT PAUSE: how commands are postponed, and run when the pause is over.
#include <algorithm>
#include <new>

#include "runtime/mutation/mutation.h"
#include "runtime/runtime.h"

namespace kevy {

namespace {

bool writes(const CommandRow& row) noexcept { return row.has(kWrite | kMayReplicate); }

}  // namespace

// Those too that would only be queued. Of a script it is not asked whether it writes.
bool Runtime::is_postponed(const Session& session, const CommandRow& row) const noexcept {
  const Pause::What what = pause_.what();
  if (what == Pause::What::kNothing || session.stateless()) return false;
  if (what == Pause::What::kAll) return true;
  if (!row.has(kQueuedShards)) return writes(row);
  const std::vector<QueuedCommand>& queue = session.transaction.queue;
  return std::any_of(queue.begin(), queue.end(),
                     [](const QueuedCommand& queued) { return writes(*queued.row); });
}

// Whether it is answered is told by the session's mode when it is run.
void Runtime::postpone(Session& session, const CommandRow& row, Args args) {
  const auto self = std::static_pointer_cast<Session>(session.shared_from_this());
  const auto waiter = std::make_shared<Waiter>(self, row, args, session.database);
  waiter->postponed = true;
  if (session.reply_mode == ReplyMode::kSkip) session.reply_mode = ReplyMode::kSkipNext;
  show_wait(session, waiter);
  try {
    if (pause_.add(waiter)) return;
  } catch (const std::bad_alloc&) {
    if (!take_back_wait(session, *waiter)) return;
    throw;
  }
  Turn turn(*this);
  if (waiter->end(WaitEnd::kRetry, true)) finish_wait(turn, *waiter);
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
    if (waiter->end(WaitEnd::kRetry, true)) finish_wait(turn, *waiter);
  }
}

}  // namespace kevy
