#include "runtime/dispatch/key_prefetch.h"

#include <span>

namespace kevy {

namespace {

// A keyspace of no more keys than that is in the cache anyway. Not told by its bytes: those are
// written with every change, and this is read by all.
constexpr size_t kCachedMax = 512;

}  // namespace

template <bool kHeld, typename Fetch>
void KeyPrefetch::for_each(Fetch fetch) noexcept {
  for (Place& place : std::span(places_).first(count_)) {
    Shard* const shard = place.shard;
    if (shard == nullptr || (!kHeld && !shard->lock.try_lock())) continue;
    if (const Keyspace* keyspace = shard->databases.find(database_)) {
      fetch(place, *keyspace);
    }
    if (!kHeld) shard->lock.unlock();
  }
}

void KeyPrefetch::fetch_bucket(Place& place, const Keyspace& keyspace) noexcept {
  if (keyspace.size() <= kCachedMax) {
    place.shard = nullptr;
  } else {
    keyspace.prefetch_bucket(place.hash);
  }
}

void KeyPrefetch::fetch_entry(Place& place, const Keyspace& keyspace) noexcept {
  keyspace.prefetch_entry(place.hash);
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
