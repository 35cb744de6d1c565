// KeyQueue: keys of a file on their way into their keyspaces. They are put there some at a time, when
// the memory that each of them needs to look at has been fetched for all.
//
// Knows no lock. One thread. Throws std::bad_alloc.
#pragma once

#include <array>
#include <string>

#include "persist/load/key_target.h"
#include "runtime/runtime.h"

namespace kevy {

class KeyQueue {
 public:
  explicit KeyQueue(Runtime& runtime) noexcept : runtime_(runtime) {}
  KeyQueue(const KeyQueue&) = delete;
  KeyQueue& operator=(const KeyQueue&) = delete;

  struct Waiting {
    std::string name;  // of the key
    size_t database = 0;
    Value value;
    KeyToPut to_put;
  };

  bool full() const noexcept { return size_ == waiting_.size(); }
  /// Not when it is full. The database exists.
  void add(const RdbKey& key, uint32_t access, Value&& value);
  /// put(Keyspace&, const KeyToPut&) for each, in the order they came in, until one is an error; the queue is
  /// empty then. The caller holds all shards, or is alone.
  template <typename Put>
  Status take_all(const Put& put) {
    const size_t size = std::exchange(size_, 0);
    for (size_t i = 0; i < size; ++i) {
      keyspace(waiting_[i]).prefetch_bucket(waiting_[i].to_put.key.hash);
    }
    for (size_t i = 0; i < size; ++i) {
      Keyspace& target = keyspace(waiting_[i]);
      if (Status done = put(target, waiting_[i].to_put); !done) return done;
    }
    return Done{};
  }

 private:
  Keyspace& keyspace(const Waiting& waiting) const {
    return runtime_.shard_of(waiting.to_put.key).keyspace(waiting.database);
  }

  Runtime& runtime_;
  std::array<Waiting, 32> waiting_;
  size_t size_ = 0;
};

/// Of the keys that a file says it has, those that `file_bytes` can have, and takes off what they fill.
uint64_t believed_keys(uint64_t keys, uint64_t& file_bytes) noexcept;

/// Has the keyspaces of a database expect so many keys, as far as they are believed.
void expect_keys(Runtime& runtime, uint64_t database, uint64_t keys, uint64_t& file_bytes);

}  // namespace kevy
