#include "runtime/pubsub.h"

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
  const auto found = table(kind).find(std::string(channel));
  if (found == table(kind).end()) return;
  std::erase(found->second, &outbox);
  if (found->second.empty()) table(kind).erase(found);
  counts_[static_cast<size_t>(kind)].store(table(kind).size(), std::memory_order_release);
}

int64_t PubSub::deliver(bool sharded, Bytes channel, Bytes payload) {
  const auto kind = sharded ? Message::Kind::kSharded : Message::Kind::kChannel;
  const SharedBytes shared = SharedBytes::copy_of(payload);
  int64_t receivers = 0;
  std::lock_guard guard(lock_);
  const auto& subscribers = table(sharded ? ChannelKind::kSharded : ChannelKind::kChannel);
  if (const auto found = subscribers.find(std::string(channel)); found != subscribers.end()) {
    const auto message =
        std::make_shared<const Message>(Message{kind, {}, std::string(channel), shared});
    for (Outbox* outbox : found->second) outbox->put(message);
    receivers += static_cast<int64_t>(found->second.size());
  }
  if (sharded) return receivers;
  for (const auto& [pattern, outboxes] : table(ChannelKind::kPattern)) {
    if (!glob_match(pattern, channel)) continue;
    const auto message = std::make_shared<const Message>(
        Message{Message::Kind::kPattern, pattern, std::string(channel), shared});
    for (Outbox* outbox : outboxes) outbox->put(message);
    receivers += static_cast<int64_t>(outboxes.size());
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
  const auto found = table(kind).find(std::string(channel));
  return found == table(kind).end() ? 0 : found->second.size();
}

}  // namespace kevy
