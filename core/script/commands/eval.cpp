// EVAL, EVALSHA and their read-only forms.
#include "runtime/dispatch/call.h"
#include "script/commands/families.h"
#include "script/engine.h"

namespace kevy {

namespace {

void eval(Call& call) { call.runtime.scripts()->eval(call, false); }
void eval_ro(Call& call) { call.runtime.scripts()->eval(call, true); }
void evalsha(Call& call) { call.runtime.scripts()->eval_sha(call, false); }
void evalsha_ro(Call& call) { call.runtime.scripts()->eval_sha(call, true); }

constexpr uint32_t kFlags =
    kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys | kAllShards;

constexpr KeySpec kWritten[] = {
    {.first = 2, .flags = kKeyRW | kKeyAccess | kKeyUpdate, .search = KeySearch::kKeynum}};
constexpr KeySpec kRead[] = {
    {.first = 2, .flags = kKeyRO | kKeyAccess, .search = KeySearch::kKeynum}};

constexpr Bytes kScript = "script:string numkeys:integer [key [key ...]] [arg:string [arg ...]]";
constexpr Bytes kSha1 = "sha1:string numkeys:integer [key [key ...]] [arg:string [arg ...]]";

constexpr CommandRow kRows[] = {
    {.name = "eval",
     .arity = -3,
     .flags = kFlags | kMayReplicate | kRunsScript,
     .categories = kAclScripting,
     .keys = kWritten,
     .group = "scripting",
     .since = "2.6.0",
     .complexity = "As the script",
     .summary = "Runs a script.",
     .syntax = kScript,
     .handler = eval},
    {.name = "evalsha",
     .arity = -3,
     .flags = kFlags | kMayReplicate | kRunsScript,
     .categories = kAclScripting,
     .keys = kWritten,
     .group = "scripting",
     .since = "2.6.0",
     .complexity = "As the script",
     .summary = "Runs a script that was sent before.",
     .syntax = kSha1,
     .handler = evalsha},
    {.name = "eval_ro",
     .arity = -3,
     .flags = kFlags | kReadonly,
     .categories = kAclScripting,
     .keys = kRead,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "As the script",
     .summary = "Runs a script that may not write.",
     .syntax = kScript,
     .handler = eval_ro},
    {.name = "evalsha_ro",
     .arity = -3,
     .flags = kFlags | kReadonly,
     .categories = kAclScripting,
     .keys = kRead,
     .group = "scripting",
     .since = "7.0.0",
     .complexity = "As the script",
     .summary = "Runs a script that was sent before and may not write.",
     .syntax = kSha1,
     .handler = evalsha_ro},
};

}  // namespace

std::span<const CommandRow> eval_commands() { return kRows; }

}  // namespace kevy
