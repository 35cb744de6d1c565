#include "persist/load/key_batches.h"

#include <algorithm>
#include <string>
#include <vector>

namespace kevy {

namespace {

// What the pool tells in its place.
Error ended_by_another() { return {Error::Kind::kState, "a batch has failed"}; }

class KeyBatch final : public Batch, private RdbVisitor {
 public:
  KeyBatch(Runtime& runtime, KeyTarget& target, const RdbLimits& limits, uint32_t lanes)
      : runtime_(runtime), target_(target), limits_(limits), lane_ends_(lanes) {}

  void set_run(const RdbRun& run) {
    run_ = run;
    run_bytes_ = run.bytes;
    run_.bytes = run_bytes_;
  }
  Status key(const RdbKey& key, Value&& value) override;
  Status string(const RdbKey& key, Bytes text) override;

  void prepare() override;
  void put(uint32_t lane) override;
  std::optional<LoadFailure> failure() override { return std::move(failure_); }
  void clear() noexcept override;

 private:
  static constexpr size_t kString = SIZE_MAX;

  struct Decoded {
    size_t begin;  // of its name in texts_, behind which a string lies
    size_t name_size, text_size;
    size_t value;  // which of values_, or kString
    uint64_t hash;
    uint64_t database;
    int64_t expires_at_ms;
    uint64_t end;  // in the file
    uint32_t access;
    uint32_t shard;
  };

  Status function(Bytes) override { return Done{}; }
  Result<bool> wants(const RdbKey& key);
  void add(const RdbKey& key, Bytes text, size_t value);
  uint32_t lane_of(const Decoded& decoded) const noexcept {
    return decoded.shard % static_cast<uint32_t>(lane_ends_.size());
  }
  Keyspace& keyspace_of(const Decoded& decoded) const {
    return target_.keyspace(decoded.shard, static_cast<size_t>(decoded.database));
  }
  void sort_by_lane();
  Status put(const Decoded& decoded);

  Runtime& runtime_;
  KeyTarget& target_;
  const RdbLimits& limits_;
  RdbRun run_;
  std::string run_bytes_;
  std::string texts_;
  std::vector<Value> values_;
  std::vector<Decoded> keys_;
  std::vector<uint32_t> order_, lane_ends_;  // of keys_, by lane
  size_t good_ = 0;                          // keys in front of the first that is wrong
  std::optional<LoadFailure> failure_;
  uint64_t left_out_ = 0;
};

void KeyBatch::clear() noexcept {
  run_bytes_.clear();
  texts_.clear();
  values_.clear();
  keys_.clear();
  failure_.reset();
  left_out_ = 0;
}

Result<bool> KeyBatch::wants(const RdbKey& key) {
  Result<bool> wanted = target_.wants(key);
  if (!wanted) failure_ = LoadFailure{wanted.error(), key.end};
  if (wanted && !*wanted) ++left_out_;
  return wanted;
}

void KeyBatch::add(const RdbKey& key, Bytes text, size_t value) {
  const Key name{key.name, runtime_.hash(key.name)};
  keys_.push_back({texts_.size(), key.name.size(), text.size(), value, name.hash, key.database,
                   key.expires_at_ms, key.end, target_.access(key), runtime_.shard_index(name)});
  texts_ += key.name;
  texts_ += text;
}

Status KeyBatch::string(const RdbKey& key, Bytes text) {
  const Result<bool> wanted = wants(key);
  if (!wanted) return wanted.error();
  if (*wanted) add(key, text, kString);
  return Done{};
}

Status KeyBatch::key(const RdbKey& key, Value&& value) {
  const Result<bool> wanted = wants(key);
  if (!wanted) return wanted.error();
  if (!*wanted) return Done{};
  values_.push_back(std::move(value));
  add(key, {}, values_.size() - 1);
  return Done{};
}

void KeyBatch::sort_by_lane() {
  std::fill(lane_ends_.begin(), lane_ends_.end(), 0);
  order_.resize(keys_.size());
  for (const Decoded& decoded : keys_) ++lane_ends_[lane_of(decoded)];
  uint32_t before = 0;
  for (uint32_t& end : lane_ends_) {
    const uint32_t count = end;
    end = before;  // where it begins, which is moved on to its end
    before += count;
  }
  for (uint32_t i = 0; i < keys_.size(); ++i) order_[lane_ends_[lane_of(keys_[i])]++] = i;
}

void KeyBatch::prepare() {
  runtime_.spans().prepare();  // who else would, may wait for what the reader holds
  if (!run_bytes_.empty()) {
    const Status read = read_rdb_run(run_, *this, limits_);
    if (!read && !failure_) failure_ = LoadFailure{read.error(), 0};  // it says where
  }
  good_ = keys_.size();
  sort_by_lane();
}

Status KeyBatch::put(const Decoded& decoded) {
  const Bytes texts = Bytes(texts_).substr(decoded.begin);
  KeyToPut key;
  key.key = {texts.substr(0, decoded.name_size), decoded.hash};
  key.expires_at_ms = decoded.expires_at_ms;
  key.access = decoded.access;
  if (decoded.value == kString) {
    key.text = texts.substr(decoded.name_size, decoded.text_size);
  } else {
    key.value = &values_[decoded.value];
  }
  return target_.put(keyspace_of(decoded), key);
}

void KeyBatch::put(uint32_t lane) {
  constexpr uint32_t kAtOnce = 32;
  const uint32_t begin = lane == 0 ? 0 : lane_ends_[lane - 1];
  const uint32_t end = lane_ends_[lane];
  uint64_t count = 0;
  for (uint32_t first = begin; first < end; first += kAtOnce) {
    const uint32_t last = std::min(end, first + kAtOnce);
    for (uint32_t i = first; i < last; ++i) {
      const Decoded& decoded = keys_[order_[i]];
      keyspace_of(decoded).prefetch_bucket(decoded.hash);
    }
    for (uint32_t i = first; i < last && order_[i] < good_; ++i, ++count) {
      const Status done = put(keys_[order_[i]]);
      if (done) continue;
      good_ = order_[i];
      failure_ = LoadFailure{done.error(), keys_[order_[i]].end};
      break;
    }
  }
  target_.count(count, std::exchange(left_out_, 0));
}

}  // namespace

std::unique_ptr<Batch> KeyBatches::fresh() {
  if (auto used = pool_.used()) return used;
  return std::make_unique<KeyBatch>(runtime_, target_, limits_, pool_.lanes());
}

Status KeyBatches::run(const RdbRun& run) {
  if (pool_.failed()) return ended_by_another();
  std::unique_ptr<Batch> batch = fresh();
  static_cast<KeyBatch&>(*batch).set_run(run);
  target_.hold();
  pool_.add(std::move(batch));
  return Done{};
}

// What can not be in a run comes here, too big mostly.
Status KeyBatches::key(const RdbKey& key, Value&& value) {
  if (pool_.failed()) return ended_by_another();
  std::unique_ptr<Batch> batch = fresh();
  if (Status taken = static_cast<KeyBatch&>(*batch).key(key, std::move(value)); !taken)
    return taken;
  target_.hold();
  pool_.add(std::move(batch));
  return Done{};
}

Status KeyBatches::function(Bytes code) {
  pool_.drain();
  if (pool_.failed()) return ended_by_another();
  return target_.function(code);
}

void KeyBatches::database(uint64_t number, uint64_t keys, uint64_t expiring_keys) {
  pool_.drain();
  target_.database(number, keys, expiring_keys);
}

}  // namespace kevy
