// Databases: the keyspaces of one shard by the number of their database. There may be 65,536
// databases and 4,096 shards, but few pairs of them ever hold a key, so only keyspaces that were
// used take memory or are walked. The first 16, which most instances make do with, need no search.
//
// A keyspace stays when it has become empty, since whoever runs a command may hold on to it.
// Between commands the empty ones are dropped when they have become many.
//
// Owns the keyspaces. Touched by one thread at a time: the holder of the shard's lock.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "store/keyspace.h"

namespace kevy {

class Databases {
 public:
  /// nullptr: the database was never used here.
  Keyspace* find(size_t database) const noexcept {
    return database < kFirst ? first_[database].get() : find_other(database);
  }
  /// The database has no keyspace yet. Throws std::bad_alloc.
  Keyspace& add(size_t database, std::unique_ptr<Keyspace> keyspace);
  /// nullptr when the database has none.
  std::unique_ptr<Keyspace> take(size_t database) noexcept;
  /// The database has a keyspace, which is given back.
  std::unique_ptr<Keyspace> exchange(size_t database, std::unique_ptr<Keyspace> keyspace) noexcept;
  /// Both databases have a keyspace, or neither has.
  void swap(size_t a, size_t b) noexcept;

  /// The first database from `database` on that has a keyspace, and that; or nullptr.
  std::pair<size_t, Keyspace*> next(size_t database) const noexcept;
  /// Visits (database, keyspace) in ascending order. `visit` may take the one it is given.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (auto [database, keyspace] = next(0); keyspace != nullptr;) {
      visit(database, *keyspace);
      std::tie(database, keyspace) = next(database + 1);
    }
  }

  bool crowded() const noexcept { return others_.size() > crowd_; }
  /// Drops the empty ones. The crowd is twice what is left, so a drop costs no more than what was
  /// added since the last.
  void drop_empty() noexcept;

 private:
  static constexpr size_t kFirst = 16, kCrowdMin = 16;

  Keyspace* find_other(size_t database) const noexcept;
  std::unique_ptr<Keyspace>& place(size_t database) noexcept;

  std::array<std::unique_ptr<Keyspace>, kFirst> first_;
  std::map<size_t, std::unique_ptr<Keyspace>> others_;
  size_t crowd_ = kCrowdMin;
};

}  // namespace kevy
