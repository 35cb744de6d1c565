// CLIENT: the rows, and what a client says of itself.
#include <string>

#include "command/arguments.h"
#include "command/connection/client_list.h"
#include "command/connection/client_name.h"
#include "command/families.h"
#include "command/help.h"

namespace kevy {

namespace {

void id(Call& call) { call.reply.integer(static_cast<int64_t>(call.session.id)); }

void getname(Call& call) {
  const std::string name = call.session.labels().name;
  if (name.empty()) {
    call.reply.null();
  } else {
    call.reply.bulk(name);
  }
}

void setname(Call& call) {
  if (!check_client_name(call, call.args[2])) return;
  call.session.change_labels([&](SessionLabels& labels) { labels.name = call.args[2]; });
  call.reply.ok();
}

void setinfo(Call& call) {
  const bool name = equals_ignoring_case(call.args[2], "lib-name");
  const Bytes value = call.args[3];
  if (!name && !equals_ignoring_case(call.args[2], "lib-ver")) {
    call.error("ERR Unrecognized option '" + std::string(before_nul(call.args[2])) + "'");
  } else if (!is_plain(value)) {
    call.error("ERR " + std::string(name ? "lib-name" : "lib-ver") +
               " cannot contain spaces, newlines or special characters.");
  } else {
    call.session.change_labels([&](SessionLabels& labels) {
      (name ? labels.library_name : labels.library_version) = value;
    });
    call.reply.ok();
  }
}

void capa(Call& call) {
  for (const Bytes capability : call.args.subspan(2)) {
    if (equals_ignoring_case(capability, "redirect")) {
      call.session.can_be_redirected.store(true, std::memory_order_relaxed);
    }
  }
  call.reply.ok();
}

void reply_mode(Call& call) {
  const Bytes mode = call.args[2];
  if (equals_ignoring_case(mode, "on")) {
    call.session.reply_mode = ReplyMode::kOn;
    call.unsilenced.ok();
  } else if (equals_ignoring_case(mode, "off")) {
    call.session.reply_mode = ReplyMode::kOff;
  } else if (equals_ignoring_case(mode, "skip")) {
    if (call.session.reply_mode != ReplyMode::kOff) {
      call.session.reply_mode = ReplyMode::kSkipNext;
    }
  } else {
    call.error(errors::kSyntax);
  }
}

std::optional<bool> on_or_off(Call& call) {
  if (equals_ignoring_case(call.args[2], "on")) return true;
  if (equals_ignoring_case(call.args[2], "off")) return false;
  call.error(errors::kSyntax);
  return std::nullopt;
}

void no_evict(Call& call) {
  const auto on = on_or_off(call);
  if (!on) return;
  call.session.no_evict.store(*on, std::memory_order_relaxed);
  call.reply.ok();
}

void no_touch(Call& call) {
  const auto on = on_or_off(call);
  if (!on) return;
  call.session.no_touch.store(*on, std::memory_order_relaxed);
  call.reply.ok();
}

constexpr uint32_t kBase = kNoScript | kLoading | kStale | kNeedsSession;
constexpr uint32_t kControl = kAdmin | kBase;
constexpr uint32_t kOwn = kBase | kAllowBusy;  // about the connection that asks

// The conditions of client_filter.h.
#define KEVY_CLIENT_FILTER(types)                                                              \
  "[TYPE <" types ">] [ID client-id:integer [client-id ...]] [USER username:string] "          \
  "[ADDR addr:string] [LADDR laddr:string] [SKIPME <YES|NO>] [MAXAGE maxage:integer] "         \
  "[NAME name:string] [IDLE idle:integer] [FLAGS flags:string] [LIB-NAME lib-name:string] "    \
  "[LIB-VER lib-ver:string] [DB db:integer] [CAPA capa:string] [IP ip:string] "                \
  "[NOT-TYPE <" types ">] [NOT-ID not-client-id:integer [not-client-id ...]] "                 \
  "[NOT-USER not-username:string] [NOT-ADDR not-addr:string] [NOT-LADDR not-laddr:string] "    \
  "[NOT-NAME not-name:string] [NOT-FLAGS not-flags:string] [NOT-LIB-NAME not-lib-name:string] " \
  "[NOT-LIB-VER not-lib-ver:string] [NOT-DB not-db:integer] [NOT-CAPA not-capa:string] "       \
  "[NOT-IP not-ip:string]"

constexpr CommandRow kSubcommands[] = {
    {.name = "capa", .arity = -3, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "8.0.0", .complexity = "O(1)",
     .summary = "Tells what the client is capable of.",
     .syntax = "capability:string [capability ...]", .handler = capa},
    {.name = "getname", .arity = 2, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "2.6.9", .complexity = "O(1)",
     .summary = "Answers the name of the connection.", .handler = getname},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .categories = kAclConnection,
     .group = "connection", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the subcommands.", .handler = help},
    {.name = "id", .arity = 2, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Answers the number of the connection.", .handler = id},
    {.name = "info", .arity = 2, .flags = kBase, .categories = kAclConnection,
     .group = "connection", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Describes the connection.", .handler = client_info},
    {.name = "kill", .arity = -3, .flags = kControl, .categories = kAclConnection,
     .group = "connection", .since = "2.4.0", .complexity = "O(N) in the connections",
     .summary = "Ends connections.",
     .syntax = KEVY_CLIENT_FILTER("NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB"),
     .handler = client_kill},
    {.name = "list", .arity = -2, .flags = kControl, .categories = kAclConnection,
     .group = "connection", .since = "2.4.0", .complexity = "O(N) in the connections",
     .summary = "Describes all connections.",
     .syntax = KEVY_CLIENT_FILTER("NORMAL|MASTER|REPLICA|PUBSUB"), .handler = client_list},
    {.name = "no-evict", .arity = 3, .flags = kControl | kAllowBusy, .categories = kAclConnection,
     .group = "connection", .since = "7.0.0", .complexity = "O(1)",
     .summary = "Spares the connection when memory runs out.", .syntax = "ON|OFF",
     .handler = no_evict},
    {.name = "no-touch", .arity = 3, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "7.2.0", .complexity = "O(1)",
     .summary = "Lets the connection's commands not count as uses of keys.", .syntax = "ON|OFF",
     .handler = no_touch},
    {.name = "reply", .arity = 3, .flags = kOwn | kNoMulti, .categories = kAclConnection,
     .group = "connection", .since = "3.2.0", .complexity = "O(1)",
     .summary = "Chooses whether commands are answered.", .syntax = "ON|OFF|SKIP",
     .handler = reply_mode},
    {.name = "setinfo", .arity = 4, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "7.2.0", .complexity = "O(1)",
     .summary = "Tells the name or version of the client's library.",
     .syntax = "<LIB-NAME libname:string|LIB-VER libver:string>", .handler = setinfo},
    {.name = "setname", .arity = 3, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "2.6.9", .complexity = "O(1)",
     .summary = "Gives the connection a name.", .syntax = "connection-name:string",
     .handler = setname},
};

constexpr CommandRow kRows[] = {
    {.name = "client", .arity = -2, .flags = 0, .group = "connection", .since = "2.4.0",
     .complexity = "Depends on the subcommand.", .summary = "Looks after connections.",
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily client_commands() { return kRows; }

}  // namespace kevy
