// Outbox: messages on their way to one session, put in by publishers on any thread and taken out
// by the one thread that serves the session. Bounded: what would go over the limit breaks the
// outbox instead, and its session is closed, as Redis does with a slow subscriber.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>

#include "base/lock.h"
#include "runtime/pubsub/message.h"

namespace kevy {

/// Told when an outbox that was empty has something, or was broken or cancelled. Called on the
/// publisher's thread, with publishers' locks held: it must only signal.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() noexcept = 0;
};

class Outbox {
 public:
  static constexpr size_t kLimitDefault = size_t{32} << 20;

  /// The waker must outlive the outbox, or be replaced by nullptr first.
  void set_waker(Waker* waker) noexcept;
  void set_limit(size_t bytes) noexcept;

  void put(MessagePtr message);
  /// The next message, or none.
  MessagePtr take();
  /// Whether there may be something to take or to notice; cheap, without the lock.
  bool ready() const noexcept { return ready_.load(std::memory_order_acquire) != 0; }

  /// Waits until ready(), at most `timeout_us` (below zero: for ever). False when time ran out.
  bool wait(int64_t timeout_us);

  /// Ends all waiting now and later: the session is to be closed.
  void cancel() noexcept;
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }

 private:
  void signal() noexcept;
  void wake_sleepers() noexcept;

  std::atomic<uint32_t> ready_{0};  // also the word that waiters sleep on
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<bool> cancelled_{false};

  Lock lock_;  // guards what follows
  std::deque<MessagePtr> messages_;
  size_t bytes_ = 0;
  size_t limit_ = kLimitDefault;
  Waker* waker_ = nullptr;
};

}  // namespace kevy
