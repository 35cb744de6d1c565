#include "runtime/mutation/mutation.h"

#include <array>
#include <new>
#include <string>

#include "store/hash/due_fields.h"

namespace kevy {

namespace {

void tell_channels(Turn& turn, Subscriber* publisher, int database, const Key& key, Bytes event) {
  const uint32_t wanted = turn.runtime().settings().notify_events.load(std::memory_order_relaxed);
  const std::string suffix = '@' + std::to_string(database) + "__:";
  if ((wanted & kEventKeyspaceChannel) != 0) {
    publish(turn, publisher, ChannelKind::kChannel, "__keyspace" + suffix + std::string(key.bytes),
            event);
  }
  if ((wanted & kEventKeyeventChannel) != 0) {
    publish(turn, publisher, ChannelKind::kChannel, "__keyevent" + suffix + std::string(event),
            key.bytes);
  }
}

}  // namespace

void publish_event(Turn& turn, Subscriber* publisher, int database, const Key& key,
                   Bytes event) noexcept {
  try {
    tell_channels(turn, publisher, database, key, event);
  } catch (const std::bad_alloc&) {
  }
}

namespace {

constexpr WaitMask kWhenMade = wanted(Type::kList) | wanted(Type::kZset);

void note(Turn& turn, Shard& shard, WaitQueue& queue, bool made) noexcept {
  const WaitMask state = state_of(shard.find(static_cast<size_t>(queue.database), queue.key()));
  const bool counts =
      made || (state & kWhenMade) == 0 || queue.starved || queue.wants(kWantedNoKey);
  if (counts && queue.wants(state)) turn.note_ready(queue);
}

}  // namespace

void note_for_waiters(Turn& turn, Shard& shard, int database, const Key& key, bool made) noexcept {
  if (WaitQueue* const queue = shard.waiters.find(database, key)) note(turn, shard, *queue, made);
}

void note_for_lookers(Turn& turn, Shard& shard, int database, const Key& key) noexcept {
  WaitQueue* const queue = shard.waiters.find(database, key);
  if (queue != nullptr && queue->looks()) turn.note_ready(*queue);
}

void note_all_for_waiters(Turn& turn, Shard& shard, std::optional<int> only) noexcept {
  shard.waiters.for_each(only, [&](WaitQueue& queue) { note(turn, shard, queue, true); });
}

void remove_expired(Turn& turn, Session* by, Subscriber* publisher, Shard& shard, int database,
                    const Key& key, Unit* unit) {
  const std::string name(key.bytes);  // `key` may point into the entry
  const Key kept{name, key.hash};
  if (unit != nullptr) unit->push(database, {"DEL", name});
  shard.keyspace(static_cast<size_t>(database)).erase(kept);
  ++shard.statistics.expired_keys;
  mark_changed(turn, by, shard, database, kept);
  raise_event(turn, publisher, database, kept, kEventExpired, "expired");
}

size_t remove_expired_fields(Turn& turn, Session* by, Subscriber* publisher, Shard& shard,
                             int database, const Key& key, size_t most, Unit* unit) {
  // The effect comes first, and then what of it is true.
  const size_t effects_before = unit != nullptr ? unit->size() : 0;
  if (unit != nullptr) unit->push(database, {"HDEL", key.bytes});
  DueFields due;
  try {
    due = erase_due_fields(shard.keyspace(static_cast<size_t>(database)), key, turn.moment().ms(),
                           most, [&](Bytes field) {
                             if (unit != nullptr) unit->append_word(field);
                           });
  } catch (...) {
    if (unit != nullptr) unit->truncate(effects_before);
    throw;
  }
  if (unit != nullptr && due.key_erased) unit->replace_last(std::array<Bytes, 2>{"DEL", key.bytes});
  if (due.count == 0) {
    if (unit != nullptr) unit->truncate(effects_before);
    return 0;
  }
  shard.statistics.expired_fields += due.count;
  mark_changed(turn, by, shard, database, key);
  raise_event(turn, publisher, database, key, kEventHash, "hexpired");
  if (due.key_erased) raise_event(turn, publisher, database, key, kEventGeneric, "del");
  return due.count;
}

}  // namespace kevy
