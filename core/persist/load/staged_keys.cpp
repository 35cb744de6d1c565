#include "persist/load/staged_keys.h"

#include <algorithm>

#include "persist/snapshot/key_queue.h"
#include "persist/snapshot/key_taker.h"
#include "runtime/mutation/mutation.h"

namespace kevy {

// The shard's garbage is not touched by a keyspace that only gets new keys.
Keyspace& StagedKeys::keyspace(uint32_t shard, size_t database) {
  std::unique_ptr<Keyspace>& staged = shards_[shard][database];
  if (staged == nullptr) {
    staged = std::make_unique<Keyspace>(HashSecret::process(), runtime_.shard(shard).garbage,
                                        runtime_.spans());
  }
  return *staged;
}

void StagedKeys::aux(Bytes name, Bytes value) {
  if (name != "used-mem") return;
  runtime_.load_state().note_used_memory(parse_uint64(value).value_or(0));
}

void StagedKeys::database(uint64_t number, uint64_t keys, uint64_t) {
  if (number >= runtime_.database_count()) return;
  const uint64_t each = believed_keys(keys, file_bytes_) / runtime_.shard_count();
  if (each == 0) return;
  for (uint32_t i = 0; i < runtime_.shard_count(); ++i) {
    keyspace(i, static_cast<size_t>(number)).expect(static_cast<size_t>(each));
  }
}

void StagedKeys::count(uint64_t put, uint64_t left_out) {
  taken_.fetch_add(put, std::memory_order_relaxed);
  expired_.fetch_add(left_out, std::memory_order_relaxed);
}

Result<bool> StagedKeys::wants(const RdbKey& key) const {
  if (key.database >= runtime_.database_count()) {
    return Error{Error::Kind::kInvalid, "it has keys in database " + std::to_string(key.database) +
                                            ", and there are only " +
                                            std::to_string(runtime_.database_count()) +
                                            " databases: start with more"};
  }
  const bool expires = key.expires_at_ms != Keyspace::kNoExpiry && !takes_expired_;
  return !expires || key.expires_at_ms > runtime_.clock().now_ms();
}

uint32_t StagedKeys::access(const RdbKey& key) const {
  return access_of(runtime_.settings(), key, runtime_.clock().coarse_seconds());
}

Status StagedKeys::put(Keyspace& keyspace, const KeyToPut& key) {
  if (keyspace.find(key.key) != nullptr) {
    return Error{Error::Kind::kInvalid, "the key '" + std::string(key.key.bytes) + "' comes twice"};
  }
  if (key.may_expire()) any_expire_.store(true, std::memory_order_relaxed);
  key.put(keyspace);
  return Done{};
}

Status StagedKeys::key(const RdbKey& key, Value&& value) {
  const Result<bool> wanted = wants(key);
  if (!wanted) return wanted.error();
  count(*wanted ? 1 : 0, *wanted ? 0 : 1);
  if (!*wanted) return Done{};
  const Key name{key.name, runtime_.hash(key.name)};
  return put(keyspace(runtime_.shard_index(name), static_cast<size_t>(key.database)),
             {name, key.expires_at_ms, access(key), &value, {}});
}

void StagedKeys::make_room(Turn& all) {
  KEVY_DCHECK(all.holds_all());
  for (uint32_t i = 0; i < runtime_.shard_count(); ++i) {
    Shard& shard = runtime_.shard(i);
    for (const auto& [database, staged] : shards_[i]) shard.keyspace(database);
  }
}

// A watched key changes when it is there before or after. What comes and what goes is counted as
// changes, so that a snapshot is due.
void StagedKeys::take_over(Turn& all) noexcept {
  uint64_t changes = 1;
  for (uint32_t i = 0; i < runtime_.shard_count(); ++i) {
    Shard& shard = runtime_.shard(i);
    Staged& fresh = shards_[i];
    shard.watches.change_where(std::nullopt, [&](int database, const Key& key) {
      if (shard.find(static_cast<size_t>(database), key) != nullptr) return true;
      const auto staged = fresh.find(static_cast<size_t>(database));
      return staged != fresh.end() && staged->second->find(key) != nullptr;
    });
    shard.databases.for_each([&](size_t database, Keyspace& gone) {
      const auto staged = fresh.find(database);
      changes += gone.size() + (staged == fresh.end() ? 0 : staged->second->size());
      shard.garbage.add(staged == fresh.end()
                            ? shard.databases.take(database)
                            : shard.databases.exchange(database, std::move(staged->second)));
    });
    note_all_for_waiters(all, shard, std::nullopt);
  }
  runtime_.counters().keyless_changes.fetch_add(changes, std::memory_order_relaxed);
  runtime_.tracking().all_changed(all, nullptr);
  if (any_expire_) runtime_.note_expiry();
}

void StagedKeys::begin_with(Turn& all) noexcept {
  KEVY_DCHECK(all.holds_all());
  for (uint32_t i = 0; i < runtime_.shard_count(); ++i) {
    Shard& shard = runtime_.shard(i);
    for (auto& [database, staged] : shards_[i]) {
      shard.garbage.add(shard.databases.exchange(database, std::move(staged)));
    }
  }
  if (any_expire_) runtime_.note_expiry();
}

}  // namespace kevy
