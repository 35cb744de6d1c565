#include "runtime/call.h"

#include <string>

#include "runtime/mutation.h"

namespace kevy {

Shard& Call::visit_shard(uint32_t index) {
  ShardSet wanted;
  wanted.add(index);
  turn.hold(wanted);
  return runtime.shard(index);
}

Entry* Call::find_unexpired(Key key, int database) {
  Entry* entry = keyspace(key, database).find(key);
  if (entry == nullptr || !entry->has_expiry() || !entry->expired(now_ms())) return entry;
  expire(key, database);
  return nullptr;
}

Entry* Call::find_in(Key key, int database) {
  Entry* entry = find_unexpired(key, database);
  if (entry != nullptr && !session.no_touch) note_access(runtime, *entry);
  return entry;
}

Entry* Call::find_read(Key key) {
  Entry* entry = find_in(key, session.database);
  ShardStatistics& statistics = shard_of(key).statistics;
  if (entry != nullptr) {
    ++statistics.keyspace_hits;
    return entry;
  }
  ++statistics.keyspace_misses;
  notify(key, session.database, kEventKeyMiss, "keymiss");
  return nullptr;
}

void Call::changed_in(Key key, int database, EventClass event_class, Bytes event) {
  mark_changed(shard_of(key), database, key);
  notify(key, database, event_class, event);
  dirty_ = true;
}

void Call::notify(Key key, int database, EventClass event_class, Bytes event) {
  raise_event(runtime, database, key, event_class, event);
}

void Call::expire(Key key, int database) {
  remove_expired(runtime, shard_of(key), database, key, unit_);
}

void Call::effect(std::initializer_list<Bytes> words) { effect_in(session.database, words); }

void Call::effect_in(int database, std::initializer_list<Bytes> words) {
  effect_given_ = true;
  if (unit_ != nullptr) unit_->push_back({database, {words.begin(), words.end()}});
}

void Call::finish() {
  if (unit_ == nullptr || !dirty_ || effect_given_) return;
  unit_->push_back({session.database, {args.begin(), args.end()}});
}

}  // namespace kevy
