// How an entry enters and leaves the tables of its keyspace.
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

}  // namespace kevy
