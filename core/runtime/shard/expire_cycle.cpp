// Active expiry: what housekeeping does about keys whose time has come and that nobody asks for.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "runtime/mutation/mutation.h"
#include "runtime/runtime.h"

namespace kevy {

namespace {

struct Looked {
  uint64_t cursor;
  size_t seen = 0;
  size_t due = 0;
};

// Expires what is due among some entries of one database.
Looked expire_step(Runtime& runtime, Turn& turn, Shard& shard, int database, uint64_t cursor,
                   size_t effort) {
  Keyspace& space = shard.keyspace(static_cast<size_t>(database));
  const int64_t now_ms = turn.moment().ms();
  std::vector<std::string> due;
  Looked looked{cursor};
  looked.cursor = space.scan_expiring(cursor, effort, [&](Entry& entry) {
    ++looked.seen;
    if (entry.expired(now_ms)) due.emplace_back(entry.key());
  });
  looked.due = due.size();
  for (const std::string& name : due) {
    Unit unit;
    WriteLog* log = runtime.log();
    remove_expired(turn, nullptr, shard, database, {name, runtime.hash(name)},
                   log == nullptr ? nullptr : &unit);
    if (log != nullptr) log->append(std::move(unit));
  }
  return looked;
}

// The first database from `database` on that has keys with a time to live; or nullptr.
std::pair<size_t, Keyspace*> next_expiring(const Shard& shard, size_t database) {
  auto found = shard.databases.next(database);
  while (found.second != nullptr && found.second->size_with_expiry() == 0) {
    found = shard.databases.next(found.first + 1);
  }
  return found;
}

}  // namespace

// Goes on where the last call stopped, and round the databases once at most.
Runtime::ExpiryStep Runtime::expire_some(uint32_t index, size_t effort) {
  Turn turn(*this);
  Shard& shard = this->shard(index);
  turn.hold(shard);
  ExpiryStep step;
  const size_t start = shard.expiry_database;
  for (bool from_zero = false; effort != 0;) {
    const auto [database, keyspace] = next_expiring(shard, shard.expiry_database);
    if (from_zero && (keyspace == nullptr || database >= start)) break;
    if (database != shard.expiry_database || keyspace == nullptr) shard.expiry_cursor = 0;
    if (keyspace == nullptr) {
      from_zero = true;
      shard.expiry_database = 0;
      continue;
    }
    step.any_left = true;
    const Looked looked = expire_step(*this, turn, shard, static_cast<int>(database),
                                      shard.expiry_cursor, effort);
    step.worth_repeating |= looked.due * 4 > looked.seen;
    shard.expiry_cursor = looked.cursor;
    shard.expiry_database = looked.cursor == 0 ? database + 1 : database;
    if (looked.cursor != 0) break;
    effort -= std::min(effort, std::max<size_t>(looked.seen, 1));
  }
  return step;
}

void Runtime::expire_all() {
  constexpr size_t kStep = 256;
  for (uint32_t index = 0; index < shard_count_; ++index) {
    Shard& shard = this->shard(index);
    expire_all_fields(shard);
    size_t database = 0;
    uint64_t cursor = 0;
    while (true) {
      Turn turn(*this);
      turn.hold(shard);
      const auto [found, keyspace] = next_expiring(shard, database);
      if (keyspace == nullptr) break;
      if (found != database) cursor = 0;
      cursor = expire_step(*this, turn, shard, static_cast<int>(found), cursor, kStep).cursor;
      database = cursor == 0 ? found + 1 : found;
    }
  }
}

}  // namespace kevy
