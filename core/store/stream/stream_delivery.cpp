#include "store/stream/stream_delivery.h"

namespace kevy {

StreamDelivery::StreamDelivery(StreamGroup& group, Bytes consumer, int64_t now_ms)
    : group_(group), consumer_(group.find_consumer(consumer)), made_(consumer_ == nullptr) {
  if (made_) consumer_ = &group.add_consumer(consumer, now_ms);
}

StreamDelivery::~StreamDelivery() {
  if (committed_) return;
  for (const Given& given : given_) {
    if (given.is_new) {
      group_.erase_pending(given.id);
    } else if (given.in_consumer) {
      consumer_->pending.erase(given.id);
    }
  }
  if (made_) group_.erase_consumer(*consumer_);
}

void StreamDelivery::give(StreamId id, int64_t delivered_ms, uint64_t deliveries) {
  if (given_.size() == given_.capacity()) given_.reserve(given_.size() * 2 + 1);
  const StreamPending* const before = group_.pending().find(id);
  const bool is_new = before == nullptr;
  const bool in_consumer = !is_new && consumer_ != nullptr && before->owner != consumer_ &&
                           consumer_->pending.find(id) == nullptr;
  if (is_new) {
    group_.add_pending(id, {consumer_, delivered_ms, deliveries});
  } else if (in_consumer) {
    consumer_->pending.insert(id, {});
  }
  given_.push_back({id, is_new, in_consumer, delivered_ms, deliveries});
}

void StreamDelivery::commit() noexcept {
  committed_ = true;
  for (const Given& given : given_) {
    if (!given.is_new)
      group_.hand_over(given.id, {consumer_, given.delivered_ms, given.deliveries});
  }
}

}  // namespace kevy
