#include "command/connection/client_list.h"

#include <algorithm>
#include <string>

#include "command/arguments.h"
#include "command/connection/client_filter.h"
#include "command/deadline.h"
#include "runtime/dispatch/full_name.h"

namespace kevy {

namespace {

std::string redirect_of(const Session& session) {
  if (!session.tracking.on()) return "-1";
  return std::to_string(session.tracking.redirect.load(std::memory_order_relaxed));
}

std::string describe(Call& call, const Session& session) {
  const SessionLabels labels = session.labels();
  const int64_t now = Clock::monotonic_us();
  const auto seconds_since = [&](const std::atomic<int64_t>& moment) {
    return std::to_string((now - moment.load(std::memory_order_relaxed)) / 1'000'000);
  };
  const CommandRow* last = session.last_command.load(std::memory_order_relaxed);
  return "id=" + std::to_string(session.id) + " addr=" + labels.address +
         " laddr=" + labels.local_address + " fd=" + std::to_string(session.descriptor) +
         " name=" + labels.name + " age=" + seconds_since(session.created_us) +
         " idle=" + seconds_since(session.last_active_us) + " flags=" + client_flags(session) +
         " capa=" + (session.can_be_redirected ? "r" : "") +
         " db=" + std::to_string(session.database_shown) +
         " sub=" + std::to_string(session.subscription_counts[0]) +
         " psub=" + std::to_string(session.subscription_counts[1]) +
         " ssub=" + std::to_string(session.subscription_counts[2]) +
         " multi=" + std::to_string(std::max<int>(session.multi_shown, session.multi_seen ? 0 : -1)) +
         " watch=" + std::to_string(session.watch_flag.ends_watches() ? 0 : session.watched_shown.load()) +
         " qbuf=" + std::to_string(session.memory.query) +
         " qbuf-free=" + std::to_string(session.memory.query_free) +
         " argv-mem=" + std::to_string(session.memory.arguments) +
         " multi-mem=" + std::to_string(session.memory.transaction) +
         " rbs=0 rbp=0 obl=0 oll=0 omem=" + std::to_string(session.memory.output) +
         " tot-mem=" + std::to_string(session.memory.total) +
         " events=r cmd=" + (last == nullptr ? "NULL" : full_name(call.runtime.table(), *last)) +
         " user=default redir=" + redirect_of(session) +
         " resp=" + std::to_string(session.protocol_shown) + " lib-name=" + labels.library_name +
         " lib-ver=" + labels.library_version +
         " tot-net-in=" + std::to_string(session.traffic.received) +
         " tot-net-out=" + std::to_string(session.traffic.sent) +
         " tot-cmds=" + std::to_string(session.traffic.commands) + '\n';
}

bool is_own(const Call& call, const Session& session) { return &session == &call.session; }

void end_session(Call& call, Session& session) {
  if (is_own(call, session)) {
    session.closing = true;
  } else {
    call.pubsub();  // on behalf of this command
    call.runtime.kill(call.turn, session);
  }
}

// Ends the sessions that the filter wants and answers how many, as one moment shows them.
int64_t kill_wanted(Call& call, const ClientFilter& filter) {
  const bool skip_me = filter.skip_me().value_or(true);
  int64_t killed = 0;
  for (const auto& session : call.runtime.sessions()) {
    if (session->ended()) continue;  // its holder has yet to close it
    if ((skip_me && is_own(call, *session)) || !filter.wants(*session)) continue;
    end_session(call, *session);
    ++killed;
  }
  return killed;
}

}  // namespace

// CLIENT UNBLOCK: as if its time had run out, or with an error.
void client_unblock(Call& call) {
  bool with_error = false;
  if (call.argc() > 4) {
    call.error(errors::wrong_arity(call));
    return;
  }
  if (call.argc() == 4) {
    with_error = equals_ignoring_case(call.args[3], "error");
    if (!with_error && !equals_ignoring_case(call.args[3], "timeout")) {
      call.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
      return;
    }
  }
  const auto id = integer_argument(call, call.args[2]);
  if (!id) return;
  const WaitEnd why = with_error ? WaitEnd::kUnblocked : WaitEnd::kTimeout;
  const auto session = call.runtime.find_session(static_cast<uint64_t>(*id));
  const bool ended = session != nullptr && call.runtime.end_wait(call.turn, *session, why, false);
  call.reply.integer(ended ? 1 : 0);
}

void client_pause(Call& call) {
  const bool writes = call.argc() == 4 && equals_ignoring_case(call.args[3], "write");
  if (call.argc() == 4 && !writes && !equals_ignoring_case(call.args[3], "all")) {
    call.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    return;
  }
  const auto until_us = deadline_argument_ms(call, call.args[2]);
  if (!until_us) return;
  call.runtime.pause(writes ? Pause::What::kWrites : Pause::What::kAll,
                     *until_us == kNoDeadline ? call.turn.moment().us() : *until_us);
  call.reply.ok();
}

void client_unpause(Call& call) {
  call.runtime.end_pause(call.turn);
  call.reply.ok();
}

void client_info(Call& call) { call.reply.verbatim("txt", describe(call, call.session)); }

void client_list(Call& call) {
  if (call.argc() == 3) {
    call.error(errors::kSyntax);
    return;
  }
  const auto filter = ClientFilter::read(call, 2);
  if (!filter) return;
  const bool skip_me = filter->skip_me().value_or(false);
  std::string text;
  for (const auto& session : call.runtime.sessions()) {
    if ((skip_me && is_own(call, *session)) || !filter->wants(*session)) continue;
    text += describe(call, *session);
  }
  call.reply.verbatim("txt", text);
}

void client_kill(Call& call) {
  if (call.argc() == 3) {
    if (kill_wanted(call, ClientFilter::of_address(call.args[2])) != 0) {
      call.reply.ok();
    } else {
      call.error("ERR No such client");
    }
  } else if (const auto filter = ClientFilter::read(call, 2)) {
    call.reply.integer(kill_wanted(call, *filter));
  }
}

}  // namespace kevy
