// IdTree: values by stream ids, in the order of the ids: a B+ tree. The chunks of a stream are in
// one, and what is pending of a group and of each of its consumers.
//
// A leaf holds ids beside values; leaves are linked both ways. An inner node holds, for each child,
// the smallest id that may be below it. What is added in ascending order, as most is, fills the
// leaves, without a search. A leaf that is the only one starts small. A node that has become nearly
// empty joins a neighbour.
//
// What the nodes take is counted where the owner says, beside what else that owner has. A value is
// copied as bytes; what it may point at is the owner's. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

#include "base/memory.h"
#include "store/stream/stream_id.h"

namespace kevy {

/// The value where the ids alone are of interest.
struct NoValue {};

template <typename Value>
class IdTree {
  static_assert(std::is_trivially_copyable_v<Value>);
  struct Leaf;

 public:
  /// `memory` counts the bytes of the nodes, and must outlive the tree.
  explicit IdTree(size_t& memory) noexcept : memory_(&memory) {}
  ~IdTree() { clear(); }
  IdTree(const IdTree&) = delete;
  IdTree& operator=(const IdTree&) = delete;

  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// A place in the tree, or past one of its ends. Good until the tree changes.
  class Cursor {
   public:
    Cursor() = default;
    explicit operator bool() const noexcept { return leaf_ != nullptr; }
    StreamId id() const noexcept { return leaf_->ids()[index_]; }
    Value& value() const noexcept { return leaf_->values()[index_]; }
    void next() noexcept {
      if (++index_ < leaf_->count) return;
      leaf_ = leaf_->next;
      index_ = 0;
    }
    void previous() noexcept {
      if (index_-- != 0) return;
      leaf_ = leaf_->previous;
      if (leaf_ != nullptr) index_ = leaf_->count - 1;
    }

   private:
    friend class IdTree;
    Cursor(Leaf* leaf, unsigned index) noexcept : leaf_(leaf), index_(index) {}
    Leaf* leaf_ = nullptr;
    unsigned index_ = 0;
  };

  Cursor first() const noexcept { return {first_, 0}; }
  Cursor last() const noexcept { return {last_, last_ != nullptr ? last_->count - 1 : 0}; }
  /// The first with this id or a higher one.
  Cursor at_or_after(StreamId id) const noexcept {
    Leaf* const leaf = leaf_for(id);
    if (leaf == nullptr) return {};
    const unsigned index = lower(*leaf, id);
    return index < leaf->count ? Cursor(leaf, index) : Cursor(leaf->next, 0);
  }
  /// The last with this id or a lower one.
  Cursor at_or_before(StreamId id) const noexcept {
    Leaf* const leaf = leaf_for(id);
    if (leaf == nullptr) return {};
    const unsigned index = upper(*leaf, id);
    if (index != 0) return {leaf, index - 1};
    return {leaf->previous, leaf->previous != nullptr ? leaf->previous->count - 1 : 0};
  }
  /// The value of an id, or nullptr.
  Value* find(StreamId id) const noexcept {
    Leaf* const leaf = leaf_for(id);
    if (leaf == nullptr) return nullptr;
    const unsigned index = lower(*leaf, id);
    return index < leaf->count && leaf->ids()[index] == id ? &leaf->values()[index] : nullptr;
  }

  /// Adds an id that is not in the tree. Throws std::bad_alloc, and nothing has changed.
  void insert(StreamId id, const Value& value);
  /// Whether the id was in the tree.
  bool erase(StreamId id) noexcept;
  void clear() noexcept;
  /// Makes an empty tree equal to another one. Throws std::bad_alloc, and holds a part of it.
  void copy_from(const IdTree& other) {
    for (Cursor at = other.first(); at; at.next()) insert(at.id(), at.value());
  }

  /// Whether all that is said above of the nodes is so. For tests: walks the whole tree.
  bool valid() const {
    Walked walked;
    return root_ == nullptr ? size_ == 0 && first_ == nullptr && last_ == nullptr
                            : valid_below(root_, height_, StreamId{}, walked) &&
                                  walked.size == size_ && walked.leaf == last_;
  }

 private:
  static constexpr unsigned kMax = 64;       // of a leaf, and of an inner node
  static constexpr unsigned kFirstLeaf = 4;  // what an only leaf begins with
  static constexpr unsigned kFew = kMax / 4;
  static constexpr unsigned kDepthMax = 16;  // few have fewer than kFew children

  struct Leaf {
    Leaf* previous;
    Leaf* next;
    unsigned count;
    unsigned capacity;
    // Behind it, `capacity` ids and as many values.
    StreamId* ids() noexcept { return reinterpret_cast<StreamId*>(this + 1); }
    Value* values() noexcept { return reinterpret_cast<Value*>(ids() + capacity); }
  };
  struct Inner {
    unsigned count;
    StreamId ids[kMax];  // of the first, whatever it is: lower than all
    void* children[kMax];
  };
  struct Step {
    Inner* node;
    unsigned index;
  };
  struct Path {
    Step steps[kDepthMax];
    Leaf* leaf;
  };
  struct Walked {
    size_t size = 0;
    const Leaf* leaf = nullptr;
  };

  static unsigned lower(Leaf& leaf, StreamId id) noexcept {
    return static_cast<unsigned>(std::lower_bound(leaf.ids(), leaf.ids() + leaf.count, id) -
                                 leaf.ids());
  }
  static unsigned upper(Leaf& leaf, StreamId id) noexcept {
    return static_cast<unsigned>(std::upper_bound(leaf.ids(), leaf.ids() + leaf.count, id) -
                                 leaf.ids());
  }
  static unsigned child_for(const Inner& node, StreamId id) noexcept {
    return static_cast<unsigned>(std::upper_bound(node.ids + 1, node.ids + node.count, id) -
                                 node.ids - 1);
  }

  Leaf* leaf_for(StreamId id) const noexcept {
    const void* node = root_;
    for (unsigned level = height_; level != 0; --level) {
      const auto& inner = *static_cast<const Inner*>(node);
      node = inner.children[child_for(inner, id)];
    }
    return static_cast<Leaf*>(const_cast<void*>(node));
  }
  Path path_to(StreamId id) const noexcept {
    Path path;
    void* node = root_;
    for (unsigned level = 0; level < height_; ++level) {
      auto* const inner = static_cast<Inner*>(node);
      const unsigned index = child_for(*inner, id);
      path.steps[level] = {inner, index};
      node = inner->children[index];
    }
    path.leaf = static_cast<Leaf*>(node);
    return path;
  }

  void* allocate(size_t size) {
    void* const node = std::malloc(size);
    if (node == nullptr) throw std::bad_alloc();
    *memory_ += allocated_bytes(node);
    return node;
  }
  void release(void* node) noexcept {
    *memory_ -= allocated_bytes(node);
    std::free(node);
  }
  Leaf* make_leaf(unsigned capacity) {
    auto* leaf =
        static_cast<Leaf*>(allocate(sizeof(Leaf) + capacity * (sizeof(StreamId) + sizeof(Value))));
    leaf->previous = leaf->next = nullptr;
    leaf->count = 0;
    leaf->capacity = capacity;
    return leaf;
  }
  static void move_items(Leaf& from, unsigned begin, unsigned end, Leaf& to, unsigned at) noexcept {
    std::memmove(to.ids() + at, from.ids() + begin, (end - begin) * sizeof(StreamId));
    std::memmove(static_cast<void*>(to.values() + at), from.values() + begin,
                 (end - begin) * sizeof(Value));
  }
  static void move_children(Inner& from, unsigned begin, unsigned end, Inner& to,
                            unsigned at) noexcept {
    std::memmove(to.ids + at, from.ids + begin, (end - begin) * sizeof(StreamId));
    std::memmove(to.children + at, from.children + begin, (end - begin) * sizeof(void*));
  }
  static void add_item(Leaf& leaf, unsigned index, StreamId id, const Value& value) noexcept {
    move_items(leaf, index, leaf.count, leaf, index + 1);
    leaf.ids()[index] = id;
    leaf.values()[index] = value;
    ++leaf.count;
  }
  static void add_child(Inner& node, unsigned index, StreamId id, void* child) noexcept {
    move_children(node, index, node.count, node, index + 1);
    node.ids[index] = id;
    node.children[index] = child;
    ++node.count;
  }

  void grow_only_leaf(unsigned capacity);
  void split(Path& path, StreamId id, const Value& value);
  void add_above(const Path& path, StreamId id, void* added, void** spares) noexcept;
  void unlink(Leaf& leaf) noexcept;
  void remove_child(const Path& path, unsigned level) noexcept;
  template <typename Node>
  static unsigned left_to_join(const Inner& parent, unsigned index) noexcept;
  void join_leaves(const Path& path) noexcept;
  void join_inner(const Path& path, unsigned level) noexcept;
  void release_below(void* node, unsigned height) noexcept;
  bool valid_below(void* node, unsigned height, StreamId least, Walked& walked) const;

  size_t* memory_;
  void* root_ = nullptr;  // a leaf when height_ is 0
  unsigned height_ = 0;
  size_t size_ = 0;
  Leaf* first_ = nullptr;
  Leaf* last_ = nullptr;
};

template <typename Value>
void IdTree<Value>::insert(StreamId id, const Value& value) {
  if (root_ == nullptr) {
    root_ = first_ = last_ = make_leaf(kFirstLeaf);
  } else if (height_ == 0 && first_->count == first_->capacity && first_->capacity < kMax) {
    grow_only_leaf(first_->capacity * 4);
  }
  if (last_->count != last_->capacity &&
      (last_->count == 0 || last_->ids()[last_->count - 1] < id)) {
    add_item(*last_, last_->count, id, value);
  } else {
    Path path = path_to(id);
    if (path.leaf->count < path.leaf->capacity) {
      add_item(*path.leaf, lower(*path.leaf, id), id, value);
    } else {
      split(path, id, value);
    }
  }
  ++size_;
}

template <typename Value>
void IdTree<Value>::grow_only_leaf(unsigned capacity) {
  Leaf* const larger = make_leaf(capacity);
  move_items(*first_, 0, first_->count, *larger, 0);
  larger->count = first_->count;
  release(first_);
  root_ = first_ = last_ = larger;
}

// Adds an item to a leaf that is full. What may find no memory comes first: a leaf, a node for each
// one above it that is full too, and a root.
template <typename Value>
void IdTree<Value>::split(Path& path, StreamId id, const Value& value) {
  unsigned needed = 0;
  while (needed < height_ && path.steps[height_ - 1 - needed].node->count == kMax) ++needed;
  if (needed == height_) ++needed;
  void* spares[kDepthMax + 1];
  Leaf* const right = make_leaf(kMax);
  for (unsigned i = 0; i < needed; ++i) {
    try {
      spares[i] = allocate(sizeof(Inner));
    } catch (...) {
      while (i != 0) release(spares[--i]);
      release(right);
      throw;
    }
  }
  Leaf& left = *path.leaf;
  const unsigned index = lower(left, id);
  const bool at_end = left.next == nullptr && index == left.count;
  const unsigned kept = at_end ? left.count : left.count / 2;
  move_items(left, kept, left.count, *right, 0);
  right->count = left.count - kept;
  left.count = kept;
  if (index <= kept && !at_end) {
    add_item(left, index, id, value);
  } else {
    add_item(*right, index - kept, id, value);
  }
  right->previous = &left;
  right->next = left.next;
  (left.next != nullptr ? left.next->previous : last_) = right;
  left.next = right;
  add_above(path, right->ids()[0], right, spares);
}

// Puts `added`, whose smallest id is `id`, behind the child that the path took of the lowest inner
// node, and goes on above it with what had to be split.
template <typename Value>
void IdTree<Value>::add_above(const Path& path, StreamId id, void* added, void** spares) noexcept {
  for (unsigned level = height_; level-- != 0;) {
    Inner& node = *path.steps[level].node;
    const unsigned index = path.steps[level].index + 1;
    if (node.count < kMax) {
      add_child(node, index, id, added);
      return;
    }
    auto* const right = static_cast<Inner*>(*spares++);
    const unsigned kept = index == kMax ? kMax - 1 : kMax / 2;
    move_children(node, kept, kMax, *right, 0);
    right->count = kMax - kept;
    node.count = kept;
    if (index <= kept) {
      add_child(node, index, id, added);
    } else {
      add_child(*right, index - kept, id, added);
    }
    id = right->ids[0];
    added = right;
  }
  auto* const root = static_cast<Inner*>(*spares);
  root->count = 2;
  root->ids[0] = StreamId{};
  root->children[0] = root_;
  root->ids[1] = id;
  root->children[1] = added;
  root_ = root;
  ++height_;
}

template <typename Value>
bool IdTree<Value>::erase(StreamId id) noexcept {
  if (root_ == nullptr) return false;
  const Path path = path_to(id);
  Leaf& leaf = *path.leaf;
  const unsigned index = lower(leaf, id);
  if (index == leaf.count || leaf.ids()[index] != id) return false;
  move_items(leaf, index + 1, leaf.count, leaf, index);
  --leaf.count;
  --size_;
  if (leaf.count == 0) {
    unlink(leaf);
    release(&leaf);
    if (height_ == 0) {
      root_ = nullptr;
    } else {
      remove_child(path, height_ - 1);
    }
  } else if (leaf.count < kFew && height_ != 0) {
    join_leaves(path);
  }
  return true;
}

template <typename Value>
void IdTree<Value>::unlink(Leaf& leaf) noexcept {
  (leaf.previous != nullptr ? leaf.previous->next : first_) = leaf.next;
  (leaf.next != nullptr ? leaf.next->previous : last_) = leaf.previous;
}

// Takes the child that the path went through, which is freed already, out of the node at `level`.
template <typename Value>
void IdTree<Value>::remove_child(const Path& path, unsigned level) noexcept {
  const auto [node, index] = path.steps[level];
  move_children(*node, index + 1, node->count, *node, index);
  if (--node->count == 0) {
    release(node);
    if (level != 0) return remove_child(path, level - 1);
    root_ = nullptr;
    height_ = 0;
  } else if (level == 0) {
    while (height_ != 0 && static_cast<Inner*>(root_)->count == 1) {
      void* const only = static_cast<Inner*>(root_)->children[0];
      release(root_);
      root_ = only;
      --height_;
    }
  } else if (node->count < kFew) {
    join_inner(path, level);
  }
}

// Where the child `index` of a node and one beside it fit into one with room to spare: the left one
// of them; none where they do not.
template <typename Value>
template <typename Node>
unsigned IdTree<Value>::left_to_join(const Inner& parent, unsigned index) noexcept {
  const auto count = [&](unsigned i) { return static_cast<Node*>(parent.children[i])->count; };
  const auto fit = [&](unsigned left) { return count(left) + count(left + 1) <= kMax / 2; };
  if (index + 1 < parent.count && fit(index)) return index;
  if (index != 0 && fit(index - 1)) return index - 1;
  return kMax;
}

template <typename Value>
void IdTree<Value>::join_leaves(const Path& path) noexcept {
  const auto [parent, index] = path.steps[height_ - 1];
  const unsigned at = left_to_join<Leaf>(*parent, index);
  if (at == kMax) return;
  Leaf& left = *static_cast<Leaf*>(parent->children[at]);
  Leaf& right = *static_cast<Leaf*>(parent->children[at + 1]);
  move_items(right, 0, right.count, left, left.count);
  left.count += right.count;
  unlink(right);
  release(&right);
  Path to_right = path;
  to_right.steps[height_ - 1].index = at + 1;
  remove_child(to_right, height_ - 1);
}

template <typename Value>
void IdTree<Value>::join_inner(const Path& path, unsigned level) noexcept {
  const auto [parent, index] = path.steps[level - 1];
  const unsigned at = left_to_join<Inner>(*parent, index);
  if (at == kMax) return;
  auto& left = *static_cast<Inner*>(parent->children[at]);
  auto& right = *static_cast<Inner*>(parent->children[at + 1]);
  right.ids[0] = parent->ids[at + 1];  // which may be lower than all of them by now
  move_children(right, 0, right.count, left, left.count);
  left.count += right.count;
  release(&right);
  Path to_right = path;
  to_right.steps[level - 1].index = at + 1;
  remove_child(to_right, level - 1);
}

template <typename Value>
void IdTree<Value>::clear() noexcept {
  if (root_ != nullptr) release_below(root_, height_);
  root_ = first_ = last_ = nullptr;
  height_ = 0;
  size_ = 0;
}

template <typename Value>
void IdTree<Value>::release_below(void* node, unsigned height) noexcept {
  if (height != 0) {
    const auto& inner = *static_cast<Inner*>(node);
    for (unsigned i = 0; i < inner.count; ++i) release_below(inner.children[i], height - 1);
  }
  release(node);
}

template <typename Value>
bool IdTree<Value>::valid_below(void* node, unsigned height, StreamId least, Walked& walked) const {
  if (height != 0) {
    const auto& inner = *static_cast<Inner*>(node);
    if (inner.count == 0 || inner.count > kMax) return false;
    for (unsigned i = 0; i < inner.count; ++i) {
      const StreamId first = i == 0 ? least : inner.ids[i];
      if (i > 1 && inner.ids[i] <= inner.ids[i - 1]) return false;
      if (!valid_below(inner.children[i], height - 1, first, walked)) return false;
    }
    return true;
  }
  auto& leaf = *static_cast<Leaf*>(node);
  if (leaf.count == 0 || leaf.count > leaf.capacity || leaf.previous != walked.leaf) return false;
  if (walked.leaf == nullptr ? first_ != &leaf : walked.leaf->next != &leaf) return false;
  if (leaf.ids()[0] < least || !std::is_sorted(leaf.ids(), leaf.ids() + leaf.count)) return false;
  if (walked.leaf != nullptr &&
      const_cast<Leaf*>(walked.leaf)->ids()[walked.leaf->count - 1] >= leaf.ids()[0]) {
    return false;
  }
  walked.size += leaf.count;
  walked.leaf = &leaf;
  return true;
}

}  // namespace kevy
