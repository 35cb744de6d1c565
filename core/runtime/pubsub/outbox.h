// Outbox: messages on their way to one session, put in by publishers on any thread and taken out
// by the one thread that serves the session, its owner. Bounded: a message that would go over the
// limit ends the outbox instead, and with it the session, as Redis does with a slow subscriber.
//
// put() is called with the pub/sub lock held, and never makes a system call: whom to wake is told to
// the caller, who does so when it has given back its locks (wake_list.h).
//
// The outbox also knows where the reply of the owner's running command stands among the messages.
// That place is fixed once a command: when the command first takes the pub/sub lock, which it keeps
// until it is over, or else when it is over. So what was published before the command comes out before
// its reply, and what it published itself, or what its new subscriptions bring, behind it. The reply of
// a command that waits (runtime/waiting/) is written by another thread, which fixes its place when it
// does so, and tells the owner by resume().
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>

#include "base/lock.h"
#include "runtime/pubsub/channel_kind.h"
#include "runtime/pubsub/message.h"
#include "runtime/settings/output_overrun.h"

namespace kevy {

/// Told when an outbox has something to take or to notice. Called on any thread without a lock but
/// the outbox's own for wakers; it must only signal.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() noexcept = 0;
  /// There is nothing to take any more: a signal that stays may be taken back.
  virtual void settle() noexcept {}
};

class Outbox {
 public:
  /// The limit must outlive the outbox; it is looked at anew with each message.
  explicit Outbox(const OutputLimit& limit) : limit_(limit) {}

  /// The waker must outlive the outbox, or be replaced by nullptr first. On return the one before is
  /// not being called and will not be.
  void set_waker(Waker* waker) noexcept;

  // Of publishers, who hold the pub/sub lock.
  enum class Put : uint8_t {
    kQueued,
    kWake,     // queued, and the owner has to be woken
    kEnded,    // not queued: it was too much, which ended the outbox; the owner has to be woken
    kRefused,  // not queued: the outbox has ended before
  };
  Put put(MessagePtr message) noexcept;

  /// Wakes the owner if there is still something for it. Any thread; makes system calls.
  void wake() noexcept;

  // Of the owner.
  /// The next message, or none. ready() goes with the last one, unless the outbox has ended.
  MessagePtr take();
  /// The message that take() would give, which stays.
  MessagePtr first() noexcept;
  /// The owner has noticed that the outbox has ended: ready() goes.
  void acknowledge_end() noexcept;
  /// Whether there may be something to take or to notice; cheap, without the lock.
  bool ready() const noexcept { return ready_.load(std::memory_order_acquire) != 0; }
  /// Whether that is more than the end of a command's wait.
  bool has_messages() const noexcept {
    return (ready_.load(std::memory_order_acquire) & kMessages) != 0;
  }
  /// Waits until has_messages() or cancelled(), at most `timeout_us` (below zero: for ever). False when
  /// time ran out.
  bool wait(int64_t timeout_us) { return wait(kMessages, timeout_us); }
  /// The same until the wait of the owner's command has ended, or the outbox has.
  bool wait_resumed(int64_t timeout_us) { return wait(kResumed, timeout_us); }
  /// Whether the wait of the owner's command has ended.
  bool resumed() const noexcept {
    return (ready_.load(std::memory_order_acquire) & kResumed) != 0;
  }
  /// The owner knows that its command waits no more.
  void acknowledge_resume() noexcept { ready_.fetch_and(~kResumed, std::memory_order_acq_rel); }
  /// Lets the waker take back its signal, unless there is something to take.
  void settle() noexcept;

  /// A command begins: the place of its reply is open. `pushes_apart`: whoever reads tells messages
  /// from replies, so that a message may come where none is expected.
  void begin_command(bool pushes_apart) noexcept {
    reply_place_ = kOpen;
    pushes_apart_ = pushes_apart;
  }
  /// Fixes the place of the running command's reply behind what is here now, unless it is fixed.
  void place_reply() noexcept;
  /// How many messages come before the reply of the command that has run.
  size_t before_reply() noexcept;

  // Of whoever ends the wait of the owner's command, which runs no other meanwhile.
  /// The command is tried again: its reply comes behind what is here now. Open it again if in vain.
  void begin_reply() noexcept;
  void open_reply() noexcept;
  /// The wait is over: the owner has to be woken. Makes no system call.
  void resume() noexcept;

  // Of the owner again.
  /// The running command has left a channel or pattern, and nothing of it may come after the
  /// acknowledgement: what it published to it itself, and what lies in front of that, comes before the
  /// reply. Where pushes are not apart such a channel was joined by this same command, so that nothing
  /// of it may come before the reply either: it is dropped.
  void left(ChannelKind kind, Bytes name) noexcept;

  /// Says how much was taken but not yet read by the other side: it counts against the limit too.
  void set_unread(size_t bytes) noexcept { unread_.store(bytes, std::memory_order_relaxed); }
  /// What waits here, in bytes.
  size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  /// Ends the outbox if too much has waited for too long, or a limit was lowered. False: it has ended.
  bool within_limit() noexcept;

  /// Ends all waiting now and later: the session is to be closed. What waits is dropped. Any thread;
  /// the caller wakes.
  void cancel() noexcept;
  /// Takes nothing more, and ends when what waits here has been taken. Any thread; the caller wakes.
  void finish() noexcept;
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }

 private:
  static constexpr size_t kOpen = SIZE_MAX;
  static constexpr uint32_t kMessages = 1, kResumed = 2;  // of ready_

  bool wait(uint32_t for_what, int64_t timeout_us);
  bool too_much(size_t bytes) noexcept;
  void end() noexcept;
  void note_emptied() noexcept;
  void subtract(const Message& message) noexcept;

  std::atomic<uint32_t> ready_{0};  // also the word that the owner sleeps on
  std::atomic<bool> cancelled_{false};
  std::atomic<uint32_t> sleepers_{0};
  size_t reply_place_ = kOpen;  // of the owner, as the next; guarded by lock_ while a command waits
  bool pushes_apart_ = false;
  std::atomic<size_t> unread_{0};
  const OutputLimit& limit_;

  Lock lock_;  // guards what follows; bytes_ may be read without
  std::deque<MessagePtr> messages_;
  std::atomic<size_t> bytes_{0};
  OutputOverrun overrun_;
  bool finishing_ = false;

  Lock waker_lock_;  // guards what follows; held while the waker is called
  Waker* waker_ = nullptr;
};

}  // namespace kevy
