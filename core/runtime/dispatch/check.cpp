// The checks of a command before it runs, in the order in which Redis makes them, and the queueing
// of MULTI.
#include <algorithm>
#include <string>

#include "runtime/dispatch/full_name.h"
#include "runtime/observing/observer.h"
#include "runtime/runtime.h"
#include "runtime/session/loads_files.h"

namespace kevy {

namespace {

constexpr size_t kShownMax = 128;

Bytes shown_part(Bytes word, size_t max = kShownMax) { return before_nul(word).substr(0, max); }

// The arguments together are cut where the verb alone would be.
std::string unknown_command(Args args) {
  std::string shown;
  for (size_t i = 1; i < args.size() && shown.size() < kShownMax; ++i) {
    const size_t room = kShownMax - shown.size();
    shown += '\'';
    shown += shown_part(args[i], room);
    shown += "' ";
  }
  return "ERR unknown command '" + std::string(shown_part(args[0])) +
         "', with args beginning with: " + shown;
}

// What EXEC will refuse anyway takes no memory.
void queue(Session& session, const CommandRow& row, Args args) {
  Transaction& transaction = session.transaction;
  if (transaction.broken || session.watch_flag.broken()) return;
  transaction.broken = true;  // unless it can be queued
  transaction.queue.push_back({&row, {args.begin(), args.end()}});
  transaction.broken = false;
  transaction.memory += sizeof(QueuedCommand);
  for (const Bytes word : args) transaction.memory += sizeof(std::string) + word.size();
  session.multi_shown.store(static_cast<int>(transaction.queue.size()), std::memory_order_relaxed);
}

// What a disk that fails keeps from being run: what writes, an EXEC that would, and PING, by which
// one tells whether the server is well.
bool is_refused(const Session& session, const CommandRow& row) {
  if (row.has(kWrite) || row.name == "ping") return true;
  return row.has(kQueuedShards) &&
         std::any_of(session.transaction.queue.begin(), session.transaction.queue.end(),
                     [](const QueuedCommand& queued) { return queued.row->has(kWrite); });
}

constexpr Bytes kStatelessRefusal =
    "ERR this command acts on a connection: open a session to run it";

}  // namespace

std::string unknown_subcommand(const CommandRow& row, Bytes word) {
  return "ERR unknown subcommand '" + std::string(shown_part(word)) + "'. Try " +
         in_capitals(row.name) + " HELP.";
}

std::string full_name(const CommandTable& table, const CommandRow& row) {
  const CommandRow* parent = table.parent(row);
  return parent == nullptr ? std::string(row.name)
                           : std::string(parent->name) + '|' + std::string(row.name);
}

bool Runtime::accepts_words(Session& session, Args args, Reply& reply) {
  const uint64_t max = settings_.word_max();
  if (std::all_of(args.begin(), args.end(), [=](Bytes word) { return word.size() <= max; })) {
    if (may_be_large(args))
      note_large_request(session, args);  // reads the words: not what is refused
    return true;
  }
  if (session.transaction.open) session.transaction.broken = true;
  count_errors(*this, session, 1);
  reply.error("ERR Protocol error: invalid bulk length");
  return false;
}

/// False when nothing more is to be done: it was refused, queued, or postponed. An EXEC that is
/// refused ends its transaction.
bool Runtime::check(Turn& turn, Session& session, const CommandRow* row, Args args, Reply& reply) {
  const auto refuse = [&](Bytes text) {
    count_errors(*this, session, 1);
    if (row != nullptr && row->has(kQueuedShards) && !session.stateless()) {
      hold_watched(turn, session);
      forget_watches(session);
      session.end_transaction();
      if (text.starts_with("ERR ")) text.remove_prefix(4);
      reply.error("EXECABORT Transaction discarded because of: " + std::string(text));
    } else {
      if (session.transaction.open) session.transaction.broken = true;
      reply.error(text);
    }
    return false;
  };
  const bool unknown_sub = row != nullptr && !row->subcommands.empty() && args.size() >= 2;
  if (!session.stateless()) {
    session.last_command.store(unknown_sub ? nullptr : row, std::memory_order_relaxed);
  }
  if (!session.authenticated && (row == nullptr || !row->has(kNoAuth))) {
    return refuse("NOAUTH Authentication required.");
  }
  if (row == nullptr) return refuse(unknown_command(args));
  if (unknown_sub) return refuse(unknown_subcommand(*row, args[1]));
  if (row->handler == nullptr || !row->accepts(args.size())) {
    return refuse("ERR wrong number of arguments for '" + full_name(table_, *row) + "' command");
  }
  if (std::string why; is_refused(session, *row) && refuses_writes(why)) return refuse(why);
  if (session.stateless()) {
    if (row->has(kNeedsSession)) return refuse(kStatelessRefusal);
    if (script_busy() && !row->has(kAllowBusy)) return refuse(script_status_.busy_text());
    return true;
  }
  if (session.transaction.open && row->has(kNoMulti)) {
    return refuse("ERR Command '" + full_name(table_, *row) + "' not allowed inside a transaction");
  }
  if (session.protocol == 2 && session.subscribed_to_any() && !row->has(kWhileSubscribed)) {
    return refuse("ERR Can't execute '" + full_name(table_, *row) +
                  "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
                  "this context");
  }
  if (loading() && session.has_socket() && !row->has(kLoading)) return refuse(kLoadingText);
  if (script_busy() && !row->has(kAllowBusy)) {
    answer_busy(session, *row, reply);
    return false;
  }
  if (session.monitors.load(std::memory_order_relaxed) &&
      row->has(kWrite | kReadonly | kMayReplicate)) {
    return refuse("ERR Replica can't interact with the keyspace");
  }
  if (session.transaction.open && !row->has(kNotQueued)) {
    if (is_postponed(session, *row)) {
      postpone(session, *row, args);
      return false;
    }
    queue(session, *row, args);
    reply.status("QUEUED");
    return false;
  }
  return true;
}

}  // namespace kevy
