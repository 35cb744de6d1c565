// What clients ask of a server that may have replicas, a log or a cluster: kevy is alone, so there
// is nothing to wait for but its own disk. ROLE, WAIT, WAITAOF, READONLY, READWRITE, ASKING.
#include <algorithm>

#include "command/arguments.h"
#include "command/families.h"
#include "runtime/persistence/append_only.h"

namespace kevy {

namespace {

void role(Call& call) {
  call.reply.array(3);
  call.reply.bulk("master");
  call.reply.integer(0);  // how much was replicated
  call.reply.array(0);    // to whom
}

// The moment at which a timeout in milliseconds is over, in microseconds; 0 is none. Nothing where
// an error was answered.
std::optional<int64_t> end_argument(Call& call, Bytes text) {
  const auto timeout =
      integer_argument(call, text, "ERR timeout is not an integer or out of range");
  if (!timeout) return std::nullopt;
  int64_t end;
  if (*timeout < 0) {
    call.error("ERR timeout is negative");
  } else if (__builtin_add_overflow(*timeout, call.now_ms(), &end)) {
    call.error("ERR timeout is out of range");
  } else {
    return *timeout == 0 || end > kNoDeadline / 1000 ? kNoDeadline : end * 1000;
  }
  return std::nullopt;
}

void wait(Call& call) {
  if (!integer_argument(call, call.args[1]) || !end_argument(call, call.args[2])) return;
  call.reply.integer(0);
}

// Over a socket with appendfsync always what the session has written was answered once it was on
// disk. Without a session it is not known who has written what.
void answer_whether_on_disk(Call& call, int64_t local, int64_t deadline_us) {
  const WriteLog* const log = call.runtime.log();
  // A session's position may be of a log that was turned off meanwhile.
  const uint64_t written = call.session.stateless() ? UINT64_MAX : call.session.written_to;
  const uint64_t position = log == nullptr ? 0 : std::min(written, log->end());
  const bool safe = log != nullptr && (log->fenced() || log->is_safe(position));
  if (local == 1 && !safe &&
      call.suspend(
          {.keys = call.args.first(0), .deadline_us = deadline_us, .log_position = position})) {
    return;
  }
  call.reply.array(2);
  call.reply.integer(safe ? 1 : 0);
  call.reply.integer(0);
}

void waitaof(Call& call) {
  const auto local = integer_argument(call, call.args[1]);
  if (!local) return;
  const auto replicas = parse_int64(call.args[2]);
  if (*local < 0 || *local > 1) {
    call.error("ERR value is out of range, value must between 0 and 1");
  } else if (!replicas || *replicas < 0) {
    call.error("ERR value is out of range, must be positive");
  } else if (const auto end = end_argument(call, call.args[3]); !end) {
    return;
  } else if (*local == 1 && call.runtime.log() == nullptr) {
    call.error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  } else {
    answer_whether_on_disk(call, *local, *end);
  }
}

void bgrewriteaof(Call& call) {
  AppendOnly* const file = call.runtime.append_only();
  std::optional<std::string> wrong = "ERR there is no append-only file";
  if (file != nullptr) wrong = file->rewrite();
  if (wrong) {
    call.error(*wrong);
  } else {
    call.reply.status("Background append only file rewriting started");
  }
}

void readonly(Call& call) { call.reply.ok(); }

void asking(Call& call) { call.error("ERR This instance has cluster support disabled"); }

constexpr uint32_t kAtOnce = kLoading | kStale | kFast;

constexpr CommandRow kRows[] = {
    {.name = "role",
     .arity = 1,
     .flags = kNoScript | kAtOnce,
     .categories = kAclAdmin | kAclDangerous,
     .group = "server",
     .since = "2.8.12",
     .complexity = "O(1)",
     .summary = "Answers that this is a primary without replicas.",
     .handler = role},
    {.name = "wait",
     .arity = 3,
     .flags = kBlocking,
     .categories = kAclConnection,
     .group = "generic",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Answers how many replicas have what was written: none, at once.",
     .syntax = "numreplicas:integer timeout:integer",
     .handler = wait},
    {.name = "waitaof",
     .arity = 4,
     .flags = kBlocking,
     .categories = kAclConnection,
     .group = "generic",
     .since = "7.2.0",
     .complexity = "O(1)",
     .summary = "Waits until what was written is on disk, and answers how many logs have it.",
     .syntax = "numlocal:integer numreplicas:integer timeout:integer",
     .handler = waitaof},
    {.name = "bgrewriteaof",
     .arity = 1,
     .flags = kAdmin | kNoAsyncLoading | kNoScript,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Has the append-only file made anew from the data.",
     .handler = bgrewriteaof},
    {.name = "readonly",
     .arity = 1,
     .flags = kAtOnce,
     .categories = kAclConnection,
     .group = "cluster",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Does nothing: for clients of clusters.",
     .handler = readonly},
    {.name = "readwrite",
     .arity = 1,
     .flags = kAtOnce,
     .categories = kAclConnection,
     .group = "cluster",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Does nothing: for clients of clusters.",
     .handler = readonly},
    {.name = "asking",
     .arity = 1,
     .flags = kFast,
     .categories = kAclConnection,
     .group = "cluster",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Is refused: for clients of clusters.",
     .handler = asking},
};

}  // namespace

CommandFamily replication_commands() { return kRows; }

}  // namespace kevy
