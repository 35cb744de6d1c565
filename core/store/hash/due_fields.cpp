#include "store/hash/due_fields.h"

#include "store/hash/hash.h"

namespace kevy {

DueFields erase_due_fields(Keyspace& keyspace, const Key& key, int64_t now_ms, size_t most,
                           const std::function<void(Bytes)>& taken) {
  Hash hash(keyspace, key, keyspace.find(key));
  DueFields due;
  if (hash.all_due(now_ms)) {  // nothing of it is touched, which may be big
    due.count = hash.size();
    due.key_erased = true;
  } else {
    due.count = hash.erase_due(now_ms, most, taken);
    due.key_erased = hash.empty();
  }
  if (due.key_erased) keyspace.erase(key);
  return due;
}

}  // namespace kevy
