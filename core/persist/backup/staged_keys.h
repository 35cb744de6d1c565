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
  explicit StagedKeys(Runtime& runtime) : runtime_(runtime), shards_(runtime.shard_count()) {}

  Status key(const RdbKey& key, Value&& value) override;
  Status function(Bytes code) override {
    codes_.emplace_back(code);
    return Done{};
  }
  Result<bool> wants(const RdbKey& key) const override;
  uint32_t access(const RdbKey& key) const override;
  Keyspace& keyspace(uint32_t shard, size_t database) override;
  Status put(Keyspace& keyspace, const KeyToPut& key) override;
  const std::vector<std::string>& codes() const noexcept { return codes_; }

  /// What may find no memory: nothing that anybody sees has changed after it.
  void make_room(Turn& all);
  /// Has them be the runtime's keys. What these were goes as after FLUSHALL.
  void take_over(Turn& all) noexcept;

 private:
  using Staged = std::map<size_t, std::unique_ptr<Keyspace>>;  // by database

  Runtime& runtime_;
  std::vector<Staged> shards_;
  std::vector<std::string> codes_;
  std::atomic<bool> any_expire_{false};
};

}  // namespace kevy
