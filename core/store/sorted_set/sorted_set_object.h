// SortedSetObject: a sorted set in the form that scales: its members by their bytes in a table, and
// in order in a tree. Owns the members, which lie in its slab.
//
// A result of ZUNION and its like is gathered in one too: while it is, the members are in the table
// alone, until order() puts them into the tree; before that nothing but gather, find, and the
// methods beside them may be called.
//
// Touched only by the holder of the shard's lock.
#pragma once

#include "store/object.h"
#include "store/sorted_set/score_tree.h"
#include "store/table/slab.h"
#include "store/table/table.h"

namespace kevy {

class SortedSetObject final : public Object {
 public:
  SortedSetObject() : members_(HashSecret::process()) {}
  ~SortedSetObject() override;

  std::unique_ptr<Object> clone() const override;
  std::unique_ptr<ObjectView> view(size_t elements) override;
  size_t memory_bytes() const noexcept override;

  size_t size() const noexcept { return members_.size(); }
  const ScoreTree& order() const noexcept { return order_; }
  const ScoredMember* find(Bytes member) const noexcept { return look_up(member); }

  /// Adds a member that is not there.
  void add(Bytes member, double score);
  void set_score(ScoredMember* member, double score) {
    if (members_.viewed()) [[unlikely]] members_.before_change(members_.hash(member->key()));
    order_.update(member, score);
  }
  ScoredMember* find(Bytes member) noexcept { return look_up(member); }
  bool erase(Bytes member) noexcept;
  /// Removes `count` elements from rank `first` on.
  void erase_ranks(uint64_t first, uint64_t count) noexcept;

  // Gathering.
  void gather(Bytes member, double score);
  void set_gathered(ScoredMember* member, double score) noexcept { member->set_score(score); }
  void order_gathered();

  /// Some members of a full iteration, as Table::scan_some.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    return members_.scan_some(cursor, count, visit);
  }

 private:
  class View;

  ScoredMember* look_up(Bytes member) const noexcept {
    const auto slot = members_.find(member);
    return slot ? slot.item() : nullptr;
  }
  ScoredMember* make(Bytes member, double score);
  void release(ScoredMember* member) noexcept;
  void moved(ScoredMember* copy) noexcept;

  Table<ScoredMember> members_;
  ScoreTree order_;
  Slab slab_;
};

}  // namespace kevy
