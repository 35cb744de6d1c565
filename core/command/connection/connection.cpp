// The connection itself: PING, ECHO, SELECT, AUTH, HELLO, QUIT, RESET.
#include "command/arguments.h"
#include "command/connection/client_name.h"
#include "command/families.h"
#include "runtime/redis_version.h"
#include "runtime/dispatch/full_name.h"
#include "runtime/settings/configuration.h"

namespace kevy {

namespace {

void ping(Call& call) {
  if (call.argc() > 2) {
    call.error(errors::wrong_arity(call));
  } else if (call.session.protocol == 2 && call.session.subscribed_to_any()) {
    call.reply.array(2);
    call.reply.bulk("pong");
    call.reply.bulk(call.argc() == 2 ? call.args[1] : Bytes());
  } else if (call.argc() == 2) {
    call.reply.bulk(call.args[1]);
  } else {
    call.reply.status("PONG");
  }
}

void echo(Call& call) { call.reply.bulk(call.args[1]); }

void select_database(Session& session, int database) {
  session.database = database;
  session.database_shown.store(database, std::memory_order_relaxed);
}

void select(Call& call) {
  const auto database = database_argument(call, call.args[1]);
  if (!database) return;
  select_database(call.session, *database);
  call.reply.ok();
}

void quit(Call& call) {
  call.session.closing = true;
  call.reply.ok();
}

// Compares in a time that does not depend on where the first difference is.
bool same_secret(Bytes given, Bytes wanted) {
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
    difference |= static_cast<unsigned char>(given[i] ^ other);
  }
  return difference == 0;
}

bool authenticate(Call& call, Bytes user, Bytes password) {
  const std::string wanted = call.runtime.settings().configuration->password();
  if (user == "default" && (wanted.empty() || same_secret(password, wanted))) {
    call.session.authenticated = true;
    return true;
  }
  call.error("WRONGPASS invalid username-password pair or user is disabled.");
  return false;
}

void auth(Call& call) {
  if (call.argc() > 3) {
    call.error(errors::kSyntax);
    return;
  }
  const bool needed = call.runtime.settings().password_set.load(std::memory_order_relaxed);
  if (call.argc() == 2 && !needed) {
    call.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
    return;
  }
  const Bytes user = call.argc() == 3 ? call.args[1] : Bytes("default");
  if (authenticate(call, user, call.args[call.argc() - 1])) call.reply.ok();
}

void describe(Call& call) {
  Reply& reply = call.reply;
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(call.session.protocol);
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(call.session.id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
}

void hello(Call& call) {
  int protocol = call.session.protocol;
  if (call.argc() > 1) {
    const auto version = integer_argument(
        call, call.args[1], "ERR Protocol version is not an integer or out of range");
    if (!version) return;
    if (*version != 2 && *version != 3) {
      call.error("NOPROTO unsupported protocol version");
      return;
    }
    protocol = static_cast<int>(*version);
  }
  std::optional<Bytes> user, password, name;
  for (Options options(call.args, 2); !options.done();) {
    if (options.next_is("auth", 2)) {
      user = options.value();
      password = options.value();
    } else if (options.next_is("setname", 1)) {
      name = options.value();
      if (!check_client_name(call, *name)) return;
    } else {
      call.error("ERR Syntax error in HELLO option '" + std::string(before_nul(options.peek())) + "'");
      return;
    }
  }
  if (user && !authenticate(call, *user, *password)) return;
  if (!call.session.authenticated) {
    call.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
    return;
  }
  if (name) {
    call.session.change_labels([&](SessionLabels& labels) { labels.name = *name; });
  }
  call.session.protocol = protocol;
  call.session.protocol_shown.store(protocol, std::memory_order_relaxed);
  call.reply.set_protocol(protocol);
  describe(call);
}

void reset(Call& call) {
  Session& session = call.session;
  call.runtime.forget_watches(session);
  call.runtime.leave_all_channels(call.turn, call.publisher(), session);
  call.runtime.remove_monitor(call.turn, call.publisher(), session);
  session.transaction = {};
  session.multi_shown.store(-1, std::memory_order_relaxed);
  select_database(session, 0);
  session.protocol = 2;
  session.protocol_shown.store(2, std::memory_order_relaxed);
  // OFF ends before the answer, SKIP takes it along.
  Reply& answer = session.reply_mode == ReplyMode::kSkip ? call.reply : call.unsilenced;
  session.set_reply_mode(ReplyMode::kOn);
  call.runtime.tracking().stop(session);
  session.no_touch.store(false, std::memory_order_relaxed);
  session.no_evict.store(false, std::memory_order_relaxed);
  session.authenticated =
      session.trusted() || !call.runtime.settings().password_set.load(std::memory_order_relaxed);
  session.change_labels([](SessionLabels& labels) { labels.name.clear(); });
  answer.set_protocol(2);
  answer.status("RESET");
}

bool hides_password(Args, size_t word) { return word != 0; }

// The name and password behind AUTH.
bool hides_login(Args args, size_t word) {
  for (size_t i = 2; i < args.size() && i < word; ++i) {
    if (equals_ignoring_case(args[i], "auth")) return word <= i + 2;
  }
  return false;
}

constexpr uint32_t kOpen = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy;

constexpr CommandRow kRows[] = {
    {.name = "ping", .arity = -1, .flags = kFast | kWhileSubscribed,
     .categories = kAclConnection, .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers PONG, or what it was given.", .syntax = "[message:string]",
     .handler = ping},
    {.name = "echo", .arity = 2, .flags = kLoading | kStale | kFast, .categories = kAclConnection,
     .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers what it was given.", .syntax = "message:string", .handler = echo},
    {.name = "select", .arity = 2,
     .flags = kLoading | kStale | kFast | kAllowBusy | kNeedsSession,
     .categories = kAclConnection, .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Chooses the database for the commands that follow.", .syntax = "index:integer",
     .handler = select},
    {.name = "auth", .arity = -2, .flags = kOpen | kNeedsSession, .categories = kAclConnection,
     .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Shows that the client knows the password.",
     .syntax = "[username:string] password:string", .handler = auth, .hides = hides_password},
    {.name = "hello", .arity = -1, .flags = kOpen | kNeedsSession, .categories = kAclConnection,
     .group = "connection", .since = "6.0.0", .complexity = "O(1)",
     .summary = "Chooses the protocol version and describes the server.",
     .syntax = "[protover:integer [AUTH username:string password:string] "
               "[SETNAME clientname:string]]",
     .handler = hello, .hides = hides_login},
    {.name = "quit", .arity = -1, .flags = kOpen | kNeedsSession | kNotQueued | kWhileSubscribed,
     .categories = kAclConnection, .group = "connection", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Ends the connection.", .handler = quit},
    {.name = "reset", .arity = 1,
     .flags = kOpen | kNeedsSession | kNotQueued | kWatchedShards | kWhileSubscribed,
     .categories = kAclConnection, .group = "connection", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Puts the connection back into the state of a new one.", .handler = reset},
};

}  // namespace

CommandFamily connection_commands() { return kRows; }

}  // namespace kevy
