// MONITOR: shows a session every command there is.
#include "command/arguments.h"
#include "command/families.h"

namespace kevy {

namespace {

// What monitors already is not answered.
void monitor(Call& call) {
  if (!call.may_wait()) {
    call.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  } else if (!call.session.monitors.load(std::memory_order_relaxed)) {
    call.runtime.add_monitor(call);
    call.reply.ok();
  }
}

constexpr CommandRow kRows[] = {
    {.name = "monitor",
     .arity = 1,
     .flags = kAdmin | kNoScript | kLoading | kStale | kNeedsSession,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1), and from then on O(1) for every command",
     .summary = "Shows the connection every command.",
     .handler = monitor},
};

}  // namespace

CommandFamily monitor_commands() { return kRows; }

}  // namespace kevy
