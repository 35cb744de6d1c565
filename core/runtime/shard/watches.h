// Watches: the watched keys of one shard, each with the sessions that have not been told of a change
// of it. WATCH leaves the session's flag here, a change sets it, and EXEC looks at it: so a change
// never has to reach further into a session.
//
// Touched only by the holder of the shard's lock. The flags are their sessions', which take them back
// before they go.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "store/keyspace.h"
#include "store/table/name_table.h"

namespace kevy {

/// Whether something that a session watches has changed.
using WatchFlag = std::atomic<bool>;

class Watches {
 public:
  bool any() const noexcept { return watchers_ != 0; }

  /// Starts to watch: a change of the key sets the flag. To be called once for each key and flag. Throws
  /// std::bad_alloc, and the key is not watched.
  void add(int database, const Key& key, WatchFlag& flag) {
    auto& keys = databases_[database];
    Watched& watched = keys.find_or_make(key.bytes, key.hash);
    try {
      watched.untold.insert(&flag);
    } catch (...) {
      if (watched.watchers == 0) keys.erase(key.bytes, key.hash);
      throw;
    }
    ++watched.watchers;
    ++watchers_;
  }
  /// Ends what add() began.
  void remove(int database, const Key& key, WatchFlag& flag) noexcept {
    const auto found = databases_.find(database);
    Watched& watched = *found->second.find(key.bytes, key.hash);
    watched.untold.erase(&flag);
    --watchers_;
    if (--watched.watchers != 0) return;
    found->second.erase(key.bytes, key.hash);
    if (found->second.size() == 0) databases_.erase(found);
  }
  void changed(int database, const Key& key) noexcept {
    const auto found = databases_.find(database);
    if (found == databases_.end()) return;
    if (Watched* watched = found->second.find(key.bytes, key.hash)) watched->tell();
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
        if (is_changed(database, Key{name, keys.hash(name)})) watched.tell();
      });
    }
  }

 private:
  struct Watched {
    size_t watchers = 0;
    std::set<WatchFlag*> untold;  // of those; so that many changes cost no more than one

    void tell() noexcept {
      for (WatchFlag* flag : untold) flag->store(true, std::memory_order_relaxed);
      untold.clear();
    }
  };

  size_t watchers_ = 0;
  std::map<int, NameTable<Watched>> databases_;  // of which keys are watched
};

}  // namespace kevy
