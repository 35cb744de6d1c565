// Values on the move: RENAME, RENAMENX, COPY, MOVE.
#include "command/arguments.h"
#include "command/families.h"

namespace kevy {

namespace {

void rename_to(Call& call, bool only_new) {
  const Key from = call.key(1);
  const Key to = call.key(2);
  Entry* entry = call.find_write(from);
  if (entry == nullptr) {
    call.error(errors::kNoSuchKey);
    return;
  }
  const bool same = from.bytes == to.bytes;
  const bool taken = same || call.find_write(to) != nullptr;
  if (only_new && taken) {
    call.reply.integer(0);
    return;
  }
  if (!same) {
    call.keyspace(from).move(from, call.keyspace(to), to)->set_access(first_access(call.turn));
    call.made(to);
    call.changed(from, kEventGeneric, "rename_from");
    call.changed(to, kEventGeneric, "rename_to");
    call.count_as(to, 0);  // both are one change
  }
  if (only_new) {
    call.reply.integer(1);
  } else {
    call.reply.ok();
  }
}

void rename(Call& call) { rename_to(call, false); }
void renamenx(Call& call) { rename_to(call, true); }

struct CopyOptions {
  int database;
  bool replace = false;
};

bool read_copy_options(Call& call, CopyOptions& copy) {
  for (Options options(call.args, 3); !options.done();) {
    if (options.next_is("replace")) {
      copy.replace = true;
    } else if (options.next_is("db", 1)) {
      const auto database = database_argument(call, options.value());
      if (!database) return false;
      copy.database = *database;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

constexpr Bytes kSameObject = "ERR source and destination objects are the same";

void copy(Call& call) {
  CopyOptions options{call.session.database};
  if (!read_copy_options(call, options)) return;
  const Key from = call.key(1);
  const Key to = call.key(2);
  if (options.database == call.session.database && from.bytes == to.bytes) {
    call.error(kSameObject);
    return;
  }
  const Entry* entry = call.find_read(from);
  if (entry == nullptr) {
    call.reply.integer(0);
    return;
  }
  if (call.find_in(to, options.database) != nullptr) {
    if (!options.replace) {
      call.reply.integer(0);
      return;
    }
  }
  Value value = Keyspace::copy_value(*entry);
  call.keyspace(to, options.database)
      .put(to, std::move(value), entry->expires_at_ms())
      ->set_access(first_access(call.turn));
  call.made_in(to, options.database);
  call.changed_in(to, options.database, kEventGeneric, "copy_to");
  call.reply.integer(1);
}

void move(Call& call) {
  const auto database = database_argument(call, call.args[2]);
  if (!database) return;
  if (*database == call.session.database) {
    call.error(kSameObject);
    return;
  }
  const Key key = call.key(1);
  Entry* entry = call.find_write(key);
  if (entry == nullptr || call.find_in(key, *database) != nullptr) {
    call.reply.integer(0);
    return;
  }
  call.keyspace(key)
      .move(key, call.keyspace(key, *database), key)
      ->set_access(first_access(call.turn));
  call.made_in(key, *database);
  call.changed(key, kEventGeneric, "move_from");
  call.changed_in(key, *database, kEventGeneric, "move_to");
  call.count_as(key, 0);  // both are one change
  call.reply.integer(1);
}

constexpr KeySpec kRenameKeys[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete},
                                   {2, 2, 1, kKeyOW | kKeyUpdate}};
constexpr KeySpec kRenamenxKeys[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete},
                                     {2, 2, 1, kKeyOW | kKeyInsert}};
constexpr KeySpec kCopyKeys[] = {{1, 1, 1, kKeyRO | kKeyAccess}, {2, 2, 1, kKeyOW | kKeyUpdate}};
constexpr KeySpec kMoveKey[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyUpdate}};

constexpr CommandRow kRows[] = {
    {.name = "rename", .arity = 3, .flags = kWrite, .categories = kAclKeyspace,
     .keys = kRenameKeys, .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Gives a key another name, in place of any key of that name.",
     .syntax = "key newkey:key", .handler = rename},
    {.name = "renamenx", .arity = 3, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = kRenamenxKeys, .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Gives a key another name unless there is a key of that name.",
     .syntax = "key newkey:key", .handler = renamenx},
    {.name = "copy", .arity = -3, .flags = kWrite | kDenyOom, .categories = kAclKeyspace,
     .keys = kCopyKeys, .group = "generic", .since = "6.2.0", .complexity = "O(N) in the value",
     .summary = "Copies what a key holds to another key.",
     .syntax = "source:key destination:key [DB destination-db:integer] [REPLACE]",
     .handler = copy},
    {.name = "move", .arity = 3, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = kMoveKey, .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Moves a key to another database unless it is there already.",
     .syntax = "key db:integer", .handler = move},
};

}  // namespace

CommandFamily rename_commands() { return kRows; }

}  // namespace kevy
