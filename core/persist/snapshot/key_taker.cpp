#include "persist/snapshot/key_taker.h"

#include <string>

#include "runtime/shard/access.h"

namespace kevy {

namespace {

Error no_such_database(uint64_t number, uint64_t count) {
  return {Error::Kind::kInvalid, "it has keys in database " + std::to_string(number) +
                                     ", and there are only " + std::to_string(count) +
                                     " databases: start with more"};
}

}  // namespace

uint32_t access_of(const Settings& settings, const RdbKey& key, int64_t now_s) noexcept {
  if (settings.lfu_policy.load(std::memory_order_relaxed)) {
    return key.frequency ? lfu_minutes(now_s) << 8 | *key.frequency : lfu_initial(now_s);
  }
  return (static_cast<uint32_t>(now_s) - static_cast<uint32_t>(key.idle_s.value_or(0))) &
         kAccessBits;
}

void KeyTaker::database(uint64_t number, uint64_t keys, uint64_t) {
  expect_keys(runtime_, number, keys, file_bytes_);
}

Result<bool> KeyTaker::wants(const RdbKey& key) const {
  if (key.database >= runtime_.database_count()) {
    return no_such_database(key.database, runtime_.database_count());
  }
  const bool expires = key.expires_at_ms != Keyspace::kNoExpiry;
  return !expires || key.expires_at_ms > runtime_.clock().now_ms();
}

uint32_t KeyTaker::access(const RdbKey& key) const {
  return access_of(runtime_.settings(), key, runtime_.clock().coarse_seconds());
}

Keyspace& KeyTaker::keyspace(uint32_t shard, size_t database) {
  return runtime_.shard(shard).keyspace(database);
}

Status KeyTaker::put(Keyspace& keyspace, const KeyToPut& key) {
  if (!replace_ && keyspace.find(key.key) != nullptr) {
    return Error{Error::Kind::kInvalid, "the key '" + std::string(key.key.bytes) + "' comes twice"};
  }
  if (key.may_expire()) runtime_.note_expiry();
  key.put(keyspace);
  return Done{};
}

void KeyTaker::count(uint64_t put, uint64_t left_out) {
  taken_.fetch_add(put, std::memory_order_relaxed);
  expired_.fetch_add(left_out, std::memory_order_relaxed);
}

Status KeyTaker::key(const RdbKey& key, Value&& value) {
  const Result<bool> wanted = wants(key);
  if (!wanted) return wanted.error();
  if (!*wanted) {
    count(0, 1);
    return Done{};
  }
  if (queue_.full()) {
    if (Status taken = take_waiting(); !taken) return taken;
  }
  queue_.add(key, access(key), std::move(value));
  return Done{};
}

Status KeyTaker::take_waiting() {
  return queue_.take_all([this](Keyspace& keyspace, const KeyToPut& key) -> Status {
    Status done = put(keyspace, key);
    if (done) count(1, 0);
    return done;
  });
}

Status KeyTaker::finish() { return take_waiting(); }

Status KeyChecker::key(const RdbKey& key, Value&&) {
  if (key.database >= databases_) return no_such_database(key.database, databases_);
  return Done{};
}

}  // namespace kevy
