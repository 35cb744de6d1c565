// Active expiry: what housekeeping does about keys whose time has come and that nobody asks for.
#include <algorithm>
#include <string>
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

}  // namespace

Runtime::ExpiryStep Runtime::expire_some(uint32_t index, size_t effort) {
  Turn turn(*this);
  Shard& shard = this->shard(index);
  turn.hold(shard);
  ExpiryStep step;
  for (size_t tried = 0; tried < database_count_ && effort != 0; ++tried) {
    const size_t database = shard.expiry_database;
    const auto& space = shard.keyspaces[database];
    if (space != nullptr && space->size_with_expiry() != 0) {
      step.any_left = true;
      const Looked looked = expire_step(*this, turn, shard, static_cast<int>(database),
                                        shard.expiry_cursor, effort);
      step.worth_repeating |= looked.due * 4 > looked.seen;
      shard.expiry_cursor = looked.cursor;
      if (looked.cursor != 0) return step;
      effort -= std::min(effort, looked.seen);
    }
    shard.expiry_cursor = 0;
    shard.expiry_database = (database + 1) % database_count_;
  }
  return step;
}

void Runtime::expire_all() {
  constexpr size_t kStep = 256;
  for (uint32_t index = 0; index < shard_count_; ++index) {
    Shard& shard = this->shard(index);
    expire_all_fields(shard);
    for (size_t database = 0; database < database_count_; ++database) {
      uint64_t cursor = 0;
      do {
        Turn turn(*this);
        turn.hold(shard);
        if (shard.keyspaces[database] == nullptr) break;
        cursor = expire_step(*this, turn, shard, static_cast<int>(database), cursor, kStep).cursor;
      } while (cursor != 0);
    }
  }
}

}  // namespace kevy
