#include "runtime/turn.h"

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

Turn::Turn(Runtime& runtime) : runtime_(runtime), moment_(runtime.clock()) {}

void Turn::renew_moment() noexcept { moment_ = Moment(runtime_.clock()); }

void Turn::acquire_one(uint32_t shard) {
  release();
  held_.add(shard);
  runtime_.shard(shard).lock.lock();
}

void Turn::acquire(const ShardSet& shards) {
  release();
  held_ = shards;
  const uint32_t count = runtime_.shard_count();
  if (held_.all()) {
    for (uint32_t i = 0; i < count; ++i) runtime_.shard(i).lock.lock();
  } else {
    for (size_t i = 0; i < held_.size(); ++i) runtime_.shard(held_[i]).lock.lock();
  }
}

void Turn::collect_and_unlock(uint32_t index) {
  Shard& shard = runtime_.shard(index);
  if (!shard.garbage.empty()) [[unlikely]] {
    garbage_.take_from(shard.garbage);
  }
  shard.lock.unlock();
}

void Turn::release_held() {
  if (held_.all()) {
    for (uint32_t i = 0; i < runtime_.shard_count(); ++i) collect_and_unlock(i);
  } else {
    for (size_t i = 0; i < held_.size(); ++i) collect_and_unlock(held_[i]);
  }
  held_.clear();
  if (!garbage_.empty()) garbage_.clear();
  renew_moment();
}

}  // namespace kevy
