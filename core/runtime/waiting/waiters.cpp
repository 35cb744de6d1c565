#include "runtime/waiting/waiters.h"

#include <algorithm>

namespace kevy {

namespace {

auto place_of(std::vector<std::pair<uint32_t, size_t>>& needed, uint32_t shard) {
  return std::lower_bound(needed.begin(), needed.end(), std::pair<uint32_t, size_t>(shard, 0));
}

}  // namespace

void Waiters::add(Shard& shard, const WaiterPtr& waiter, Waiter::Place& place) {
  if (databases_ == nullptr) databases_ = std::make_unique<Databases>();
  WaitQueue& queue = (*databases_)[waiter->database].find_or_make(place.key.bytes, place.key.hash);
  if (queue.shard == nullptr) {
    queue.shard = &shard;
    queue.database = waiter->database;
    queue.hash_ = place.key.hash;
  }
  if (!queue.line_.empty() && queue.line_.back() == waiter) return;
  try {
    if (queue.name_.empty()) queue.name_ = place.key.bytes;
    queue.needed_.reserve(queue.needed_.size() + waiter->shards.size());
    place.at = queue.line_.insert(queue.line_.end(), waiter);
  } catch (...) {
    drop_if_empty(queue);
    throw;
  }
  place.queue = &queue;
  waiter->standing.fetch_add(1, std::memory_order_relaxed);
  ++standing_;
  queue.wanted_ |= waiter->wanted;
  if (waiter->looks) ++queue.looking_;
  if (waiter->needs_all()) ++queue.needing_all_;
  if (waiter->shards.size() < 2) return;
  for (size_t i = 0; i < waiter->shards.size(); ++i) {
    const uint32_t needed = waiter->shards[i];
    auto found = place_of(queue.needed_, needed);
    if (found == queue.needed_.end() || found->first != needed) {
      found = queue.needed_.insert(found, {needed, 0});
    }
    ++found->second;
  }
}

void Waiters::remove(Waiter& waiter, Waiter::Place& place) noexcept {
  if (place.queue == nullptr) return;
  WaitQueue& queue = *std::exchange(place.queue, nullptr);
  --standing_;
  waiter.standing.fetch_sub(1, std::memory_order_release);
  if (waiter.looks) --queue.looking_;
  if (waiter.needs_all()) --queue.needing_all_;
  if (waiter.shards.size() > 1) {
    for (size_t i = 0; i < waiter.shards.size(); ++i) {
      const auto found = place_of(queue.needed_, waiter.shards[i]);
      if (--found->second == 0) queue.needed_.erase(found);
    }
  }
  queue.line_.erase(place.at);  // may be the waiter's last reference but its session's
  drop_if_empty(queue);
}

void Waiters::end_serving(WaitQueue& queue) noexcept {
  queue.is_served = false;
  drop_if_empty(queue);
}

// The database's table stays: most often somebody waits for the same key again.
void Waiters::drop_if_empty(WaitQueue& queue) noexcept {
  if (!queue.line_.empty() || queue.ready || queue.is_served) return;
  const std::string name = std::move(queue.name_);
  databases_->find(queue.database)->second.erase(name, queue.hash_);
}

WaitQueue* Waiters::find(int database, const Key& key) const noexcept {
  if (databases_ == nullptr) return nullptr;
  const auto found = databases_->find(database);
  return found == databases_->end() ? nullptr : found->second.find(key.bytes, key.hash);
}

}  // namespace kevy
