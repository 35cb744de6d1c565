// Turn: the locks one caller holds while it runs commands. Dispatch asks it for the shards of a
// command; it takes all of them at once, in ascending order, so no deadlock is possible. A
// reactor keeps its turn over a run of commands for the same shards, and gives it back after a
// bounded number of them; everyone else has a turn a call. However long the commands are, the turn
// ends with the one during which a shard's lock is wanted (lock.h).
//
// The pub/sub lock is the last that a turn takes, when a command first needs it, and the first that
// it gives back. What is slow comes after all locks are given back: whom something was published
// to, or whose wait has ended, is woken, and what was put aside is freed, or handed over if it is
// much (lazy_free.h).
//
// A turn knows how far the write log has to be on disk before what its commands have seen may be
// shown (settle). It also knows which keys have changed that somebody waits for (runtime/waiting/).
// They are served when the command is over (Runtime::serve), at the latest before a lock is given
// back. One thread; not movable.
#pragma once

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "runtime/dispatch/shard_set.h"
#include "runtime/pubsub/pubsub.h"
#include "runtime/shard/shard.h"

namespace kevy {

class Runtime;

class Turn {
 public:
  explicit Turn(Runtime& runtime) noexcept;
  /// One whose commands have another clock than the runtime's, which outlives it.
  Turn(Runtime& runtime, const Clock& clock) noexcept : runtime_(runtime), moment_(clock) {}
  ~Turn() { release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// To be called at the start of a command. Makes sure that this one shard is held, and no more
  /// than it; gives back first what was held before, even this shard, if others wait for it.
  void hold(Shard& shard);
  /// Makes sure that at least these are held.
  void hold(const ShardSet& shards);
  void hold_all();
  /// The same for commands of sessions: false, and nothing is held, when a script is busy that
  /// holds what they need.
  [[nodiscard]] bool hold_unless_busy(Shard& shard);
  [[nodiscard]] bool hold_unless_busy(const ShardSet& shards);
  /// Between commands: whether what is held suits further commands for this shard, or, if that is
  /// nullptr, for several keys, and nothing waits for the end of the turn. They read the clock
  /// anew.
  bool goes_on_with(const Shard* shard);
  /// Makes sure that the pub/sub lock is held, and fixes the place of the reply to `publisher`'s
  /// command among its messages. nullptr: on nobody's behalf.
  PubSubTurn& hold_pubsub(Subscriber* publisher);
  /// Makes sure that at least these shards are held, whatever was held before; may give that back
  /// for a moment.
  void widen(const ShardSet& shards);
  /// What is held.
  ShardSet held() const;
  bool holds(uint32_t shard) const noexcept;
  /// Whether anybody waits for a key of what is held.
  bool has_waiters();

  /// Notes a key of a shard that is held, as one to be served, unless it is noted already.
  void note_ready(WaitQueue& queue) noexcept;
  bool any_ready() const noexcept { return first_ready_ != nullptr; }
  /// The one noted first, which is noted no more, and is to be served.
  WaitQueue& take_ready() noexcept;
  /// Has a session woken when all locks are given back.
  void wake_later(Subscriber& subscriber) noexcept {
    spread();
    pubsub_.wake_later(subscriber);
  }

  /// What the command has changed is in the write log, in front of `position`.
  void note_logged(uint64_t position) noexcept;

  /// Where the changes that the commands of this turn can have seen or made end in the write log,
  /// as far as their shards were given back.
  uint64_t fence() const noexcept { return fence_; }
  /// The same at once, for what is held.
  void note_seen() noexcept;
  void note_seen(uint64_t position) noexcept { fence_ = std::max(fence_, position); }
  /// Gives all back, and waits, where nothing may be shown that a crash could take back, until what
  /// was seen is on disk. False when it can not be.
  [[nodiscard]] bool settle() noexcept;

  /// There are changed keys in a shard that is held, to be told of when all locks are given back.
  void tell_later() noexcept { spread(); }

  /// Gives all back, frees what was put aside and wakes receivers. The next command reads the clock
  /// anew.
  void release() {
    if (only_ != nullptr && only_->garbage.empty()) [[likely]] {
      note_seen(only_->logged_to);
      std::exchange(only_, nullptr)->lock.unlock();
      moment_.renew();
    } else if (holds_any() || pubsub_.anyone_to_wake()) {
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
  void note_logged_in_several(uint64_t position) noexcept;
  bool several_wanted();
  void release_slowly();
  void spread() noexcept;
  uint32_t index_of(const Shard& shard) const noexcept;

  Runtime& runtime_;
  Shard* only_ = nullptr;  // what is held, when it is one shard and nothing else
  ShardSet several_;       // the shards held otherwise
  uint64_t fence_ = 0;
  WaitQueue* first_ready_ = nullptr;  // a list through next_ready
  WaitQueue* last_ready_ = nullptr;
  PubSubTurn pubsub_;
  Moment moment_;
};

}  // namespace kevy
