#include "runtime/dispatch/turn.h"

#include "runtime/runtime.h"

namespace kevy {

bool ShardSet::covers(const ShardSet& other) const noexcept {
  if (all_) return true;
  if (other.all_) return false;
  size_t i = 0;
  for (size_t j = 0; j < other.size_; ++j) {
    while (i < size_ && shards_[i] < other.shards_[j]) ++i;
    if (i == size_ || shards_[i] != other.shards_[j]) return false;
  }
  return true;
}

template <typename Visit>
void Turn::for_each_of_several(Visit&& visit) {
  const size_t count = several_.all() ? runtime_.shard_count() : several_.size();
  for (size_t i = 0; i < count; ++i) {
    visit(runtime_.shard(several_.all() ? static_cast<uint32_t>(i) : several_[i]));
  }
}

bool Turn::goes_on_with(const Shard* shard) {
  moment_.renew();
  if (pubsub_.held() || pubsub_.anyone_to_wake()) return false;
  if (shard != nullptr) return only_ == shard && shard->garbage.empty();
  bool clean = !several_.empty();
  for_each_of_several([&](const Shard& held) { clean &= held.garbage.empty(); });
  return clean;
}

// Whether somebody else wants one of several shards that are held.
bool Turn::several_wanted() {
  bool wanted = false;
  for_each_of_several([&](const Shard& shard) { wanted |= shard.lock.wanted(); });
  return wanted;
}

void Turn::hold_all() {
  ShardSet all;
  all.add_all();
  hold(all);
}

void Turn::hold(const ShardSet& shards) {
  const bool goes_on = !several_wanted() && !pubsub_.anyone_to_wake();
  if (only_ == nullptr && several_.covers(shards) && goes_on) return;
  if (shards.size() == 1) {
    hold(runtime_.shard(shards[0]));
    return;
  }
  release();
  several_ = shards;
  for_each_of_several([](Shard& shard) { shard.lock.lock(); });
}

bool Turn::hold_unless_busy(const ShardSet& shards) {
  const bool goes_on = !several_wanted() && !pubsub_.anyone_to_wake();
  if (only_ == nullptr && several_.covers(shards) && goes_on) return true;
  if (shards.size() == 1) return hold_unless_busy(runtime_.shard(shards[0]));
  release();
  const size_t count = shards.all() ? runtime_.shard_count() : shards.size();
  for (size_t i = 0; i < count; ++i) {
    const uint32_t index = shards.all() ? static_cast<uint32_t>(i) : shards[i];
    if (runtime_.shard(index).lock.lock_unless_interrupted()) continue;
    for (size_t j = 0; j < i; ++j) {
      runtime_.shard(shards.all() ? static_cast<uint32_t>(j) : shards[j]).lock.unlock();
    }
    return false;
  }
  several_ = shards;
  return true;
}

void Turn::widen(const ShardSet& shards) {
  release();
  several_ = shards;
  for_each_of_several([](Shard& shard) { shard.lock.lock(); });
}

ShardSet Turn::held() const {
  ShardSet all = several_;
  if (only_ != nullptr) all.add(index_of(*only_));
  return all;
}

bool Turn::holds(uint32_t shard) const noexcept {
  if (only_ != nullptr) return index_of(*only_) == shard;
  if (several_.all()) return true;
  for (size_t i = 0; i < several_.size(); ++i) {
    if (several_[i] == shard) return true;
  }
  return false;
}

bool Turn::has_waiters() {
  if (only_ != nullptr) return only_->waiters.any();
  bool any = false;
  for_each_of_several([&](const Shard& shard) { any |= shard.waiters.any(); });
  return any;
}

void Turn::note_seen() noexcept {
  if (only_ != nullptr) note_seen(only_->logged_to);
  for_each_of_several([this](const Shard& shard) { note_seen(shard.logged_to); });
}

void Turn::note_logged_in_several(uint64_t position) noexcept {
  for_each_of_several([=](Shard& shard) { shard.logged_to = position; });
}

// What is to be done when the locks are given back is looked for only where one shard is not all
// that is held.
void Turn::spread() noexcept {
  if (only_ != nullptr) several_.add(index_of(*std::exchange(only_, nullptr)));
}

uint32_t Turn::index_of(const Shard& shard) const noexcept {
  return static_cast<uint32_t>(&shard - &runtime_.shard(0));
}

void Turn::note_ready(WaitQueue& queue) noexcept {
  if (queue.ready) return;
  spread();
  queue.ready = true;
  queue.next_ready = nullptr;
  (first_ready_ == nullptr ? first_ready_ : last_ready_->next_ready) = &queue;
  last_ready_ = &queue;
}

WaitQueue& Turn::take_ready() noexcept {
  WaitQueue& taken = *first_ready_;
  first_ready_ = taken.next_ready;
  taken.ready = false;
  taken.is_served = true;
  return taken;
}

void Turn::release_slowly() {
  if (any_ready()) runtime_.serve(*this);
  pubsub_.give_back();
  Garbage garbage;
  ChangedKeys changed;
  const auto give_back = [&](Shard& shard) {
    note_seen(shard.logged_to);
    if (shard.databases.crowded()) shard.databases.drop_empty();
    if (!shard.changed.empty()) changed.take_from(shard.changed);
    garbage.take_from(shard.garbage);
    shard.lock.unlock();
  };
  if (only_ != nullptr) {
    give_back(*std::exchange(only_, nullptr));
  } else {
    for_each_of_several(give_back);
    several_.clear();
  }
  if (!changed.empty()) {
    runtime_.tracking().tell(*this, changed);
    pubsub_.give_back();
  }
  pubsub_.wake_all();
  runtime_.lazy_free().take_over(garbage);
  garbage.clear();
  moment_.renew();
}

PubSubTurn& Turn::hold_pubsub(Subscriber* publisher) {
  if (!pubsub_.held()) {
    spread();
    pubsub_.take(runtime_.pubsub());
  }
  if (publisher != nullptr) publisher->outbox.place_reply();
  return pubsub_;
}

}  // namespace kevy
