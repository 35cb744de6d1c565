// CLIENT: what is known of connections, and what can be done to them.
#include <string>

#include "command/arguments.h"
#include "command/connection/client_name.h"
#include "command/families.h"
#include "command/help.h"
#include "runtime/dispatch/full_name.h"

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

std::string describe(Call& call, const Session& session) {
  const SessionLabels labels = session.labels();
  const int64_t now = Clock::monotonic_us();
  const auto seconds_since = [&](const std::atomic<int64_t>& moment) {
    return std::to_string((now - moment.load(std::memory_order_relaxed)) / 1'000'000);
  };
  const CommandRow* last = &session == &call.session
                               ? &call.row
                               : session.last_command.load(std::memory_order_relaxed);
  std::string flags;
  if (session.subscription_counts[0] + session.subscription_counts[1] +
          session.subscription_counts[2] > 0) {
    flags += 'P';
  }
  if (session.multi_shown >= 0) flags += 'x';
  if (session.no_evict) flags += 'e';
  if (session.door == Session::Door::kUnix) flags += 'U';
  if (flags.empty()) flags = "N";
  return "id=" + std::to_string(session.id) + " addr=" + labels.address +
         " laddr=" + labels.local_address + " fd=" + std::to_string(session.descriptor) +
         " name=" + labels.name + " age=" + seconds_since(session.created_us) +
         " idle=" + seconds_since(session.last_active_us) + " flags=" + flags +
         " db=" + std::to_string(session.database_shown) +
         " sub=" + std::to_string(session.subscription_counts[0]) +
         " psub=" + std::to_string(session.subscription_counts[1]) +
         " ssub=" + std::to_string(session.subscription_counts[2]) +
         " multi=" + std::to_string(session.multi_shown) +
         " qbuf=" + std::to_string(session.memory.query) +
         " qbuf-free=" + std::to_string(session.memory.query_free) +
         " argv-mem=" + std::to_string(session.memory.arguments) +
         " multi-mem=" + std::to_string(session.memory.transaction) +
         " rbs=0 rbp=0 obl=0 oll=0 omem=" + std::to_string(session.memory.output) +
         " tot-mem=" + std::to_string(session.memory.total) + " events=r cmd=" +
         (last == nullptr ? "NULL" : full_name(call.runtime.table(), *last)) +
         " user=default redir=-1 resp=" + std::to_string(session.protocol_shown) +
         " lib-name=" + labels.library_name + " lib-ver=" + labels.library_version + '\n';
}

void info(Call& call) { call.reply.verbatim("txt", describe(call, call.session)); }

bool of_type(const Session& session, Bytes type) {
  const bool pubsub = session.subscription_counts[0] + session.subscription_counts[1] +
                          session.subscription_counts[2] > 0;
  if (equals_ignoring_case(type, "pubsub")) return pubsub;
  return equals_ignoring_case(type, "normal") && !pubsub;
}

bool check_type(Call& call, Bytes type) {
  for (const Bytes known : {"normal", "pubsub", "master", "slave", "replica"}) {
    if (equals_ignoring_case(type, known)) return true;
  }
  call.error("ERR Unknown client type '" + std::string(before_nul(type)) + "'");
  return false;
}

void list(Call& call) {
  std::vector<std::shared_ptr<Session>> shown = call.runtime.sessions();
  if (call.argc() == 4 && equals_ignoring_case(call.args[2], "type")) {
    if (!check_type(call, call.args[3])) return;
    std::erase_if(shown, [&](const auto& s) { return !of_type(*s, call.args[3]); });
  } else if (call.argc() > 3 && equals_ignoring_case(call.args[2], "id")) {
    std::vector<uint64_t> wanted;
    for (const Bytes text : call.args.subspan(3)) {
      const auto number = integer_argument(call, text, "ERR Invalid client ID");
      if (!number) return;
      wanted.push_back(static_cast<uint64_t>(*number));
    }
    std::erase_if(shown, [&](const auto& s) {
      return std::find(wanted.begin(), wanted.end(), s->id) == wanted.end();
    });
  } else if (call.argc() != 2) {
    call.error(errors::kSyntax);
    return;
  }
  std::string text;
  for (const auto& session : shown) text += describe(call, *session);
  call.reply.verbatim("txt", text);
}

struct KillFilter {
  std::optional<uint64_t> id;
  Bytes type, address, local_address, user;
  bool skip_me = true;

  bool wants(const Session& session) const {
    const SessionLabels labels = session.labels();
    return (!id || *id == session.id) && (type.empty() || of_type(session, type)) &&
           (address.empty() || address == labels.address) &&
           (local_address.empty() || local_address == labels.local_address);
  }
};

bool read_kill_filter(Call& call, KillFilter& filter) {
  for (Options options(call.args, 2); !options.done();) {
    if (options.next_is("id", 1)) {
      const auto number = parse_int64(options.value());
      if (!number || *number < 1) {
        call.error("ERR client-id should be greater than 0");
        return false;
      }
      filter.id = static_cast<uint64_t>(*number);
    } else if (options.next_is("type", 1)) {
      filter.type = options.value();
      if (!check_type(call, filter.type)) return false;
    } else if (options.next_is("addr", 1)) {
      filter.address = options.value();
    } else if (options.next_is("laddr", 1)) {
      filter.local_address = options.value();
    } else if (options.next_is("user", 1)) {
      filter.user = options.value();
      if (filter.user == "default") continue;
      call.error("ERR No such user '" + std::string(before_nul(filter.user)) + "'");
      return false;
    } else if (options.next_is("skipme", 1)) {
      const Bytes answer = options.value();
      filter.skip_me = equals_ignoring_case(answer, "yes");
      if (filter.skip_me || equals_ignoring_case(answer, "no")) continue;
      call.error(errors::kSyntax);
      return false;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

void end_session(Call& call, Session& session) {
  if (&session == &call.session) {
    session.closing = true;
  } else {
    call.pubsub().expel(session);
  }
}

void kill(Call& call) {
  KillFilter filter;
  const bool old_form = call.argc() == 3;
  if (old_form) {
    filter.address = call.args[2];
    filter.skip_me = false;
  } else if (!read_kill_filter(call, filter)) {
    return;
  }
  int64_t killed = 0;
  for (const auto& session : call.runtime.sessions()) {
    if (!filter.wants(*session) || (filter.skip_me && session.get() == &call.session)) continue;
    end_session(call, *session);
    ++killed;
  }
  if (!old_form) {
    call.reply.integer(killed);
  } else if (killed != 0) {
    call.reply.ok();
  } else {
    call.error("ERR No such client");
  }
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
  call.session.no_touch = *on;
  call.reply.ok();
}

constexpr uint32_t kBase = kNoScript | kLoading | kStale | kNeedsSession;
constexpr uint32_t kControl = kAdmin | kBase;
constexpr uint32_t kOwn = kBase | kAllowBusy;  // about the connection that asks

constexpr CommandRow kSubcommands[] = {
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
     .summary = "Describes the connection.", .handler = info},
    {.name = "kill", .arity = -3, .flags = kControl, .categories = kAclConnection,
     .group = "connection", .since = "2.4.0", .complexity = "O(N) in the connections",
     .summary = "Ends connections.",
     .syntax = "[ID client-id:integer] [TYPE type:string] [ADDR addr:string] [LADDR addr:string] "
               "[USER username:string] [SKIPME yes-or-no:string]",
     .handler = kill},
    {.name = "list", .arity = -2, .flags = kControl, .categories = kAclConnection,
     .group = "connection", .since = "2.4.0", .complexity = "O(N) in the connections",
     .summary = "Describes all connections.",
     .syntax = "[TYPE type:string] [ID client-id:integer [client-id ...]]", .handler = list},
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
     .syntax = "attribute:string value", .handler = setinfo},
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
