// Turn: the locks one caller holds while it runs commands. Dispatch asks it for the shards of a
// command; it takes all of them at once, in ascending order, so no deadlock is possible. A
// reactor keeps its turn over a run of commands for the same shards, and gives it back after a
// bounded number of them; everyone else has a turn a call. However long the commands are, the turn
// ends with the one during which a shard's lock is wanted (lock.h).
//
// The pub/sub lock is the last that a turn takes, when a command first needs it, and the first that it
// gives back. What is slow comes after all locks are given back: whom something was published to is
// woken, and what was put aside is freed, or handed over if it is much (lazy_free.h). One thread; not movable.
#pragma once

#include <array>
#include <utility>

#include "base/clock.h"
#include "runtime/pubsub/pubsub.h"
#include "runtime/shard/shard.h"

namespace kevy {

class Runtime;

/// Which shards a command needs: some, in ascending order without repetition, or all.
class ShardSet {
 public:
  static constexpr size_t kSizeMax = 32;  // more different ones than that: all

  void add(uint32_t shard) {
    if (all_) return;
    size_t i = size_;
    while (i > 0 && shards_[i - 1] > shard) --i;
    if (i > 0 && shards_[i - 1] == shard) return;
    if (size_ == kSizeMax) {
      add_all();
      return;
    }
    for (size_t j = size_; j > i; --j) shards_[j] = shards_[j - 1];
    shards_[i] = shard;
    ++size_;
  }
  void add_all() noexcept {
    all_ = true;
    size_ = 0;
  }
  void clear() noexcept {
    all_ = false;
    size_ = 0;
  }
  bool all() const noexcept { return all_; }
  bool empty() const noexcept { return !all_ && size_ == 0; }
  size_t size() const noexcept { return size_; }
  uint32_t operator[](size_t i) const noexcept { return shards_[i]; }
  bool covers(const ShardSet& other) const noexcept;

 private:
  bool all_ = false;
  size_t size_ = 0;
  std::array<uint32_t, kSizeMax> shards_;
};

class Turn {
 public:
  explicit Turn(Runtime& runtime) noexcept;
  ~Turn() { release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// To be called at the start of a command. Makes sure that this one shard is held, and no more
  /// than it; gives back first what was held before, even this shard, if others wait for it.
  void hold(Shard& shard);
  /// Makes sure that at least these are held.
  void hold(const ShardSet& shards);
  /// Between commands: whether what is held suits further commands for this shard, or, if that is
  /// nullptr, for several keys, and nothing waits for the end of the turn. They read the clock anew.
  bool goes_on_with(const Shard* shard);
  /// Makes sure that the pub/sub lock is held, and fixes the place of the reply to `publisher`'s
  /// command among its messages. nullptr: on nobody's behalf.
  PubSubTurn& hold_pubsub(Subscriber* publisher);
  /// Gives all back, frees what was put aside and wakes receivers. The next command reads the clock
  /// anew.
  void release() {
    if (only_ != nullptr && only_->garbage.empty()) [[likely]] {
      std::exchange(only_, nullptr)->lock.unlock();
      moment_.renew();
    } else if (holds_any()) {
      release_slowly();
    }
  }
  bool holds_all() const noexcept { return several_.all(); }
  bool holds_any() const noexcept {
    return only_ != nullptr || !several_.empty() || pubsub_.held();
  }

  Runtime& runtime() const noexcept { return runtime_; }
  Moment& moment() noexcept { return moment_; }

 private:
  template <typename Visit>
  void for_each_of_several(Visit&& visit);
  bool several_wanted();
  void release_slowly();

  Runtime& runtime_;
  Shard* only_ = nullptr;  // what is held, when it is one shard and nothing else
  ShardSet several_;       // the shards held otherwise
  PubSubTurn pubsub_;
  Moment moment_;
};

}  // namespace kevy
