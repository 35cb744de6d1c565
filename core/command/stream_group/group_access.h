// Finding a consumer group, and reporting what was changed about one.
#pragma once

#include <algorithm>
#include <vector>

#include "command/stream/arguments.h"
#include "store/stream/stream_delivery.h"

namespace kevy {

struct FoundGroup {
  StreamObject* stream = nullptr;
  StreamGroup* group = nullptr;  // nullptr: there is none; or an error was answered
};

/// Answers that there is no such key or group, with `behind` at the end of the error; or WRONGTYPE.
FoundGroup require_group(Call& call, Entry* entry, const Key& key, Bytes group, Bytes behind = {});
/// As XGROUP and XINFO say it, where the key is known to be there.
StreamGroup* require_group(Call& call, StreamObject& stream, const Key& key, Bytes group);
const StreamGroup* require_group(Call& call, const StreamObject& stream, const Key& key,
                                 Bytes group);

/// Reports a change of a group, which those who watch the key are not told of, as in the reference:
/// its entries are the same.
inline void changed_group(Call& call, const Key& key, StreamObject& stream) {
  call.keyspace(key).account(stream);
  call.changed_unseen(key);
}
/// Raises an event of a change that was reported.
inline void notify_group(Call& call, const Key& key, Bytes event) {
  call.notify(key, call.session.database, kEventStream, event);
}

/// Logs what is pending, so that replaying it gives the same.
void log_pending(Call& call, const Key& key, const StreamGroup& group, Bytes consumer, StreamId id,
                 int64_t delivered_ms, uint64_t deliveries);
/// Logs that a consumer was made.
void log_consumer(Call& call, const Key& key, const StreamGroup& group, Bytes consumer);
/// Logs up to where a group has read.
void log_position(Call& call, const Key& key, const StreamGroup& group, StreamId last_id,
                  int64_t entries_read);
/// Logs that entries are not pending any more.
void log_acknowledged(Call& call, const Key& key, const StreamGroup& group,
                      const std::vector<StreamId>& ids);

/// The groups of a stream, or the consumers of a group, in the order of their names.
template <typename Named, typename ForEach>
std::vector<Named*> in_order(ForEach&& for_each) {
  std::vector<Named*> all;
  for_each([&](Named& named) { all.push_back(&named); });
  std::sort(all.begin(), all.end(),
            [](const Named* a, const Named* b) { return a->key() < b->key(); });
  return all;
}
inline std::vector<const StreamGroup*> groups_in_order(const StreamObject& stream) {
  return in_order<const StreamGroup>([&](auto&& visit) { stream.for_each_group(visit); });
}
inline std::vector<StreamConsumer*> consumers_in_order(const StreamGroup& group) {
  return in_order<StreamConsumer>([&](auto&& visit) { group.for_each_consumer(visit); });
}

}  // namespace kevy
