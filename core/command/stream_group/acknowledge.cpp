// XACK, XACKDEL and XNACK: entries that a group's consumers are done with, or give back.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream/id_block.h"
#include "command/stream/trimming.h"
#include "command/stream_group/group_access.h"

namespace kevy {

namespace {

void xack(Call& call) {
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kStream);
  if (wrong) return;
  StreamObject* const stream =
      entry == nullptr ? nullptr : &stream_to_change(call.keyspace(key), key, *entry);
  StreamGroup* const group = stream == nullptr ? nullptr : stream->find_group(call.args[2]);
  if (group == nullptr) {
    call.reply.integer(0);
    return;
  }
  for (const Bytes word : call.args.subspan(3)) {
    if (!stream_id_argument(call, word)) return;
  }
  int64_t acknowledged = 0;
  for (const Bytes word : call.args.subspan(3)) {
    if (group->erase_pending(*parse_stream_id(word, 0))) ++acknowledged;
  }
  if (acknowledged != 0) {
    changed_group(call, key, *stream);
    call.count_as(key, static_cast<uint64_t>(acknowledged));
  }
  call.reply.integer(acknowledged);
}

constexpr KeySpec kAcknowledgedKey[] = {{1, 1, 1, kKeyRW | kKeyUpdate | kKeyDelete}};

/// What XACKDEL says of an entry.
enum class Acknowledged : int8_t { kNotThere = -1, kDeleted = 1, kReferenced = 2 };

Acknowledged acknowledge_and_delete(StreamObject& stream, StreamGroup& group, StreamId id,
                                    StreamReferences references) noexcept {
  const bool was_pending = group.erase_pending(id);
  if (references == StreamReferences::kDelete) erase_references(stream, id);
  if (!was_pending) return Acknowledged::kNotThere;
  const bool there = static_cast<bool>(StreamCursor(stream, id, id, StreamCursor::Way::kUp));
  if (there && references == StreamReferences::kAcked && !acknowledged_by_all(stream, id)) {
    return Acknowledged::kReferenced;
  }
  return stream.erase(id) ? Acknowledged::kDeleted : Acknowledged::kNotThere;
}

void xackdel(Call& call) {
  StreamReferences references = StreamReferences::kKeep;
  StreamIdBlock block;
  for (Options options(call.args, 3); !options.done();) {
    if (read_references(options, references)) continue;
    if (!options.next_is("ids", 2)) {
      call.error(errors::kSyntax);
      return;
    }
    if (!read_id_block(call, options, block)) return;
  }
  if (!block.given) {
    call.error(errors::kSyntax);
    return;
  }
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kStream);
  if (wrong) return;
  StreamObject* const stream =
      entry == nullptr ? nullptr : &stream_to_change(call.keyspace(key), key, *entry);
  StreamGroup* const group = stream == nullptr ? nullptr : stream->find_group(call.args[2]);
  std::vector<Acknowledged> done(block.ids.size(), Acknowledged::kNotThere);
  if (group != nullptr) {
    const uint64_t length = stream->length();
    for (size_t i = 0; i < done.size(); ++i) {
      done[i] = acknowledge_and_delete(*stream, *group, block.ids[i], references);
    }
    // Even where no entry went, something may not be pending any more.
    changed_group(call, key, *stream);
    if (stream->length() != length) call.changed(key, kEventStream, "xdel");
  }
  call.reply.array(done.size());
  for (const Acknowledged one : done) call.reply.integer(static_cast<int64_t>(one));
}

struct GiveBackOptions {
  enum class Mode : uint8_t { kSilent, kFail, kFatal };
  Mode mode = Mode::kFail;
  StreamIdBlock block;
  std::optional<uint64_t> deliveries;  // RETRYCOUNT
  bool force = false;

  /// How often an entry counts as delivered that did so `before` times.
  uint64_t count(uint64_t before) const noexcept {
    if (deliveries) return *deliveries;
    if (mode == Mode::kFatal) return INT64_MAX;
    return mode == Mode::kSilent && before != 0 ? before - 1 : before;
  }
};

bool read_mode(Call& call, GiveBackOptions& back) {
  using Mode = GiveBackOptions::Mode;
  const Bytes word = call.args[3];
  if (equals_ignoring_case(word, "silent")) {
    back.mode = Mode::kSilent;
  } else if (equals_ignoring_case(word, "fail")) {
    back.mode = Mode::kFail;
  } else if (equals_ignoring_case(word, "fatal")) {
    back.mode = Mode::kFatal;
  } else {
    call.error(errors::kSyntax);
    return false;
  }
  return true;
}

bool read_give_back_options(Call& call, GiveBackOptions& back) {
  if (!read_mode(call, back)) return false;
  for (Options options(call.args, 4); !options.done();) {
    if (options.next_is("ids", 2)) {
      if (!read_id_block(call, options, back.block)) return false;
    } else if (options.next_is("retrycount", 1)) {
      const auto count = integer_argument(call, options.value());
      if (!count) return false;
      if (*count < 0) {
        call.error("ERR RETRYCOUNT must be >= 0");
        return false;
      }
      back.deliveries = static_cast<uint64_t>(*count);
    } else if (options.next_is("force")) {
      back.force = true;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  if (back.block.given) return true;
  call.error(errors::kSyntax);
  return false;
}

void xnack(Call& call) {
  GiveBackOptions options;
  if (!read_give_back_options(call, options)) return;
  const Key key = call.key(1);
  const FoundGroup found = require_group(call, call.find_write(key), key, call.args[2]);
  if (found.group == nullptr) return;
  StreamGroup& group = *found.group;
  StreamDelivery delivery(group);
  for (const StreamId id : options.block.ids) {
    const StreamPending* const pending = group.pending().find(id);
    if (pending != nullptr) {
      delivery.give(id, 0, options.count(pending->deliveries));
    } else if (options.force && StreamCursor(*found.stream, id, id, StreamCursor::Way::kUp)) {
      delivery.give(id, 0, options.count(0));
    }
  }
  delivery.commit();
  if (delivery.size() != 0) {
    changed_group(call, key, *found.stream);
    call.hasten_looks(key);
  }
  call.reply.integer(static_cast<int64_t>(delivery.size()));
}

constexpr CommandRow kRows[] = {
    {.name = "xack",
     .arity = -4,
     .flags = kWrite | kFast,
     .categories = kAclStream,
     .keys = kOneUpdate,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(log N) for each id",
     .summary = "Takes entries out of what is pending for a group.",
     .syntax = "key group id [id ...]",
     .handler = xack},
    {.name = "xackdel",
     .arity = -6,
     .flags = kWrite | kFast,
     .categories = kAclStream,
     .keys = kAcknowledgedKey,
     .group = "stream",
     .since = "8.2.0",
     .complexity = "O(log N) for each id and group",
     .summary = "Takes entries out of what is pending for a group, and removes them.",
     .syntax = "key group [KEEPREF|DELREF|ACKED] IDS numids:integer id [id ...]",
     .handler = xackdel},
    {.name = "xnack",
     .arity = -7,
     .flags = kWrite | kFast,
     .categories = kAclStream,
     .keys = kOneUpdate,
     .group = "stream",
     .since = "8.8.0",
     .complexity = "O(log N) for each id",
     .summary = "Gives entries that are pending back to the group.",
     .syntax =
         "key group <SILENT|FAIL|FATAL> IDS numids:integer id [id ...] [RETRYCOUNT count] [FORCE]",
     .handler = xnack},
};

}  // namespace

CommandFamily stream_acknowledge_commands() { return kRows; }

}  // namespace kevy
