#include "runtime/pubsub/pubsub.h"

#include <new>
#include <utility>

#include "base/glob.h"

namespace kevy {

void PubSub::add(ChannelKind kind, Bytes channel, Subscriber& subscriber) {
  const uint64_t hash = table(kind).hash(channel);
  SubscriberList& subscribers = table(kind).find_or_make(channel, hash);
  try {
    subscribers.add(subscriber);
  } catch (...) {
    if (subscribers.size() == 0) table(kind).erase(channel, hash);
    throw;
  }
  update_count(kind);
}

void PubSub::remove(ChannelKind kind, Bytes channel, Subscriber& subscriber) {
  const uint64_t hash = table(kind).hash(channel);
  SubscriberList* const subscribers = table(kind).find(channel, hash);
  if (subscribers == nullptr) return;
  subscribers->remove(subscriber);
  if (subscribers->size() == 0) table(kind).erase(channel, hash);
  update_count(kind);
}

void PubSubTurn::take(PubSub& pubsub) noexcept {
  pubsub.lock_.lock();
  pubsub_ = &pubsub;
}

void PubSubTurn::give_back() noexcept {
  if (held()) std::exchange(pubsub_, nullptr)->lock_.unlock();
}

std::vector<std::string> PubSubTurn::channels(ChannelKind kind) const {
  std::vector<std::string> names;
  names.reserve(pubsub_->table(kind).size());
  pubsub_->table(kind).for_each(
      [&](Bytes name, const SubscriberList&) { names.emplace_back(name); });
  return names;
}

size_t PubSubTurn::subscribers(ChannelKind kind, Bytes channel) const {
  const SubscriberList* const found = pubsub_->table(kind).find(channel);
  return found == nullptr ? 0 : found->size();
}

bool PubSubTurn::join(ChannelKind kind, Bytes channel, Subscriber& subscriber) {
  auto& mine = subscriber.subscriptions[static_cast<size_t>(kind)];
  const auto [place, is_new] = mine.emplace(channel);
  if (!is_new) return false;
  try {
    pubsub_->add(kind, channel, subscriber);
  } catch (...) {
    mine.erase(place);
    throw;
  }
  return true;
}

bool PubSubTurn::leave(ChannelKind kind, Bytes channel, Subscriber& subscriber) {
  auto& mine = subscriber.subscriptions[static_cast<size_t>(kind)];
  const auto found = mine.find(channel);
  if (found == mine.end()) return false;
  pubsub_->remove(kind, channel, subscriber);
  subscriber.outbox.left(kind, channel);
  mine.erase(found);
  return true;
}

void PubSubTurn::leave_all(Subscriber& subscriber) {
  for (size_t kind = 0; kind < subscriber.subscriptions.size(); ++kind) {
    auto& mine = subscriber.subscriptions[kind];
    while (!mine.empty()) leave(static_cast<ChannelKind>(kind), *mine.begin(), subscriber);
  }
}

int64_t PubSubTurn::publish(ChannelKind kind, Bytes channel, Bytes payload) {
  const SharedBytes block = Message::block_of(payload);
  int64_t receivers = 0;
  if (const SubscriberList* const found = pubsub_->table(kind).find(channel)) {
    receivers += put(Message::make(Message::kind_of(kind), {}, channel, payload, block), *found);
  }
  if (kind == ChannelKind::kChannel) {
    pubsub_->table(ChannelKind::kPattern).for_each([&](Bytes pattern, const SubscriberList& those) {
      if (!glob_match(pattern, channel)) return;
      try {
        receivers +=
            put(Message::make(Message::Kind::kPattern, pattern, channel, payload, block), those);
      } catch (const std::bad_alloc&) {
        if (receivers == 0 && ended_ == nullptr) throw;  // nobody has been told
        end_all(those);  // others have: a stream with a gap is none
      }
    });
  }
  expel_ended();
  return receivers;
}

int64_t PubSubTurn::put(const MessagePtr& message,
                        const SubscriberList& subscribers) noexcept {
  int64_t receivers = 0;
  for (Subscriber* const subscriber : subscribers) {
    const Outbox::Put put = subscriber->outbox.put(message);
    if (put == Outbox::Put::kQueued || put == Outbox::Put::kWake) ++receivers;
    if (put == Outbox::Put::kWake) wakes_.add(*subscriber);
    if (put == Outbox::Put::kEnded) subscriber->next_ended_ = std::exchange(ended_, subscriber);
  }
  return receivers;
}

void PubSubTurn::end_all(const SubscriberList& subscribers) noexcept {
  for (Subscriber* const subscriber : subscribers) {
    if (subscriber->outbox.cancelled()) continue;
    subscriber->outbox.cancel();
    subscriber->next_ended_ = std::exchange(ended_, subscriber);
  }
}

void PubSubTurn::add_monitor(Subscriber& subscriber) {
  pubsub_->monitors_.add(subscriber);
  subscriber.monitors.store(true, std::memory_order_relaxed);
  pubsub_->note_monitors();
}

void PubSubTurn::remove_monitor(Subscriber& subscriber) noexcept {
  pubsub_->monitors_.remove(subscriber);
  subscriber.monitors.store(false, std::memory_order_relaxed);
  pubsub_->note_monitors();
}

void PubSubTurn::show_monitors(Bytes line) {
  put(Message::make(Message::Kind::kCommand, line), pubsub_->monitors_);
  expel_ended();
}

void PubSubTurn::end_monitors() noexcept {
  end_all(pubsub_->monitors_);
  expel_ended();
}

void PubSubTurn::expel(Subscriber& subscriber) noexcept {
  subscriber.outbox.cancel();
  remove_from_all(subscriber);
}

void PubSubTurn::retire(Subscriber& subscriber) noexcept {
  subscriber.outbox.finish();
  remove_from_all(subscriber);
}

void PubSubTurn::remove_from_all(Subscriber& subscriber) noexcept {
  for (size_t kind = 0; kind < subscriber.subscriptions.size(); ++kind) {
    for (const std::string& channel : subscriber.subscriptions[kind]) {
      pubsub_->remove(static_cast<ChannelKind>(kind), channel, subscriber);
    }
  }
  if (subscriber.monitors.load(std::memory_order_relaxed)) remove_monitor(subscriber);
  wakes_.add(subscriber);
}

// Not while the tables are walked.
void PubSubTurn::expel_ended() noexcept {
  while (ended_ != nullptr) expel(*std::exchange(ended_, ended_->next_ended_));
}

}  // namespace kevy
