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
  if (pubsub_.held()) return false;
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

void Turn::hold(const ShardSet& shards) {
  if (only_ == nullptr && several_.covers(shards) && !several_wanted()) return;
  if (shards.size() == 1) {
    hold(runtime_.shard(shards[0]));
    return;
  }
  release();
  several_ = shards;
  for_each_of_several([](Shard& shard) { shard.lock.lock(); });
}

void Turn::release_slowly() {
  pubsub_.give_back();
  Garbage garbage;
  const auto give_back = [&](Shard& shard) {
    if (shard.databases.crowded()) shard.databases.drop_empty();
    garbage.take_from(shard.garbage);
    shard.lock.unlock();
  };
  if (only_ != nullptr) {
    give_back(*std::exchange(only_, nullptr));
  } else {
    for_each_of_several(give_back);
    several_.clear();
  }
  pubsub_.wake_all();
  runtime_.lazy_free().take_over(garbage);
  garbage.clear();
  moment_.renew();
}

PubSubTurn& Turn::hold_pubsub(Subscriber* publisher) {
  if (!pubsub_.held()) {
    if (only_ != nullptr) {
      several_.add(static_cast<uint32_t>(std::exchange(only_, nullptr) - &runtime_.shard(0)));
    }
    pubsub_.take(runtime_.pubsub());
  }
  if (publisher != nullptr) publisher->outbox.place_reply();
  return pubsub_;
}

}  // namespace kevy
