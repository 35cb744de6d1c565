// Writing strings and times to live through the mutation point, as several families need it.
#pragma once

#include <string>
#include <utility>

#include "base/number.h"
#include "command/errors.h"
#include "runtime/dispatch/call.h"
#include "store/string_batch.h"

namespace kevy {

void log_stored_string(Call& call, const Key& key, Bytes value, int64_t expires_at_ms);

/// put_string for a value that does not lie in an entry. A block that it came in is kept.
void put_long_string(Call& call, const Key& key, Entry* entry, Bytes value, int64_t expires_at_ms);

/// Gives `key` a string, one of the call's arguments. `entry` is what the key has now, or nullptr.
inline void put_string(Call& call, const Key& key, Entry* entry, Bytes value,
                       int64_t expires_at_ms) {
  if (value.size() > Entry::kEmbeddedMax) [[unlikely]] {
    put_long_string(call, key, entry, value, expires_at_ms);
    return;
  }
  Keyspace& keyspace = call.keyspace(key);
  if (entry == nullptr || !keyspace.overwrite(*entry, value, expires_at_ms)) {
    keyspace.set_string(key, value, expires_at_ms);
  }
}

/// The same as a part of a batch.
inline void add_string(Call& call, StringBatch& batch, const Key& key, Entry* entry, Bytes value) {
  SharedBytes block;
  if (value.size() > Entry::kEmbeddedMax) [[unlikely]] block = call.block_of(value);
  batch.add(call.keyspace(key), key, entry, value, std::move(block));
}

/// What tells the log of a string that was stored: the command's own words, which do the same again
/// at any time, or a SET.
enum class StoredAs : uint8_t { kOwnWords, kSet };

/// Stores `value` under `key` as SET does: event, further event of a time to live, and an effect
/// that names the moment; a moment that has come deletes the key. `entry` is what the key has now,
/// or nullptr.
inline void store_string(Call& call, const Key& key, Entry* entry, Bytes value,
                         int64_t expires_at_ms, StoredAs stored_as = StoredAs::kSet) {
  if (expires_at_ms >= 0 && expires_at_ms <= call.now_ms()) [[unlikely]] {
    if (entry == nullptr) return;
    call.expire(key, call.session.database);
    ++call.shard_of(key).changes;
    return;
  }
  if (call.logged() && stored_as == StoredAs::kSet) {
    log_stored_string(call, key, value, expires_at_ms);
  }
  put_string(call, key, entry, value, expires_at_ms);
  if (entry == nullptr) call.made(key);
  call.changed(key, kEventString, "set");
  if (expires_at_ms >= 0) {
    call.runtime.note_expiry();
    call.notify(key, call.session.database, kEventGeneric, "expire");
  }
}

/// Sets the moment `entry` expires at; a moment that has come deletes the key.
void set_expiry(Call& call, Key key, Entry* entry, int64_t at_ms);

/// False, and the error is answered, when a string of this length is not allowed.
inline bool check_string_size(Call& call, uint64_t size) {
  if (size <= call.runtime.settings().word_max()) return true;
  call.error(errors::kStringTooLong);
  return false;
}

}  // namespace kevy
