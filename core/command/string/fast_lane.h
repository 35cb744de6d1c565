// FastLane: GET and SET of one key for callers that need no reply object. Made with the key's shard
// held; a turn's worth of work at most.
//
// The usual case (the key is there, has no time to live, and nobody listens to changes but the log)
// is done here and inline; everything else takes the same way as commands.
#pragma once

#include "runtime/dispatch/turn.h"
#include "runtime/mutation/mutation.h"

namespace kevy {

class FastLane {
 public:
  /// `key` must outlive it.
  FastLane(Turn& turn, const Key& key, Shard& shard) noexcept
      : turn_(turn), key_(key), shard_(shard) {}

  /// The entry of database 0, as GET finds it.
  const Entry* find_read() const {
    const Entry* entry = find_plainly();
    if (entry == nullptr) [[unlikely]]
      return find_read_as_command();
    ++shard_.statistics.commands;
    ++shard_.statistics.keyspace_hits;
    return entry;
  }

  /// SET with a relative time to live, 0 for none. False when that is out of range.
  bool set(Bytes value, int64_t ttl_ms) const {
    if (ttl_ms == 0 && !anyone_listens(turn_.runtime(), shard_)) [[likely]] {
      WriteLog* const log = turn_.runtime().log();
      if (log == nullptr || may_log(*log, value)) [[likely]] {
        if (log != nullptr) log->prefetch();
        Entry* entry = find_plainly();
        if (entry != nullptr && shard_.keyspace(0).overwrite(*entry, value, Keyspace::kNoExpiry)) {
          ++shard_.statistics.commands;
          ++shard_.changes;
          if (log != nullptr) log_set(*log, value);
          return true;
        }
      }
    }
    return set_as_command(value, ttl_ms);
  }

 private:
  // The entry, if finding it has no consequences, since it cannot have expired; otherwise nullptr.
  Entry* find_plainly() const {
    Entry* entry = shard_.keyspace(0).find(key_);
    if (entry == nullptr || entry->has_expiry()) [[unlikely]]
      return nullptr;
    note_access(turn_, *entry);
    return entry;
  }
  // Whether the log has room for this without getting memory.
  bool may_log(const WriteLog& log, Bytes value) const noexcept {
    return log.ready() && key_.bytes.size() + value.size() < Unit::kSmallMax / 2;
  }
  void log_set(WriteLog& log, Bytes value) const noexcept;
  const Entry* find_read_as_command() const;
  bool set_as_command(Bytes value, int64_t ttl_ms) const;

  Turn& turn_;
  const Key& key_;
  Shard& shard_;
};

}  // namespace kevy
