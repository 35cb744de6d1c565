// XINFO: what there is to know of a stream, its groups and their consumers.
#include <algorithm>
#include <vector>

#include "command/families.h"
#include "command/help.h"
#include "command/key_specs.h"
#include "command/stream_group/group_access.h"
#include "store/stream/stream_lag.h"

namespace kevy {

namespace {

// The stream of the third word; answers the error where there is none.
const StreamObject* find_stream(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(2), Type::kStream);
  if (!wrong && entry == nullptr) call.error(errors::kNoSuchKey);
  return entry == nullptr ? nullptr : &stream_of(*entry);
}

void answer_id(Reply& reply, Bytes name, StreamId id) {
  reply.bulk(name);
  answer_stream_id(reply, id);
}

void answer_number(Reply& reply, Bytes name, uint64_t number) {
  reply.bulk(name);
  reply.integer(static_cast<int64_t>(number));
}

// The nodes of the reference's radix tree are told as if none of them was needed between its root
// and its keys.
void answer_counts(Reply& reply, const StreamObject& stream) {
  const StreamObject::Counts& counts = stream.counts();
  answer_number(reply, "length", counts.length);
  answer_number(reply, "radix-tree-keys", stream.chunk_count());
  answer_number(reply, "radix-tree-nodes", stream.chunk_count() + 1);
  answer_id(reply, "last-generated-id", counts.last_id);
  answer_id(reply, "max-deleted-entry-id", counts.max_deleted_id);
  answer_number(reply, "entries-added", counts.entries_added);
  answer_id(reply, "recorded-first-entry-id", counts.first_id);
  if (const StreamProducers* const producers = stream.producers()) {
    answer_number(reply, "idmp-duration", static_cast<uint64_t>(producers->limits().seconds));
    answer_number(reply, "idmp-maxsize", static_cast<uint64_t>(producers->limits().messages));
    answer_number(reply, "pids-tracked", producers->producer_count());
    answer_number(reply, "iids-tracked", producers->message_count());
    answer_number(reply, "iids-added", producers->added());
    answer_number(reply, "iids-duplicates", producers->duplicates());
  }
}

// How many members answer_counts gives.
size_t count_of_counts(const StreamObject& stream) noexcept {
  return stream.producers() == nullptr ? 7 : 13;
}

void answer_edge(Reply& reply, Bytes name, const StreamObject& stream, StreamCursor::Way way) {
  const bool up = way == StreamCursor::Way::kUp;
  const StreamId lowest, highest = StreamId::max();
  const StreamCursor at(stream, up ? lowest : highest, up ? highest : lowest, way);
  reply.bulk(name);
  if (at) {
    answer_stream_entry(reply, at.entry());
  } else {
    reply.null();
  }
}

void answer_position(Reply& reply, const StreamObject& stream, const StreamGroup& group) {
  answer_id(reply, "last-delivered-id", group.last_id);
  reply.bulk("entries-read");
  if (group.entries_read == StreamGroup::kUnknown) {
    reply.null();
  } else {
    reply.integer(group.entries_read);
  }
  reply.bulk("lag");
  const auto lag = stream_lag(stream.counts(), group);
  if (lag) {
    reply.integer(*lag);
  } else {
    reply.null();
  }
}

void answer_consumer_in_full(Reply& reply, const StreamGroup& group, const StreamConsumer& consumer,
                             size_t count) {
  reply.map(5);
  reply.bulk("name");
  reply.bulk(consumer.key());
  reply.bulk("seen-time");
  reply.integer(consumer.seen_ms);
  reply.bulk("active-time");
  reply.integer(consumer.active_ms);
  answer_number(reply, "pel-count", consumer.pending.size());
  reply.bulk("pending");
  size_t left = std::min(count, consumer.pending.size());
  reply.array(left);
  for (auto at = consumer.pending.first(); left != 0; --left, at.next()) {
    const StreamPending& pending = *group.pending().find(at.id());
    reply.array(3);
    answer_stream_id(reply, at.id());
    reply.integer(pending.delivered_ms);
    reply.integer(static_cast<int64_t>(pending.deliveries));
  }
}

void answer_group_in_full(Reply& reply, const StreamObject& stream, const StreamGroup& group,
                          size_t count) {
  reply.map(7);
  reply.bulk("name");
  reply.bulk(group.key());
  answer_position(reply, stream, group);
  answer_number(reply, "pel-count", group.pending().size());
  reply.bulk("pending");
  size_t left = std::min(count, group.pending().size());
  reply.array(left);
  for (auto at = group.pending().first(); left != 0; --left, at.next()) {
    const StreamPending& pending = at.value();
    reply.array(4);
    answer_stream_id(reply, at.id());
    reply.bulk(pending.owner == nullptr ? Bytes() : pending.owner->key());
    reply.integer(pending.delivered_ms);
    reply.integer(static_cast<int64_t>(pending.deliveries));
  }
  reply.bulk("consumers");
  reply.array(group.consumer_count());
  for (const StreamConsumer* consumer : consumers_in_order(group)) {
    answer_consumer_in_full(reply, group, *consumer, count);
  }
}

void answer_in_full(Reply& reply, const StreamObject& stream, size_t count) {
  reply.map(count_of_counts(stream) + 2);
  answer_counts(reply, stream);
  reply.bulk("entries");
  answer_stream_range(reply, stream, {}, StreamId::max(), StreamCursor::Way::kUp, count);
  reply.bulk("groups");
  reply.array(stream.group_count());
  for (const StreamGroup* group : groups_in_order(stream)) {
    answer_group_in_full(reply, stream, *group, count);
  }
}

void stream(Call& call) {
  const StreamObject* const stream = find_stream(call);
  if (stream == nullptr) return;
  if (call.argc() == 3) {
    call.reply.map(count_of_counts(*stream) + 3);
    answer_counts(call.reply, *stream);
    answer_number(call.reply, "groups", stream->group_count());
    answer_edge(call.reply, "first-entry", *stream, StreamCursor::Way::kUp);
    answer_edge(call.reply, "last-entry", *stream, StreamCursor::Way::kDown);
    return;
  }
  constexpr int64_t kUsualCount = 10;
  int64_t count = kUsualCount;
  const bool counted = call.argc() == 6 && equals_ignoring_case(call.args[4], "count");
  if (!equals_ignoring_case(call.args[3], "full") || (call.argc() != 4 && !counted)) {
    call.error("ERR unknown subcommand or wrong number of arguments for '" +
               std::string(before_nul(call.args[1])) + "'. Try XINFO HELP.");
    return;
  }
  if (counted) {
    const auto number = integer_argument(call, call.args[5]);
    if (!number) return;
    if (*number >= 0) count = *number;
  }
  answer_in_full(call.reply, *stream, count == 0 ? SIZE_MAX : static_cast<size_t>(count));
}

void groups(Call& call) {
  const StreamObject* const stream = find_stream(call);
  if (stream == nullptr) return;
  call.reply.array(stream->group_count());
  for (const StreamGroup* group : groups_in_order(*stream)) {
    call.reply.map(6);
    call.reply.bulk("name");
    call.reply.bulk(group->key());
    answer_number(call.reply, "consumers", group->consumer_count());
    answer_number(call.reply, "pending", group->pending().size());
    answer_position(call.reply, *stream, *group);
  }
}

void consumers(Call& call) {
  const StreamObject* const stream = find_stream(call);
  if (stream == nullptr) return;
  const StreamGroup* const group = require_group(call, *stream, call.key(2), call.args[3]);
  if (group == nullptr) return;
  const auto since = [&](int64_t at_ms) { return std::max<int64_t>(call.now_ms() - at_ms, 0); };
  call.reply.array(group->consumer_count());
  for (const StreamConsumer* consumer : consumers_in_order(*group)) {
    call.reply.map(4);
    call.reply.bulk("name");
    call.reply.bulk(consumer->key());
    answer_number(call.reply, "pending", consumer->pending.size());
    call.reply.bulk("idle");
    call.reply.integer(since(consumer->seen_ms));
    call.reply.bulk("inactive");
    const bool never = consumer->active_ms == StreamConsumer::kNever;
    call.reply.integer(never ? StreamConsumer::kNever : since(consumer->active_ms));
  }
}

constexpr KeySpec kSecondReadAccess[] = {{2, 2, 1, kKeyRO | kKeyAccess}};

constexpr CommandRow kSubcommands[] = {
    {.name = "consumers",
     .arity = 4,
     .flags = kReadonly,
     .categories = kAclStream,
     .keys = kSecondReadAccess,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N log N) in the consumers",
     .summary = "Tells of the consumers of a group.",
     .syntax = "key group",
     .handler = consumers},
    {.name = "groups",
     .arity = 3,
     .flags = kReadonly,
     .categories = kAclStream,
     .keys = kSecondReadAccess,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N log N) in the groups",
     .summary = "Tells of the groups of a stream.",
     .syntax = "key",
     .handler = groups},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = kAclStream,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands.",
     .handler = help},
    {.name = "stream",
     .arity = -3,
     .flags = kReadonly,
     .categories = kAclStream,
     .keys = kSecondReadAccess,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Tells of a stream.",
     .syntax = "key [FULL [COUNT count]]",
     .handler = stream},
};

constexpr CommandRow kRows[] = {
    {.name = "xinfo",
     .arity = -2,
     .flags = 0,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Looks into streams.",
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily stream_info_commands() { return kRows; }

}  // namespace kevy
