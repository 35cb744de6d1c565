// StringBatch: several strings that are stored together or not at all, of any keyspaces and with one
// expiry. A key may be given several times: the last value counts.
//
// Made on the stack for one command, by the holder of the locks of all these keyspaces, which nobody
// else changes meanwhile. Keys and values must outlive it.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "store/keyspace.h"

namespace kevy {

class StringBatch {
 public:
  struct Pair {
    Keyspace* keyspace;
    Key key;
    Bytes value;
    Keyspace::Staged staged;

    bool is_new() const noexcept { return staged.before == nullptr; }
  };

  static_assert(std::is_trivially_destructible_v<Pair>);

  /// For `most` pairs. `expires_at_ms` as Keyspace's.
  StringBatch(size_t most, int64_t expires_at_ms)
      : more_(most > kFew ? new char[most * sizeof(Pair)] : nullptr),
        pairs_(reinterpret_cast<Pair*>(more_ != nullptr ? more_.get() : few_)),
        expires_at_ms_(expires_at_ms) {}
  /// Takes back what was not committed.
  ~StringBatch() {
    while (count_ != 0) {
      const Pair& pair = pairs_[--count_];
      pair.keyspace->take_back(pair.key, pair.staged);
    }
  }
  StringBatch(const StringBatch&) = delete;
  StringBatch& operator=(const StringBatch&) = delete;

  /// `entry`: what the key has now, or nullptr. `block`: the value's, if it came in one, which is
  /// kept. Throws std::bad_alloc.
  void add(Keyspace& keyspace, const Key& key, Entry* entry, Bytes value, SharedBytes block = {}) {
    const Keyspace::Staged staged =
        keyspace.stage_string(key, entry, value, expires_at_ms_, std::move(block));
    new (&pairs_[count_]) Pair{&keyspace, key, value, staged};
    ++count_;
  }
  /// Gives the pairs that were stored, in order.
  std::span<const Pair> commit() noexcept {
    const std::span<const Pair> stored(pairs_, count_);
    for (const Pair& pair : stored) {
      pair.keyspace->settle(pair.key, pair.staged, pair.value, expires_at_ms_);
    }
    count_ = 0;
    return stored;
  }

 private:
  static constexpr size_t kFew = 16;

  // Not initialised, which would cost more than a few pairs do.
  alignas(Pair) char few_[kFew * sizeof(Pair)];
  const std::unique_ptr<char[]> more_;
  Pair* const pairs_;
  size_t count_ = 0;
  const int64_t expires_at_ms_;
};

}  // namespace kevy
