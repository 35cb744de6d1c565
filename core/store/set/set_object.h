// SetObject: a set in the form that scales: its members in a table, each in a block of its slab.
//
// Read and changed through Set (set.h) and set_algebra.h alone. Touched only by the holder of the
// shard's lock; destroyed by anyone once the keyspace has let go of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/prefetch.h"
#include "base/walk.h"
#include "store/object.h"
#include "store/set/member_ref.h"
#include "store/table/slab.h"
#include "store/table/table.h"

namespace kevy {

/// A member: its length and its bytes. The length is in groups of seven bits, the low ones first;
/// all its bytes but the last have the high bit set.
class Member {
 public:
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  Bytes key() const noexcept {
    const char* at = reinterpret_cast<const char*>(this);
    const auto first = static_cast<uint8_t>(*at);
    if (first < 0x80) [[likely]] return {at + 1, first};
    size_t size = first & 0x7f;
    for (unsigned shift = 7;; shift += 7) {
      const auto next = static_cast<uint8_t>(*++at);
      size |= static_cast<size_t>(next & 0x7f) << shift;
      if (next < 0x80) return {at + 1, size};
    }
  }

 private:
  friend class SetObject;
  friend class Slab;
  Member() = default;
  static size_t head_size(Bytes bytes) noexcept;
  /// `to` has room for head_size() and the bytes.
  static Member* write(void* to, Bytes bytes) noexcept;
  size_t memory_size() const noexcept { return head_size(key()) + key().size(); }
};

class SetObject final : public Object {
 public:
  SetObject() : members_(HashSecret::process()) {}
  ~SetObject() override;

  std::unique_ptr<Object> clone() const override;
  std::unique_ptr<ObjectView> view(size_t elements) override;
  size_t memory_bytes() const noexcept override;

  size_t size() const noexcept { return members_.size(); }
  bool contains(Bytes member) const noexcept { return static_cast<bool>(members_.find(member)); }
  /// Whether the member is new. It may not lie in this set.
  bool add(Bytes member);
  /// For an empty set: so many members are going to be added, or fewer.
  void expect(size_t count) { slab_.expect(count); }
  /// Adds a member that is not there.
  void insert(Bytes member) { insert(member, members_.hash(member)); }
  /// The same for many, which are distinct. Faster than one by one.
  void insert(std::span<const MemberRef> members);
  /// Whether the member was there. It may lie in this set, and is gone then.
  bool erase(Bytes member) noexcept;
  /// Keeps those of `members` that are in this set, or those that are not. Faster than one by one.
  void filter(std::vector<MemberRef>& members, bool keep_present) const;

  /// Calls visit(const Member&) for every member, each fetched ahead, until it says stop.
  template <Visitor<const Member&> Visit>
  Walk for_each(Visit&& visit) const {
    constexpr size_t kAhead = 16;
    const Member* ahead[kAhead];
    size_t seen = 0;
    const Walk walk = members_.for_each([&](const Member& member) {
      prefetch_line(&member);
      const size_t place = seen++ % kAhead;
      const Walk wanted = seen > kAhead ? visit(*ahead[place]) : Walk::kGoOn;
      ahead[place] = &member;
      return wanted;
    });
    if (walk == Walk::kStop) return walk;
    for (size_t i = seen - std::min(seen, kAhead); i != seen; ++i) {
      if (visit(*ahead[i % kAhead]) == Walk::kStop) return Walk::kStop;
    }
    return Walk::kGoOn;
  }
  /// A part of a full iteration; see Table::scan_some.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    return members_.scan_some(cursor, count, visit);
  }
  /// A member, each with the same chance; there is one.
  const Member& random(Random& random) const noexcept { return *members_.random(random); }

 private:
  class View;
  static constexpr size_t kBatch = 32;  // members whose look-ups are fetched ahead together

  void insert(Bytes member, uint64_t hash);
  void release(Member* member) noexcept;
  void moved(Member* copy) noexcept { members_.find(copy->key()).replace(copy); }

  Table<Member> members_;
  Slab slab_;
};

}  // namespace kevy
