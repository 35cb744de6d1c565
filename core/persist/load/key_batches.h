// KeyBatches: makes batches of the keys of a file, in the order of the file. Each is decoded by
// whichever thread takes it, and puts its keys shard by shard. One thread.
#pragma once

#include "persist/load/batch_pool.h"
#include "persist/load/key_target.h"
#include "runtime/runtime.h"

namespace kevy {

class KeyBatches final : public RdbVisitor {
 public:
  /// All of them outlive it.
  KeyBatches(Runtime& runtime, KeyTarget& target, const RdbLimits& limits, BatchPool& pool) noexcept
      : runtime_(runtime), target_(target), limits_(limits), pool_(pool) {}

  bool takes_runs() const override { return true; }
  Status run(const RdbRun& run) override;
  Status key(const RdbKey& key, Value&& value) override;
  Status function(Bytes code) override;
  void aux(Bytes name, Bytes value) override { target_.aux(name, value); }
  void database(uint64_t number, uint64_t keys, uint64_t expiring_keys) override;

 private:
  std::unique_ptr<Batch> fresh();

  Runtime& runtime_;
  KeyTarget& target_;
  const RdbLimits& limits_;
  BatchPool& pool_;
};

}  // namespace kevy
