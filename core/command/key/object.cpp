// OBJECT: how a value lies in memory and when it was used.
#include "command/arguments.h"
#include "command/families.h"
#include "command/help.h"
#include "command/key/encoding_name.h"
#include "command/key_specs.h"
#include "runtime/shard/access.h"

namespace kevy {

namespace {

// Finds a key for OBJECT: a hit or a miss, but no access of the key, and no event for a missing
// one.
const Entry* look(Call& call) {
  const Key key = call.key(2);
  const Entry* entry = call.peek(key);
  ShardStatistics& statistics = call.shard_of(key).statistics;
  ++(entry != nullptr ? statistics.keyspace_hits : statistics.keyspace_misses);
  return entry;
}

void encoding(Call& call) {
  const Entry* entry = look(call);
  if (entry == nullptr) {
    call.reply.null();
  } else {
    call.reply.bulk(encoding_name(*entry));
  }
}

void refcount(Call& call) {
  if (look(call) == nullptr) {
    call.reply.null();
  } else {
    call.reply.integer(1);
  }
}

void idletime(Call& call) {
  const Entry* entry = look(call);
  if (entry == nullptr) {
    call.reply.null();
  } else if (call.runtime.settings().lfu_policy.load(std::memory_order_relaxed)) {
    call.error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  } else {
    call.reply.integer(lru_idle_seconds(entry->access(), call.runtime.clock().coarse_seconds()));
  }
}

void freq(Call& call) {
  const Entry* entry = look(call);
  if (entry == nullptr) {
    call.reply.null();
  } else if (!call.runtime.settings().lfu_policy.load(std::memory_order_relaxed)) {
    call.error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  } else {
    call.reply.integer(lfu_counter(entry->access(), call.runtime.clock().coarse_seconds(),
                                   call.runtime.settings().lfu_pace()));
  }
}

constexpr CommandRow kSubcommands[] = {
    {.name = "encoding", .arity = 3, .flags = kReadonly, .categories = kAclKeyspace,
     .keys = kSecondRead, .group = "generic", .since = "2.2.3", .complexity = "O(1)",
     .summary = "Answers the form in which a value is kept.", .syntax = "key",
     .handler = encoding},
    {.name = "freq", .arity = 3, .flags = kReadonly, .categories = kAclKeyspace,
     .keys = kSecondRead, .group = "generic", .since = "4.0.0", .complexity = "O(1)",
     .summary = "Answers how often a key is used, on a logarithmic scale.", .syntax = "key",
     .handler = freq},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .categories = kAclKeyspace,
     .group = "generic", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Lists the subcommands.", .handler = help},
    {.name = "idletime", .arity = 3, .flags = kReadonly, .categories = kAclKeyspace,
     .keys = kSecondRead, .group = "generic", .since = "2.2.3", .complexity = "O(1)",
     .summary = "Answers for how many seconds a key was not used.", .syntax = "key",
     .handler = idletime},
    {.name = "refcount", .arity = 3, .flags = kReadonly, .categories = kAclKeyspace,
     .keys = kSecondRead, .group = "generic", .since = "2.2.3", .complexity = "O(1)",
     .summary = "Answers how many references a value has.", .syntax = "key",
     .handler = refcount},
};

constexpr CommandRow kRows[] = {
    {.name = "object", .arity = -2, .flags = 0, .group = "generic", .since = "2.2.3",
     .complexity = "Depends on the subcommand.", .summary = "Looks into how values are kept.",
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily object_commands() { return kRows; }

}  // namespace kevy
