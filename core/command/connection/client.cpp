// CLIENT: the rows, and what a client says of itself.
#include <string>

#include "command/arguments.h"
#include "command/connection/client_list.h"
#include "command/connection/client_name.h"
#include "command/connection/client_tracking.h"
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
  const Bytes option = call.args[2], value = call.args[3];
  const bool name = equals_ignoring_case(option, "lib-name");
  if (!name && !equals_ignoring_case(option, "lib-ver")) {
    call.error("ERR Unrecognized option '" + std::string(before_nul(option)) + "'");
  } else if (!is_plain(value)) {
    call.error("ERR " + std::string(option) +
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
    call.session.set_reply_mode(ReplyMode::kOn);
    call.unsilenced.ok();
  } else if (equals_ignoring_case(mode, "off")) {
    call.session.set_reply_mode(ReplyMode::kOff);
  } else if (equals_ignoring_case(mode, "skip")) {
    if (call.session.reply_mode != ReplyMode::kOff) {
      call.session.set_reply_mode(ReplyMode::kSkipNext);
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

// Data are never imported.
void import_source(Call& call) {
  if (equals_ignoring_case(call.args[2], "off")) {
    call.reply.ok();
  } else {
    call.error("ERR Server is not in import mode");
  }
}

constexpr uint32_t kBase = kNoScript | kLoading | kStale | kNeedsSession | kBeforeRead;
constexpr uint32_t kControl = kAdmin | kBase;
constexpr uint32_t kOwn = kBase | kAllowBusy;  // about the connection that asks

// The conditions of client_filter.h but the first two, with what stands between two of them.
#define KEVY_CLIENT_ID "[ID client-id:integer [client-id ...]]"
#define KEVY_CLIENT_FILTER(types, between)                                                      \
  "[USER username:string]" between "[ADDR addr:string]" between "[LADDR laddr:string]" between  \
  "[SKIPME <YES|NO>]" between "[MAXAGE maxage:integer]" between "[NAME name:string]" between    \
  "[IDLE idle:integer]" between "[FLAGS flags:string]" between                                  \
  "[LIB-NAME lib-name:string]" between "[LIB-VER lib-ver:string]" between                       \
  "[DB db:integer]" between "[CAPA capa:string]" between "[IP ip:string]" between               \
  "[NOT-TYPE <" types ">]" between "[NOT-ID not-client-id:integer [not-client-id ...]]" between \
  "[NOT-USER not-username:string]" between "[NOT-ADDR not-addr:string]" between                 \
  "[NOT-LADDR not-laddr:string]" between "[NOT-NAME not-name:string]" between                   \
  "[NOT-FLAGS not-flags:string]" between "[NOT-LIB-NAME not-lib-name:string]" between           \
  "[NOT-LIB-VER not-lib-ver:string]" between "[NOT-DB not-db:integer]" between                  \
  "[NOT-CAPA not-capa:string]" between "[NOT-IP not-ip:string]"
#define KEVY_KILLED_TYPES "NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB"
#define KEVY_LISTED_TYPES "NORMAL|MASTER|REPLICA|PUBSUB"

constexpr CommandRow kSubcommands[] = {
    {.name = "caching", .arity = 3, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "6.0.0", .complexity = "O(1)",
     .summary = "Says of the next command whether the keys that it reads are tracked.",
     .syntax = "YES|NO", .handler = client_caching},
    {.name = "capa", .arity = -3, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "8.0.0", .complexity = "O(1)",
     .summary = "Tells what the client is capable of.",
     .syntax = "capability:string [capability ...]", .handler = capa},
    {.name = "getname", .arity = 2, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "2.6.9", .complexity = "O(1)",
     .summary = "Answers the name of the connection.", .handler = getname},
    {.name = "getredir", .arity = 2, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "6.0.0", .complexity = "O(1)",
     .summary = "Answers which connection is told of changed keys in this one's place.",
     .handler = client_getredir},
    {.name = "help", .arity = 2, .flags = kLoading | kStale | kBeforeRead,
     .categories = kAclConnection, .group = "connection", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the subcommands.", .handler = help},
    {.name = "id", .arity = 2, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Answers the number of the connection.", .handler = id},
    {.name = "import-source", .arity = 3, .flags = kBase, .categories = kAclConnection,
     .group = "connection", .since = "8.1.0", .complexity = "O(1)",
     .summary = "Says that the connection imports data.", .syntax = "ON|OFF",
     .handler = import_source},
    {.name = "info", .arity = 2, .flags = kBase, .categories = kAclConnection,
     .group = "connection", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Describes the connection.", .handler = client_info},
    {.name = "kill", .arity = -3, .flags = kControl, .categories = kAclConnection,
     .group = "connection", .since = "2.4.0", .complexity = "O(N) in the connections",
     .summary = "Ends connections.",
     .syntax = "old-addr:string|<" KEVY_CLIENT_ID "|[TYPE <" KEVY_KILLED_TYPES ">]|"
                KEVY_CLIENT_FILTER(KEVY_KILLED_TYPES, "|") "> ...",
     .handler = client_kill},
    {.name = "list", .arity = -2, .flags = kControl, .categories = kAclConnection,
     .group = "connection", .since = "2.4.0", .complexity = "O(N) in the connections",
     .summary = "Describes all connections.",
     .syntax = "[TYPE <" KEVY_LISTED_TYPES ">] " KEVY_CLIENT_ID " "
               KEVY_CLIENT_FILTER(KEVY_LISTED_TYPES, " "), .handler = client_list},
    {.name = "no-evict", .arity = 3, .flags = kControl | kAllowBusy, .categories = kAclConnection,
     .group = "connection", .since = "7.0.0", .complexity = "O(1)",
     .summary = "Spares the connection when memory runs out.", .syntax = "ON|OFF",
     .handler = no_evict},
    {.name = "no-touch", .arity = 3, .flags = kOwn, .categories = kAclConnection,
     .group = "connection", .since = "7.2.0", .complexity = "O(1)",
     .summary = "Lets the connection's commands not count as uses of keys.", .syntax = "ON|OFF",
     .handler = no_touch},
    {.name = "pause", .arity = -3, .flags = kControl, .categories = kAclConnection,
     .group = "connection", .since = "3.0.0", .complexity = "O(1)",
     .summary = "Postpones the commands of connections for some time, those that write or all.",
     .syntax = "timeout:integer [WRITE|ALL]", .handler = client_pause},
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
    {.name = "tracking", .arity = -3, .flags = kBase, .categories = kAclConnection,
     .group = "connection", .since = "6.0.0", .complexity = "O(1), and O(N) in the prefixes",
     .summary = "Has the connection told when keys change that it has read, or that begin in some way.",
     .syntax = "<ON|OFF> [REDIRECT client-id:integer] [PREFIX prefix:string [PREFIX prefix ...]] "
               "[BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
     .handler = client_tracking, .needs_all_shards = tracks_all},
    {.name = "trackinginfo", .arity = 2, .flags = kBase, .categories = kAclConnection,
     .group = "connection", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Answers what the connection has asked for with CLIENT TRACKING.",
     .handler = client_trackinginfo},
    {.name = "unblock", .arity = -3, .flags = kControl, .categories = kAclConnection,
     .group = "connection", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Ends the wait of another connection's command.",
     .syntax = "client-id:integer [TIMEOUT|ERROR]", .handler = client_unblock},
    {.name = "unpause", .arity = 2, .flags = kControl | kAllShards, .categories = kAclConnection,
     .group = "connection", .since = "6.2.0", .complexity = "O(N) in the commands that were postponed",
     .summary = "Runs the commands that were postponed.", .handler = client_unpause},
};

constexpr CommandRow kRows[] = {
    {.name = "client", .arity = -2, .flags = 0, .group = "connection", .since = "2.4.0",
     .complexity = "Depends on the subcommand.", .summary = "Looks after connections.",
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily client_commands() { return kRows; }

}  // namespace kevy
