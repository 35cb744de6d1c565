// What groups and consumers take of memory, and how they enter and leave their tables with it being
// counted.
#pragma once

#include "base/memory.h"
#include "store/table/table.h"

namespace kevy {

/// Of something made with new that has a name, without what its members count themselves.
template <typename Named>
size_t named_memory(const Named& named) noexcept {
  constexpr size_t kShort = 15;  // what lies in a string itself
  const Bytes name = named.key();
  const size_t text = name.size() <= kShort ? 0 : allocated_bytes(const_cast<char*>(name.data()));
  return allocated_bytes(const_cast<Named*>(&named)) + text;
}

/// Throws std::bad_alloc, and nothing has changed.
template <typename Named>
void insert_named(Table<Named>& table, Named& named, size_t& memory) {
  const size_t before = table.memory_bytes();
  try {
    table.insert(&named, table.hash(named.key()));
  } catch (...) {
    memory += table.memory_bytes() - before;  // a table that was made larger stays so
    throw;
  }
  memory += table.memory_bytes() - before + named_memory(named);
}

/// The caller frees it.
template <typename Named>
void erase_named(Table<Named>& table, Named& named, size_t& memory) noexcept {
  const size_t before = table.memory_bytes();
  const uint64_t hash = table.hash(named.key());
  table.erase(table.find(named.key(), hash), hash);
  memory -= before - table.memory_bytes() + named_memory(named);
}

}  // namespace kevy
