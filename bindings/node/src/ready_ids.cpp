#include "ready_ids.h"

#include "watchers.h"

namespace kevy::node {

void ReadyIds::add(std::span<const uint32_t> ids) {
  if (ids.empty()) return;
  const std::lock_guard guard(mutex_);
  if (watcher_ == nullptr) return;
  const bool was_empty = ids_.empty();
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  if (was_empty) all_.call(*watcher_);  // else a call is on its way that takes these too
}

std::vector<uint32_t> ReadyIds::take() {
  const std::lock_guard guard(mutex_);
  return std::exchange(ids_, {});
}

void ReadyIds::close() {
  const std::lock_guard guard(mutex_);
  watcher_ = nullptr;
}

}  // namespace kevy::node
