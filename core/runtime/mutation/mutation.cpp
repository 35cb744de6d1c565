#include "runtime/mutation/mutation.h"

#include <string>

namespace kevy {

void publish_event(Turn& turn, Subscriber* publisher, int database, const Key& key, Bytes event) {
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

void remove_expired(Turn& turn, Subscriber* publisher, Shard& shard, int database, const Key& key,
                    Unit* unit) {
  const std::string name(key.bytes);  // `key` may point into the entry
  const Key kept{name, key.hash};
  shard.keyspace(static_cast<size_t>(database)).erase(kept);
  ++shard.statistics.expired_keys;
  mark_changed(shard, database, kept);
  raise_event(turn, publisher, database, kept, kEventExpired, "expired");
  if (unit != nullptr) unit->push_back({database, {"DEL", name}});
}

}  // namespace kevy
