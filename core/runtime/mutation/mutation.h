// The steps of the mutation point that do not depend on which command made the change: expiry and
// eviction take them too. The shard's lock must be held.
#pragma once

#include <optional>

#include "runtime/dispatch/turn.h"
#include "runtime/mutation/events.h"
#include "runtime/mutation/unit.h"
#include "runtime/runtime.h"
#include "runtime/shard/access.h"

namespace kevy {

/// Notes the key as one to be served if somebody waits for what it has now. Who waits for a list or
/// a sorted set waits for a key that is `made`: one that takes the place of another value, as SORT
/// STORE and ZUNIONSTORE may leave it, serves nobody in Redis and Valkey.
void note_for_waiters(Turn& turn, Shard& shard, int database, const Key& key, bool made) noexcept;
/// Notes the key if somebody waits for it to have something by time alone, which may now come
/// sooner than was known.
void note_for_lookers(Turn& turn, Shard& shard, int database, const Key& key) noexcept;
/// The same as the first for all keys of one database, or of all.
void note_all_for_waiters(Turn& turn, Shard& shard, std::optional<int> only) noexcept;

/// Tells the key's watchers, those who have read it, and those who wait for it when the command is
/// over. `by`: whose command has changed it, or nullptr.
inline void mark_changed(Turn& turn, Session* by, Shard& shard, int database, const Key& key) {
  if (shard.interested != 0) [[unlikely]] {
    shard.watches.changed(database, key);
    turn.runtime().tracking().changed(turn, by, shard, key);
  }
  if (shard.waiters.any()) [[unlikely]]
    note_for_waiters(turn, shard, database, key, false);
}
/// The same of a key that was not there before, or was removed first; its change is told as any
/// other.
inline void mark_made(Turn& turn, Shard& shard, int database, const Key& key) {
  if (shard.waiters.any()) [[unlikely]]
    note_for_waiters(turn, shard, database, key, true);
}

/// Publishes on behalf of the command of `publisher`, or of nobody's if that is nullptr. Returns
/// the number of receivers.
inline int64_t publish(Turn& turn, Subscriber* publisher, ChannelKind kind, Bytes channel,
                       Bytes payload) {
  if (!turn.runtime().pubsub().anyone_listens(kind)) return 0;
  return turn.hold_pubsub(publisher).publish(kind, channel, payload);
}

/// An event for which there is no memory is lost: the change it tells of was made.
void publish_event(Turn& turn, Subscriber* publisher, int database, const Key& key,
                   Bytes event) noexcept;

inline void raise_event(Turn& turn, Subscriber* publisher, int database, const Key& key,
                        EventClass event_class, Bytes event) {
  const uint32_t wanted = turn.runtime().settings().notify_events.load(std::memory_order_relaxed);
  if ((wanted & event_class) != 0) [[unlikely]] {
    publish_event(turn, publisher, database, key, event);
  }
}

/// Whether anybody is told of changes on this shard: watchers, those who track keys, waiters,
/// subscribers of events.
inline bool anyone_listens(Runtime& runtime, const Shard& shard) {
  return shard.interested != 0 || shard.waiters.any() ||
         runtime.settings().notify_events.load(std::memory_order_relaxed) != 0;
}
/// The same, or the log.
inline bool has_listeners(Runtime& runtime, const Shard& shard) {
  return anyone_listens(runtime, shard) || runtime.log() != nullptr;
}

/// Erases an entry whose time has come, found by the command of `by` or by nobody's: logged as DEL,
/// raised as "expired", on behalf of `publisher`. Throws std::bad_alloc before it does anything.
void remove_expired(Turn& turn, Session* by, Subscriber* publisher, Shard& shard, int database,
                    const Key& key, Unit* unit);

/// Removes fields of a hash whose time has come, some `most`: logged as HDEL, raised as "hexpired".
/// The key goes with its last field, which is logged as DEL. Returns how many were removed.
size_t remove_expired_fields(Turn& turn, Session* by, Subscriber* publisher, Shard& shard,
                             int database, const Key& key, size_t most, Unit* unit);

/// What an entry that is made now remembers of its use.
inline uint32_t first_access(Turn& turn) noexcept {
  const int64_t seconds = turn.moment().coarse_seconds();
  const bool lfu = turn.runtime().settings().lfu_policy.load(std::memory_order_relaxed);
  return lfu ? lfu_initial(seconds) : static_cast<uint32_t>(seconds) & kAccessBits;
}

/// Notes an access for LRU or LFU.
inline void note_access(Turn& turn, Entry& entry) noexcept {
  const int64_t seconds = turn.moment().coarse_seconds();
  uint32_t access = static_cast<uint32_t>(seconds) & kAccessBits;
  const Settings& settings = turn.runtime().settings();
  if (settings.lfu_policy.load(std::memory_order_relaxed)) [[unlikely]] {
    access = lfu_touched(entry.access(), seconds, settings.lfu_pace());
  }
  // Not written without need: another core may hold the entry's line.
  if (entry.access() != access) entry.set_access(access);
}

}  // namespace kevy
