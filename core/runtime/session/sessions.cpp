// The sessions of an instance: how they are opened, found, ended and closed.
#include <mutex>

#include "runtime/dispatch/turn.h"
#include "runtime/runtime.h"

namespace kevy {

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

std::shared_ptr<Session> Runtime::open_unlisted_session() {
  return std::make_shared<Session>(0, Session::Door::kInProcess,
                                   settings_.output_limit(OutputClass::kPubSub));
}

void Runtime::close_session(Session& session) {
  Turn turn(*this);
  if (!session.transaction.watched.empty()) {
    hold_watched(turn, session);
    forget_watches(session);
  }
  leave_all_channels(turn, nullptr, session);
  remove_monitor(turn, nullptr, session);
  tracking_.stop(session);
  turn.release();
  end_wait(turn, session, WaitEnd::kGone, true);
  take_waiter(turn, session);
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
    shard_of(key).watches.remove(watched.database, key, session.watch_flag);
  }
  session.transaction.watched.clear();
  session.watch_flag.clear();
  session.watched_shown.store(0, std::memory_order_relaxed);
}

void Runtime::leave_all_channels(Turn& turn, Subscriber* publisher, Session& session) {
  if (!session.subscribed_to_any()) return;
  turn.hold_pubsub(publisher).leave_all(session);
  for (auto& count : session.subscription_counts) count.store(0, std::memory_order_relaxed);
}

void Runtime::kill(Session& session) noexcept {
  Turn turn(*this);
  kill(turn, session);
}

void Runtime::kill(Turn& turn, Session& session) noexcept {
  turn.hold_pubsub(nullptr).expel(session);
  end_wait(turn, session, WaitEnd::kGone, true);
}

void Runtime::retire(Session& session) noexcept {
  Turn turn(*this);
  turn.hold_pubsub(nullptr).retire(session);
}

void Runtime::kill_all() noexcept {
  for (auto one = next_session(0); one != nullptr; one = next_session(one->id)) kill(*one);
}

std::vector<std::shared_ptr<Session>> Runtime::sessions() {
  std::lock_guard guard(sessions_lock_);
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) all.push_back(session);
  return all;
}

std::shared_ptr<Session> Runtime::next_session(uint64_t after) noexcept {
  std::lock_guard guard(sessions_lock_);
  const auto found = sessions_.upper_bound(after);
  return found == sessions_.end() ? nullptr : found->second;
}

std::shared_ptr<Session> Runtime::find_session(uint64_t id) noexcept {
  std::lock_guard guard(sessions_lock_);
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

size_t Runtime::session_count() {
  std::lock_guard guard(sessions_lock_);
  return sessions_.size();
}

}  // namespace kevy
