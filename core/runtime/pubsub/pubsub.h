// PubSub: who listens to which channel. One for an instance.
//
// Its lock is a leaf: it may be taken while shards are locked (a keyspace event, PUBLISH in EXEC),
// and nothing else is taken under it but an outbox's. Publishing where nobody has subscribed
// touches no lock. Any thread may call any method.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/lock.h"
#include "runtime/pubsub/outbox.h"

namespace kevy {

enum class ChannelKind : uint8_t { kChannel, kPattern, kSharded };

class PubSub {
 public:
  /// Idempotence is the caller's matter: a session subscribes to a channel once.
  void subscribe(ChannelKind kind, Bytes channel, Outbox& outbox);
  void unsubscribe(ChannelKind kind, Bytes channel, Outbox& outbox);

  /// Hands the message to every subscriber of the channel and, unless sharded, of a pattern that
  /// matches it. Returns the number of receivers.
  int64_t publish(ChannelKind kind, Bytes channel, Bytes payload) {
    const bool sharded = kind == ChannelKind::kSharded;
    if (count(kind) == 0 && (sharded || count(ChannelKind::kPattern) == 0)) return 0;
    return deliver(sharded, channel, payload);
  }

  /// The channels that have subscribers (of patterns: the patterns).
  std::vector<std::string> channels(ChannelKind kind);
  size_t subscribers(ChannelKind kind, Bytes channel);
  /// How many different channels or patterns there are.
  size_t count(ChannelKind kind) const noexcept {
    return counts_[static_cast<size_t>(kind)].load(std::memory_order_acquire);
  }

 private:
  struct HashOfName : std::hash<Bytes> {
    using is_transparent = void;
  };
  using Subscribers =
      std::unordered_map<std::string, std::vector<Outbox*>, HashOfName, std::equal_to<>>;

  int64_t deliver(bool sharded, Bytes channel, Bytes payload);
  Subscribers& table(ChannelKind kind) { return tables_[static_cast<size_t>(kind)]; }

  std::array<std::atomic<size_t>, 3> counts_{};
  Lock lock_;  // guards tables_
  std::array<Subscribers, 3> tables_;
};

}  // namespace kevy
