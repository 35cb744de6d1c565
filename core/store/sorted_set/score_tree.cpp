#include "store/sorted_set/score_tree.h"

#include <cstdlib>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/memory.h"

namespace kevy {

namespace {

// Below a third a node shares with its neighbour: half would make it go to and fro.
constexpr unsigned kThird = 3;

}  // namespace

/// The nodes that an insertion needs, got before anything is changed.
class ScoreTree::Spares {
 public:
  explicit Spares(ScoreTree& tree) noexcept : tree_(tree) {}
  ~Spares() {
    while (count_ != 0) tree_.release(nodes_[--count_]);
    if (leaf_ != nullptr) tree_.release(leaf_);
  }
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;

  void get_leaf() { leaf_ = tree_.make_leaf(kLeafMax); }
  void get_inner() {
    void* memory = std::malloc(sizeof(Inner));
    if (memory == nullptr) throw std::bad_alloc();
    tree_.memory_ += allocated_bytes(memory);
    auto* node = static_cast<Inner*>(memory);
    node->count = 0;
    nodes_[count_++] = node;
  }
  Leaf* take_leaf() noexcept { return std::exchange(leaf_, nullptr); }
  Inner* take_inner() noexcept { return nodes_[--count_]; }

 private:
  ScoreTree& tree_;
  Leaf* leaf_ = nullptr;
  Inner* nodes_[kDepthMax + 1];
  unsigned count_ = 0;
};

ScoreTree::~ScoreTree() {
  if (root_ != nullptr) release_below(root_, height_);
}

void ScoreTree::release_below(void* node, unsigned height) noexcept {
  if (height != 0) {
    auto* inner = static_cast<Inner*>(node);
    for (unsigned i = 0; i < inner->count; ++i) release_below(inner->children[i], height - 1);
  }
  std::free(node);
}

void ScoreTree::release(void* node) noexcept {
  memory_ -= allocated_bytes(node);
  std::free(node);
}

ScoreTree::Leaf* ScoreTree::make_leaf(unsigned capacity) {
  void* memory = std::malloc(sizeof(Leaf) + capacity * sizeof(Item));
  if (memory == nullptr) throw std::bad_alloc();
  memory_ += allocated_bytes(memory);
  auto* leaf = static_cast<Leaf*>(memory);
  leaf->previous = leaf->next = nullptr;
  leaf->count = 0;
  leaf->capacity = capacity;
  return leaf;
}

ScoreTree::Leaf* ScoreTree::grow_only_leaf(Leaf* leaf) {
  const unsigned capacity = leaf->capacity * 2;
  const size_t before = allocated_bytes(leaf);
  void* memory = std::realloc(leaf, sizeof(Leaf) + capacity * sizeof(Item));
  if (memory == nullptr) throw std::bad_alloc();
  memory_ += allocated_bytes(memory) - before;
  leaf = static_cast<Leaf*>(memory);
  leaf->capacity = capacity;
  root_ = leaf;
  return leaf;
}

void ScoreTree::add_item(Leaf& leaf, unsigned index, Item item) noexcept {
  std::copy_backward(leaf.items() + index, leaf.items() + leaf.count, leaf.items() + leaf.count + 1);
  leaf.items()[index] = item;
  ++leaf.count;
}

void ScoreTree::move_children(Inner& from, unsigned begin, unsigned end, Inner& to,
                              unsigned at) noexcept {
  const unsigned count = end - begin;
  std::memmove(to.sizes + at, from.sizes + begin, count * sizeof to.sizes[0]);
  std::memmove(to.scores + at, from.scores + begin, count * sizeof to.scores[0]);
  std::memmove(to.members + at, from.members + begin, count * sizeof to.members[0]);
  std::memmove(to.children + at, from.children + begin, count * sizeof to.children[0]);
}

void ScoreTree::add_child(Inner& node, unsigned index, void* child, Item first,
                          uint32_t size) noexcept {
  move_children(node, index, node.count, node, index + 1);
  node.children[index] = child;
  node.set_first(index, first);
  node.sizes[index] = size;
  ++node.count;
}

void ScoreTree::remove_child(Inner& node, unsigned index) noexcept {
  move_children(node, index + 1, node.count, node, index);
  --node.count;
}

ScoreTree::Path ScoreTree::find(const Before& before) const noexcept {
  Path path;
  void* node = root_;
  for (unsigned level = 0; level < height_; ++level) {
    auto* inner = static_cast<Inner*>(node);
    // An element that is the first of a child lies in that child.
    const unsigned i = partition(
        inner->count - 1, before.score, [&](unsigned j) { return inner->first(j + 1); },
        [&](const ScoredMember& at) { return at.key() <= before.member; });
    path.steps[level] = {inner, i};
    node = inner->children[i];
    prefetch_node(node, height_ - level - 1);
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = place_in(*path.leaf, before);
  return path;
}

ScoreTree::Added ScoreTree::insert(Item item) {
  if (size_ == UINT32_MAX) throw std::bad_alloc();  // sizes in nodes have 32 bits
  if (root_ == nullptr) root_ = make_leaf(kFirstLeaf);
  Path path = find(Before{item.score, item.member->key()});
  if (path.leaf->count < path.leaf->capacity || path.leaf->capacity < kLeafMax) {
    const bool full = path.leaf->count == path.leaf->capacity;
    if (full) path.leaf = grow_only_leaf(path.leaf);
    add_item(*path.leaf, path.index, item);
    ++size_;
    grew(path);
    return {path.leaf, path.index, full};
  }
  Spares spares(*this);
  spares.get_leaf();
  unsigned level = height_;
  while (level != 0 && path.steps[level - 1].node->count == kInnerMax) {
    spares.get_inner();
    --level;
  }
  if (level == 0) spares.get_inner();
  Leaf* added = split_leaf(path.leaf, path.index, item, spares.take_leaf());
  ++size_;
  add_above(path, added, spares);
  return {nullptr, 0, true};
}

// One element more below every node of the path.
void ScoreTree::grew(const Path& path) noexcept {
  Item first = path.leaf->items()[0];
  for (unsigned level = height_; level-- != 0;) {
    const auto& [node, i] = path.steps[level];
    ++node->sizes[i];
    node->set_first(i, first);
    first = node->first(0);
  }
}

// Puts `item` at `index` of a full leaf, of which `right` gets the upper part.
ScoreTree::Leaf* ScoreTree::split_leaf(Leaf* leaf, unsigned index, Item item,
                                       Leaf* right) noexcept {
  const bool at_right_end = leaf->next == nullptr && index == leaf->count;
  const unsigned split = at_right_end ? leaf->count : leaf->count / 2;
  right->count = leaf->count - split;
  std::copy(leaf->items() + split, leaf->items() + leaf->count, right->items());
  leaf->count = split;
  if (index > split || at_right_end) {
    add_item(*right, index - split, item);
  } else {
    add_item(*leaf, index, item);
  }
  right->previous = leaf;
  right->next = leaf->next;
  if (leaf->next != nullptr) leaf->next->previous = right;
  leaf->next = right;
  return right;
}

// Hangs a new leaf, split off the path's, into the nodes above, which split in turn where they are
// full.
void ScoreTree::add_above(const Path& path, void* added, Spares& spares) noexcept {
  const auto* added_leaf = static_cast<const Leaf*>(added);
  const bool right_edge = added_leaf->next == nullptr;
  Item first = path.leaf->items()[0], added_first = added_leaf->items()[0];
  uint32_t size = path.leaf->count, added_size = added_leaf->count;
  for (unsigned level = height_; level-- != 0;) {
    auto [node, i] = path.steps[level];
    node->set_first(i, first);
    if (added == nullptr) {
      ++node->sizes[i];
    } else if (node->count < kInnerMax) {
      node->sizes[i] = size;
      add_child(*node, i + 1, added, added_first, added_size);
      added = nullptr;
    } else {
      node->sizes[i] = size;
      // Two at least, so that no inner node has an only child.
      const unsigned split = right_edge && i + 1 == node->count ? node->count - 1 : node->count / 2;
      Inner* right = spares.take_inner();
      move_children(*node, split, node->count, *right, 0);
      right->count = node->count - split;
      node->count = split;
      if (i + 1 > split) {
        add_child(*right, i + 1 - split, added, added_first, added_size);
      } else {
        add_child(*node, i + 1, added, added_first, added_size);
      }
      added = right;
      added_first = right->first(0);
      added_size = static_cast<uint32_t>(right->sizes_before(right->count));
      size = static_cast<uint32_t>(node->sizes_before(node->count));
    }
    first = node->first(0);
  }
  if (added == nullptr) return;
  Inner* root = spares.take_inner();
  add_child(*root, 0, root_, first, static_cast<uint32_t>(size_) - added_size);
  add_child(*root, 1, added, added_first, added_size);
  root_ = root;
  ++height_;
}

void ScoreTree::erase(const ScoredMember* member) noexcept {
  Path path = find(*member);
  KEVY_DCHECK(path.leaf->items()[path.index].member == member);
  remove(path);
}

ScoredMember* ScoreTree::erase_at(uint64_t rank) noexcept {
  Path path;
  void* node = root_;
  for (unsigned level = 0; level < height_; ++level) {
    auto* inner = static_cast<Inner*>(node);
    unsigned i = 0;
    for (; rank >= inner->sizes[i]; ++i) rank -= inner->sizes[i];
    path.steps[level] = {inner, i};
    node = inner->children[i];
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = static_cast<unsigned>(rank);
  ScoredMember* member = path.leaf->items()[path.index].member;
  remove(path);
  return member;
}

// Removes the item that the path leads to, and evens out, from the leaf upwards, what has become
// too empty.
void ScoreTree::remove(Path& path) noexcept {
  Leaf& leaf = *path.leaf;
  std::copy(leaf.items() + path.index + 1, leaf.items() + leaf.count, leaf.items() + path.index);
  --leaf.count;
  --size_;
  if (size_ == 0) {
    release(root_);
    root_ = nullptr;
    return;
  }
  for (unsigned level = height_; level-- != 0;) {
    const auto [node, i] = path.steps[level];
    --node->sizes[i];
    const unsigned left = i == 0 ? 0 : i - 1;
    if (level + 1 == height_) {
      if (leaf.count != 0) node->set_first(i, leaf.items()[0]);
      if (leaf.count < kLeafMax / kThird) even_out_leaves(*node, left);
    } else {
      const Inner& child = *path.steps[level + 1].node;
      node->set_first(i, child.first(0));
      if (child.count < kInnerMax / kThird) even_out_inner(*node, left);
    }
  }
  while (height_ != 0 && static_cast<Inner*>(root_)->count == 1) {
    void* only = static_cast<Inner*>(root_)->children[0];
    release(root_);
    root_ = only;
    --height_;
  }
}

// Children `left` and the next become one, or equally full.
void ScoreTree::even_out_leaves(Inner& parent, unsigned left) noexcept {
  auto& a = *static_cast<Leaf*>(parent.children[left]);
  auto& b = *static_cast<Leaf*>(parent.children[left + 1]);
  const unsigned together = a.count + b.count;
  if (together <= kLeafMax) {
    std::copy(b.items(), b.items() + b.count, a.items() + a.count);
    a.next = b.next;
    if (b.next != nullptr) b.next->previous = &a;
    release(&b);
    remove_child(parent, left + 1);
    a.count = together;
  } else {
    const unsigned wanted = together / 2;
    if (a.count < wanted) {
      const unsigned moved = wanted - a.count;
      std::copy(b.items(), b.items() + moved, a.items() + a.count);
      std::copy(b.items() + moved, b.items() + b.count, b.items());
    } else {
      const unsigned moved = a.count - wanted;
      std::copy_backward(b.items(), b.items() + b.count, b.items() + b.count + moved);
      std::copy(a.items() + wanted, a.items() + a.count, b.items());
    }
    a.count = wanted;
    b.count = together - wanted;
    parent.set_first(left + 1, b.items()[0]);
    parent.sizes[left + 1] = b.count;
  }
  parent.set_first(left, a.items()[0]);
  parent.sizes[left] = a.count;
}

void ScoreTree::even_out_inner(Inner& parent, unsigned left) noexcept {
  auto& a = *static_cast<Inner*>(parent.children[left]);
  auto& b = *static_cast<Inner*>(parent.children[left + 1]);
  const unsigned together = a.count + b.count;
  if (together <= kInnerMax) {
    move_children(b, 0, b.count, a, a.count);
    a.count = together;
    release(&b);
    remove_child(parent, left + 1);
  } else {
    const unsigned wanted = together / 2;
    if (a.count < wanted) {
      const unsigned moved = wanted - a.count;
      move_children(b, 0, moved, a, a.count);
      move_children(b, moved, b.count, b, 0);
    } else {
      const unsigned moved = a.count - wanted;
      move_children(b, 0, b.count, b, moved);
      move_children(a, wanted, a.count, b, 0);
    }
    a.count = wanted;
    b.count = together - wanted;
    parent.set_first(left + 1, b.first(0));
    parent.sizes[left + 1] = static_cast<uint32_t>(b.sizes_before(b.count));
  }
  parent.set_first(left, a.first(0));
  parent.sizes[left] = static_cast<uint32_t>(a.sizes_before(a.count));
}

void ScoreTree::update(ScoredMember* member, double score) {
  Path path = find(*member);
  Leaf& leaf = *path.leaf;
  KEVY_DCHECK(leaf.items()[path.index].member == member);
  const auto above = [&](Item item) {
    return item.score < score || (item.score == score && item.member->key() < member->key());
  };
  if (path.index != 0 && path.index + 1 < leaf.count && above(leaf.items()[path.index - 1]) &&
      !above(leaf.items()[path.index + 1])) {
    leaf.items()[path.index].score = score;
    member->set_score(score);
    return;
  }
  // Twice in the tree for a moment, so that it is never missing when memory is.
  const double before = member->score();
  const Added added = insert({score, member});
  if (added.moved_others) {
    path = find(Before{before, member->key()});
  } else if (added.leaf == path.leaf && added.index <= path.index) {
    ++path.index;
  }
  remove(path);
  member->set_score(score);
}

void ScoreTree::replace(const ScoredMember* member, ScoredMember* copy) noexcept {
  const Path path = find(*member);
  KEVY_DCHECK(path.leaf->items()[path.index].member == member);
  path.leaf->items()[path.index].member = copy;
  bool first = path.index == 0;
  for (unsigned level = height_; first && level-- != 0;) {
    const auto& [node, i] = path.steps[level];
    node->members[i] = copy;
    first = i == 0;
  }
}

const ScoreTree::Leaf* ScoreTree::leaf_of(uint64_t& rank) const noexcept {
  const void* node = root_;
  for (unsigned level = height_; level != 0; --level) {
    const auto& inner = *static_cast<const Inner*>(node);
    unsigned i = 0;
    for (; rank >= inner.sizes[i]; ++i) rank -= inner.sizes[i];
    node = inner.children[i];
  }
  return static_cast<const Leaf*>(node);
}

ScoredMember* ScoreTree::at(uint64_t rank) const noexcept {
  const Leaf* leaf = leaf_of(rank);
  return leaf->items()[rank].member;
}

bool ScoreTree::valid() const {
  if (root_ == nullptr) return size_ == 0 && height_ == 0 && memory_ == 0;
  Item last{0, nullptr};
  const Leaf* previous = nullptr;
  uint64_t size = 0;
  return valid_below(root_, height_, true, last, previous, size) && size == size_ &&
         previous->next == nullptr &&
         (height_ == 0 || static_cast<const Inner*>(root_)->count >= 2);
}

bool ScoreTree::valid_below(const void* node, unsigned height, bool right_edge, Item& last,
                            const Leaf*& previous, uint64_t& size) const {
  if (height == 0) {
    const auto& leaf = *static_cast<const Leaf*>(node);
    if (leaf.previous != previous || (previous != nullptr && previous->next != &leaf)) return false;
    if (leaf.count == 0 || leaf.count > leaf.capacity) return false;
    if (height_ != 0 && leaf.capacity != kLeafMax) return false;
    if (!right_edge && leaf.count < kLeafMax / kThird) return false;
    for (unsigned i = 0; i < leaf.count; ++i) {
      const Item item = leaf.items()[i];
      if (item.score != item.member->score()) return false;
      if (last.member != nullptr && !Before{item.score, item.member->key()}(last.score, *last.member)) {
        return false;
      }
      last = item;
    }
    previous = &leaf;
    size += leaf.count;
    return true;
  }
  const auto& inner = *static_cast<const Inner*>(node);
  if (inner.count < 2 || (!right_edge && inner.count < kInnerMax / kThird)) return false;
  for (unsigned i = 0; i < inner.count; ++i) {
    const void* first = inner.children[i];
    for (unsigned level = height - 1; level != 0; --level) {
      first = static_cast<const Inner*>(first)->children[0];
    }
    const Item smallest = static_cast<const Leaf*>(first)->items()[0];
    if (inner.scores[i] != smallest.score || inner.members[i] != smallest.member) return false;
    uint64_t below = 0;
    const bool at_edge = right_edge && i + 1 == inner.count;
    if (!valid_below(inner.children[i], height - 1, at_edge, last, previous, below) ||
        below != inner.sizes[i]) {
      return false;
    }
    size += below;
  }
  return true;
}

}  // namespace kevy
