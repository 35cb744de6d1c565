// SAVE, BGSAVE and LASTSAVE.
#include "command/arguments.h"
#include "command/families.h"
#include "runtime/persistence/snapshots.h"

namespace kevy {

namespace {

void answer_why_not(Call& call, const Status& status) {
  call.error("ERR " + status.error().message);
}

void save(Call& call) {
  const Status saved = call.runtime.snapshots()->save(call.turn);
  if (saved) {
    call.reply.ok();
  } else {
    answer_why_not(call, saved);
  }
}

void cancel(Call& call) {
  if (call.runtime.snapshots()->cancel()) {
    call.reply.status("Background saving cancelled");
  } else {
    call.error("ERR Background saving is currently not in progress or scheduled");
  }
}

// Nothing is to be waited for here, so SCHEDULE changes nothing.
void bgsave(Call& call) {
  const bool cancelled = call.argc() == 2 && equals_ignoring_case(call.args[1], "cancel");
  const bool scheduled = call.argc() == 2 && equals_ignoring_case(call.args[1], "schedule");
  if (cancelled) {
    cancel(call);
    return;
  }
  if (call.argc() > 1 && !scheduled) {
    call.error(errors::kSyntax);
    return;
  }
  const Status begun = call.runtime.snapshots()->save_in_background();
  if (begun) {
    call.reply.status("Background saving started");
  } else {
    answer_why_not(call, begun);
  }
}

void lastsave(Call& call) { call.reply.integer(call.runtime.snapshots()->state().last_save_s); }

constexpr uint32_t kSaving = kAdmin | kNoScript | kNoAsyncLoading;

constexpr CommandRow kRows[] = {
    {.name = "bgsave", .arity = -1, .flags = kSaving, .categories = kAclDangerous,
     .group = "server", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Begins to write all keys to a file.", .syntax = "[SCHEDULE|CANCEL]",
     .handler = bgsave},
    {.name = "lastsave", .arity = 1, .flags = kLoading | kStale | kFast,
     .categories = kAclAdmin | kAclDangerous, .group = "server", .since = "1.0.0",
     .complexity = "O(1)", .summary = "Answers when all keys were last written to a file.",
     .handler = lastsave},
    {.name = "save", .arity = 1, .flags = kSaving | kNoMulti | kAllShards,
     .categories = kAclDangerous, .group = "server", .since = "1.0.0",
     .complexity = "O(N) in the keys", .summary = "Writes all keys to a file.", .handler = save},
};

}  // namespace

CommandFamily snapshot_commands() { return kRows; }

}  // namespace kevy
