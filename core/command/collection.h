// What the handlers of lists, hashes, sets and sorted sets share.
#pragma once

#include "command/errors.h"
#include "runtime/dispatch/call.h"

namespace kevy {

/// What lies under a key for a command on one type. `wrong`: something of another type, which has
/// been answered with WRONGTYPE.
struct Found {
  Entry* entry = nullptr;
  bool wrong = false;
};

inline Found of_type(Call& call, Entry* entry, Type type) {
  if (entry != nullptr && entry->type() != type) [[unlikely]] {
    call.error(errors::kWrongType);
    return {nullptr, true};
  }
  return {entry, false};
}

/// For commands that read: counts as a hit or a miss.
inline Found find_to_read(Call& call, const Key& key, Type type) {
  return of_type(call, call.find_read(key), type);
}
/// For commands that write.
inline Found find_to_write(Call& call, const Key& key, Type type) {
  return of_type(call, call.find_write(key), type);
}

/// What a STORE form finds where its result is to go. The entry that takes its place remembers its use.
inline Entry* find_to_replace(Call& call, const Key& key) {
  Entry* entry = call.find_write(key);
  if (entry != nullptr) call.keyspace(key).set_access_of_new(entry->access());
  return entry;
}

/// Removes a key whose collection has become empty: no key holds an empty collection. Called after
/// the change itself was reported.
inline void erase_empty(Call& call, const Key& key) {
  call.keyspace(key).erase(key);
  call.notify(key, call.session.database, kEventGeneric, "del");
}

/// HDEL, SREM and ZREM: removes the elements that the words from the third on name, and the key
/// with the last element. `View` is the class of the views of the type.
template <typename View>
void remove_elements(Call& call, Type type, EventClass event_class, Bytes event) {
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, type);
  if (wrong) return;
  View view(call.keyspace(key), key, entry);
  int64_t removed = 0;
  for (size_t i = 2; i < call.argc() && !view.empty(); ++i) {
    if (view.erase(call.args[i])) ++removed;
  }
  if (removed != 0) {
    call.changed(key, event_class, event);
    call.count_as(key, static_cast<uint64_t>(removed));
    if (view.empty()) erase_empty(call, key);
  }
  call.reply.integer(removed);
}

}  // namespace kevy
