// Waiters: who waits for a change of the keys of one shard: for each key a line, first come, first
// served.
//
// Touched only by the holder of the shard's lock. A line stays while somebody stands in it, or a
// turn has it among the keys it still has to serve.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/waiting/waiter.h"
#include "store/table/name_table.h"

namespace kevy {

/// Those who wait for one key.
class WaitQueue {
 public:
  using Line = std::list<WaiterPtr>;

  Line& line() noexcept { return line_; }
  /// Whether somebody in it waits for what the key has now.
  bool wants(WaitMask state) const noexcept { return (wanted_ & state) != 0; }
  /// Whether somebody in it may be served by time alone.
  bool looks() const noexcept { return looking_ != 0; }
  /// Adds the other shards that are needed to serve anyone in it.
  void add_needed(ShardSet& shards) const {
    if (needing_all_ != 0) shards.add_all();
    for (const auto& needed : needed_) shards.add(needed.first);
  }

  // Where it is.
  Shard* shard = nullptr;
  int database = 0;
  Key key() const noexcept { return {name_, hash_}; }

  // Of the turn that has it among the keys it has to serve, or serves it.
  bool ready = false;
  bool is_served = false;
  WaitQueue* next_ready = nullptr;

  /// Somebody in it was not served for want of memory: is tried again when the key changes.
  bool starved = false;

 private:
  friend class Waiters;

  Line line_;
  WaitMask wanted_ = 0;  // by anyone since it was empty
  size_t looking_ = 0;
  size_t needing_all_ = 0;
  std::vector<std::pair<uint32_t, size_t>>
      needed_;  // shards, each with how many need it, ascending
  std::string name_;
  uint64_t hash_ = 0;
};

class Waiters {
 public:
  bool any() const noexcept { return standing_ != 0; }

  /// Puts the waiter at the end of the key's line, unless it stands there already: no other comes
  /// between its places. Throws std::bad_alloc, and it does not stand there.
  void add(Shard& shard, const WaiterPtr& waiter, Waiter::Place& place);
  /// Takes it out again.
  void remove(Waiter& waiter, Waiter::Place& place) noexcept;
  /// The turn that served it has done so.
  void end_serving(WaitQueue& queue) noexcept;

  /// nullptr: nobody waits for it.
  WaitQueue* find(int database, const Key& key) const noexcept;
  /// Visits the lines for a key, whatever the database.
  template <typename Visit>
  void for_each(const Key& key, Visit&& visit) {
    if (databases_ == nullptr) return;
    for (auto& [database, keys] : *databases_) {
      if (WaitQueue* const queue = keys.find(key.bytes, key.hash)) visit(*queue);
    }
  }
  /// Visits the lines of one database, or of all.
  template <typename Visit>
  void for_each(std::optional<int> only, Visit&& visit) {
    if (databases_ == nullptr) return;
    for (auto& [database, keys] : *databases_) {
      if (only && *only != database) continue;
      keys.for_each([&](Bytes, WaitQueue& queue) { visit(queue); });
    }
  }

 private:
  using Databases = std::map<int, NameTable<WaitQueue>>;

  void drop_if_empty(WaitQueue& queue) noexcept;

  size_t standing_ = 0;
  std::unique_ptr<Databases> databases_;  // of which keys are waited for
};

}  // namespace kevy
