// Object: a value too big to lie in its entry: a list, set, hash or sorted set in the form that
// scales. The entry's value word points at it; it owns everything in it.
//
// Knows neither its key nor its keyspace. Touched only by the holder of the shard's lock, but
// destroyed by anyone once the keyspace has let go of it.
#pragma once

#include <cstddef>
#include <memory>

namespace kevy {

class ObjectView;

class Object {
 public:
  virtual ~Object();
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  virtual std::unique_ptr<Object> clone() const = 0;
  /// A view of it as it is now (view/object_view.h), where it has at least so many elements or is
  /// large, and of a kind that has views; else nullptr. Throws std::bad_alloc.
  virtual std::unique_ptr<ObjectView> view(size_t elements);
  /// All that it has allocated, itself included. O(1).
  virtual size_t memory_bytes() const noexcept = 0;

 protected:
  Object() = default;
  bool viewed() const noexcept { return views_ != nullptr; }
  /// The first one, which has the next one (ObjectView::next).
  ObjectView* views() const noexcept { return views_; }

 private:
  friend class Garbage;
  friend class Keyspace;
  friend class ObjectView;

  /// For who lets go of it: the object, unless a view has it from now on.
  static std::unique_ptr<Object> release(std::unique_ptr<Object> object) noexcept;

  ObjectView* views_ = nullptr;  // a list
  union {
    size_t accounted_ = 0;  // of memory_bytes(), what the keyspace has counted
    Object* next_garbage_;  // once the keyspace has let go of it
  };
};

}  // namespace kevy
