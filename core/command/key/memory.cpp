// MEMORY: what keys take.
#include "command/arguments.h"
#include "command/families.h"
#include "command/help.h"
#include "command/key_specs.h"
#include "command/server/memory_report.h"

namespace kevy {

namespace {

// SAMPLES is read and not needed: every value knows what it has allocated.
bool read_options(Call& call) {
  for (Options options(call.args, 3); !options.done();) {
    if (!options.next_is("samples", 1)) {
      call.error(errors::kSyntax);
      return false;
    }
    const auto samples = integer_argument(call, options.value());
    if (!samples) return false;
    if (*samples < 0) {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

void usage(Call& call) {
  if (!read_options(call)) return;
  const Key key = call.key(2);
  const Entry* entry = call.peek(key);
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  call.reply.integer(static_cast<int64_t>(call.keyspace(key).memory_bytes_of(*entry)));
}

constexpr CommandRow kSubcommands[] = {
    {.name = "doctor", .arity = 2, .flags = 0, .group = "server", .since = "4.0.0",
     .complexity = "O(1)", .summary = "Reports what is wrong with the memory.",
     .handler = memory_doctor},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .group = "server", .since = "4.0.0",
     .complexity = "O(1)", .summary = "Lists the subcommands.", .handler = help},
    {.name = "malloc-stats", .arity = 2, .flags = kLoading, .group = "server", .since = "4.0.0",
     .complexity = "O(1)", .summary = "Answers what the allocator tells of itself.",
     .handler = memory_malloc_stats},
    {.name = "purge", .arity = 2, .flags = kLoading, .group = "server", .since = "4.0.0",
     .complexity = "O(N) in what is kept", .summary = "Gives memory back that is kept for later.",
     .handler = memory_purge},
    {.name = "stats", .arity = 2, .flags = kAllShards, .group = "server", .since = "4.0.0",
     .complexity = "O(N) in the shards", .summary = "Answers what memory is held for what.",
     .handler = memory_stats},
    {.name = "usage", .arity = -3, .flags = kReadonly, .keys = kSecondRead, .group = "server",
     .since = "4.0.0", .complexity = "O(1)",
     .summary = "Answers how many bytes a key takes: its entry, its value, its share of the table.",
     .syntax = "key [SAMPLES count:integer]", .handler = usage},
};

constexpr CommandRow kRows[] = {
    {.name = "memory", .arity = -2, .flags = 0, .group = "server", .since = "4.0.0",
     .complexity = "Depends on the subcommand.", .summary = "Looks into the memory of keys.",
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily memory_commands() { return kRows; }

}  // namespace kevy
