// Subscriber: what publishers know of a session: its outbox, and what it is subscribed to.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "runtime/pubsub/outbox.h"

namespace kevy {

class Subscriber : public std::enable_shared_from_this<Subscriber> {
 public:
  explicit Subscriber(const OutputLimit& limit) : outbox(limit) {}
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  Outbox outbox;

  /// By ChannelKind. The session's own thread changes them, with the pub/sub lock held: so it may
  /// read them without, and everybody else with the lock.
  std::array<std::set<std::string, std::less<>>, 3> subscriptions;

  /// Whether it is shown all commands. Changed with the pub/sub lock held; any thread may read it.
  std::atomic<bool> monitors{false};

  size_t subscribed(ChannelKind kind) const noexcept {
    return subscriptions[static_cast<size_t>(kind)].size();
  }
  bool subscribed_to_any() const noexcept {
    return !subscriptions[0].empty() || !subscriptions[1].empty() || !subscriptions[2].empty();
  }

 private:
  friend class PubSubTurn;
  friend class WakeList;

  Subscriber* next_ended_ = nullptr;  // guarded by the pub/sub lock
  std::atomic<bool> listed_{false};  // in the one WakeList that may change what follows
  Subscriber* next_ = nullptr;
  std::shared_ptr<Subscriber> kept_;
};

}  // namespace kevy
