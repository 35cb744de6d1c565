// TrackedKeys: the keys of one shard that sessions have read and are to be told of when they
// change, whichever database they were read from. A key goes with the first change of it: whoever
// reads it again is told again.
//
// Touched only by the holder of the shard's lock.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "runtime/tracking/session_ids.h"
#include "store/garbage.h"
#include "store/keyspace.h"
#include "store/table/name_table.h"

namespace kevy {

class TrackedKeys {
 public:
  /// Counts its keys in `interested` too.
  explicit TrackedKeys(size_t& interested) noexcept;
  ~TrackedKeys();
  TrackedKeys(const TrackedKeys&) = delete;
  TrackedKeys& operator=(const TrackedKeys&) = delete;

  size_t keys() const noexcept { return readers_ == nullptr ? 0 : readers_->table.size(); }
  /// How many times a session has a key.
  size_t items() const noexcept { return items_; }
  size_t memory_bytes() const noexcept {
    return readers_ == nullptr ? 0 : readers_->memory_bytes();
  }

  /// Notes that a session has read a key. `is_gone` says of numbers of sessions whether there are
  /// none. Throws std::bad_alloc, and nothing is noted.
  template <typename IsGone>
  void add(const Key& key, uint64_t session, IsGone&& is_gone) {
    if (readers_ == nullptr) readers_ = std::make_unique<Readers>();
    const size_t keys_before = keys();
    SessionIds& ids = readers_->table.find_or_make(key.bytes, key.hash);
    const size_t bytes_before = ids.memory_bytes(), items_before = ids.size();
    try {
      ids.add(session, is_gone);
    } catch (...) {
      if (keys() != keys_before) readers_->table.erase(key.bytes, key.hash);
      throw;
    }
    readers_->bytes += ids.memory_bytes() - bytes_before;
    if (keys() != keys_before) {
      readers_->bytes += bytes_of(key.bytes);
      ++interested_;
    }
    items_ += ids.size() - items_before;
  }
  /// Takes a key out: the sessions that have read it.
  SessionIds take(const Key& key) noexcept;
  /// A key, each with the same chance; nullptr when there is none.
  const std::string* any() const noexcept;
  /// Takes all keys out.
  void clear(Garbage& garbage) noexcept;

 private:
  /// An object, so that many keys are freed by whoever frees big values.
  struct Readers final : Object {
    NameTable<SessionIds> table;
    size_t bytes = 0;  // of long names, and of the values
    Random random;

    std::unique_ptr<Object> clone() const override { return nullptr; }  // it is no value
    size_t memory_bytes() const noexcept override {
      return sizeof *this + table.memory_bytes() + bytes;
    }
  };
  static size_t bytes_of(Bytes name) noexcept {
    return name.size() <= kInsideMax ? 0 : name.size() + 1;
  }

  static constexpr size_t kInsideMax = 15;  // of a string's bytes

  size_t& interested_;
  size_t items_ = 0;
  std::unique_ptr<Readers> readers_;  // made when first needed
};

}  // namespace kevy
