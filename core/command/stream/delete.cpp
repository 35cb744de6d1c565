// Streams: removing entries by their ids.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream/id_block.h"
#include "command/stream/trimming.h"

namespace kevy {

namespace {

void xdel(Call& call) {
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kStream);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.integer(0);
    return;
  }
  std::vector<StreamId> ids;
  for (const Bytes word : call.args.subspan(2)) {
    const auto id = stream_id_argument(call, word);
    if (!id) return;
    ids.push_back(*id);
  }
  StreamObject& stream = stream_to_change(call.keyspace(key), key, *entry);
  int64_t removed = 0;
  for (const StreamId id : ids) removed += stream.erase(id) ? 1 : 0;
  if (removed != 0) {
    call.keyspace(key).account(stream);
    call.changed(key, kEventStream, "xdel");
    call.count_as(key, static_cast<uint64_t>(removed));
  }
  call.reply.integer(removed);
}

/// What XDELEX says of an entry.
enum class Deletion : int8_t { kNotThere = -1, kDeleted = 1, kReferenced = 2 };

// ACKED asks that there be a group that has acknowledged it.
Deletion delete_entry(StreamObject& stream, StreamId id, StreamReferences references) noexcept {
  const bool there = static_cast<bool>(StreamCursor(stream, id, id, StreamCursor::Way::kUp));
  if (there && references == StreamReferences::kAcked &&
      (stream.group_count() == 0 || !acknowledged_by_all(stream, id))) {
    return Deletion::kReferenced;
  }
  if (references == StreamReferences::kDelete) erase_references(stream, id);
  return stream.erase(id) ? Deletion::kDeleted : Deletion::kNotThere;
}

bool is_referenced(const StreamObject& stream, StreamId id) noexcept {
  bool any = false;
  stream.for_each_group(
      [&](const StreamGroup& group) { any |= group.pending().find(id) != nullptr; });
  return any;
}

void xdelex(Call& call) {
  StreamReferences references = StreamReferences::kKeep;
  StreamIdBlock block;
  for (Options options(call.args, 2); !options.done();) {
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
  std::vector<Deletion> done(block.ids.size(), Deletion::kNotThere);
  if (entry != nullptr) {
    StreamObject& stream = stream_to_change(call.keyspace(key), key, *entry);
    bool any = false;
    for (size_t i = 0; i < done.size(); ++i) {
      const StreamId id = block.ids[i];
      any |= references == StreamReferences::kDelete && is_referenced(stream, id);
      done[i] = delete_entry(stream, id, references);
      any |= done[i] == Deletion::kDeleted;
    }
    if (any) {
      call.keyspace(key).account(stream);
      call.changed(key, kEventStream, "xdel");
    }
  }
  call.reply.array(done.size());
  for (const Deletion one : done) call.reply.integer(static_cast<int64_t>(one));
}

constexpr CommandRow kRows[] = {
    {.name = "xdel",
     .arity = -3,
     .flags = kWrite | kFast,
     .categories = kAclStream,
     .keys = kOneDelete,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(log N) for each entry",
     .summary = "Removes entries from a stream by their ids.",
     .syntax = "key id [id ...]",
     .handler = xdel},
    {.name = "xdelex",
     .arity = -5,
     .flags = kWrite | kFast,
     .categories = kAclStream,
     .keys = kOneDelete,
     .group = "stream",
     .since = "8.2.0",
     .complexity = "O(log N) for each entry and group",
     .summary = "Removes entries from a stream, with or unless what is pending of them.",
     .syntax = "key [KEEPREF|DELREF|ACKED] IDS numids:integer id [id ...]",
     .handler = xdelex},
};

}  // namespace

CommandFamily stream_delete_commands() { return kRows; }

}  // namespace kevy
