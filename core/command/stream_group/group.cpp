// XGROUP: making, changing and removing consumer groups and their consumers.
#include "command/families.h"
#include "command/help.h"
#include "command/key_specs.h"
#include "command/stream_group/group_access.h"
#include "runtime/dispatch/full_name.h"
#include "runtime/dispatch/load_time.h"

namespace kevy {

namespace {

struct GroupOptions {
  bool make_stream = false;  // MKSTREAM
  int64_t entries_read = StreamGroup::kUnknown;
};

bool read_options(Call& call, bool may_make, GroupOptions& group) {
  for (Options options(call.args, 5); !options.done();) {
    if (may_make && options.next_is("mkstream")) {
      group.make_stream = true;
    } else if (options.next_is("entriesread", 1)) {
      const auto number = integer_argument(call, options.value());
      if (!number) return false;
      if (*number < StreamGroup::kUnknown) {
        call.error("ERR value for ENTRIESREAD must be positive or -1");
        return false;
      }
      group.entries_read = *number;
    } else {
      call.error("ERR unknown subcommand or wrong number of arguments for '" +
                 std::string(before_nul(call.args[1])) + "'. Try XGROUP HELP.");
      return false;
    }
  }
  return true;
}

// The stream of the third word. `may_lack`: nullptr without an error where there is no such key.
StreamObject* find_stream(Call& call, const Key& key, bool may_lack, bool& wrong) {
  const auto [entry, wrong_type] = find_to_write(call, key, Type::kStream);
  wrong = wrong_type;
  if (wrong_type) return nullptr;
  if (entry != nullptr) return &stream_to_change(call.keyspace(key), key, *entry);
  if (!may_lack) {
    wrong = true;
    call.error(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to "
        "use the MKSTREAM option to create an empty stream automatically.");
  }
  return nullptr;
}

// $ is the last id of the stream.
std::optional<StreamId> read_position(Call& call, Bytes text, const StreamObject* stream) {
  if (text == "$") return stream == nullptr ? StreamId{} : stream->counts().last_id;
  return stream_id_argument(call, text);
}

void create(Call& call) {
  GroupOptions options;
  if (!read_options(call, true, options)) return;
  const Key key = call.key(2);
  bool wrong;
  StreamObject* stream = find_stream(call, key, options.make_stream, wrong);
  if (wrong) return;
  const auto id = read_position(call, call.args[4], stream);
  if (!id) return;
  if (stream == nullptr) {
    auto made = std::make_unique<StreamObject>();
    made->add_group(call.args[3], *id, options.entries_read);
    stream = made.get();
    call.keyspace(key).set_object(key, Type::kStream, std::move(made));
    call.made(key);
    call.changed(key, kEventStream, "xgroup-create");
  } else if (stream->find_group(call.args[3]) != nullptr) {
    call.error("BUSYGROUP Consumer Group name already exists");
    return;
  } else {
    stream->add_group(call.args[3], *id, options.entries_read);
    changed_group(call, key, *stream);
    notify_group(call, key, "xgroup-create");
  }
  call.reply.ok();
}

void set_id(Call& call) {
  GroupOptions options;
  if (!read_options(call, false, options)) return;
  const Key key = call.key(2);
  bool wrong;
  StreamObject* const stream = find_stream(call, key, false, wrong);
  if (wrong) return;
  StreamGroup* const group = require_group(call, *stream, key, call.args[3]);
  if (group == nullptr) return;
  const auto id = read_position(call, call.args[4], stream);
  if (!id) return;
  group->last_id = *id;
  group->entries_read = options.entries_read;
  changed_group(call, key, *stream);
  notify_group(call, key, "xgroup-setid");
  call.reply.ok();
}

void destroy(Call& call) {
  const Key key = call.key(2);
  bool wrong;
  StreamObject* const stream = find_stream(call, key, false, wrong);
  if (wrong) return;
  StreamGroup* const group = stream->find_group(call.args[3]);
  if (group != nullptr) {
    stream->erase_group(*group);
    changed_group(call, key, *stream);
    notify_group(call, key, "xgroup-destroy");
    // Who waits as one of its consumers is told that it is gone.
    note_for_waiters(call.turn, call.shard_of(key), call.session.database, key, false);
  }
  call.reply.integer(group != nullptr ? 1 : 0);
}

void create_consumer(Call& call) {
  const Key key = call.key(2);
  bool wrong;
  StreamObject* const stream = find_stream(call, key, false, wrong);
  if (wrong) return;
  StreamGroup* const group = require_group(call, *stream, key, call.args[3]);
  if (group == nullptr) return;
  const bool missing = group->find_consumer(call.args[4]) == nullptr;
  if (missing) {
    group->add_consumer(call.args[4], used_ms(call));
    changed_group(call, key, *stream);
    notify_group(call, key, "xgroup-createconsumer");
  }
  call.reply.integer(missing ? 1 : 0);
}

void delete_consumer(Call& call) {
  const Key key = call.key(2);
  bool wrong;
  StreamObject* const stream = find_stream(call, key, false, wrong);
  if (wrong) return;
  StreamGroup* const group = require_group(call, *stream, key, call.args[3]);
  if (group == nullptr) return;
  int64_t pending = 0;
  if (StreamConsumer* const consumer = group->find_consumer(call.args[4])) {
    pending = static_cast<int64_t>(consumer->pending.size());
    group->erase_consumer(*consumer);
    changed_group(call, key, *stream);
    notify_group(call, key, "xgroup-delconsumer");
  }
  call.reply.integer(pending);
}

constexpr KeySpec kSecondInsert[] = {{2, 2, 1, kKeyRW | kKeyInsert}};
constexpr KeySpec kSecondDelete[] = {{2, 2, 1, kKeyRW | kKeyDelete}};
constexpr KeySpec kSecondUpdate[] = {{2, 2, 1, kKeyRW | kKeyUpdate}};

constexpr CommandRow kSubcommands[] = {
    {.name = "create",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .categories = kAclStream,
     .keys = kSecondInsert,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Makes a consumer group.",
     .syntax = "key group <id|$> [MKSTREAM] [ENTRIESREAD entries-read:integer]",
     .handler = create},
    {.name = "createconsumer",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .categories = kAclStream,
     .keys = kSecondInsert,
     .group = "stream",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Makes a consumer in a group.",
     .syntax = "key group consumer",
     .handler = create_consumer},
    {.name = "delconsumer",
     .arity = 5,
     .flags = kWrite,
     .categories = kAclStream,
     .keys = kSecondDelete,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N) in what is pending for the consumer",
     .summary = "Removes a consumer with what is pending for it.",
     .syntax = "key group consumer",
     .handler = delete_consumer},
    {.name = "destroy",
     .arity = 4,
     .flags = kWrite,
     .categories = kAclStream,
     .keys = kSecondDelete,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N) in what is pending for the group",
     .summary = "Removes a consumer group.",
     .syntax = "key group",
     .handler = destroy},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = kAclStream,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands.",
     .handler = help},
    {.name = "setid",
     .arity = -5,
     .flags = kWrite,
     .categories = kAclStream,
     .keys = kSecondUpdate,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Says up to where a group has read.",
     .syntax = "key group <id|$> [ENTRIESREAD entries-read:integer]",
     .handler = set_id},
};

constexpr CommandRow kRows[] = {
    {.name = "xgroup",
     .arity = -2,
     .flags = 0,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Changes consumer groups.",
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily stream_group_commands() { return kRows; }

}  // namespace kevy
