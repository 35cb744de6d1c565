// COMMANDLOG and SLOWLOG: the commands that took long, or were large.
#include <optional>

#include "command/arguments.h"
#include "command/families.h"
#include "command/help.h"
#include "runtime/observing/observer.h"

namespace kevy {

namespace {

using Kind = CommandLog::Kind;

constexpr size_t kShownByDefault = 10;

std::optional<Kind> kind_argument(Call& call, Bytes text) {
  if (equals_ignoring_case(text, "slow")) return Kind::kSlow;
  if (equals_ignoring_case(text, "large-request")) return Kind::kLargeRequest;
  if (equals_ignoring_case(text, "large-reply")) return Kind::kLargeReply;
  call.error("ERR type should be one of the following: slow, large-request, large-reply");
  return std::nullopt;
}

std::optional<size_t> count_argument(Call& call, Bytes text) {
  const auto count = parse_int64(text);
  if (count && *count >= -1) return *count == -1 ? SIZE_MAX : static_cast<size_t>(*count);
  call.error("ERR count should be greater than or equal to -1");
  return std::nullopt;
}

void answer(Reply& reply, const CommandLog::Entry& entry) {
  reply.array(6);
  reply.integer(static_cast<int64_t>(entry.id));
  reply.integer(entry.unix_s);
  reply.integer(entry.value);
  reply.array(entry.words.size());
  for (const std::string& word : entry.words) reply.bulk(word);
  reply.bulk(entry.address);
  reply.bulk(entry.client_name);
}

void answer_newest(Call& call, Kind kind, size_t count) {
  const auto entries = call.runtime.observer().log().newest(kind, count);
  call.reply.array(entries.size());
  for (const auto& entry : entries) answer(call.reply, *entry);
}

void answer_length(Call& call, Kind kind) {
  call.reply.integer(static_cast<int64_t>(call.runtime.observer().log().size(kind)));
}

void reset(Call& call, Kind kind) {
  call.runtime.observer().log().reset(kind);
  call.reply.ok();
}

void slowlog_get(Call& call) {
  if (call.argc() > 3) {
    call.error("ERR unknown subcommand or wrong number of arguments for '" +
               std::string(before_nul(call.args[1])) + "'. Try SLOWLOG HELP.");
    return;
  }
  const auto count = call.argc() == 3 ? count_argument(call, call.args[2]) : kShownByDefault;
  if (count) answer_newest(call, Kind::kSlow, *count);
}

void slowlog_len(Call& call) { answer_length(call, Kind::kSlow); }
void slowlog_reset(Call& call) { reset(call, Kind::kSlow); }

void commandlog_get(Call& call) {
  const auto count = count_argument(call, call.args[2]);
  if (!count) return;
  const auto kind = kind_argument(call, call.args[3]);
  if (kind) answer_newest(call, *kind, *count);
}

void commandlog_len(Call& call) {
  if (const auto kind = kind_argument(call, call.args[2])) answer_length(call, *kind);
}

void commandlog_reset(Call& call) {
  if (const auto kind = kind_argument(call, call.args[2])) reset(call, *kind);
}

constexpr uint32_t kControl = kAdmin | kLoading | kStale;

#define KEVY_LOG_KINDS "<SLOW|LARGE-REQUEST|LARGE-REPLY>"

constexpr CommandRow kCommandLog[] = {
    {.name = "get",
     .arity = 4,
     .flags = kControl,
     .group = "server",
     .since = "8.1.0",
     .complexity = "O(N) in the entries answered",
     .summary = "Answers the newest entries of a log.",
     .syntax = "count:integer " KEVY_LOG_KINDS,
     .handler = commandlog_get},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "8.1.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands.",
     .handler = help},
    {.name = "len",
     .arity = 3,
     .flags = kControl,
     .group = "server",
     .since = "8.1.0",
     .complexity = "O(1)",
     .summary = "Answers how many entries a log has.",
     .syntax = KEVY_LOG_KINDS,
     .handler = commandlog_len},
    {.name = "reset",
     .arity = 3,
     .flags = kControl,
     .group = "server",
     .since = "8.1.0",
     .complexity = "O(N) in the entries",
     .summary = "Empties a log.",
     .syntax = KEVY_LOG_KINDS,
     .handler = commandlog_reset},
};

constexpr CommandRow kSlowLog[] = {
    {.name = "get",
     .arity = -2,
     .flags = kControl,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(N) in the entries answered",
     .summary = "Answers the newest entries.",
     .syntax = "[count:integer]",
     .handler = slowlog_get},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands.",
     .handler = help},
    {.name = "len",
     .arity = 2,
     .flags = kControl,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(1)",
     .summary = "Answers how many entries there are.",
     .handler = slowlog_len},
    {.name = "reset",
     .arity = 2,
     .flags = kControl,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(N) in the entries",
     .summary = "Empties the log.",
     .handler = slowlog_reset},
};

constexpr CommandRow kRows[] = {
    {.name = "commandlog",
     .arity = -2,
     .flags = 0,
     .group = "server",
     .since = "8.1.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Logs commands that took long, and those with large requests or replies.",
     .subcommands = kCommandLog},
    {.name = "slowlog",
     .arity = -2,
     .flags = 0,
     .group = "server",
     .since = "2.2.12",
     .complexity = "Depends on the subcommand.",
     .summary = "Logs commands that took long.",
     .subcommands = kSlowLog},
};

}  // namespace

CommandFamily command_log_commands() { return kRows; }

}  // namespace kevy
