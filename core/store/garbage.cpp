#include "store/garbage.h"

#include <cstring>
#include <utility>

#include "store/view/keyspace_view.h"

namespace kevy {

// Nobody reads a block's bytes any more, so its link may lie in them.
struct Garbage::BlockLinks {
  static SharedBytes::Block* get(SharedBytes::Block& block) noexcept {
    SharedBytes::Block* next;
    std::memcpy(&next, block.data(), sizeof next);
    return next;
  }
  static void set(SharedBytes::Block& block, SharedBytes::Block* next) noexcept {
    std::memcpy(block.data(), &next, sizeof next);
  }
};

struct Garbage::ObjectLinks {
  static Object* get(Object& object) noexcept { return object.next_garbage_; }
  static void set(Object& object, Object* next) noexcept { object.next_garbage_ = next; }
};

struct Garbage::KeyspaceLinks {
  static Keyspace* get(Keyspace& keyspace) noexcept { return keyspace.next_garbage_; }
  static void set(Keyspace& keyspace, Keyspace* next) noexcept { keyspace.next_garbage_ = next; }
};

template <typename Node, typename Links>
void Garbage::Chain<Node, Links>::add(Node* node) noexcept {
  Links::set(*node, first);
  if (first == nullptr) last = node;
  first = node;
}

template <typename Node, typename Links>
void Garbage::Chain<Node, Links>::take_from(Chain& other) noexcept {
  if (other.first == nullptr) return;
  Links::set(*other.last, first);
  if (first == nullptr) last = other.last;
  first = other.first;
  other = {};
}

template <typename Node, typename Links>
Node* Garbage::Chain<Node, Links>::take_first() noexcept {
  return first == nullptr ? nullptr : std::exchange(first, Links::get(*first));
}

void Garbage::add(SharedBytes block) noexcept {
  if (!block.unique() || block.block()->capacity < sizeof(void*)) return;
  blocks_.add(block.release());
  any_ = true;
}

void Garbage::add(std::unique_ptr<Object> object) noexcept {
  many_stepped_bytes_ += object->memory_bytes();
  objects_.add(object.release());
  any_ = true;
}

// A view that looks at it has it first.
void Garbage::add(std::unique_ptr<Keyspace> keyspace) noexcept {
  if (KeyspaceView* const view = keyspace->view_) {
    view->take_over(std::move(keyspace));
    return;
  }
  many_stepped_bytes_ += keyspace->memory_bytes();
  keyspaces_.add(keyspace.release());
  any_ = true;
}

void Garbage::take_from(Garbage& other) noexcept {
  blocks_.take_from(other.blocks_);
  take_many_stepped_from(other);
  any_ |= std::exchange(other.any_, false);
}

void Garbage::take_many_stepped_from(Garbage& other) noexcept {
  objects_.take_from(other.objects_);
  keyspaces_.take_from(other.keyspaces_);
  const size_t bytes = std::exchange(other.many_stepped_bytes_, 0);
  many_stepped_bytes_ += bytes;
  any_ |= bytes != 0;
}

void Garbage::clear() noexcept {
  while (SharedBytes::Block* block = blocks_.take_first()) SharedBytes::adopt(block);
  while (Object* object = objects_.take_first()) delete object;
  while (Keyspace* keyspace = keyspaces_.take_first()) delete keyspace;
  many_stepped_bytes_ = 0;
  any_ = false;
}

}  // namespace kevy
