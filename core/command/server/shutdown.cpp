// SHUTDOWN: saves where that is wanted, and has the host stop the instance, which then brings the
// append-only file to the disk. A host that has not said how it is told stops it by itself alone.
#include <algorithm>

#include "command/arguments.h"
#include "command/families.h"
#include "runtime/persistence/shutdown.h"
#include "runtime/persistence/snapshots.h"

namespace kevy {

namespace {

struct Options {
  bool save = false, no_save = false, force = false, abort = false;
};

bool read_options(Call& call, Options& options) {
  bool others = false;  // than ABORT
  for (const Bytes word : call.args.subspan(1)) {
    if (equals_ignoring_case(word, "abort")) {
      options.abort = true;
      continue;
    }
    others = true;
    if (equals_ignoring_case(word, "save")) {
      options.save = true;
    } else if (equals_ignoring_case(word, "nosave")) {
      options.no_save = true;
    } else if (equals_ignoring_case(word, "force")) {
      options.force = true;
    } else if (!equals_ignoring_case(word, "now") && !equals_ignoring_case(word, "safe") &&
               !equals_ignoring_case(word, "failover")) {  // there are no replicas, and no cluster
      call.error(errors::kSyntax);
      return false;
    }
  }
  if ((!options.abort || !others) && (!options.save || !options.no_save)) return true;
  call.error(errors::kSyntax);
  return false;
}

bool save_or_force(Call& call, const Options& options, Shutdown::Saving& saving) {
  Snapshots& snapshots = *call.runtime.snapshots();
  saving = Shutdown::Saving::kAlways;
  // What is being written in the background is of an earlier moment; it ends once this command has
  // given the shards back, and the instance saves as it is stopped.
  if (snapshots.cancel() || snapshots.save(call.turn)) return true;
  if (!options.force) return false;
  saving = Shutdown::Saving::kNever;
  return true;
}

// Over a socket there is no reply: the connection ends with the instance.
void answer(Call& call) {
  const bool in_process = call.session.door <= Session::Door::kInProcess;
  if (in_process || !call.suspend({.keys = call.args.first(0)})) call.reply.ok();
}

void shutdown(Call& call) {
  Options options;
  if (!read_options(call, options)) return;
  if (options.abort) {
    call.error("ERR No shutdown in progress.");
    return;
  }
  Shutdown* const host = call.runtime.shutdown();
  if (host == nullptr || !host->possible()) {
    call.error("ERR this instance is a part of a program, which alone stops it");
    return;
  }
  const bool rules = call.runtime.settings().save_rules.load(std::memory_order_relaxed);
  auto saving = Shutdown::Saving::kNever;
  // Of data that are not there yet nothing is saved.
  if (!call.runtime.loading() && (options.save || (rules && !options.no_save))) {
    if (!save_or_force(call, options, saving)) {
      call.error("ERR Errors trying to SHUTDOWN. Check logs.");
      return;
    }
  }
  host->ask(saving);
  answer(call);
}

// NOSAVE is for a server whose shards a script does not give back.
bool needs_all(Args args) {
  return std::none_of(args.begin() + 1, args.end(), [](Bytes word) {
    return equals_ignoring_case(word, "nosave") || equals_ignoring_case(word, "abort");
  });
}

constexpr CommandRow kRows[] = {
    {.name = "shutdown",
     .arity = -1,
     .flags = kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy,
     .categories = kAclDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(N) in the keys when they are saved, otherwise O(1)",
     .summary = "Saves where that is wanted, and stops the server.",
     .syntax = "[[NOSAVE|SAVE] [NOW] [FORCE] [SAFE] [FAILOVER]|ABORT]",
     .handler = shutdown,
     .needs_all_shards = needs_all},
};

}  // namespace

CommandFamily shutdown_commands() { return kRows; }

}  // namespace kevy
