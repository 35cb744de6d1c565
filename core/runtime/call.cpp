#include "runtime/call.h"

#include <string>

namespace kevy {

Shard& Call::visit_shard(uint32_t index) {
  ShardSet wanted;
  wanted.add(index);
  turn.hold(wanted);
  return runtime.shard(index);
}

inline Entry* Call::find_unexpired(const Key& key, int database) {
  Entry* entry = keyspace(key, database).find(key);
  if (entry == nullptr || !entry->has_expiry() || !entry->expired(now_ms())) return entry;
  expire(key, database);
  return nullptr;
}

Entry* Call::peek(const Key& key) { return find_unexpired(key, session.database); }

Entry* Call::find_in(const Key& key, int database) {
  Entry* entry = find_unexpired(key, database);
  if (entry != nullptr && !session.no_touch) note_access(runtime, *entry);
  return entry;
}

Entry* Call::find_read(const Key& key) {
  Entry* entry = find_unexpired(key, session.database);
  ShardStatistics& statistics = shard_of(key).statistics;
  if (entry == nullptr) {
    ++statistics.keyspace_misses;
    notify(key, session.database, kEventKeyMiss, "keymiss");
    return nullptr;
  }
  ++statistics.keyspace_hits;
  if (!session.no_touch) note_access(runtime, *entry);
  return entry;
}

void Call::expire(const Key& key, int database) {
  remove_expired(runtime, shard_of(key), database, key, unit_);
}

void Call::log_effect(int database, std::initializer_list<Bytes> words) {
  effect_given_ = true;
  unit_->push_back({database, {words.begin(), words.end()}});
}

void Call::log_words() {
  if (!dirty_ || effect_given_) return;
  unit_->push_back({session.database, {args.begin(), args.end()}});
}

}  // namespace kevy
