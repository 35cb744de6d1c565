// FUNCTION: libraries of functions; FCALL and FCALL_RO: calls of them.
#include "runtime/dispatch/call.h"
#include "runtime/dispatch/help.h"
#include "script/commands/families.h"
#include "script/engine.h"

namespace kevy {

namespace {

void fcall(Call& call) { call.runtime.scripts()->call_function(call, false); }
void fcall_ro(Call& call) { call.runtime.scripts()->call_function(call, true); }

void refuse_words(Call& call) {
  call.error("ERR unknown subcommand or wrong number of arguments for '" +
             std::string(call.args[1]) + "'. Try FUNCTION HELP.");
}

void load(Call& call) {
  bool replace = false;
  for (size_t i = 2; i + 1 < call.argc(); ++i) {
    if (!equals_ignoring_case(call.args[i], "replace")) {
      call.error("ERR Unknown option given: " + std::string(call.args[i]));
      return;
    }
    replace = true;
  }
  call.runtime.scripts()->load_library(call, call.args[call.argc() - 1], replace);
}

void dump(Call& call) {
  call.reply.bulk(call.runtime.payload()->payload_of(call.runtime.scripts()->libraries().codes()));
}

void restore(Call& call) {
  using Meeting = FunctionLibraries::Meeting;
  if (call.argc() > 4) {
    refuse_words(call);
    return;
  }
  Meeting meeting = Meeting::kAppend;
  const Bytes policy = call.argc() == 4 ? call.args[3] : Bytes("append");
  if (equals_ignoring_case(policy, "replace")) {
    meeting = Meeting::kReplace;
  } else if (equals_ignoring_case(policy, "flush")) {
    meeting = Meeting::kFlush;
  } else if (!equals_ignoring_case(policy, "append")) {
    call.error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    return;
  }
  const RestoredLibraries restored = call.runtime.payload()->libraries_of(call.args[2]);
  if (restored.outcome == RestoredLibraries::Outcome::kBadFooter) {
    call.error("ERR DUMP payload version or checksum are wrong");
    return;
  }
  call.runtime.scripts()->restore_libraries(call, restored, meeting);
}

void remove(Call& call) { call.runtime.scripts()->delete_library(call, call.args[2]); }

void flush(Call& call) {
  if (call.argc() > 3) {
    refuse_words(call);
    return;
  }
  if (call.argc() == 3 && !equals_ignoring_case(call.args[2], "sync") &&
      !equals_ignoring_case(call.args[2], "async")) {
    call.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
    return;
  }
  call.runtime.scripts()->flush_libraries();
  call.changed_everything();
  call.reply.ok();
}

void list(Call& call) {
  Bytes pattern = "*";
  bool with_code = false, has_pattern = false;
  for (size_t i = 2; i < call.argc(); ++i) {
    if (!with_code && equals_ignoring_case(call.args[i], "withcode")) {
      with_code = true;
    } else if (!has_pattern && equals_ignoring_case(call.args[i], "libraryname")) {
      if (++i == call.argc()) {
        call.error("ERR library name argument was not given");
        return;
      }
      pattern = call.args[i];
      has_pattern = true;
    } else {
      call.error("ERR Unknown argument " + std::string(call.args[i]));
      return;
    }
  }
  call.runtime.scripts()->libraries().list(call, pattern, with_code);
}

void stats(Call& call) { call.runtime.scripts()->reply_stats(call); }
void kill(Call& call) { call.runtime.scripts()->kill(call, true); }

constexpr uint32_t kCall =
    kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys | kAllShards;
constexpr uint32_t kChange = kWrite | kNoScript | kAllShards;

constexpr KeySpec kWritten[] = {
    {.first = 2, .flags = kKeyRW | kKeyAccess | kKeyUpdate, .search = KeySearch::kKeynum}};
constexpr KeySpec kRead[] = {
    {.first = 2, .flags = kKeyRO | kKeyAccess, .search = KeySearch::kKeynum}};

constexpr Bytes kCallSyntax =
    "function:string numkeys:integer [key [key ...]] [arg:string [arg ...]]";

constexpr CommandRow kSubcommands[] = {
    {.name = "delete",
     .arity = 3,
     .flags = kChange,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(N) in the library's functions",
     .summary = "Removes a library with its functions.",
     .syntax = "library-name:string",
     .handler = remove},
    {.name = "dump",
     .arity = 2,
     .flags = kNoScript | kAllShards,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(N) in the functions",
     .summary = "Answers all libraries as a payload for FUNCTION RESTORE.",
     .handler = dump},
    {.name = "flush",
     .arity = -2,
     .flags = kChange,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(N) in the functions",
     .summary = "Removes all libraries.",
     .syntax = "[ASYNC | SYNC]",
     .handler = flush},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands.",
     .handler = help},
    {.name = "kill",
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Ends the function that is running.",
     .handler = kill},
    {.name = "list",
     .arity = -2,
     .flags = kNoScript | kAllShards,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(N) in the functions",
     .summary = "Answers the libraries and their functions.",
     .syntax = "[LIBRARYNAME library-name-pattern:string] [WITHCODE]",
     .handler = list},
    {.name = "load",
     .arity = -3,
     .flags = kChange | kDenyOom | kBringsScript,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(N) in the code's bytes",
     .summary = "Makes a library.",
     .syntax = "[REPLACE] function-code:string",
     .handler = load},
    {.name = "restore",
     .arity = -3,
     .flags = kChange | kDenyOom | kBringsScript,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(N) in the functions of the payload",
     .summary = "Makes the libraries of a payload that FUNCTION DUMP answered.",
     .syntax = "serialized-value:string [FLUSH|APPEND|REPLACE]",
     .handler = restore},
    {.name = "stats",
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .categories = kAclScripting,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Tells of the function that is running, and how many there are.",
     .handler = stats},
};

constexpr CommandRow kRows[] = {
    {.name = "fcall",
     .arity = -3,
     .flags = kCall | kMayReplicate | kRunsScript,
     .categories = kAclScripting,
     .keys = kWritten,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "As the function",
     .summary = "Calls a function.",
     .syntax = kCallSyntax,
     .handler = fcall},
    {.name = "fcall_ro",
     .arity = -3,
     .flags = kCall | kReadonly,
     .categories = kAclScripting,
     .keys = kRead,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "As the function",
     .summary = "Calls a function that does not write.",
     .syntax = kCallSyntax,
     .handler = fcall_ro},
    {.name = "function",
     .arity = -2,
     .flags = 0,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Keeps libraries of functions.",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const CommandRow> function_commands() { return kRows; }

}  // namespace kevy
