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

void Turn::hold(const ShardSet& shards) {
  if (shards.size() == 1) {
    if (!several_.covers(shards)) hold(runtime_.shard(shards[0]));
    return;
  }
  if (only_ == nullptr && several_.covers(shards)) return;
  release();
  several_ = shards;
  const size_t count = shards.all() ? runtime_.shard_count() : shards.size();
  for (size_t i = 0; i < count; ++i) {
    runtime_.shard(shards.all() ? static_cast<uint32_t>(i) : shards[i]).lock.lock();
  }
}

void Turn::release_slowly() {
  pubsub_.give_back();
  Garbage garbage;
  const auto give_back = [&](Shard& shard) {
    garbage.take_from(shard.garbage);
    shard.lock.unlock();
  };
  if (only_ != nullptr) {
    give_back(*std::exchange(only_, nullptr));
  } else {
    const size_t count = several_.all() ? runtime_.shard_count() : several_.size();
    for (size_t i = 0; i < count; ++i) {
      give_back(runtime_.shard(several_.all() ? static_cast<uint32_t>(i) : several_[i]));
    }
    several_.clear();
  }
  pubsub_.wake_all();
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
