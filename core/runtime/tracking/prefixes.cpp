#include "runtime/tracking/prefixes.h"

#include <algorithm>
#include <mutex>

namespace kevy {

void Prefixes::add(Bytes prefix, uint64_t session) {
  std::lock_guard guard(lock_);
  const uint64_t hash = sessions_.hash(prefix);
  const auto stays = [](uint64_t) { return false; };  // whoever goes is taken out
  if (SessionIds* const known = sessions_.find(prefix, hash)) {
    known->add(session, stays);
    return;
  }
  size_t& alike = lengths_[prefix.size()];
  try {
    sessions_.find_or_make(prefix, hash).add(session, stays);
  } catch (...) {
    if (sessions_.find(prefix, hash) != nullptr) sessions_.erase(prefix, hash);
    if (alike == 0) lengths_.erase(prefix.size());
    throw;
  }
  ++alike;
  count_.store(sessions_.size(), std::memory_order_relaxed);
}

void Prefixes::remove(Bytes prefix, uint64_t session) noexcept {
  std::lock_guard guard(lock_);
  const uint64_t hash = sessions_.hash(prefix);
  SessionIds* const found = sessions_.find(prefix, hash);
  found->remove(session);
  if (!found->empty()) return;
  sessions_.erase(prefix, hash);
  const auto alike = lengths_.find(prefix.size());
  if (--alike->second == 0) lengths_.erase(alike);
  count_.store(sessions_.size(), std::memory_order_relaxed);
}

bool Prefixes::match(Bytes key) noexcept {
  std::lock_guard guard(lock_);
  return std::any_of(lengths_.begin(), lengths_.end(), [&](const auto& length) {
    return length.first <= key.size() && sessions_.find(key.substr(0, length.first)) != nullptr;
  });
}

std::vector<Prefixes::Told> Prefixes::find(const std::vector<ChangedKeys::Change>& changes) {
  std::map<std::string, Told> found;
  std::lock_guard guard(lock_);
  for (const ChangedKeys::Change& change : changes) {
    for (const auto& [length, alike] : lengths_) {
      if (length > change.key.size()) break;
      const Bytes prefix = Bytes(change.key).substr(0, length);
      const SessionIds* const sessions = sessions_.find(prefix);
      if (sessions == nullptr) continue;
      Told& told = found[std::string(prefix)];
      if (told.changes.empty()) told.sessions = *sessions;
      told.changes.push_back(&change);
    }
  }
  std::vector<Told> all;
  all.reserve(found.size());
  for (auto& [prefix, told] : found) all.push_back(std::move(told));
  return all;
}

}  // namespace kevy
