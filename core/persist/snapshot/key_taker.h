// KeyTaker: puts what an RDB file has into the keyspaces. Whoever reads holds all shards, or is alone.
// KeyChecker takes nothing, for finding out whether a file is right.
//
// Throws std::bad_alloc.
#pragma once

#include <atomic>

#include "persist/load/key_target.h"
#include "persist/snapshot/key_queue.h"
#include "runtime/runtime.h"

namespace kevy {

/// What an entry that is made of the key at this moment remembers of its use.
uint32_t access_of(const Settings& settings, const RdbKey& key, int64_t now_s) noexcept;

/// Takes the keys that a file has into the keyspaces.
class KeyTaker final : public KeyTarget {
 public:
  /// `file_bytes`: the size of the file, which limits what it is believed.
  KeyTaker(Runtime& runtime, bool replace, uint64_t file_bytes)
      : runtime_(runtime),
        replace_(replace),
        file_bytes_(file_bytes),
        queue_(runtime) {}

  Status key(const RdbKey& key, Value&& value) override;
  Status function(Bytes) override { return Done{}; }
  void database(uint64_t number, uint64_t keys, uint64_t expiring_keys) override;
  Status finish() override;

  Result<bool> wants(const RdbKey& key) const override;
  uint32_t access(const RdbKey& key) const override;
  Keyspace& keyspace(uint32_t shard, size_t database) override;
  Status put(Keyspace& keyspace, const KeyToPut& key) override;
  void count(uint64_t put, uint64_t left_out) override;

  uint64_t taken() const noexcept { return taken_.load(); }
  uint64_t expired() const noexcept { return expired_.load(); }

 private:
  Status take_waiting();

  Runtime& runtime_;
  const bool replace_;
  uint64_t file_bytes_;  // of it, what no keys were expected for
  KeyQueue queue_;
  std::atomic<uint64_t> taken_{0}, expired_{0};
};

/// Takes nothing: for finding out whether a file is right. Holds no lock.
class KeyChecker final : public RdbVisitor {
 public:
  explicit KeyChecker(uint64_t databases) noexcept : databases_(databases) {}
  Status key(const RdbKey& key, Value&& value) override;
  Status function(Bytes) override { return Done{}; }

 private:
  const uint64_t databases_;
};

}  // namespace kevy
