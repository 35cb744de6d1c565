// SCRIPT: the scripts that were sent.
#include "runtime/dispatch/call.h"
#include "runtime/dispatch/help.h"
#include "script/commands/families.h"
#include "script/engine.h"

namespace kevy {

namespace {

void load(Call& call) { call.runtime.scripts()->load(call, call.args[2]); }

void exists(Call& call) {
  const Args names = call.args.subspan(2);
  call.reply.array(names.size());
  for (const Bytes name : names) {
    call.reply.integer(call.runtime.scripts()->find(name) != nullptr ? 1 : 0);
  }
}

void show(Call& call) {
  if (const std::string* source = call.runtime.scripts()->find(call.args[2])) {
    call.reply.bulk(*source);
  } else {
    call.error("NOSCRIPT No matching script.");
  }
}

void flush(Call& call) {
  const bool known =
      call.argc() == 2 || (call.argc() == 3 && (equals_ignoring_case(call.args[2], "sync") ||
                                                equals_ignoring_case(call.args[2], "async")));
  if (!known) {
    call.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
    return;
  }
  call.runtime.scripts()->flush();
  call.reply.ok();
}

// There is no debugger: what would begin one is refused, and that it stay off is granted.
void debug(Call& call) {
  const Bytes mode = call.args[2];
  if (call.argc() == 3 && equals_ignoring_case(mode, "no")) {
    call.reply.ok();
  } else if (call.argc() == 3 &&
             (equals_ignoring_case(mode, "yes") || equals_ignoring_case(mode, "sync"))) {
    call.error("ERR kevy has no debugger for scripts");
  } else {
    call.error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
  }
}

void kill(Call& call) { call.runtime.scripts()->kill(call, false); }

constexpr uint32_t kCache = kNoScript | kStale | kAllShards;

constexpr CommandRow kSubcommands[] = {
    {.name = "debug",
     .arity = -3,
     .flags = kNoScript,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Keeps the debugger off, which kevy does not have.",
     .syntax = "<YES | SYNC | NO> [engine:string]",
     .handler = debug},
    {.name = "exists",
     .arity = -3,
     .flags = kCache,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "2.6.0",
     .complexity = "O(N) in the scripts asked for",
     .summary = "Tells which scripts are in the cache.",
     .syntax = "sha1:string [sha1 ...]",
     .handler = exists},
    {.name = "flush",
     .arity = -2,
     .flags = kCache,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "2.6.0",
     .complexity = "O(N) in the scripts of the cache",
     .summary = "Forgets all scripts.",
     .syntax = "[ASYNC | SYNC]",
     .handler = flush},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands.",
     .handler = help},
    {.name = "kill",
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Ends the script that is running.",
     .handler = kill},
    {.name = "load",
     .arity = 3,
     .flags = kCache | kBringsScript,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "2.6.0",
     .complexity = "O(N) in the script's bytes",
     .summary = "Puts a script into the cache.",
     .syntax = "script:string",
     .handler = load},
    {.name = "show",
     .arity = 3,
     .flags = kCache,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "8.0.0",
     .complexity = "O(1)",
     .summary = "Answers the text of a script in the cache.",
     .syntax = "sha1:string",
     .handler = show},
};

constexpr CommandRow kRows[] = {
    {.name = "script",
     .arity = -2,
     .flags = 0,
     .group = "scripting",
     .since = "2.6.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Keeps scripts.",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const CommandRow> script_commands() { return kRows; }

}  // namespace kevy
