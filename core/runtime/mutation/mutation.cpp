#include "runtime/mutation/mutation.h"

#include <new>
#include <string>

#include "store/hash/due_fields.h"

namespace kevy {

namespace {

void tell_channels(Turn& turn, Subscriber* publisher, int database, const Key& key, Bytes event) {
  const uint32_t wanted = turn.runtime().settings().notify_events.load(std::memory_order_relaxed);
  const std::string suffix = '@' + std::to_string(database) + "__:";
  if ((wanted & kEventKeyspaceChannel) != 0) {
    publish(turn, publisher, ChannelKind::kChannel,
            "__keyspace" + suffix + std::string(key.bytes), event);
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

void remove_expired(Turn& turn, Subscriber* publisher, Shard& shard, int database, const Key& key,
                    Unit* unit) {
  const std::string name(key.bytes);  // `key` may point into the entry
  const Key kept{name, key.hash};
  if (unit != nullptr) unit->push_back({database, {"DEL", name}});
  shard.keyspace(static_cast<size_t>(database)).erase(kept);
  ++shard.statistics.expired_keys;
  mark_changed(shard, database, kept);
  raise_event(turn, publisher, database, kept, kEventExpired, "expired");
}

size_t remove_expired_fields(Turn& turn, Subscriber* publisher, Shard& shard, int database,
                             const Key& key, size_t most, Unit* unit) {
  // The effect comes first, and then what of it is true.
  if (unit != nullptr) unit->push_back({database, {"HDEL", std::string(key.bytes)}});
  DueFields due;
  try {
    due = erase_due_fields(shard.keyspace(static_cast<size_t>(database)), key, turn.moment().ms(),
                           most, unit != nullptr ? &unit->back().args : nullptr);
  } catch (...) {
    if (unit != nullptr) unit->pop_back();
    throw;
  }
  if (unit != nullptr && due.key_erased) {
    unit->back().args[0] = "DEL";
    unit->back().args.resize(2);
  }
  if (due.count == 0) {
    if (unit != nullptr) unit->pop_back();
    return 0;
  }
  shard.statistics.expired_fields += due.count;
  mark_changed(shard, database, key);
  raise_event(turn, publisher, database, key, kEventHash, "hexpired");
  if (due.key_erased) raise_event(turn, publisher, database, key, kEventGeneric, "del");
  return due.count;
}

}  // namespace kevy
