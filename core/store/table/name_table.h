// NameTable: values by names that come from clients: channels, watched keys. std::unordered_map
// would do but for its hash, which is public and fixed: a client that chooses names which collide
// makes every look-up a walk over all of them.
//
// Owns the names and the values; a value stays where it is until it is erased. `kHash` is another
// hash in tests only. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/table/table.h"

namespace kevy {

template <typename Value, KeyHash kHash = hash_bytes>
class NameTable {
 public:
  NameTable() noexcept : nodes_(HashSecret::process()) {}
  ~NameTable() {
    nodes_.for_each([](Node& node) {
      delete &node;
      return Walk::kGoOn;
    });
  }
  NameTable(const NameTable&) = delete;
  NameTable& operator=(const NameTable&) = delete;

  size_t size() const noexcept { return nodes_.size(); }
  /// What it has allocated, but for the texts of long names and what the values have.
  size_t memory_bytes() const noexcept { return nodes_.memory_bytes() + size() * sizeof(Node); }
  uint64_t hash(Bytes name) const noexcept { return nodes_.hash(name); }

  /// The value of a name, or nullptr. `hash`, here and below: what hash() gives for the name.
  Value* find(Bytes name, uint64_t hash) const noexcept {
    const auto slot = nodes_.find(name, hash);
    return slot ? &slot.item()->value : nullptr;
  }
  Value* find(Bytes name) const noexcept { return find(name, hash(name)); }

  /// The value of a name, made when there is none. Throws std::bad_alloc, and nothing has changed.
  Value& find_or_make(Bytes name, uint64_t hash) {
    if (Value* const value = find(name, hash)) return *value;
    auto made = std::make_unique<Node>(name);
    nodes_.insert(made.get(), hash);
    return made.release()->value;
  }

  /// The name must be there.
  void erase(Bytes name, uint64_t hash) noexcept {
    const auto slot = nodes_.find(name, hash);
    const std::unique_ptr<Node> node(slot.item());
    nodes_.erase(slot, hash);
  }

  /// A name, each with the same chance; nullptr when there is none.
  const std::string* random_name(Random& random) const noexcept {
    const Node* const node = nodes_.random(random);
    return node == nullptr ? nullptr : &node->name;
  }
  /// Calls visit(name, value) for each; it may not change the table.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    nodes_.for_each([&](Node& node) {
      visit(Bytes(node.name), node.value);
      return Walk::kGoOn;
    });
  }

 private:
  struct Node {
    explicit Node(Bytes text) : name(text) {}
    Bytes key() const noexcept { return name; }

    const std::string name;
    Value value{};
  };

  Table<Node, kHash> nodes_;
};

}  // namespace kevy
