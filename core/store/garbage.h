// Garbage: what takes long to free, kept until the shard's lock is released. Filled by the holder of
// the lock; taken over and freed by whoever gave it back.
//
// It takes no memory, so that there need be none to get rid of something: what is kept is linked
// through itself.
#pragma once

#include <memory>

#include "base/shared_bytes.h"
#include "store/object.h"

namespace kevy {

class Keyspace;

class Garbage {
 public:
  Garbage() = default;
  ~Garbage() { clear(); }
  Garbage(const Garbage&) = delete;
  Garbage& operator=(const Garbage&) = delete;

  bool empty() const noexcept { return !any_; }
  /// There is something to free that will be found when the lock is given back.
  void expect_more() noexcept { any_ = true; }
  /// A block that others hold too is only let go of: whoever is last frees it.
  void add(SharedBytes block) noexcept;
  void add(std::unique_ptr<Object> object) noexcept;
  void add(std::unique_ptr<Keyspace> keyspace) noexcept;
  void take_from(Garbage& other) noexcept;
  /// The same, but only what takes many steps to free: blocks stay.
  void take_many_stepped_from(Garbage& other) noexcept;
  /// Bytes of what takes many steps to free.
  size_t many_stepped_bytes() const noexcept { return many_stepped_bytes_; }
  void clear() noexcept;

 private:
  /// What is kept of one kind; `Links` gives the place of a node's link.
  template <typename Node, typename Links>
  struct Chain {
    Node* first = nullptr;
    Node* last = nullptr;

    void add(Node* node) noexcept;
    void take_from(Chain& other) noexcept;
    Node* take_first() noexcept;
  };
  struct BlockLinks;
  struct ObjectLinks;
  struct KeyspaceLinks;

  Chain<SharedBytes::Block, BlockLinks> blocks_;
  Chain<Object, ObjectLinks> objects_;
  Chain<Keyspace, KeyspaceLinks> keyspaces_;
  size_t many_stepped_bytes_ = 0;
  bool any_ = false;
};

}  // namespace kevy
