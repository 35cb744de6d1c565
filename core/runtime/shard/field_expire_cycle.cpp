// Active expiry of the fields of hashes: what housekeeping does about those whose time has come and
// that nobody asks for. Only hashes that have fields with a time to live are looked at.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/mutation/mutation.h"
#include "runtime/runtime.h"

namespace kevy {

namespace {

struct Looked {
  uint64_t cursor;
  size_t seen = 0;
  size_t removed = 0;
  bool more = false;  // some hash has more that is due
};

// Looks at some hashes of one database, `effort` at most, and removes some `effort` fields of each
// that is due.
Looked expire_step(Runtime& runtime, Turn& turn, Shard& shard, int database, uint64_t cursor,
                   size_t effort) {
  const int64_t now_ms = turn.moment().ms();
  std::vector<std::string> due;
  Looked looked{cursor};
  looked.cursor = shard.keyspace(static_cast<size_t>(database))
                      .scan_expiring_fields(cursor, effort, [&](const Entry& entry) {
                        ++looked.seen;
                        if (entry.fields_expired(now_ms)) due.emplace_back(entry.key());
                      });
  for (const std::string& name : due) {
    Unit unit;
    WriteLog* log = runtime.log();
    const size_t removed =
        remove_expired_fields(turn, nullptr, shard, database, {name, runtime.hash(name)}, effort,
                              log == nullptr ? nullptr : &unit);
    if (log != nullptr) log->append(std::move(unit));
    looked.removed += removed;
    looked.more |= removed == effort;
  }
  return looked;
}

// The first database from `database` on that has hashes with fields to expire; or nullptr.
std::pair<size_t, Keyspace*> next_expiring(const Shard& shard, size_t database) {
  auto found = shard.databases.next(database);
  while (found.second != nullptr && found.second->size_with_field_expiry() == 0) {
    found = shard.databases.next(found.first + 1);
  }
  return found;
}

}  // namespace

// Goes on where the last call stopped, and round the databases once at most.
Runtime::ExpiryStep Runtime::expire_some_fields(uint32_t index, size_t effort) {
  Turn turn(*this);
  Shard& shard = this->shard(index);
  turn.hold(shard);
  ExpiryStep step;
  const size_t start = shard.field_expiry_database;
  for (bool from_zero = false; effort != 0;) {
    const auto [database, keyspace] = next_expiring(shard, shard.field_expiry_database);
    if (from_zero && (keyspace == nullptr || database >= start)) break;
    if (database != shard.field_expiry_database || keyspace == nullptr) {
      shard.field_expiry_cursor = 0;
    }
    if (keyspace == nullptr) {
      from_zero = true;
      shard.field_expiry_database = 0;
      continue;
    }
    step.any_left = true;
    const Looked looked = expire_step(*this, turn, shard, static_cast<int>(database),
                                      shard.field_expiry_cursor, effort);
    step.worth_repeating |= looked.more || looked.removed * 4 > looked.seen;
    shard.field_expiry_cursor = looked.cursor;
    shard.field_expiry_database = looked.cursor == 0 ? database + 1 : database;
    if (looked.cursor != 0) break;
    effort -= std::min(effort, std::max<size_t>(looked.seen + looked.removed, 1));
  }
  return step;
}

void Runtime::expire_all_fields(Shard& shard) {
  constexpr size_t kStep = 256;
  size_t database = 0;
  uint64_t cursor = 0;
  bool more = false;
  while (true) {
    Turn turn(*this);
    turn.hold(shard);
    const auto [found, keyspace] = next_expiring(shard, database);
    if (keyspace == nullptr) return;
    if (found != database) cursor = 0;
    const Looked looked = expire_step(*this, turn, shard, static_cast<int>(found), cursor, kStep);
    more = cursor == 0 ? looked.more : more || looked.more;
    cursor = looked.cursor;
    database = cursor == 0 && !more ? found + 1 : found;
  }
}

}  // namespace kevy
