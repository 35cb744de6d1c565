// KeyTarget: where keys of a file go, one after another, or from several threads that each have
// some of the shards.
#pragma once

#include "persist/rdb/file_reader.h"

namespace kevy {

/// A key on its way into a keyspace. Owns nothing.
struct KeyToPut {
  Key key;
  int64_t expires_at_ms = Keyspace::kNoExpiry;
  uint32_t access = 0;
  Value* value = nullptr;  // which is taken from there, or
  Bytes text;              // a string

  /// Whether the key or some of its fields may ever expire.
  bool may_expire() const noexcept {
    return expires_at_ms != Keyspace::kNoExpiry ||
           (value != nullptr && value->fields_expire_at_ms != Entry::kNoFieldTimes);
  }
  void put(Keyspace& keyspace) const {
    Entry* const entry = value == nullptr ? keyspace.set_string(key, text, expires_at_ms)
                                          : keyspace.put(key, std::move(*value), expires_at_ms);
    entry->set_access(access);
  }
};

/// What RdbVisitor asks for is for one thread, and while no other one puts keys.
class KeyTarget : public RdbVisitor {
 public:
  /// To be called when all was read: what was taken is where it belongs then.
  virtual Status finish() { return Done{}; }

  /// Before keys are put: has the calling thread hold what they lie in, until all have been put or
  /// function() is called.
  virtual void hold() {}
  /// Whether a key is to be put; false: its time is over. Any thread.
  virtual Result<bool> wants(const RdbKey& key) const = 0;
  /// What its entry remembers of its use. Any thread.
  virtual uint32_t access(const RdbKey& key) const = 0;
  /// By the thread that has the shard.
  virtual Keyspace& keyspace(uint32_t shard, size_t database) = 0;
  virtual Status put(Keyspace& keyspace, const KeyToPut& key) = 0;
  /// Counts what was done. Any thread.
  virtual void count(uint64_t /*put*/, uint64_t /*left_out*/) {}
};

}  // namespace kevy
