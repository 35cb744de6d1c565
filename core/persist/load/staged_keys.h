// StagedKeys: keyspaces that are filled beside those of a runtime, and take their place in one
// step.
//
// Whoever fills them holds no shard, and all of them for what follows. A
// runtime's keys and these are both in memory until then. Throws std::bad_alloc.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "persist/load/key_target.h"
#include "runtime/runtime.h"

namespace kevy {

class StagedKeys final : public KeyTarget {
 public:
  /// Whether keys are taken whose time is over.
  enum class Expired : uint8_t { kLeftOut, kTaken };

  /// `file_bytes`: the size of the file, which limits what it is believed.
  StagedKeys(Runtime& runtime, uint64_t file_bytes, Expired expired = Expired::kLeftOut)
      : runtime_(runtime),
        takes_expired_(expired == Expired::kTaken),
        file_bytes_(file_bytes),
        shards_(runtime.shard_count()) {}

  Status key(const RdbKey& key, Value&& value) override;
  Status function(Bytes code) override {
    codes_.emplace_back(code);
    return Done{};
  }
  void aux(Bytes name, Bytes value) override;
  void database(uint64_t number, uint64_t keys, uint64_t expiring_keys) override;
  Result<bool> wants(const RdbKey& key) const override;
  uint32_t access(const RdbKey& key) const override;
  Keyspace& keyspace(uint32_t shard, size_t database) override;
  Status put(Keyspace& keyspace, const KeyToPut& key) override;
  void count(uint64_t put, uint64_t left_out) override;
  const std::vector<std::string>& codes() const noexcept { return codes_; }
  uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  uint64_t expired() const noexcept { return expired_.load(std::memory_order_relaxed); }

  /// What may find no memory: nothing that anybody sees has changed after it.
  void make_room(Turn& all);
  /// Has them be the runtime's keys. What these were goes as after FLUSHALL.
  void take_over(Turn& all) noexcept;
  /// The same for a runtime that begins with them, so that nothing has changed.
  void begin_with(Turn& all) noexcept;

 private:
  using Staged = std::map<size_t, std::unique_ptr<Keyspace>>;  // by database

  Runtime& runtime_;
  const bool takes_expired_;
  uint64_t file_bytes_;  // of it, what no keys were expected for
  std::vector<Staged> shards_;
  std::vector<std::string> codes_;
  std::atomic<bool> any_expire_{false};
  std::atomic<uint64_t> taken_{0}, expired_{0};
};

}  // namespace kevy
