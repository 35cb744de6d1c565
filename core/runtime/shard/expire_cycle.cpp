// Active expiry: what housekeeping does about keys, and about fields of hashes, whose time has come
// and that nobody asks for. Only what has a time to live is looked at.
#include <algorithm>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "runtime/mutation/mutation.h"
#include "runtime/runtime.h"

namespace kevy {

namespace {

/// What became of a key, or of the fields of one hash.
struct Removed {
  size_t count;
  bool more;  // of its fields are due
};

/// What a step came to among some entries of one database.
struct Looked {
  uint64_t cursor;  // to go on with; 0: the database is done
  size_t seen = 0;  // keys, or hashes
  size_t removed = 0;
  bool more = false;
};

/// What the cycles of keys and of fields do differently.
struct Keys {
  static ExpiryPlace& place(Shard& shard) { return shard.expiry; }
  static bool any_in(const Keyspace& keyspace) { return keyspace.size_with_expiry() != 0; }
  template <typename Visit>
  static uint64_t scan(const Keyspace& keyspace, uint64_t cursor, size_t count, Visit&& visit) {
    return keyspace.scan_expiring(cursor, count, visit);
  }
  static bool is_due(const Entry& entry, int64_t now_ms) { return entry.expired(now_ms); }
  static Removed remove(Turn& turn, Shard& shard, int database, const Key& key, size_t,
                        Unit* unit) {
    remove_expired(turn, nullptr, nullptr, shard, database, key, unit);
    return {1, false};
  }
  static size_t cost(const Looked& looked) { return looked.seen; }
};

/// Of each hash that is due some `effort` fields go in a step.
struct Fields {
  static ExpiryPlace& place(Shard& shard) { return shard.field_expiry; }
  static bool any_in(const Keyspace& keyspace) { return keyspace.size_with_field_expiry() != 0; }
  template <typename Visit>
  static uint64_t scan(const Keyspace& keyspace, uint64_t cursor, size_t count, Visit&& visit) {
    return keyspace.scan_expiring_fields(cursor, count, visit);
  }
  static bool is_due(const Entry& entry, int64_t now_ms) { return entry.fields_expired(now_ms); }
  static Removed remove(Turn& turn, Shard& shard, int database, const Key& key, size_t effort,
                        Unit* unit) {
    const size_t count =
        remove_expired_fields(turn, nullptr, nullptr, shard, database, key, effort, unit);
    return {count, count == effort};
  }
  static size_t cost(const Looked& looked) { return looked.seen + looked.removed; }
};

// Looks at some entries of one database, `effort` at most, and removes what is due.
template <typename Kind>
Looked expire_step(Runtime& runtime, Turn& turn, Shard& shard, size_t database, uint64_t cursor,
                   size_t effort) {
  const int64_t now_ms = turn.moment().ms();
  std::vector<std::string> due;
  Looked looked{cursor};
  looked.cursor = Kind::scan(shard.keyspace(database), cursor, effort, [&](const Entry& entry) {
    ++looked.seen;
    if (Kind::is_due(entry, now_ms)) due.emplace_back(entry.key());
  });
  for (const std::string& name : due) {
    Unit unit;
    WriteLog* const log = runtime.log();
    if (log != nullptr) log->make_ready();
    const Removed removed =
        Kind::remove(turn, shard, static_cast<int>(database), {name, runtime.hash(name)}, effort,
                     log == nullptr ? nullptr : &unit);
    if (!unit.empty()) turn.note_logged(log->append(unit));
    looked.removed += removed.count;
    looked.more |= removed.more;
  }
  return looked;
}

// The first database from `database` on that has something that may expire; or nullptr.
template <typename Kind>
std::pair<size_t, Keyspace*> next_expiring(const Shard& shard, size_t database) {
  auto found = shard.databases.next(database);
  while (found.second != nullptr && !Kind::any_in(*found.second)) {
    found = shard.databases.next(found.first + 1);
  }
  return found;
}

// Goes on where the last call stopped, and round the databases once at most. While active expiry is
// switched off, or files are loaded, there may be something left, so that it goes on afterwards.
template <typename Kind>
Runtime::ExpiryStep expire_round(Runtime& runtime, Shard& shard, size_t effort) {
  if (!runtime.settings().active_expiry.load(std::memory_order_relaxed)) return {true, false};
  if (runtime.loading()) return {true, false};
  Turn turn(runtime);
  turn.hold(shard);
  ExpiryPlace& place = Kind::place(shard);
  Runtime::ExpiryStep step;
  const size_t start = place.database;
  for (bool from_zero = false; effort != 0;) {
    const auto [database, keyspace] = next_expiring<Kind>(shard, place.database);
    if (from_zero && (keyspace == nullptr || database >= start)) break;
    if (database != place.database || keyspace == nullptr) place.cursor = 0;
    if (keyspace == nullptr) {
      from_zero = true;
      place.database = 0;
      continue;
    }
    step.any_left = true;
    const Looked looked = expire_step<Kind>(runtime, turn, shard, database, place.cursor, effort);
    step.worth_repeating |= looked.more || looked.removed * 4 > looked.seen;
    place.cursor = looked.cursor;
    place.database = looked.cursor == 0 ? database + 1 : database;
    if (looked.cursor != 0) break;
    effort -= std::min(effort, std::max<size_t>(Kind::cost(looked), 1));
  }
  return step;
}

// Walks all databases, letting others have the shard between steps. A database in which a step left
// more that is due is walked again.
template <typename Kind>
void expire_whole_shard(Runtime& runtime, Shard& shard) {
  constexpr size_t kStep = 256;
  ExpiryPlace place;
  bool more = false;
  while (true) {
    Turn turn(runtime);
    turn.hold(shard);
    const auto [database, keyspace] = next_expiring<Kind>(shard, place.database);
    if (keyspace == nullptr) return;
    if (database != place.database) place.cursor = 0;
    const Looked looked = expire_step<Kind>(runtime, turn, shard, database, place.cursor, kStep);
    more = looked.more || (more && place.cursor != 0);
    place.cursor = looked.cursor;
    place.database = looked.cursor == 0 && !more ? database + 1 : database;
  }
}

}  // namespace

Runtime::ExpiryStep Runtime::expire_some(uint32_t index, size_t effort) {
  return expire_round<Keys>(*this, shard(index), effort);
}

Runtime::ExpiryStep Runtime::expire_some_fields(uint32_t index, size_t effort) {
  return expire_round<Fields>(*this, shard(index), effort);
}

void Runtime::expire_all() noexcept {
  for (uint32_t index = 0; index < shard_count_; ++index) {
    try {
      expire_whole_shard<Fields>(*this, shard(index));
      expire_whole_shard<Keys>(*this, shard(index));
    } catch (const std::bad_alloc&) {
      // What is left is not seen any more, and is removed by housekeeping.
    }
  }
}

}  // namespace kevy
