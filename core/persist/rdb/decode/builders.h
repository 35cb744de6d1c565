// Builders of values from elements that come one after another: they are gathered while they may
// lie in an entry together, and put into the form that scales once they are too many or too long.
//
// Made on the stack for one value; one thread. What throws std::bad_alloc ends the builder.
#pragma once

#include <memory>
#include <optional>

#include "persist/rdb/decode/decode.h"
#include "persist/rdb/decode/elements.h"

namespace kevy {

class ListBuilder {
 public:
  explicit ListBuilder(const ListLimit& limit) noexcept : limit_(limit) {}
  void add(Bytes element);
  /// Nothing where there was no element.
  std::optional<Value> finish();

 private:
  void push_gathered();

  const ListLimit limit_;
  Elements gathered_;
  std::unique_ptr<ListChunks> chunks_;
};

class SetBuilder {
 public:
  SetBuilder(const Set::Limits& limits, bool never_intset) noexcept
      : limits_(limits), never_intset_(never_intset) {}
  /// False when it was seen that a member came twice.
  bool add(Bytes member);
  bool empty() const noexcept { return set_ == nullptr && gathered_.size() == 0; }
  /// There was a member. Nothing when one came twice.
  std::optional<Value> finish();

 private:
  bool fits(Bytes member) noexcept;
  bool become_big();

  const Set::Limits limits_;
  const bool never_intset_;
  bool all_numbers_ = true;
  bool short_ = true;
  Elements gathered_;
  std::unique_ptr<SetObject> set_;
};

class ZsetBuilder {
 public:
  explicit ZsetBuilder(const SortedSet::Limits& limits)
      : limits_(limits), zset_(std::make_unique<SortedSetObject>()) {}
  /// False when it came before, or the score is no number.
  bool add(Bytes member, double score);
  bool empty() const noexcept { return zset_->size() == 0; }
  /// There was a member.
  Value finish();

 private:
  const SortedSet::Limits limits_;
  std::unique_ptr<SortedSetObject> zset_;
};

class HashBuilder {
 public:
  explicit HashBuilder(const Hash::Limits& limits) noexcept : limits_(limits) {}
  /// False when it was seen that a field came twice. `expires_at_ms`: Keyspace::kNoExpiry, or a
  /// moment.
  bool add(Bytes field, Bytes value, int64_t expires_at_ms = Keyspace::kNoExpiry);
  bool empty() const noexcept { return hash_ == nullptr && times_.empty(); }
  /// There was a field. Nothing when one came twice.
  std::optional<Value> finish();

 private:
  bool become_big();
  Value packed() const;

  const Hash::Limits limits_;
  int64_t next_expiry_ms_ = Entry::kNoFieldTimes;
  Elements gathered_;           // fields and values in turn
  std::vector<int64_t> times_;  // of the fields
  std::unique_ptr<HashObject> hash_;
};

}  // namespace kevy
