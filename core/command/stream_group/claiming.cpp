#include "command/stream_group/claiming.h"
#include "runtime/dispatch/load_time.h"

namespace kevy {

StreamClaiming::StreamClaiming(Call& call, const Key& key, FoundGroup found, Bytes consumer)
    : call_(call),
      key_(key),
      stream_(*found.stream),
      group_(*found.group),
      consumer_(consumer),
      delivery_(group_, consumer, used_ms(call)),
      last_id_(group_.last_id) {}

bool StreamClaiming::is_there(StreamId id) const noexcept {
  return static_cast<bool>(StreamCursor(stream_, id, id, StreamCursor::Way::kUp));
}

void StreamClaiming::drop(StreamId id) { dropped_.push_back(id); }

void StreamClaiming::claim(StreamId id, int64_t delivered_ms, uint64_t deliveries) {
  claimed_.push_back({id, delivered_ms, deliveries});
  delivery_.give(id, delivered_ms, deliveries);
}

void StreamClaiming::move_last_id(StreamId id) noexcept { last_id_ = std::max(last_id_, id); }

void StreamClaiming::log() const {
  if (!call_.logged()) return;
  if (delivery_.made_consumer()) log_consumer(call_, key_, group_, consumer_);
  if (last_id_ != group_.last_id) {
    log_position(call_, key_, group_, last_id_, group_.entries_read);
  }
  log_acknowledged(call_, key_, group_, dropped_);
  for (const Claimed& claimed : claimed_) {
    log_pending(call_, key_, group_, consumer_, claimed.id, claimed.delivered_ms,
                claimed.deliveries);
  }
}

void StreamClaiming::answer_claimed(bool ids_only) const {
  call_.reply.array(claimed_.size());
  for (const Claimed& claimed : claimed_) {
    if (ids_only) {
      answer_stream_id(call_.reply, claimed.id);
    } else {
      const StreamCursor at(stream_, claimed.id, claimed.id, StreamCursor::Way::kUp);
      answer_stream_entry(call_.reply, at.entry());
    }
  }
}

void StreamClaiming::answer_dropped() const {
  call_.reply.array(dropped_.size());
  for (const StreamId id : dropped_) answer_stream_id(call_.reply, id);
}

void StreamClaiming::commit() {
  delivery_.commit();
  const bool moves = last_id_ != group_.last_id;
  group_.last_id = last_id_;
  for (const StreamId id : dropped_) group_.erase_pending(id);
  StreamConsumer& consumer = *delivery_.consumer();
  consumer.seen_ms = used_ms(call_);
  if (!claimed_.empty()) consumer.active_ms = used_ms(call_);
  if (delivery_.made_consumer() || moves || !dropped_.empty() || !claimed_.empty()) {
    changed_group(call_, key_, stream_);
    call_.count_as(key_, claimed_.size() + dropped_.size() + (delivery_.made_consumer() ? 1 : 0));
  }
  if (!claimed_.empty()) call_.hasten_looks(key_);
  if (delivery_.made_consumer()) notify_group(call_, key_, "xgroup-createconsumer");
}

}  // namespace kevy
