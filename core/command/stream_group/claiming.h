// What XCLAIM, XAUTOCLAIM and XREADGROUP with CLAIM have in common: entries become a consumer's,
// and what is pending of entries that are gone goes.
#pragma once

#include <vector>

#include "command/stream_group/group_access.h"

namespace kevy {

/// All of it is done by commit(), or nothing; what comes before may find no memory.
class StreamClaiming {
 public:
  /// The consumer is made when missing.
  StreamClaiming(Call& call, const Key& key, FoundGroup found, Bytes consumer);

  /// Whether the stream still has an entry.
  bool is_there(StreamId id) const noexcept;
  /// An entry is not to be pending any more. It must be, and was not dropped before.
  void drop(StreamId id);
  /// An entry is to be the consumer's. The second time for one it has the later values.
  void claim(StreamId id, int64_t delivered_ms, uint64_t deliveries);
  /// The group has read up to there at least.
  void move_last_id(StreamId id) noexcept;
  size_t claimed() const noexcept { return claimed_.size(); }

  void log() const;
  /// The entries claimed, or their ids, in an array.
  void answer_claimed(bool ids_only) const;
  /// The ids dropped, in an array.
  void answer_dropped() const;
  void commit();

 private:
  struct Claimed {
    StreamId id;
    int64_t delivered_ms;
    uint64_t deliveries;
  };

  Call& call_;
  const Key key_;
  StreamObject& stream_;
  StreamGroup& group_;
  const Bytes consumer_;
  StreamDelivery delivery_;
  std::vector<Claimed> claimed_;
  std::vector<StreamId> dropped_;
  StreamId last_id_;
};

}  // namespace kevy
