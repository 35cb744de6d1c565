// PubSub: who listens to which channel. One for an instance.
//
// Changing and publishing take the pub/sub lock, which belongs to a Turn as the shards' locks do
// (PubSubTurn): once a command has subscribed, unsubscribed or published, it keeps the lock until it
// is over. So the messages of a command or an EXEC come out as one, and no other message between a
// session's leaving of two channels.
//
// The lock is a leaf: it may be taken while shards are locked (a keyspace event, PUBLISH in EXEC),
// and nothing else is taken under it but an outbox's. No system call is made under it. Publishing
// where nobody has subscribed touches no lock.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "base/lock.h"
#include "runtime/pubsub/subscriber.h"
#include "runtime/pubsub/subscriber_list.h"
#include "runtime/pubsub/wake_list.h"
#include "store/table/name_table.h"

namespace kevy {

class PubSub {
 public:
  // Any thread, without the lock.
  /// How many different channels or patterns there are.
  size_t count(ChannelKind kind) const noexcept {
    return counts_[static_cast<size_t>(kind)].load(std::memory_order_acquire);
  }
  /// How many are shown all commands.
  size_t monitors() const noexcept { return monitor_count_.load(std::memory_order_relaxed); }
  /// Whether anybody could receive what is published to a channel, sharded or not.
  bool anyone_listens(ChannelKind kind) const noexcept {
    return count(kind) != 0 || (kind == ChannelKind::kChannel && count(ChannelKind::kPattern) != 0);
  }

 private:
  friend class PubSubTurn;

  using Channels = NameTable<SubscriberList>;

  /// Throws std::bad_alloc, and has changed nothing.
  void add(ChannelKind kind, Bytes channel, Subscriber& subscriber);
  void remove(ChannelKind kind, Bytes channel, Subscriber& subscriber);
  Channels& table(ChannelKind kind) { return tables_[static_cast<size_t>(kind)]; }
  void update_count(ChannelKind kind) {
    counts_[static_cast<size_t>(kind)].store(table(kind).size(), std::memory_order_release);
  }

  void note_monitors() noexcept {
    monitor_count_.store(monitors_.size(), std::memory_order_relaxed);
  }

  std::array<std::atomic<size_t>, 3> counts_{};
  std::atomic<size_t> monitor_count_{0};
  Lock lock_;  // guards what follows
  std::array<Channels, 3> tables_;
  SubscriberList monitors_;
};

/// The pub/sub lock in the hands of a turn, and whom the turn has to wake when it has given back its
/// locks. One thread.
class PubSubTurn {
 public:
  bool held() const noexcept { return pubsub_ != nullptr; }
  void take(PubSub& pubsub) noexcept;
  void give_back() noexcept;
  /// Has a subscriber woken with those to whom something is published, with the lock or without.
  void wake_later(Subscriber& subscriber) noexcept { wakes_.add(subscriber); }
  bool anyone_to_wake() const noexcept { return !wakes_.empty(); }
  /// To be called after give_back(), without a lock.
  void wake_all() noexcept { wakes_.wake_all(); }

  // With the lock held.
  /// The channels that have subscribers (of patterns: the patterns).
  std::vector<std::string> channels(ChannelKind kind) const;
  size_t subscribers(ChannelKind kind, Bytes channel) const;
  /// False when the subscriber was subscribed already.
  bool join(ChannelKind kind, Bytes channel, Subscriber& subscriber);
  /// False when it was not subscribed.
  bool leave(ChannelKind kind, Bytes channel, Subscriber& subscriber);
  void leave_all(Subscriber& subscriber);
  /// Hands the message to every subscriber of the channel and, unless sharded, of a pattern that
  /// matches it. Returns the number of receivers. Whoever it is too much for is expelled, and whom
  /// there is no memory to tell when others have been told. Throws std::bad_alloc, and nobody was.
  int64_t publish(ChannelKind kind, Bytes channel, Bytes payload);
  /// From now on it is shown all commands. Throws std::bad_alloc, and it is not.
  void add_monitor(Subscriber& subscriber);
  void remove_monitor(Subscriber& subscriber) noexcept;
  /// Hands a command's line to all of those. Throws std::bad_alloc, and nobody was told.
  void show_monitors(Bytes line);
  /// Ends all of those.
  void end_monitors() noexcept;
  /// Ends a subscriber's outbox from outside: it is counted no more, and told.
  void expel(Subscriber& subscriber) noexcept;
  /// The same, but what was published to it before is still handed out.
  void retire(Subscriber& subscriber) noexcept;

 private:
  int64_t put(const MessagePtr& message, const SubscriberList& subscribers) noexcept;
  void end_all(const SubscriberList& subscribers) noexcept;
  void expel_ended() noexcept;
  void remove_from_all(Subscriber& subscriber) noexcept;

  PubSub* pubsub_ = nullptr;  // held
  WakeList wakes_;
  Subscriber* ended_ = nullptr;  // those for whom it was too much, a list through next_ended_
};

}  // namespace kevy
