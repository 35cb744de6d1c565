// StreamProducers: which messages the producers of a stream have added, by names that they gave
// them (the idempotent ids of XADD IDMP): so that one that is sent again enters the stream once.
//
// A message is remembered for a while from the moment in its entry's id, and of each producer so
// many, the newest. The entry itself may be gone. Owned by the stream's object, which counts all
// its memory. Touched by the holder of the shard's lock alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "store/stream/stream_id.h"
#include "store/table/table.h"

namespace kevy {

class StreamProducers {
 public:
  struct Limits {
    static constexpr int64_t kSecondsMax = 86'400, kMessagesMax = 10'000;

    int64_t seconds = 100;   // how long a message is remembered
    int64_t messages = 100;  // how many of a producer
    bool operator==(const Limits&) const = default;
  };

  StreamProducers(size_t& memory, const Limits& limits)
      : memory_(&memory), limits_(limits), producers_(HashSecret::process()) {}
  ~StreamProducers();
  StreamProducers(const StreamProducers&) = delete;
  StreamProducers& operator=(const StreamProducers&) = delete;

  const Limits& limits() const noexcept { return limits_; }
  /// Forgets all messages, unless these are the limits already.
  void set_limits(const Limits& limits) noexcept;

  /// The entry of a message that is remembered at this moment.
  std::optional<StreamId> find(Bytes producer, Bytes message, int64_t now_ms) const noexcept;
  /// Remembers a message; another of this name, which is over, is forgotten. Throws std::bad_alloc,
  /// and it is not remembered.
  void add(Bytes producer, Bytes message, StreamId entry);
  /// Takes back the last add().
  void take_back() noexcept;
  /// Forgets of the producer that added last what is too much, and of all a bounded number that is
  /// too old at this moment.
  void trim(int64_t now_ms) noexcept;
  void count_duplicate() noexcept { ++duplicates_; }

  size_t producer_count() const noexcept { return producers_.size(); }
  size_t message_count() const noexcept { return messages_; }
  // Since the stream was made.
  uint64_t added() const noexcept { return added_; }
  uint64_t duplicates() const noexcept { return duplicates_; }
  /// What they were in a file.
  void set_counts(uint64_t added, uint64_t duplicates) noexcept {
    added_ = added;
    duplicates_ = duplicates;
  }

  using Visit = std::function<void(Bytes producer, Bytes message, StreamId entry)>;
  /// All messages in the order in which they were added.
  void for_each(const Visit& visit) const;

  /// All of it, for `memory` to count. Throws std::bad_alloc.
  std::unique_ptr<StreamProducers> clone(size_t& memory) const;

 private:
  struct Producer;
  struct Message;

  Producer* find_producer(Bytes name) const noexcept;
  Message* find_message(Bytes producer, Bytes message) const noexcept;
  Producer& find_or_make_producer(Bytes name);
  void erase_if_idle(Producer& producer) noexcept;
  bool is_over(const Message& message, int64_t now_ms) const noexcept;
  void link(Message& message) noexcept;
  void forget(Message& message) noexcept;
  void clear() noexcept;

  size_t* memory_;
  Limits limits_;
  Table<Producer> producers_;
  Message* oldest_ = nullptr;  // of all producers
  Message* newest_ = nullptr;
  size_t messages_ = 0;
  uint64_t added_ = 0, duplicates_ = 0;
};

}  // namespace kevy
