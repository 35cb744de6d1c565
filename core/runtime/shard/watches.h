// Watches: the watched keys of one shard, each with the sessions that have not been told of a
// change of it. WATCH leaves the session's flag here, a change sets it, and EXEC looks at it: so a
// change never has to reach further into a session.
//
// Touched only by the holder of the shard's lock. The flags are their sessions', which take them
// back before they go.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "store/keyspace.h"
#include "store/table/name_table.h"

namespace kevy {

/// Whether something that a session watches has changed, and how: a key by itself, or all of a
/// database at once (FLUSHALL, SWAPDB). The first ends the watches, as CLIENT LIST tells; after the
/// second they stay until a key changes by itself. Set by who holds a shard, read by any thread.
class WatchFlag {
 public:
  /// Of what it is told: what breaks a client's WATCH, or every change there is.
  enum class Sees : uint8_t { kUsual, kAll };

  explicit WatchFlag(Sees sees = Sees::kUsual) noexcept : sees_(sees) {}

  bool sees_all() const noexcept { return sees_ == Sees::kAll; }
  bool broken() const noexcept { return state() != kIntact; }
  bool ends_watches() const noexcept { return state() == kKey; }
  void note_key() noexcept { state_.store(kKey, std::memory_order_relaxed); }
  void note_database() noexcept {
    uint8_t intact = kIntact;
    state_.compare_exchange_strong(intact, kDatabase, std::memory_order_relaxed);
  }
  void clear() noexcept { state_.store(kIntact, std::memory_order_relaxed); }

 private:
  static constexpr uint8_t kIntact = 0, kDatabase = 1, kKey = 2;

  uint8_t state() const noexcept { return state_.load(std::memory_order_relaxed); }

  std::atomic<uint8_t> state_{kIntact};
  const Sees sees_;
};

class Watches {
 public:
  /// Counts its watchers in `interested` too.
  explicit Watches(size_t& interested) noexcept;
  ~Watches();
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  /// Starts to watch: a change of the key sets the flag. To be called once for each key and flag.
  /// Throws std::bad_alloc, and the key is not watched.
  void add(int database, const Key& key, WatchFlag& flag);
  /// Ends what add() began.
  void remove(int database, const Key& key, WatchFlag& flag) noexcept;
  void changed(int database, const Key& key) noexcept;
  /// The same for a change that breaks no client's WATCH.
  void changed_unseen(int database, const Key& key) noexcept;
  /// For changes of whole databases: asks is_changed(database, key) of every watched key of one
  /// database, or of all. It may report changes of single keys itself.
  template <typename IsChanged>
  void change_where(std::optional<int> only, IsChanged&& is_changed) {
    for (auto& entry : databases_) {
      const int database = entry.first;
      auto& keys = entry.second;
      if (only && *only != database) continue;
      keys.for_each([&](Bytes name, Watched& watched) {
        if (!is_changed(database, Key{name, keys.hash(name)})) return;
        for (WatchFlag* flag : watched.untold) flag->note_database();
      });
    }
  }

 private:
  struct Watched {
    size_t watchers = 0;
    std::set<WatchFlag*> untold;  // of those; so that many changes cost no more than one
  };

  Watched* find(int database, const Key& key) noexcept;

  size_t& interested_;
  std::map<int, NameTable<Watched>> databases_;  // of which keys are watched
};

}  // namespace kevy
