// Removal of the fields of a hash whose time has come, for callers that do not know hashes.
#pragma once

#include <functional>

#include "store/keyspace.h"

namespace kevy {

struct DueFields {
  size_t count = 0;
  bool key_erased = false;
};

/// Removes fields of the hash in `key` that expire at `now_ms` or before, and the key with the last
/// one. Not more than `most`, but all where no field is to stay. Where the key may stay, `taken`
/// gets the name of each field before that is removed. Throws std::bad_alloc, or what `taken`
/// throws, only when nothing was removed. The holder of the shard's lock.
DueFields erase_due_fields(Keyspace& keyspace, const Key& key, int64_t now_ms, size_t most,
                           const std::function<void(Bytes)>& taken);

}  // namespace kevy
