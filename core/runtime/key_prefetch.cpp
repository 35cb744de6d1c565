#include "runtime/key_prefetch.h"

namespace kevy {

namespace {

void fetch_bucket(const Keyspace& keyspace, uint64_t hash) noexcept {
  keyspace.prefetch_bucket(hash);
}
void fetch_entry(const Keyspace& keyspace, uint64_t hash) noexcept {
  keyspace.prefetch_entry(hash);
}

}  // namespace

template <bool kHeld, typename Fetch>
void KeyPrefetch::for_each(Fetch fetch) noexcept {
  for (size_t i = 0; i < count_; ++i) {
    const auto [shard, hash] = places_[i];
    if (!kHeld && !shard->lock.try_lock()) continue;
    const auto& keyspace = shard->keyspaces[database_];
    if (keyspace != nullptr) fetch(*keyspace, hash);
    if (!kHeld) shard->lock.unlock();
  }
}

void KeyPrefetch::run_held() noexcept {
  for_each<true>(fetch_bucket);
  for_each<true>(fetch_entry);
}

void KeyPrefetch::run_unheld() noexcept {
  for_each<false>(fetch_bucket);
  for_each<false>(fetch_entry);
}

}  // namespace kevy
