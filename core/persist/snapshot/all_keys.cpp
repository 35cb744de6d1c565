#include "persist/snapshot/all_keys.h"

#include <map>
#include <string>

#include "runtime/redis_version.h"
#include "runtime/settings/configuration.h"
#include "runtime/shard/access.h"

namespace kevy {

namespace {

// Which use of keys is kept: the one that the eviction policy looks at.
RdbUse::Kind kind_of_use(Runtime& runtime) {
  if (runtime.settings().lfu_policy.load(std::memory_order_relaxed))
    return RdbUse::Kind::kFrequency;
  const Bytes name = "maxmemory-policy";
  for (const auto& [directive, value] : runtime.settings().configuration->get({&name, 1})) {
    if (value.ends_with("lru")) return RdbUse::Kind::kIdle;
  }
  return RdbUse::Kind::kNone;
}

RdbUse use_of(const Entry& entry, RdbUse::Kind kind, int64_t now_s) noexcept {
  switch (kind) {
    case RdbUse::Kind::kFrequency:
      return {kind, lfu_counter(entry.access(), now_s)};
    case RdbUse::Kind::kIdle:
      return {kind, static_cast<uint64_t>(lru_idle_seconds(entry.access(), now_s))};
    default:
      return {};
  }
}

Error no_such_database(uint64_t number, uint64_t count) {
  return {Error::Kind::kInvalid, "it has keys in database " + std::to_string(number) +
                                     ", and there are only " + std::to_string(count) +
                                     " databases: start with more"};
}

void write_head(Runtime& runtime, RdbPurpose purpose, const std::vector<std::string>& codes,
                RdbFileWriter& writer) {
  writer.begin();
  writer.aux("redis-ver", kRedisVersion);
  writer.aux("redis-bits", "64");
  writer.aux("ctime", std::to_string(runtime.clock().now_ms() / 1000));
  if (purpose == RdbPurpose::kAppendOnlyBase) writer.aux("aof-base", "1");
  for (const std::string& code : codes) writer.function(code);
}

/// Writes the keys that it is shown.
class KeyWriter final : public MomentVisitor {
 public:
  KeyWriter(Runtime& runtime, RdbFileWriter& writer, const std::atomic<bool>* stopped)
      : writer_(writer),
        stopped_(stopped),
        use_(kind_of_use(runtime)),
        now_s_(runtime.clock().coarse_seconds()) {}

  void database(size_t number, uint64_t keys, uint64_t expiring) override {
    writer_.database(number, keys, expiring);
  }
  bool key(const Entry& entry) {
    if (!writer_.failed()) writer_.key(entry, use_of(entry, use_, now_s_));
    return !writer_.failed();
  }
  bool keys(const EntryImages& images) override {
    images.for_each([this](const Entry& entry) { key(entry); });
    return goes_on();
  }
  void big_key(const Entry& entry, uint64_t elements) override {
    if (!writer_.failed()) writer_.big_key(entry, elements, use_of(entry, use_, now_s_));
  }
  bool elements(const Entry& entry, const ElementImages& images) override {
    if (!writer_.failed()) writer_.elements(entry, images);
    return goes_on();
  }

 private:
  bool goes_on() const noexcept {
    return !writer_.failed() && !stopped_->load(std::memory_order_relaxed);
  }

  RdbFileWriter& writer_;
  const std::atomic<bool>* const stopped_;  // nullptr: for who holds all shards
  const RdbUse::Kind use_;
  const int64_t now_s_;
};

}  // namespace

bool write_all_keys(Runtime& runtime, RdbPurpose purpose, const std::vector<std::string>& codes,
                    RdbFileWriter& writer) {
  write_head(runtime, purpose, codes, writer);
  std::map<size_t, std::vector<const Keyspace*>> databases;
  for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
    runtime.shard(i).databases.for_each([&](size_t database, const Keyspace& keyspace) {
      if (keyspace.size() != 0) databases[database].push_back(&keyspace);
    });
  }
  KeyWriter keys(runtime, writer, nullptr);
  for (const auto& [database, keyspaces] : databases) {
    uint64_t count = 0, expiring = 0;
    for (const Keyspace* keyspace : keyspaces) {
      count += keyspace->size();
      expiring += keyspace->size_with_expiry();
    }
    keys.database(database, count, expiring);
    for (const Keyspace* keyspace : keyspaces) {
      keyspace->for_each(
          [&](const Entry& entry) { return keys.key(entry) ? Walk::kGoOn : Walk::kStop; });
    }
  }
  return writer.finish();
}

bool write_moment(Runtime& runtime, RdbPurpose purpose, MomentView& view,
                  const std::vector<std::string>& codes, RdbFileWriter& writer,
                  const std::atomic<bool>& stopped) {
  write_head(runtime, purpose, codes, writer);
  KeyWriter keys(runtime, writer, &stopped);
  return view.walk(keys) == MomentView::End::kDone && writer.finish();
}

uint32_t access_of(const Settings& settings, const RdbKey& key, int64_t now_s) noexcept {
  if (settings.lfu_policy.load(std::memory_order_relaxed)) {
    return key.frequency ? lfu_minutes(now_s) << 8 | *key.frequency : lfu_initial(now_s);
  }
  return (static_cast<uint32_t>(now_s) - static_cast<uint32_t>(key.idle_s.value_or(0))) &
         kAccessBits;
}

Status KeyTaker::key(const RdbKey& key, Value&& value) {
  if (key.database >= runtime_.database_count()) {
    return no_such_database(key.database, runtime_.database_count());
  }
  const bool expires = key.expires_at_ms != Keyspace::kNoExpiry;
  if (expires && key.expires_at_ms <= runtime_.clock().now_ms()) {
    ++expired_;
    return Done{};
  }
  const Key name{key.name, runtime_.hash(key.name)};
  Keyspace& keyspace = runtime_.shard_of(name).keyspace(static_cast<size_t>(key.database));
  if (!replace_ && keyspace.find(name) != nullptr) {
    return Error{Error::Kind::kInvalid, "the key '" + std::string(key.name) + "' comes twice"};
  }
  any_expire_ = any_expire_ || expires || value.fields_expire_at_ms != Entry::kNoFieldTimes;
  keyspace.put(name, std::move(value), key.expires_at_ms)
      ->set_access(access_of(runtime_.settings(), key, runtime_.clock().coarse_seconds()));
  ++taken_;
  return Done{};
}

Status KeyTaker::function(Bytes code) {
  if (!load_library_ || load_library_(code)) return Done{};
  return Error{Error::Kind::kInvalid, "a library of functions in it can not be loaded"};
}

void KeyTaker::finish() noexcept {
  if (any_expire_) runtime_.note_expiry();
}

Status KeyChecker::key(const RdbKey& key, Value&&) {
  if (key.database >= databases_) return no_such_database(key.database, databases_);
  return Done{};
}

}  // namespace kevy
