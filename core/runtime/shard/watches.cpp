#include "runtime/shard/watches.h"

namespace kevy {

Watches::Watches(size_t& interested) noexcept : interested_(interested) {}

Watches::~Watches() = default;

void Watches::add(int database, const Key& key, WatchFlag& flag) {
  auto& keys = databases_[database];
  Watched& watched = keys.find_or_make(key.bytes, key.hash);
  try {
    watched.untold.insert(&flag);
  } catch (...) {
    if (watched.watchers == 0) keys.erase(key.bytes, key.hash);
    throw;
  }
  ++watched.watchers;
  ++interested_;
}

void Watches::remove(int database, const Key& key, WatchFlag& flag) noexcept {
  const auto found = databases_.find(database);
  Watched& watched = *found->second.find(key.bytes, key.hash);
  watched.untold.erase(&flag);
  --interested_;
  if (--watched.watchers != 0) return;
  found->second.erase(key.bytes, key.hash);
  if (found->second.size() == 0) databases_.erase(found);
}

Watches::Watched* Watches::find(int database, const Key& key) noexcept {
  const auto found = databases_.find(database);
  return found == databases_.end() ? nullptr : found->second.find(key.bytes, key.hash);
}

void Watches::changed(int database, const Key& key) noexcept {
  Watched* const watched = find(database, key);
  if (watched == nullptr) return;
  for (WatchFlag* flag : watched->untold) flag->note_key();
  watched->untold.clear();
}

void Watches::changed_unseen(int database, const Key& key) noexcept {
  Watched* const watched = find(database, key);
  if (watched == nullptr) return;
  for (WatchFlag* flag : watched->untold) {
    if (flag->sees_all()) flag->note_key();
  }
}

}  // namespace kevy
