#include "runtime/pubsub/pubsub.h"

#include <algorithm>
#include <mutex>

#include "base/glob.h"

namespace kevy {

void PubSub::subscribe(ChannelKind kind, Bytes channel, Outbox& outbox) {
  std::lock_guard guard(lock_);
  table(kind)[std::string(channel)].push_back(&outbox);
  counts_[static_cast<size_t>(kind)].store(table(kind).size(), std::memory_order_release);
}

void PubSub::unsubscribe(ChannelKind kind, Bytes channel, Outbox& outbox) {
  std::lock_guard guard(lock_);
  const auto found = table(kind).find(channel);
  if (found == table(kind).end()) return;
  std::erase(found->second, &outbox);
  if (found->second.empty()) table(kind).erase(found);
  counts_[static_cast<size_t>(kind)].store(table(kind).size(), std::memory_order_release);
}

int64_t PubSub::deliver(bool sharded, Bytes channel, Bytes payload) {
  const SharedBytes block = Message::block_of(payload);
  int64_t receivers = 0;
  const auto put = [&](Message::Kind kind, Bytes pattern, const std::vector<Outbox*>& outboxes) {
    const MessagePtr message = Message::make(kind, pattern, channel, payload, block);
    for (Outbox* outbox : outboxes) outbox->put(message);
    receivers += static_cast<int64_t>(outboxes.size());
  };
  std::lock_guard guard(lock_);
  const auto& subscribers = table(sharded ? ChannelKind::kSharded : ChannelKind::kChannel);
  if (const auto found = subscribers.find(channel); found != subscribers.end()) {
    put(sharded ? Message::Kind::kSharded : Message::Kind::kChannel, {}, found->second);
  }
  if (sharded) return receivers;
  for (const auto& [pattern, outboxes] : table(ChannelKind::kPattern)) {
    if (glob_match(pattern, channel)) put(Message::Kind::kPattern, pattern, outboxes);
  }
  return receivers;
}

std::vector<std::string> PubSub::channels(ChannelKind kind) {
  std::lock_guard guard(lock_);
  std::vector<std::string> names;
  names.reserve(table(kind).size());
  for (const auto& [name, outboxes] : table(kind)) names.push_back(name);
  return names;
}

size_t PubSub::subscribers(ChannelKind kind, Bytes channel) {
  std::lock_guard guard(lock_);
  const auto found = table(kind).find(channel);
  return found == table(kind).end() ? 0 : found->second.size();
}

}  // namespace kevy
