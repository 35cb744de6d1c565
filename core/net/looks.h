// Looks: has every reactor look at what had come to its sockets by some moment, for commands that
// must not run before (runtime/waiting/arrivals.h). Each such moment is a round of looks; they are
// numbered, in ascending order.
//
// Any thread may call any method but set_reactors, as long as the reactors are there.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "base/condition.h"

namespace kevy {

class Reactor;

class Looks {
 public:
  /// Once, before the first of them serves a connection.
  void set_reactors(std::span<const std::unique_ptr<Reactor>> reactors) { reactors_ = reactors; }

  /// Has all but `asking` look; nullptr: all. The number of the round; 0 when nothing has come to
  /// them.
  uint64_t ask(const Reactor* asking) noexcept;
  /// The last round that was asked for.
  uint64_t asked() const noexcept { return asked_.load(std::memory_order_seq_cst); }
  /// Whether all but `asking` have looked in that round.
  bool done(uint64_t round, const Reactor* asking) const noexcept;
  /// Has all look and waits for that, for a tenth of a second at most, and no more until they have
  /// caught up. Not on a reactor's thread.
  void settle() noexcept;
  /// One of them has looked: wakes those who wait for that.
  void tell() noexcept;
  /// To be called before the reactors go: when it returns nobody is in settle(), which does nothing
  /// from then on.
  void end() noexcept;

 private:
  std::span<const std::unique_ptr<Reactor>> reactors_;
  std::atomic<uint64_t> asked_{0};

  std::mutex mutex_;
  Condition told_;
  std::atomic<size_t> waiting_{0};  // in settle()
  std::atomic<bool> ended_{false};
  std::atomic<uint64_t> given_up_{0};  // a round that was waited for in vain
};

}  // namespace kevy
