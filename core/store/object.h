// Object: a value too big to lie in its entry: a list, set, hash or sorted set in the form that
// scales. The entry's value word points at it; it owns everything in it.
//
// Knows neither its key nor its keyspace. Touched only by the holder of the shard's lock, but
// destroyed by anyone once the keyspace has let go of it.
#pragma once

#include <cstddef>
#include <memory>

namespace kevy {

class Object {
 public:
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  virtual std::unique_ptr<Object> clone() const = 0;
  /// All that it has allocated, itself included. O(1).
  virtual size_t memory_bytes() const noexcept = 0;

 protected:
  Object() = default;

 private:
  friend class Garbage;
  friend class Keyspace;
  union {
    size_t accounted_ = 0;  // of memory_bytes(), what the keyspace has counted
    Object* next_garbage_;  // once the keyspace has let go of it
  };
};

}  // namespace kevy
