// Keys of any type: DEL, EXISTS, TYPE, KEYS, RANDOMKEY and their relatives.
#include "base/glob.h"
#include "base/random.h"
#include "command/arguments.h"
#include "command/families.h"
#include "command/key/type_name.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

// Removes what has expired among several keys: that may find no memory, and so comes first.
void expire_all_due(Call& call) {
  for (size_t i = 1; i < call.argc(); ++i) {
    const Key key = call.key(i);
    const Keyspace& keyspace = call.keyspace(key);
    if (keyspace.size_with_expiry() + keyspace.size_with_field_expiry() != 0) call.peek(key);
  }
}

void del(Call& call) {
  if (call.argc() > 2) expire_all_due(call);
  int64_t deleted = 0;
  for (size_t i = 1; i < call.argc(); ++i) {
    const Key key = call.key(i);
    if (call.find_write(key) == nullptr) continue;
    call.keyspace(key).erase(key);
    call.changed(key, kEventGeneric, "del");
    ++deleted;
  }
  call.reply.integer(deleted);
}

void exists(Call& call) {
  int64_t found = 0;
  for (size_t i = 1; i < call.argc(); ++i) found += call.ask(call.key(i)) != nullptr ? 1 : 0;
  call.reply.integer(found);
}

void touch(Call& call) {
  int64_t found = 0;
  for (size_t i = 1; i < call.argc(); ++i) found += call.touch(call.key(i)) != nullptr ? 1 : 0;
  call.reply.integer(found);
}

void type(Call& call) {
  const Entry* entry = call.ask(call.key(1));
  call.reply.status(entry == nullptr ? Bytes("none") : type_name(entry->type()));
}

void keys(Call& call) {
  const Bytes pattern = call.args[1];
  const bool all = pattern == "*";
  const int64_t now_ms = call.now_ms();
  std::vector<Bytes> found;
  for (uint32_t i = 0; i < call.runtime.shard_count(); ++i) {
    const Keyspace* keyspace =
        call.runtime.shard(i).databases.find(static_cast<size_t>(call.session.database));
    if (keyspace == nullptr) continue;
    keyspace->for_each([&](const Entry& entry) {
      if ((all || glob_match(pattern, entry.key())) && !entry.expired(now_ms)) {
        found.push_back(entry.key());
      }
      return Walk::kGoOn;
    });
  }
  call.reply.array(found.size());
  for (const Bytes key : found) call.reply.bulk(key);
}

// A key of any shard, each key with the same chance. Expired ones are removed and drawn again; when
// expiry stands still because the clock is frozen that still ends, since each draw removes one.
void randomkey(Call& call) {
  const int database = call.session.database;
  const auto keyspace = [&](uint32_t i) -> const Keyspace* {
    return call.runtime.shard(i).databases.find(static_cast<size_t>(database));
  };
  const auto size = [&](uint32_t i) { return keyspace(i) == nullptr ? 0 : keyspace(i)->size(); };
  while (true) {
    size_t total = 0;
    for (uint32_t i = 0; i < call.runtime.shard_count(); ++i) total += size(i);
    if (total == 0) {
      call.reply.null();
      return;
    }
    uint64_t wanted = thread_random().below(total);
    uint32_t index = 0;
    while (wanted >= size(index)) wanted -= size(index++);
    const Entry* entry = keyspace(index)->random(thread_random());
    if (!entry->expired(call.now_ms())) {
      call.reply.bulk(entry->key());
      return;
    }
    const std::string name(entry->key());
    call.expire(call.key_of(name), database);
  }
}

constexpr CommandRow kRows[] = {
    {.name = "del", .arity = -2, .flags = kWrite, .categories = kAclKeyspace, .keys = kAllRemove,
     .group = "generic", .since = "1.0.0", .complexity = "O(N) in the keys",
     .summary = "Deletes keys and answers how many there were.", .syntax = "key [key ...]",
     .handler = del},
    {.name = "unlink", .arity = -2, .flags = kWrite | kFast, .categories = kAclKeyspace,
     .keys = kAllRemove, .group = "generic", .since = "4.0.0", .complexity = "O(N) in the keys",
     .summary = "Deletes keys; memory is given back afterwards.", .syntax = "key [key ...]",
     .handler = del},
    {.name = "exists", .arity = -2, .flags = kReadonly | kFast, .categories = kAclKeyspace,
     .keys = kAllRead, .group = "generic", .since = "1.0.0", .complexity = "O(N) in the keys",
     .summary = "Counts how many of the keys there are, repeated ones repeatedly.",
     .syntax = "key [key ...]", .handler = exists},
    {.name = "touch", .arity = -2, .flags = kReadonly | kFast, .categories = kAclKeyspace,
     .keys = kAllRead, .group = "generic", .since = "3.2.1", .complexity = "O(N) in the keys",
     .summary = "Notes an access to keys and counts how many of them there are.",
     .syntax = "key [key ...]", .handler = touch},
    {.name = "type", .arity = 2, .flags = kReadonly | kFast, .categories = kAclKeyspace,
     .keys = kOneRead, .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers the type of what a key holds.", .syntax = "key", .handler = type},
    {.name = "keys", .arity = 2, .flags = kReadonly | kAllShards,
     .categories = kAclKeyspace | kAclDangerous, .group = "generic", .since = "1.0.0",
     .complexity = "O(N) in the keys of the database",
     .summary = "Answers all keys that match a pattern.", .syntax = "pattern", .handler = keys},
    {.name = "randomkey", .arity = 1, .flags = kReadonly | kAllShards, .categories = kAclKeyspace,
     .group = "generic", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers one key of the database, each with the same chance.",
     .handler = randomkey},
};

}  // namespace

CommandFamily key_commands() { return kRows; }

}  // namespace kevy
