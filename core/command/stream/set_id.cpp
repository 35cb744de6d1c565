// XSETID: what a stream remembers of entries that are gone.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream/arguments.h"

namespace kevy {

namespace {

struct SetIdOptions {
  StreamId last_id;
  std::optional<int64_t> entries_added;
  StreamId max_deleted_id;
};

bool read_options(Call& call, SetIdOptions& set) {
  const auto last = stream_id_argument(call, call.args[2]);
  if (!last) return false;
  set.last_id = *last;
  for (Options options(call.args, 3); !options.done();) {
    if (options.next_is("entriesadded", 1)) {
      set.entries_added = integer_argument(call, options.value());
      if (!set.entries_added) return false;
      if (*set.entries_added < 0) {
        call.error("ERR entries_added must be positive");
        return false;
      }
    } else if (options.next_is("maxdeletedid", 1)) {
      const auto id = stream_id_argument(call, options.value());
      if (!id) return false;
      if (*id > set.last_id) {
        call.error(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
        return false;
      }
      set.max_deleted_id = *id;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

bool check(Call& call, const StreamObject& stream, const SetIdOptions& set) {
  const StreamObject::Counts& counts = stream.counts();
  if (set.last_id < counts.max_deleted_id) {
    call.error("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
    return false;
  }
  if (counts.length == 0) return true;
  if (set.last_id < stream.last_entry_id()) {
    call.error("ERR The ID specified in XSETID is smaller than the target stream top item");
    return false;
  }
  if (set.entries_added && static_cast<uint64_t>(*set.entries_added) < counts.length) {
    call.error(
        "ERR The entries_added specified in XSETID is smaller than the target stream length");
    return false;
  }
  return true;
}

void xsetid(Call& call) {
  SetIdOptions options;
  if (!read_options(call, options)) return;
  const Key key = call.key(1);
  StreamObject* const found = require_stream(call, key);
  if (found == nullptr) return;
  StreamObject& stream = *found;
  if (!check(call, stream, options)) return;
  stream.set_last_id(options.last_id);
  if (options.entries_added) {
    stream.set_entries_added(static_cast<uint64_t>(*options.entries_added));
  }
  if (!options.max_deleted_id.is_zero()) stream.set_max_deleted_id(options.max_deleted_id);
  call.changed_unseen(key);  // those who watch the key see no other entries
  call.notify(key, call.session.database, kEventStream, "xsetid");
  call.reply.ok();
}

constexpr CommandRow kRows[] = {
    {.name = "xsetid",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kAclStream,
     .keys = kOneUpdate,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Sets the last id of a stream, as replication and restoring need it.",
     .syntax = "key last-id [ENTRIESADDED entries-added:integer] [MAXDELETEDID max-deleted-id]",
     .handler = xsetid},
};

}  // namespace

CommandFamily stream_set_id_commands() { return kRows; }

}  // namespace kevy
