// Tracking: who is to be told of changed keys, and how they are: CLIENT TRACKING, by which clients
// keep copies of values and learn when those are out of date.
//
// What a session has read is noted in the key's shard (tracked_keys.h), under its lock, before the
// reply can be overtaken: from then on whoever changes the key puts a message into the session's
// outbox, which comes behind that reply. Sessions that have asked for all changes (prefixes.h) are
// told when the command is over and the locks are given back. A session for which there is no
// memory to tell it is ended: it would keep what is out of date.
//
// One for an instance. Any thread may call any method, with the locks that it names.
#pragma once

#include <atomic>
#include <cstddef>

#include "runtime/pubsub/message.h"
#include "runtime/session/session.h"
#include "runtime/shard/shard.h"
#include "runtime/tracking/prefixes.h"

namespace kevy {

class Turn;

class Tracking {
 public:
  // Without a lock.
  size_t clients() const noexcept { return clients_.load(std::memory_order_relaxed); }
  size_t prefixes() const noexcept { return prefixes_.count(); }
  size_t keys() const noexcept { return keys_.load(std::memory_order_relaxed); }
  size_t items() const noexcept { return items_.load(std::memory_order_relaxed); }

  /// Switches the session's tracking on, or to other modes; by its own thread. With kBroadcast the
  /// session gets `prefixes` besides those that it has, and all shards are held. Throws
  /// std::bad_alloc, and nothing has changed.
  void start(Turn& turn, Session& session, uint8_t modes, uint64_t redirect, Args prefixes);
  /// Switches it off.
  void stop(Session& session) noexcept;

  /// What the session has just read: from now on it is told of a change. The key's shard is held.
  /// Throws std::bad_alloc, and the reply must not come out.
  void remember(Turn& turn, Session& session, Shard& shard, const Key& key);

  /// Tells of a change that `by` has made, or nobody. The shard is held.
  void changed(Turn& turn, Session* by, Shard& shard, const Key& key) noexcept;
  /// The same of all keys there are; all shards are held.
  void all_changed(Turn& turn, Session* by) noexcept;
  /// Tells those who have asked for all changes, of what has waited for the end of a command.
  void tell(Turn& turn, ChangedKeys& changed) noexcept;

  /// Whether more keys are tracked than tracking-table-max-keys allows.
  bool over_limit(const Turn& turn) const noexcept;
  /// Forgets keys at random, as if they had changed, until they are not too many; `effort` at most.
  /// The shard is held.
  void forget_some(Turn& turn, Session* by, Shard& shard, size_t effort) noexcept;

 private:
  struct Counted;

  void tell(Turn& turn, Session* by, const Session* changed_by, const SessionIds& readers,
            const MessagePtr& message) noexcept;
  void tell_all(Turn& turn, Session* by, uint8_t modes) noexcept;
  void send(Turn& turn, Session* by, Session& session, const MessagePtr& message) noexcept;
  void deliver(Turn& turn, Session* by, Session& receiver, const MessagePtr& message) noexcept;
  void tell_broken(Turn& turn, Session* by, Session& session, uint64_t redirect) noexcept;
  void tell_each(Turn& turn, const Prefixes::Told& told);

  std::atomic<size_t> clients_{0};
  std::atomic<size_t> keys_{0}, items_{0};  // of all shards
  Prefixes prefixes_;
};

}  // namespace kevy
