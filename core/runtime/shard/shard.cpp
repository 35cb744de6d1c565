#include "runtime/shard/shard.h"

#include <memory>
#include <utility>

#include "base/hash.h"

namespace kevy {

Keyspace& Shard::make_keyspace(size_t database) {
  auto made = std::make_unique<Keyspace>(HashSecret::process(), garbage, *spans);
  Keyspace& keyspace = databases.add(database, std::move(made));
  if (databases.crowded()) garbage.expect_more();
  return keyspace;
}

}  // namespace kevy
