// Watches: the watched keys of one shard, each with a version that changes when the key does.
// WATCH notes the version and EXEC compares it, so a change never has to reach into a session.
// Touched only by the holder of the shard's lock.
#pragma once

#include <map>
#include <optional>

#include "base/bytes.h"
#include "store/keyspace.h"
#include "store/table/name_table.h"

namespace kevy {

class Watches {
 public:
  bool any() const noexcept { return watchers_ != 0; }

  /// Starts to watch; returns the version to compare with. Throws std::bad_alloc, and the key is
  /// not watched.
  uint64_t add(int database, const Key& key) {
    Watched& watched = databases_[database].find_or_make(key.bytes, key.hash);
    ++watched.watchers;
    ++watchers_;
    return watched.version;
  }
  /// Ends what add() began.
  void remove(int database, const Key& key) noexcept {
    const auto found = databases_.find(database);
    --watchers_;
    if (--found->second.find(key.bytes, key.hash)->watchers != 0) return;
    found->second.erase(key.bytes, key.hash);
    if (found->second.size() == 0) databases_.erase(found);
  }
  /// The version of a key that is watched.
  uint64_t version(int database, const Key& key) const noexcept {
    return databases_.find(database)->second.find(key.bytes, key.hash)->version;
  }
  void changed(int database, const Key& key) noexcept {
    const auto found = databases_.find(database);
    if (found == databases_.end()) return;
    if (Watched* watched = found->second.find(key.bytes, key.hash)) ++watched->version;
  }
  /// Asks is_changed(database, key) of every watched key of one database, or of all. It may report
  /// changes of single keys itself.
  template <typename IsChanged>
  void change_where(std::optional<int> only, IsChanged&& is_changed) {
    for (auto& entry : databases_) {
      const int database = entry.first;
      auto& keys = entry.second;
      if (only && *only != database) continue;
      keys.for_each([&](Bytes name, Watched& watched) {
        if (is_changed(database, Key{name, keys.hash(name)})) ++watched.version;
      });
    }
  }

 private:
  struct Watched {
    uint64_t watchers = 0;
    uint64_t version = 1;
  };

  size_t watchers_ = 0;
  std::map<int, NameTable<Watched>> databases_;  // of which keys are watched
};

}  // namespace kevy
