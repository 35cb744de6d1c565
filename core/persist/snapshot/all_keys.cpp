#include "persist/snapshot/all_keys.h"

#include <map>
#include <string>

#include "runtime/redis_version.h"
#include "runtime/settings/eviction_policy.h"
#include "runtime/shard/access.h"

namespace kevy {

namespace {

// Which use of keys is kept: the one that the eviction policy looks at.
RdbUse::Kind kind_of_use(Runtime& runtime) {
  if (runtime.settings().lfu_policy.load(std::memory_order_relaxed))
    return RdbUse::Kind::kFrequency;
  const bool by_idle_time = eviction_policy(runtime.settings()).ends_with("lru");
  return by_idle_time ? RdbUse::Kind::kIdle : RdbUse::Kind::kNone;
}

RdbUse use_of(const Entry& entry, RdbUse::Kind kind, LfuPace pace, int64_t now_s) noexcept {
  switch (kind) {
    case RdbUse::Kind::kFrequency:
      return {kind, lfu_counter(entry.access(), now_s, pace)};
    case RdbUse::Kind::kIdle:
      return {kind, static_cast<uint64_t>(lru_idle_seconds(entry.access(), now_s))};
    default:
      return {};
  }
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
        pace_(runtime.settings().lfu_pace()),
        now_s_(runtime.clock().coarse_seconds()) {}

  void database(size_t number, uint64_t keys, uint64_t expiring) override {
    writer_.database(number, keys, expiring);
  }
  bool key(const Entry& entry) {
    if (!writer_.failed()) writer_.key(entry, use_of(entry, use_, pace_, now_s_));
    return !writer_.failed();
  }
  bool keys(const EntryImages& images) override {
    images.for_each([this](const Entry& entry) { key(entry); });
    return goes_on();
  }
  void big_key(const Entry& entry, uint64_t elements) override {
    if (!writer_.failed()) writer_.big_key(entry, elements, use_of(entry, use_, pace_, now_s_));
  }
  bool elements(const Entry& entry, const ElementImages& images) override {
    if (!writer_.failed()) writer_.elements(entry, images);
    return goes_on();
  }
  void end_big_key(const Entry& entry) override {
    if (!writer_.failed()) writer_.end_big_key(entry);
  }

 private:
  bool goes_on() const noexcept {
    return !writer_.failed() && !stopped_->load(std::memory_order_relaxed);
  }

  RdbFileWriter& writer_;
  const std::atomic<bool>* const stopped_;  // nullptr: for who holds all shards
  const RdbUse::Kind use_;
  const LfuPace pace_;
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

}  // namespace kevy
