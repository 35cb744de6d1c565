// Set: an entry seen as members without an order, in whichever of its three forms it lies:
//
//   intset   inside the entry: integers in ascending order (intset.h)
//   packed   inside the entry: the members in the order they came (packed.h)
//   big      a SetObject
//
// A set of integers starts as an intset and any other one packed. An intset that gets a member that
// is no integer becomes packed; what passes a limit that the caller gives becomes big. A set never
// goes back.
//
// Made on the stack for one operation; knows no command, reply, clock or lock. Bytes that it gives
// are good until the next change of the set, or for as long as the visit if they are a number's.
// Touched only by the holder of the shard's lock.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/distinct_draws.h"
#include "base/number.h"
#include "base/random.h"
#include "base/walk.h"
#include "store/keyspace.h"
#include "store/packed/packed.h"
#include "store/set/intset.h"
#include "store/set/member_ref.h"
#include "store/set/set_object.h"

namespace kevy {

class Set {
 public:
  /// Up to which size a set lies in its entry.
  struct Limits {
    size_t intset_entries;
    size_t packed_entries;
    size_t packed_bytes;  // of a member
  };

  /// `entry`: what the key has, or nullptr; the first member makes it then.
  Set(Keyspace& keyspace, const Key& key, Entry* entry) noexcept
      : keyspace_(&keyspace), key_(key), entry_(entry) {}
  /// For reading only.
  explicit Set(const Entry* entry) noexcept : entry_(const_cast<Entry*>(entry)) {}

  /// Where the set is now.
  Entry* entry() const noexcept { return entry_; }
  size_t size() const noexcept {
    if (entry_ == nullptr) return 0;
    return is_big() ? big().size() : entry_->packed_count();
  }
  bool empty() const noexcept { return size() == 0; }

  bool contains(Bytes member) const noexcept;
  /// Whether the member is new. It may not lie in this set.
  bool add(Bytes member, const Limits& limits);
  /// To be called before `count` members are added, first of all `first`: a set that would pass its
  /// limits, were they all new, becomes big at once, and so does one that is not there, which is then
  /// empty until the first is added.
  void expect(size_t count, Bytes first, const Limits& limits);
  /// Whether the member was there. It may lie in this set, and is gone then. The set may be empty
  /// after it; its key is the caller's to erase.
  bool erase(Bytes member);
  /// Gives `key`, in place of whatever it has, a set of `members`, which are distinct, at least
  /// one, and may lie in what the key has; without a time to live.
  static void store(Keyspace& keyspace, const Key& key, std::span<const MemberRef> members,
                    const Limits& limits);
  /// The same for who has no key yet. `never_intset`: not even where all are integers.
  static Value value_of(std::span<const MemberRef> members, const Limits& limits,
                        bool never_intset);

  /// Calls visit(Bytes) for every member, until it says stop; of an intset, in ascending order.
  template <Visitor<Bytes> Visit>
  Walk for_each(Visit&& visit) const {
    if (entry_ == nullptr) return Walk::kGoOn;
    if (is_big()) return big().for_each([&](const Member& member) { return visit(member.key()); });
    if (is_intset()) {
      const Intset all = numbers();
      for (size_t i = 0; i < all.size(); ++i) {
        if (visit_number(all[i], visit) == Walk::kStop) return Walk::kStop;
      }
    } else {
      for (PackedCursor at(entry_->packed()); !at.done(); at.skip()) {
        if (visit_packed(at.at(), visit) == Walk::kStop) return Walk::kStop;
      }
    }
    return Walk::kGoOn;
  }

  /// A part of a full iteration, some `count` members from `cursor` (0: the start); returns the
  /// cursor to go on with, 0 at the end. A member that stays is visited at least once, and a set
  /// that lies in its entry in one part. Any cursor is safe.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    if (entry_ != nullptr && is_big()) {
      return big().scan(cursor, count, [&](const Member& member) { visit(member.key()); });
    }
    for_each([&](Bytes member) {
      visit(member);
      return Walk::kGoOn;
    });
    return 0;
  }

  /// Visits `count` members by chance, each time every member with the same chance; the set is not
  /// empty.
  template <typename Visit>
  void pick(size_t count, Random& random, Visit&& visit) const {
    if (is_big()) {
      for (; count != 0; --count) visit(big().random(random).key());
    } else if (is_intset()) {
      const Intset all = numbers();
      for (; count != 0; --count) visit_number(all[random.below(all.size())], visit);
    } else if (count == 1) {
      PackedCursor at(entry_->packed());
      at.skip(random.below(size()));
      visit_packed(at.at(), visit);
    } else {
      std::vector<const char*> all;
      for (PackedCursor at(entry_->packed()); !at.done(); at.skip()) all.push_back(at.at());
      for (; count != 0; --count) visit_packed(all[random.below(all.size())], visit);
    }
  }

  /// Visits `count` different members, but not more than there are, every choice of so many having
  /// the same chance.
  template <typename Visit>
  void sample(size_t count, Random& random, Visit&& visit) const {
    if (count >= size()) {
      for_each([&](Bytes member) {
        visit(member);
        return Walk::kGoOn;
      });
    } else if (count > size() / kFewOf || !(is_big() || is_intset())) {
      sample_walking(count, random, visit);
    } else if (is_big()) {
      DistinctDraws<const Member*> drawn(count);
      while (drawn.size() != count) {
        const Member& member = big().random(random);
        if (drawn.add(&member)) visit(member.key());
      }
    } else {
      const Intset all = numbers();
      DistinctDraws<size_t> drawn(count);
      while (drawn.size() != count) {
        const size_t index = random.below(all.size());
        if (drawn.add(index)) visit_number(all[index], visit);
      }
    }
  }

  /// Takes `count` members, fewer than there are, out of a set that lies in its entry, every choice of
  /// so many having the same chance. All are visited before the set changes.
  template <typename Visit>
  void take_inside(size_t count, Random& random, Visit&& visit) {
    const Bytes all = entry_->packed();
    const size_t width = numbers().width(), kept_count = size() - count;
    std::string kept;
    kept.reserve(all.size());
    const char* at = all.data();
    for (size_t left = size(); left != 0; --left) {
      const size_t bytes = is_intset() ? width : packed_size(at);
      if (random.below(left) >= count) {
        kept.append(at, bytes);
      } else if (--count; is_intset()) {
        visit_number(Intset({at, width}, 1)[0], visit);
      } else {
        visit_packed(at, visit);
      }
      at += bytes;
    }
    keep_inside(kept, kept_count);
  }

  // Taking most members out of a big set: it costs less to say which ones stay.
  bool is_big() const noexcept { return entry_->encoding() == Encoding::kObject; }
  /// A copy of `count` members, every choice of so many having the same chance; fewer than there are.
  std::unique_ptr<SetObject> choose(size_t count, Random& random) const;
  /// Has no members any more but those of `chosen`.
  void become(std::unique_ptr<SetObject> chosen) noexcept;

  // For operations on several sets (set_algebra.h).
  /// Appends some `count` members to `into`, as scan, but for any form, and only while the set does
  /// not change. They are good until then.
  uint64_t gather(uint64_t cursor, size_t count, std::vector<MemberRef>& into) const;
  /// Keeps those of `members` that are in this set, or those that are not.
  void filter(std::vector<MemberRef>& members, bool keep_present) const;

 private:
  /// Picking again what was picked already costs less than walking when one member in so many or
  /// fewer are wanted.
  static constexpr size_t kFewOf = 3;

  bool is_intset() const noexcept { return entry_->encoding() == Encoding::kIntset; }
  const SetObject& big() const noexcept {
    return static_cast<const SetObject&>(*entry_->object());
  }
  SetObject& big_to_change() noexcept {
    return static_cast<SetObject&>(keyspace_->object_to_change(*entry_, key_.hash));
  }
  Intset numbers() const noexcept { return {entry_->packed(), entry_->packed_count()}; }

  template <typename Visit>
  static auto visit_number(int64_t number, Visit&& visit) {
    char digits[kIntegerTextMax];
    return visit(format_int64(number, digits));
  }
  template <typename Visit>
  static auto visit_packed(const char* at, Visit&& visit) {
    char digits[kIntegerTextMax];
    return visit(read_packed(at).text(digits));
  }

  /// Goes through the members, taking each with the chance of what is wanted in what is left, until
  /// it has `wanted` of them.
  template <typename Visit>
  void sample_walking(size_t wanted, Random& random, Visit&& visit) const {
    size_t left = size();
    if (wanted == 0) return;
    for_each([&](Bytes member) {
      if (random.below(left--) < wanted) {
        visit(member);
        --wanted;
      }
      return wanted == 0 ? Walk::kStop : Walk::kGoOn;
    });
  }

  const char* find_packed(const Packing& member) const noexcept;
  void make(Bytes member, std::optional<int64_t> number, const Limits& limits);
  bool add_number(int64_t number, const Limits& limits);
  bool add_packed(Bytes member, const Limits& limits);
  bool add_big(Bytes member);
  void leave_intset(Bytes member, const Limits& limits);
  void become_big();
  void keep_inside(Bytes kept, size_t count) noexcept;

  Keyspace* keyspace_ = nullptr;
  Key key_;
  Entry* entry_;
};

}  // namespace kevy
