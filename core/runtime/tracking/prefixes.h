// Prefixes: which sessions are to be told of all keys whose names begin in some way (CLIENT
// TRACKING ... BCAST PREFIX). Found by the hash of a key's beginning, once for each length that
// prefixes have.
//
// Has its own lock, a leaf. The number of prefixes may be read without.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/lock.h"
#include "runtime/tracking/changed_keys.h"
#include "runtime/tracking/session_ids.h"
#include "store/table/name_table.h"

namespace kevy {

class Prefixes {
 public:
  size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

  /// The session must not have it yet. Throws std::bad_alloc, and nothing is added.
  void add(Bytes prefix, uint64_t session);
  /// The session must have it.
  void remove(Bytes prefix, uint64_t session) noexcept;

  /// Whether the key begins with one.
  bool match(Bytes key) noexcept;
  /// The changes whose keys begin with one prefix, and who is to be told.
  struct Told {
    std::vector<const ChangedKeys::Change*> changes;
    SessionIds sessions;
  };
  /// For changes in the order of their keys; in the order of the prefixes. Throws std::bad_alloc.
  std::vector<Told> find(const std::vector<ChangedKeys::Change>& changes);

 private:
  std::atomic<size_t> count_{0};
  Lock lock_;  // guards what follows; count_ is written under it
  NameTable<SessionIds> sessions_;
  std::map<size_t, size_t> lengths_;  // how many prefixes have a length
};

}  // namespace kevy
