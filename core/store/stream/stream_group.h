// StreamGroup: a consumer group of a stream: up to where it has read, its consumers, and what they
// have been given and have not acknowledged (the pending entries list of the reference).
//
// What is pending stands in the group's tree with its owner, and its id in the owner's. The entries
// themselves may be gone. Owned by the stream's object, which counts all its memory. Touched by the
// holder of the shard's lock alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "store/stream/id_tree.h"
#include "store/table/table.h"

namespace kevy {

class StreamConsumer {
 public:
  static constexpr int64_t kNever = -1;

  StreamConsumer(Bytes name, size_t& memory) : pending(memory), name_(name) {}

  Bytes key() const noexcept { return name_; }

  /// When it last tried to read or claim something, and when it last was given something.
  int64_t seen_ms = 0;
  int64_t active_ms = kNever;
  IdTree<NoValue> pending;

 private:
  const std::string name_;
};

/// Of an entry that was delivered. Without an owner where that has given it back (XNACK).
struct StreamPending {
  StreamConsumer* owner;
  int64_t delivered_ms;
  uint64_t deliveries;
};

class StreamGroup {
 public:
  /// How many entries of the stream the group has read is not known.
  static constexpr int64_t kUnknown = -1;

  StreamGroup(Bytes name, StreamId last, int64_t read, size_t& memory)
      : last_id(last),
        entries_read(read),
        pending_(memory),
        name_(name),
        memory_(&memory),
        consumers_(HashSecret::process()) {}
  ~StreamGroup();
  StreamGroup(const StreamGroup&) = delete;
  StreamGroup& operator=(const StreamGroup&) = delete;

  Bytes key() const noexcept { return name_; }

  StreamId last_id;
  int64_t entries_read;

  StreamConsumer* find_consumer(Bytes name) const noexcept;
  /// There must be none of this name. Throws std::bad_alloc, and nothing has changed.
  StreamConsumer& add_consumer(Bytes name, int64_t now_ms);
  /// With all that is pending for it.
  void erase_consumer(StreamConsumer& consumer) noexcept;
  size_t consumer_count() const noexcept { return consumers_.size(); }
  /// visit(StreamConsumer&) with each, in no order.
  template <typename Visit>
  void for_each_consumer(Visit&& visit) const {
    consumers_.for_each([&](StreamConsumer& consumer) {
      visit(consumer);
      return Walk::kGoOn;
    });
  }

  const IdTree<StreamPending>& pending() const noexcept { return pending_; }
  /// Nothing that is pending was delivered before this. There may be nothing of that moment any
  /// more; who has looked at all of it says what is the first.
  int64_t delivered_from_ms() const noexcept { return pending_.empty() ? INT64_MAX : from_ms_; }
  void know_delivered_from(int64_t ms) noexcept { from_ms_ = ms; }
  /// The entry must not be pending. Throws std::bad_alloc, and nothing has changed.
  void add_pending(StreamId id, const StreamPending& pending);
  /// What is pending has another owner, who has it in his tree already, or none; and another time
  /// and count.
  void hand_over(StreamId id, const StreamPending& now) noexcept;
  /// What is pending was delivered once more, at this moment.
  void count_delivery(StreamId id, int64_t now_ms) noexcept;
  /// Whether it was pending.
  bool erase_pending(StreamId id) noexcept;

  /// All of it, for `memory` to count. Throws std::bad_alloc.
  std::unique_ptr<StreamGroup> clone(size_t& memory) const;

 private:
  void note_delivered(int64_t ms) noexcept {
    from_ms_ = pending_.size() == 1 ? ms : std::min(from_ms_, ms);
  }

  IdTree<StreamPending> pending_;
  int64_t from_ms_ = INT64_MAX;
  const std::string name_;
  size_t* memory_;
  Table<StreamConsumer> consumers_;
};

}  // namespace kevy
