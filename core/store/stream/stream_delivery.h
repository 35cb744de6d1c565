// StreamDelivery: entries that are given to consumers of a group, all together or none.
//
// What may find no memory comes first, with give(); commit() then makes it so. Without it all is as
// it was. Made on the stack for one command; nobody else changes the group meanwhile.
#pragma once

#include <vector>

#include "store/stream/stream_group.h"

namespace kevy {

class StreamDelivery {
 public:
  /// `consumer`: who is given them; found by its name, or made.
  StreamDelivery(StreamGroup& group, Bytes consumer, int64_t now_ms);
  /// For entries that nobody is given.
  explicit StreamDelivery(StreamGroup& group) noexcept : group_(group) {}
  ~StreamDelivery();
  StreamDelivery(const StreamDelivery&) = delete;
  StreamDelivery& operator=(const StreamDelivery&) = delete;

  StreamConsumer* consumer() const noexcept { return consumer_; }
  bool made_consumer() const noexcept { return made_; }
  size_t size() const noexcept { return given_.size(); }

  /// Has `id` be pending for the consumer, whoever has it now. The second time for an id it
  /// has the later values.
  void give(StreamId id, int64_t delivered_ms, uint64_t deliveries);
  void commit() noexcept;

 private:
  struct Given {
    StreamId id;
    bool is_new;       // it was not pending
    bool in_consumer;  // it was put into the consumer's tree
    int64_t delivered_ms;
    uint64_t deliveries;
  };

  StreamGroup& group_;
  StreamConsumer* consumer_ = nullptr;
  bool made_ = false;
  bool committed_ = false;
  std::vector<Given> given_;
};

}  // namespace kevy
