// SortedSet: a view of an entry that holds a sorted set, in either of its forms.
//
// Packed, it is what packed_pairs.h describes; the entry counts the pairs. Big, it is a
// SortedSetObject. It becomes big when an addition passes the limits that the caller gives, and
// never packed again.
//
// Made on the stack for one command. A view with a keyspace may change the set, and makes the key
// with the first addition; an empty set is for the caller to erase. A view of a const entry only
// reads. What is visited is good for the visit. Touched only by the holder of the shard's lock.
#pragma once

#include <optional>

#include "store/keyspace.h"
#include "store/packed/packed_pairs.h"
#include "store/sorted_set/sorted_set_object.h"

namespace kevy {

struct ScoreRange {
  double min, max;
  bool min_open = false, max_open = false;  // the bound itself is outside

  bool past_min(double score) const noexcept { return min_open ? score > min : score >= min; }
  bool below_max(double score) const noexcept { return max_open ? score < max : score <= max; }
};

struct LexBound {
  enum class Kind : uint8_t { kLowest, kHighest, kClosed, kOpen };
  Kind kind = Kind::kLowest;
  Bytes member;
};

struct LexRange {
  LexBound min, max;

  bool past_min(Bytes member) const noexcept {
    if (min.kind == LexBound::Kind::kLowest) return true;
    if (min.kind == LexBound::Kind::kHighest) return false;
    return min.kind == LexBound::Kind::kOpen ? member > min.member : member >= min.member;
  }
  bool below_max(Bytes member) const noexcept {
    if (max.kind == LexBound::Kind::kHighest) return true;
    if (max.kind == LexBound::Kind::kLowest) return false;
    return max.kind == LexBound::Kind::kOpen ? member < max.member : member <= max.member;
  }
};

/// Elements that follow each other: `count` from rank `first` on.
struct Ranks {
  uint64_t first = 0, count = 0;
};

enum class Direction : uint8_t { kUp, kDown };

/// When a score is stored, and how.
struct ScoreRule {
  bool only_new = false, only_existing = false;
  bool only_greater = false, only_less = false;  // of one that is there
  bool add = false;                              // to the score that is there
};

class SortedSet {
 public:
  /// Up to which size a set is packed: members, and bytes of the longest.
  struct Limits {
    size_t entries, bytes;
  };
  enum class Outcome : uint8_t { kAdded, kChanged, kSame, kRefused, kNotANumber };
  struct Stored {
    Outcome outcome;
    double score = 0;  // what the member has now, unless refused
  };

  SortedSet(Keyspace& keyspace, const Key& key, Entry* entry) noexcept
      : keyspace_(&keyspace), key_(key), entry_(entry) {}
  /// For reading; nullptr: an empty set.
  explicit SortedSet(const Entry* entry) noexcept : entry_(const_cast<Entry*>(entry)) {}

  /// Gives `key`, in the place of whatever it has, what was gathered and ordered, packed if it is
  /// small.
  static void put(Keyspace& keyspace, const Key& key, std::unique_ptr<SortedSetObject> object,
                  Limits limits);
  /// The same for who has no key yet.
  static Value value_of(std::unique_ptr<SortedSetObject> object, Limits limits);

  Entry* entry() const noexcept { return entry_; }
  size_t size() const noexcept {
    return entry_ == nullptr ? 0 : packed() ? entry_->packed_count() : object().size();
  }
  bool empty() const noexcept { return size() == 0; }
  bool packed() const noexcept { return entry_->encoding() == Encoding::kPacked; }

  std::optional<double> score(Bytes member) const noexcept;
  struct Ranked {
    uint64_t rank;
    double score;
  };
  std::optional<Ranked> rank(Bytes member) const noexcept;
  Ranks between(const ScoreRange& range) const noexcept;
  /// When the scores are not all the same the answer depends on the direction in which Redis would
  /// look for it.
  Ranks between(const LexRange& range, Direction direction) const noexcept;

  /// Stores `score`, or adds it to what is there, as the rule says.
  Stored store(Bytes member, double score, ScoreRule rule, Limits limits);
  bool erase(Bytes member);
  void erase(Ranks ranks);
  /// Gives a packed set, which there must be, the form that scales.
  void make_big();

  /// visit(Bytes member, double score) for every element, until it says stop.
  template <Visitor<Bytes, double> Visit>
  Walk for_each(Visit&& visit) const {
    return this->visit({0, size()}, Direction::kUp, visit);
  }
  /// The same for the elements of these ranks, which there must be.
  template <Visitor<Bytes, double> Visit>
  Walk visit(Ranks ranks, Direction direction, Visit&& visit) const;
  /// A part of a full iteration, as Keyspace::scan; a packed set is visited at once.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const;

 private:
  const SortedSetObject& object() const noexcept {
    return static_cast<const SortedSetObject&>(*entry_->object());
  }
  SortedSetObject& object_to_change() noexcept {
    return static_cast<SortedSetObject&>(keyspace_->object_to_change(*entry_, key_.hash));
  }
  PackedPairs pairs() const noexcept { return {entry_->packed(), entry_->packed_count()}; }
  Stored store_packed(Bytes member, double score, ScoreRule rule, Limits limits);
  Stored store_big(Bytes member, double score, ScoreRule rule);
  void make_packed(const Packing& member, double score);
  void add_packed(const PackedPairs& pairs, const Packing& member, double score, size_t index);
  void move_packed(const PackedPairs& pairs, size_t from, size_t to, const Packing& member,
                   double score);
  void erase_packed(size_t first, size_t count);
  char* resize(size_t bytes, int counted);

  Keyspace* keyspace_ = nullptr;
  Key key_;
  Entry* entry_;
};

template <Visitor<Bytes, double> Visit>
Walk SortedSet::visit(Ranks ranks, Direction direction, Visit&& visit) const {
  if (ranks.count == 0) return Walk::kGoOn;
  const bool up = direction == Direction::kUp;
  if (!packed()) {
    const ScoreTree& order = object().order();
    const auto one = [&](const ScoredMember& member, double score) {
      return visit(member.key(), score);
    };
    return up ? order.visit_up(ranks.first, ranks.count, one)
              : order.visit_down(ranks.first + ranks.count - 1, ranks.count, one);
  }
  char digits[kIntegerTextMax];
  const PackedPairs pairs = this->pairs();
  for (size_t i = 0; i != ranks.count; ++i) {
    const size_t index = ranks.first + (up ? i : ranks.count - 1 - i);
    if (visit(pairs.member(index, digits), pairs.score(index)) == Walk::kStop) return Walk::kStop;
  }
  return Walk::kGoOn;
}

template <typename Visit>
uint64_t SortedSet::scan(uint64_t cursor, size_t count, Visit&& visit) const {
  if (entry_ == nullptr) return 0;
  if (packed()) {
    for_each([&](Bytes member, double score) {
      visit(member, score);
      return Walk::kGoOn;
    });
    return 0;
  }
  return object().scan(cursor, count, [&](const ScoredMember& member) {
    visit(member.key(), member.score());
  });
}

}  // namespace kevy
