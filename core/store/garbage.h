// Garbage: what takes long to free, kept until the shard's lock is released. Filled by the holder of
// the lock; taken over and freed by whoever gave it back.
#pragma once

#include <memory>
#include <vector>

#include "base/shared_bytes.h"
#include "store/object.h"

namespace kevy {

class Keyspace;

class Garbage {
 public:
  bool empty() const noexcept { return !any_; }
  /// These throw std::bad_alloc when there is no room, and then have freed what they were given.
  void add(SharedBytes block);
  void add(std::unique_ptr<Object> object);
  void add(std::unique_ptr<Keyspace> keyspace);
  void take_from(Garbage& other);
  void clear() noexcept;

 private:
  std::vector<SharedBytes> blocks_;
  std::vector<std::unique_ptr<Object>> objects_;
  std::vector<std::unique_ptr<Keyspace>> keyspaces_;
  bool any_ = false;
};

}  // namespace kevy
