// XPENDING: what was delivered to the consumers of a group and not acknowledged.
#include <vector>

#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream_group/group_access.h"

namespace kevy {

namespace {

struct PendingOptions {
  int64_t idle_ms = 0;
  uint64_t count = 0;
  StreamRange range;
  std::optional<Bytes> consumer;
};

// How many there are, from which id to which, and how many each consumer has.
void answer_summary(Call& call, const StreamGroup& group) {
  const auto& pending = group.pending();
  call.reply.array(4);
  call.reply.integer(static_cast<int64_t>(pending.size()));
  if (pending.empty()) {
    call.reply.null();
    call.reply.null();
    call.reply.null_array();
    return;
  }
  answer_stream_id(call.reply, pending.first().id());
  answer_stream_id(call.reply, pending.last().id());
  std::vector<StreamConsumer*> consumers = consumers_in_order(group);
  std::erase_if(consumers, [](const StreamConsumer* one) { return one->pending.empty(); });
  call.reply.array(consumers.size());
  for (const StreamConsumer* consumer : consumers) {
    call.reply.array(2);
    call.reply.bulk(consumer->key());
    call.reply.bulk(std::to_string(consumer->pending.size()));
  }
}

bool read_pending_options(Call& call, PendingOptions& pending) {
  size_t at = 3;
  if (call.argc() < 6 || call.argc() > 9) {
    call.error(errors::kSyntax);
    return false;
  }
  if (equals_ignoring_case(call.args[3], "idle")) {
    const auto idle = integer_argument(call, call.args[4]);
    if (!idle) return false;
    if (call.argc() < 8) {
      call.error(errors::kSyntax);
      return false;
    }
    pending.idle_ms = *idle;
    at = 5;
  }
  const auto count = integer_argument(call, call.args[at + 2]);
  if (!count) return false;
  pending.count = static_cast<uint64_t>(std::max<int64_t>(*count, 0));
  const auto range = stream_range_arguments(call, call.args[at], call.args[at + 1]);
  if (!range) return false;
  pending.range = *range;
  if (at + 3 < call.argc()) pending.consumer = call.args[at + 3];
  return true;
}

struct Shown {
  StreamId id;
  StreamPending pending;
};

// Those in the range, of one consumer or of all, that nobody has looked after for so long.
std::vector<Shown> find_pending(Call& call, const StreamGroup& group,
                                const PendingOptions& options) {
  std::vector<Shown> shown;
  const auto add = [&](StreamId id, const StreamPending& pending) {
    const int64_t idle_ms = call.now_ms() - pending.delivered_ms;
    if (options.idle_ms == 0 || idle_ms >= options.idle_ms) shown.push_back({id, pending});
  };
  const auto goes_on = [&](const auto& at) {
    return at && at.id() <= options.range.to && shown.size() < options.count;
  };
  if (!options.consumer) {
    for (auto at = group.pending().at_or_after(options.range.from); goes_on(at); at.next()) {
      add(at.id(), at.value());
    }
  } else if (const StreamConsumer* consumer = group.find_consumer(*options.consumer)) {
    for (auto at = consumer->pending.at_or_after(options.range.from); goes_on(at); at.next()) {
      add(at.id(), *group.pending().find(at.id()));
    }
  }
  return shown;
}

void xpending(Call& call) {
  const bool summary = call.argc() == 3;
  PendingOptions options;
  if (!summary && !read_pending_options(call, options)) return;
  const Key key = call.key(1);
  const FoundGroup found = require_group(call, call.find_read(key), key, call.args[2]);
  if (found.group == nullptr) return;
  if (summary) {
    answer_summary(call, *found.group);
    return;
  }
  const std::vector<Shown> shown = find_pending(call, *found.group, options);
  call.reply.array(shown.size());
  for (const Shown& one : shown) {
    call.reply.array(4);
    answer_stream_id(call.reply, one.id);
    const StreamConsumer* const owner = one.pending.owner;
    call.reply.bulk(owner == nullptr ? Bytes() : owner->key());
    const int64_t idle_ms = std::max<int64_t>(call.now_ms() - one.pending.delivered_ms, 0);
    call.reply.integer(owner == nullptr ? -1 : idle_ms);
    call.reply.integer(static_cast<int64_t>(one.pending.deliveries));
  }
}

constexpr CommandRow kRows[] = {
    {.name = "xpending",
     .arity = -3,
     .flags = kReadonly,
     .categories = kAclStream,
     .keys = kOneReadAccess,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N) in what is looked at, or in the consumers of the group",
     .summary = "Answers what is pending for a group.",
     .syntax = "key group [[IDLE min-idle-time:integer] start end count [consumer]]",
     .handler = xpending},
};

}  // namespace

CommandFamily stream_pending_commands() { return kRows; }

}  // namespace kevy
