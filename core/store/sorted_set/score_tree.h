// ScoreTree: the members of a sorted set in order, first by score, then by their bytes; a B+ tree
// that knows how many elements lie below each node. So an element's rank, the element of a rank and
// the first element past any bound are found on one way from the root.
//
// A leaf holds scores beside pointers to the members, so that a comparison touches a member only
// where scores are equal. An inner node holds, for each child, the smallest element below it, its
// size and where it is. Leaves are linked both ways. Nodes are split in the middle, but at the right
// end of the tree behind the last element, so that what is inserted in ascending order fills them.
// Between insertions and removals every node but those on the right edge is at least a third full.
//
// Does not own the members. At most 2^32 - 1 elements. One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/bytes.h"
#include "base/prefetch.h"
#include "base/walk.h"
#include "store/sorted_set/scored_member.h"

namespace kevy {

class ScoreTree {
 public:
  ScoreTree() = default;
  ~ScoreTree();
  ScoreTree(const ScoreTree&) = delete;
  ScoreTree& operator=(const ScoreTree&) = delete;

  size_t size() const noexcept { return size_; }
  /// What the nodes take.
  size_t memory_bytes() const noexcept { return memory_; }

  /// Adds a member that is not in the tree. When there is no memory for it nothing has changed.
  void insert(ScoredMember* member) { insert({member->score(), member}); }
  /// Removes a member that is in the tree.
  void erase(const ScoredMember* member) noexcept;
  /// Removes the element of rank `rank` and returns it.
  ScoredMember* erase_at(uint64_t rank) noexcept;
  /// Gives a member that is in the tree another score. When there is no memory to move it to where
  /// it belongs nothing has changed.
  void update(ScoredMember* member, double score);

  /// Puts `copy`, a copy of a member that is in the tree, in its place.
  void replace(const ScoredMember* member, ScoredMember* copy) noexcept;

  /// How many elements come before this one, whether it is in the tree or not.
  uint64_t rank(double score, Bytes member) const noexcept {
    return count_before(Before{score, member});
  }
  /// How many elements `before(score, const ScoredMember&)` holds for. It must hold for all up to
  /// some element and for none from there on.
  template <typename Predicate>
  uint64_t count_before(const Predicate& before) const noexcept;
  /// The element of a rank below size().
  ScoredMember* at(uint64_t rank) const noexcept;

  /// visit(const ScoredMember&, double score) for `count` elements from rank `first` on, which
  /// there must be, until it says stop: upwards, or downwards. It must not change the tree.
  template <Visitor<const ScoredMember&, double> Visit>
  Walk visit_up(uint64_t first, uint64_t count, Visit&& visit) const;
  template <Visitor<const ScoredMember&, double> Visit>
  Walk visit_down(uint64_t first, uint64_t count, Visit&& visit) const;

  /// Whether all that is said above of the nodes is so. For tests: walks the whole tree.
  bool valid() const;

 private:
  static constexpr unsigned kLeafMax = 64;
  static constexpr unsigned kInnerMax = 64;
  static constexpr unsigned kFirstLeaf = 4;  // elements the only leaf of a small tree has room for
  static constexpr unsigned kDepthMax = 12;  // a third of 64 children at least: 21^12 > 2^32
  static constexpr unsigned kAhead = 6;      // how far a walk fetches members ahead

  struct Item {
    double score;
    ScoredMember* member;
  };
  struct Leaf {
    Leaf* previous;
    Leaf* next;
    uint32_t count;
    uint32_t capacity;  // kLeafMax, or less in an only leaf
    // Behind it, `capacity` of them.
    Item* items() noexcept { return reinterpret_cast<Item*>(this + 1); }
    const Item* items() const noexcept { return reinterpret_cast<const Item*>(this + 1); }
  };
  struct Inner {
    uint32_t count;
    uint32_t sizes[kInnerMax];
    double scores[kInnerMax];  // with members: the smallest element below each child
    ScoredMember* members[kInnerMax];
    void* children[kInnerMax];

    Item first(unsigned i) const noexcept { return {scores[i], members[i]}; }
    void set_first(unsigned i, Item item) noexcept {
      scores[i] = item.score;
      members[i] = item.member;
    }
    uint64_t sizes_before(unsigned i) const noexcept {
      uint64_t sum = 0;
      for (unsigned j = 0; j < i; ++j) sum += sizes[j];
      return sum;
    }
  };

  /// Holds for the elements before (score, member).
  struct Before {
    double score;
    Bytes member;
    bool operator()(double other, const ScoredMember& at) const noexcept {
      return other < score || (other == score && key_is_before(at));
    }
    bool key_is_before(const ScoredMember& at) const noexcept { return at.key() < member; }
  };

  /// The way from the root to a leaf: which child was taken of which node.
  struct Path {
    struct Step {
      Inner* node;
      unsigned index;
    } steps[kDepthMax];
    Leaf* leaf;
    unsigned index;  // in the leaf
  };
  /// What an insertion did: where the element lies now, unless others have moved to other nodes.
  struct Added {
    const Leaf* leaf;
    unsigned index;
    bool moved_others;
  };
  class Spares;

  /// How many of `count` ordered things come before the bound.
  template <typename IsBefore>
  static unsigned partition(unsigned count, IsBefore&& is_before) noexcept {
    unsigned begin = 0;
    while (count != 0) {
      const unsigned half = count / 2;
      const bool right = is_before(begin + half);
      begin = right ? begin + half + 1 : begin;
      count = right ? count - half - 1 : half;
    }
    return begin;
  }
  /// The same for elements and a score: first how many scores are lower, without a branch that the
  /// processor could guess wrong, and where one is equal, by key_is_before(const ScoredMember&).
  template <typename ItemAt, typename KeyIsBefore>
  static unsigned partition(unsigned count, double score, ItemAt&& item_at,
                            KeyIsBefore&& key_is_before) noexcept {
    unsigned begin = 0;
    for (unsigned left = count; left != 0; left /= 2) {
      const unsigned half = (left + 1) / 2;
      begin += half & (0 - static_cast<unsigned>(item_at(begin + half - 1).score < score));
    }
    if (begin == count || item_at(begin).score != score) [[likely]] return begin;
    return begin + partition(count - begin, [&](unsigned i) {
             const Item item = item_at(begin + i);
             return item.score == score && key_is_before(*item.member);
           });
  }
  template <typename ItemAt, typename Predicate>
  static unsigned elements_before(unsigned count, ItemAt&& item_at,
                                  const Predicate& before) noexcept {
    if constexpr (std::is_same_v<Predicate, Before>) {
      return partition(count, before.score, item_at,
                       [&](const ScoredMember& at) { return before.key_is_before(at); });
    } else {
      return partition(count, [&](unsigned i) {
        const Item item = item_at(i);
        return before(item.score, *item.member);
      });
    }
  }
  /// The child of a node that what comes before the bound ends in: the one before the first that
  /// starts past it.
  template <typename Predicate>
  static unsigned child_for(const Inner& node, const Predicate& before) noexcept {
    return elements_before(
        node.count - 1, [&](unsigned i) { return node.first(i + 1); }, before);
  }
  template <typename Predicate>
  static unsigned place_in(const Leaf& leaf, const Predicate& before) noexcept {
    return elements_before(leaf.count, [&](unsigned i) { return leaf.items()[i]; }, before);
  }

  /// Has what a search in a node reads fetched at once, rather than line by line as it goes.
  static void prefetch_node(const void* node, unsigned height) noexcept {
    if (height == 0) {
      prefetch_bytes<sizeof(Leaf) + kLeafMax * sizeof(Item)>(node);
    } else {
      prefetch_bytes<offsetof(Inner, members)>(node);
    }
  }
  Path find(const Before& before) const noexcept;
  Path find(const ScoredMember& member) const noexcept {
    return find(Before{member.score(), member.key()});
  }
  /// The leaf that holds a rank, which becomes the index in it.
  const Leaf* leaf_of(uint64_t& rank) const noexcept;

  Added insert(Item item);
  Leaf* make_leaf(unsigned capacity);
  Leaf* grow_only_leaf(Leaf* leaf);
  void release(void* node) noexcept;
  static void add_item(Leaf& leaf, unsigned index, Item item) noexcept;
  static void add_child(Inner& node, unsigned index, void* child, Item first,
                        uint32_t size) noexcept;
  static void remove_child(Inner& node, unsigned index) noexcept;
  static void move_children(Inner& from, unsigned begin, unsigned end, Inner& to,
                            unsigned at) noexcept;
  Leaf* split_leaf(Leaf* leaf, unsigned index, Item item, Leaf* right) noexcept;
  void add_above(const Path& path, void* added, Spares& spares) noexcept;
  void grew(const Path& path) noexcept;
  void remove(Path& path) noexcept;
  void even_out_leaves(Inner& parent, unsigned left) noexcept;
  void even_out_inner(Inner& parent, unsigned left) noexcept;
  bool valid_below(const void* node, unsigned height, bool right_edge, Item& last,
                   const Leaf*& previous_leaf, uint64_t& size) const;
  void release_below(void* node, unsigned height) noexcept;

  void* root_ = nullptr;  // a leaf when height_ is 0
  unsigned height_ = 0;
  size_t size_ = 0;
  size_t memory_ = 0;
};

template <typename Predicate>
uint64_t ScoreTree::count_before(const Predicate& before) const noexcept {
  if (root_ == nullptr) return 0;
  uint64_t rank = 0;
  const void* node = root_;
  for (unsigned level = height_; level != 0; --level) {
    const auto& inner = *static_cast<const Inner*>(node);
    const unsigned i = child_for(inner, before);
    node = inner.children[i];
    prefetch_node(node, level - 1);
    rank += inner.sizes_before(i);
  }
  return rank + place_in(*static_cast<const Leaf*>(node), before);
}

template <Visitor<const ScoredMember&, double> Visit>
Walk ScoreTree::visit_up(uint64_t first, uint64_t count, Visit&& visit) const {
  if (count == 0) return Walk::kGoOn;
  const Leaf* leaf = leaf_of(first);
  for (auto i = static_cast<unsigned>(first);; i = 0) {
    prefetch_line(leaf->next);
    const auto end = static_cast<unsigned>(std::min<uint64_t>(leaf->count, i + count));
    count -= end - i;
    for (unsigned ahead = i; ahead < std::min(end, i + kAhead); ++ahead) {
      prefetch_line(leaf->items()[ahead].member);
    }
    for (; i < end; ++i) {
      if (i + kAhead < end) prefetch_line(leaf->items()[i + kAhead].member);
      const Item& item = leaf->items()[i];
      if (visit(*item.member, item.score) == Walk::kStop) return Walk::kStop;
    }
    if (count == 0) return Walk::kGoOn;
    leaf = leaf->next;
  }
}

template <Visitor<const ScoredMember&, double> Visit>
Walk ScoreTree::visit_down(uint64_t first, uint64_t count, Visit&& visit) const {
  if (count == 0) return Walk::kGoOn;
  const Leaf* leaf = leaf_of(first);
  for (auto end = static_cast<unsigned>(first) + 1;; end = leaf->count) {
    prefetch_line(leaf->previous);
    const unsigned begin = count < end ? end - static_cast<unsigned>(count) : 0;
    count -= end - begin;
    for (unsigned i = end; i-- != begin;) {
      if (i >= begin + kAhead) prefetch_line(leaf->items()[i - kAhead].member);
      const Item& item = leaf->items()[i];
      if (visit(*item.member, item.score) == Walk::kStop) return Walk::kStop;
    }
    if (count == 0) return Walk::kGoOn;
    leaf = leaf->previous;
  }
}

}  // namespace kevy
