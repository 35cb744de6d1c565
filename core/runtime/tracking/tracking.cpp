#include "runtime/tracking/tracking.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <string>
#include <utility>

#include "runtime/runtime.h"
#include "runtime/tracking/key_list.h"

namespace kevy {

namespace {

// How many keys one read forgets at most, when there are too many.
constexpr size_t kForgottenMax = 16;

/// nullptr: there is no memory for it.
MessagePtr make_message(Message::Kind kind, Bytes payload) noexcept {
  try {
    return Message::make(kind, payload);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace

void Tracking::start(Turn& turn, Session& session, uint8_t modes, uint64_t redirect,
                     Args prefixes) {
  SessionTracking& mine = session.tracking;
  std::vector<std::string> added;
  added.reserve(prefixes.size());
  try {
    for (const Bytes prefix : prefixes) {
      if (mine.prefixes.contains(prefix)) continue;
      added.emplace_back(prefix);
      mine.prefixes.emplace(prefix);
      prefixes_.add(prefix, session.id);
    }
  } catch (...) {
    for (const std::string& prefix : added) {
      if (mine.prefixes.erase(prefix) != 0) prefixes_.remove(prefix, session.id);
    }
    throw;
  }
  if ((modes & SessionTracking::kBroadcast) != 0) {
    for (uint32_t i = 0; i < turn.runtime().shard_count(); ++i) {
      Shard& shard = turn.runtime().shard(i);
      if (!std::exchange(shard.tells_all, true)) ++shard.interested;
    }
  }
  if (!mine.on()) clients_.fetch_add(1, std::memory_order_relaxed);
  mine.redirect.store(redirect, std::memory_order_relaxed);
  mine.modes.store(modes | SessionTracking::kOn, std::memory_order_relaxed);
  session.note_attended();
}

// What it has read stays in the tables until it changes: then nobody is found to be told. The
// shards learn in the same way that nobody wants all changes any more.
void Tracking::stop(Session& session) noexcept {
  SessionTracking& mine = session.tracking;
  if (!mine.on()) return;
  for (const std::string& prefix : mine.prefixes) prefixes_.remove(prefix, session.id);
  mine.prefixes.clear();
  mine.modes.store(0, std::memory_order_relaxed);
  mine.redirect.store(0, std::memory_order_relaxed);
  mine.caching_said = false;
  clients_.fetch_sub(1, std::memory_order_relaxed);
  session.note_attended();
}

/// Keeps the sums of all shards what they are, whatever happens to one.
struct Tracking::Counted {
  Tracking& tracking;
  const TrackedKeys& keys;
  const size_t keys_before = keys.keys(), items_before = keys.items();

  ~Counted() {
    tracking.keys_.fetch_add(keys.keys() - keys_before, std::memory_order_relaxed);
    tracking.items_.fetch_add(keys.items() - items_before, std::memory_order_relaxed);
  }
};

void Tracking::remember(Turn& turn, Session& session, Shard& shard, const Key& key) {
  {
    const Counted counted{*this, shard.tracked};
    shard.tracked.add(key, session.id, [&](uint64_t id) {
      const auto found = turn.runtime().find_session(id);
      return found == nullptr || !found->tracking.on();
    });
  }
  if (over_limit(turn)) [[unlikely]]
    forget_some(turn, &session, shard, kForgottenMax);
}

bool Tracking::over_limit(const Turn& turn) const noexcept {
  const auto max = static_cast<size_t>(
      turn.runtime().settings().tracked_keys_max.load(std::memory_order_relaxed));
  return max != 0 && keys() > max;
}

void Tracking::forget_some(Turn& turn, Session* by, Shard& shard, size_t effort) noexcept {
  for (; effort != 0 && over_limit(turn); --effort) {
    const std::string* const name = shard.tracked.any();
    if (name == nullptr) return;
    const MessagePtr message = make_message(Message::Kind::kKeyChanged, *name);
    const Key key{*name, turn.runtime().hash(*name)};
    const Counted counted{*this, shard.tracked};
    tell(turn, by, nullptr, shard.tracked.take(key), message);
  }
}

void Tracking::changed(Turn& turn, Session* by, Shard& shard, const Key& key) noexcept {
  if (shard.tells_all) {
    if (prefixes_.count() == 0) {
      shard.tells_all = false;
      --shard.interested;
    } else if (prefixes_.match(key.bytes)) {
      shard.changed.add(key.bytes, by == nullptr ? 0 : by->id);
      turn.tell_later();
    }
  }
  SessionIds readers;
  {
    const Counted counted{*this, shard.tracked};
    readers = shard.tracked.take(key);
  }
  if (readers.empty()) return;
  tell(turn, by, by, readers, make_message(Message::Kind::kKeyChanged, key.bytes));
}

void Tracking::all_changed(Turn& turn, Session* by) noexcept {
  if (keys() != 0) {
    for (uint32_t i = 0; i < turn.runtime().shard_count(); ++i) {
      Shard& shard = turn.runtime().shard(i);
      const Counted counted{*this, shard.tracked};
      shard.tracked.clear(shard.garbage);
    }
  }
  if (clients() != 0) tell_all(turn, by, SessionTracking::kOn);
}

// To those with any of these modes, that all keys may have changed.
void Tracking::tell_all(Turn& turn, Session* by, uint8_t modes) noexcept {
  const MessagePtr message = make_message(Message::Kind::kAllChanged, {});
  Runtime& runtime = turn.runtime();
  for (auto one = runtime.next_session(0); one != nullptr; one = runtime.next_session(one->id)) {
    if (one->tracking.has(modes)) send(turn, by, *one, message);
  }
}

void Tracking::tell(Turn& turn, Session* by, const Session* changed_by, const SessionIds& readers,
                    const MessagePtr& message) noexcept {
  for (const uint64_t id : readers) {
    const auto session = turn.runtime().find_session(id);
    if (session == nullptr || !session->tracking.on()) continue;
    if (session->tracking.has(SessionTracking::kBroadcast)) continue;  // it is told of all
    const bool own = session.get() == changed_by;
    if (own && session->tracking.has(SessionTracking::kNoLoop)) continue;
    send(turn, by, *session, message);
  }
}

void Tracking::tell(Turn& turn, ChangedKeys& changed) noexcept {
  if (!changed.any_lost()) {
    try {
      std::vector<ChangedKeys::Change>& changes = changed.changes();
      // Of several changes of a key the last one counts.
      std::stable_sort(changes.begin(), changes.end(),
                       [](const auto& a, const auto& b) { return a.key < b.key; });
      const auto same = [](const auto& a, const auto& b) { return a.key == b.key; };
      changes.erase(changes.begin(), std::unique(changes.rbegin(), changes.rend(), same).base());
      for (const Prefixes::Told& told : prefixes_.find(changes)) tell_each(turn, told);
      return;
    } catch (const std::bad_alloc&) {
    }
  }
  tell_all(turn, nullptr, SessionTracking::kBroadcast);
}

void Tracking::tell_each(Turn& turn, const Prefixes::Told& told) {
  const auto message_without = [&](uint64_t session) -> MessagePtr {
    KeyList keys;
    for (const ChangedKeys::Change* change : told.changes) {
      if (session == 0 || change->session != session) keys.add(change->key);
    }
    if (keys.size() == 0) return {};
    return Message::make(Message::Kind::kKeysChanged, keys.bytes());
  };
  const MessagePtr all = message_without(0);
  for (const uint64_t id : told.sessions) {
    const auto session = turn.runtime().find_session(id);
    if (session == nullptr || !session->tracking.has(SessionTracking::kBroadcast)) continue;
    const bool no_loop = session->tracking.has(SessionTracking::kNoLoop);
    const MessagePtr message = no_loop ? message_without(id) : all;
    if (message) send(turn, nullptr, *session, message);
  }
}

// `by` is whose command runs: what it is told comes behind its reply.
void Tracking::send(Turn& turn, Session* by, Session& session, const MessagePtr& message) noexcept {
  const uint64_t redirect = session.tracking.redirect.load(std::memory_order_relaxed);
  if (redirect == 0) {
    if (session.protocol_shown.load(std::memory_order_relaxed) == 3) {
      deliver(turn, by, session, message);
    }
    return;
  }
  const auto receiver = turn.runtime().find_session(redirect);
  if (receiver == nullptr || receiver->ended()) {
    tell_broken(turn, by, session, redirect);
    return;
  }
  const bool hears =
      receiver->protocol_shown.load(std::memory_order_relaxed) == 3 || receiver->subscribed_shown();
  if (!hears) return;
  deliver(turn, by, *receiver, message);
  if (!message) turn.runtime().kill(turn, session);
}

void Tracking::tell_broken(Turn& turn, Session* by, Session& session, uint64_t redirect) noexcept {
  session.tracking.modes.fetch_or(SessionTracking::kBrokenRedirect, std::memory_order_relaxed);
  if (session.protocol_shown.load(std::memory_order_relaxed) != 3) return;
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, redirect).ptr;
  const Bytes number(digits, static_cast<size_t>(end - digits));
  deliver(turn, by, session, make_message(Message::Kind::kRedirectBroken, number));
}

void Tracking::deliver(Turn& turn, Session* by, Session& receiver,
                       const MessagePtr& message) noexcept {
  if (!message) {
    turn.runtime().kill(turn, receiver);
    return;
  }
  if (&receiver == by) receiver.outbox.place_reply();
  const Outbox::Put put = receiver.outbox.put(message);
  if (put == Outbox::Put::kWake) turn.wake_later(receiver);
  if (put == Outbox::Put::kEnded) turn.runtime().kill(turn, receiver);
}

// What the command has read is held still: a change of it comes behind the reply, as it must.
void Runtime::track_reads(Turn& turn, Session& session, const CommandRow& row, Args args) {
  if (!session.tracking.on()) return;
  if (!session.waits()) session.outbox.place_reply();
  if (!row.has(kReadonly) || (row.categories & (kAclPubsub | kAclScripting)) != 0) return;
  if (!session.tracking.remembers()) return;
  for_each_key(row, args, [&](size_t i, const KeySpec& spec) {
    if ((spec.flags & kKeyNotKey) != 0) return;
    const Key key{args[i], hash(args[i])};
    tracking_.remember(turn, session, shard_of(key), key);
  });
}

void Runtime::trim_tracking() noexcept {
  constexpr size_t kStep = 1000;
  for (uint32_t i = 0; i < shard_count_; ++i) {
    for (bool more = true; more;) {
      Turn turn(*this);
      if (!tracking_.over_limit(turn)) return;
      turn.hold(shard(i));
      tracking_.forget_some(turn, nullptr, shard(i), kStep);
      more = shard(i).tracked.keys() != 0;
    }
  }
}

}  // namespace kevy
