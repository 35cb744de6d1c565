// Which tables an entry is in, and how much memory they take with what is in them.
#include "base/check.h"
#include "store/keyspace.h"

namespace kevy {

// All or none.
void Keyspace::enter_tables(Entry* entry, uint64_t hash, const Joins& joins) {
  if (joins.expiring) expiring_.insert(entry, hash);
  const auto leave = [&](Table<Entry>& table, bool joined) {
    if (joined) table.erase(table.find(entry->key(), hash), hash);
  };
  try {
    if (joins.expiring_fields) expiring_fields_.insert(entry, hash);
    try {
      if (joins.entries) entries_.insert(entry, hash);
    } catch (...) {
      leave(expiring_fields_, joins.expiring_fields);
      throw;
    }
  } catch (...) {
    leave(expiring_, joins.expiring);
    throw;
  }
}

// Has `table`, which holds the entry that was there before, hold `entry`, or no entry of the key.
void Keyspace::update_table(Table<Entry>& table, Key key, Entry* entry, bool stays) noexcept {
  auto slot = table.find(key.bytes, key.hash);
  KEVY_DCHECK(slot);
  if (stays) {
    slot.replace(entry);
  } else {
    table.erase(slot, key.hash);
  }
}

size_t Keyspace::memory_bytes() const noexcept {
  return memory_.memory_bytes() + value_memory_ + entries_.memory_bytes() +
         expiring_.memory_bytes() + expiring_fields_.memory_bytes();
}

size_t Keyspace::memory_bytes_of(const Entry& entry) const noexcept {
  size_t bytes = EntryMemory::bytes_of(entry);
  if (entry.encoding() == Encoding::kShared) bytes += entry.shared()->memory_bytes();
  if (entry.encoding() == Encoding::kObject) bytes += entry.object()->memory_bytes();
  if (entries_.size() != 0) bytes += entries_.memory_bytes() / entries_.size();
  if (entry.has_expiry()) bytes += expiring_.memory_bytes() / expiring_.size();
  if (entry.awaits_field_expiry()) {
    bytes += expiring_fields_.memory_bytes() / expiring_fields_.size();
  }
  return bytes;
}

}  // namespace kevy
