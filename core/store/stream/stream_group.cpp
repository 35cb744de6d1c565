#include "store/stream/stream_group.h"

#include "base/memory.h"
#include "store/stream/named_memory.h"

namespace kevy {

StreamGroup::~StreamGroup() {
  *memory_ -= consumers_.memory_bytes();
  consumers_.for_each([&](StreamConsumer& consumer) {
    consumer.pending.clear();
    *memory_ -= named_memory(consumer);
    delete &consumer;
    return Walk::kGoOn;
  });
}

StreamConsumer* StreamGroup::find_consumer(Bytes name) const noexcept {
  const auto slot = consumers_.find(name);
  return slot ? slot.item() : nullptr;
}

StreamConsumer& StreamGroup::add_consumer(Bytes name, int64_t now_ms) {
  auto made = std::make_unique<StreamConsumer>(name, *memory_);
  made->seen_ms = now_ms;
  insert_named(consumers_, *made, *memory_);
  return *made.release();
}

void StreamGroup::erase_consumer(StreamConsumer& consumer) noexcept {
  for (auto at = consumer.pending.first(); at; at.next()) pending_.erase(at.id());
  consumer.pending.clear();
  erase_named(consumers_, consumer, *memory_);
  delete &consumer;
}

void StreamGroup::add_pending(StreamId id, const StreamPending& pending) {
  pending_.insert(id, pending);
  if (pending.owner != nullptr) {
    try {
      pending.owner->pending.insert(id, {});
    } catch (...) {
      pending_.erase(id);
      throw;
    }
  }
  note_delivered(pending.delivered_ms);
}

void StreamGroup::hand_over(StreamId id, const StreamPending& now) noexcept {
  StreamPending& pending = *pending_.find(id);
  if (pending.owner != nullptr && pending.owner != now.owner) pending.owner->pending.erase(id);
  pending = now;
  note_delivered(now.delivered_ms);
}

void StreamGroup::count_delivery(StreamId id, int64_t now_ms) noexcept {
  StreamPending& pending = *pending_.find(id);
  pending.delivered_ms = now_ms;
  ++pending.deliveries;
  note_delivered(now_ms);
}

bool StreamGroup::erase_pending(StreamId id) noexcept {
  const StreamPending* const pending = pending_.find(id);
  if (pending == nullptr) return false;
  if (pending->owner != nullptr) pending->owner->pending.erase(id);
  pending_.erase(id);
  return true;
}

std::unique_ptr<StreamGroup> StreamGroup::clone(size_t& memory) const {
  auto copy = std::make_unique<StreamGroup>(name_, last_id, entries_read, memory);
  for_each_consumer([&](const StreamConsumer& consumer) {
    StreamConsumer& other = copy->add_consumer(consumer.key(), consumer.seen_ms);
    other.active_ms = consumer.active_ms;
    other.pending.copy_from(consumer.pending);
  });
  for (auto at = pending_.first(); at; at.next()) {
    StreamPending pending = at.value();
    if (pending.owner != nullptr) pending.owner = copy->find_consumer(pending.owner->key());
    copy->pending_.insert(at.id(), pending);
  }
  copy->from_ms_ = from_ms_;
  return copy;
}

}  // namespace kevy
