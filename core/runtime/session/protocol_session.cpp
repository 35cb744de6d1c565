#include "runtime/session/protocol_session.h"

#include <algorithm>

#include "runtime/observing/observer.h"
#include "runtime/session/write_message.h"
#include "runtime/waiting/outcome.h"

namespace kevy {

namespace {

// Room for an integer, a status or an error; there before a command runs, so that its reply cannot
// fail.
constexpr size_t kReplyRoom = 64;

// The beginning of a line of an HTTP request: a web browser was tricked into talking to this port.
bool is_http(Bytes word) {
  const Bytes shown = before_nul(word);
  return equals_ignoring_case(shown, "post") || equals_ignoring_case(shown, "host:");
}

}  // namespace

ProtocolSession::ProtocolSession(Runtime& runtime, Session::Door door)
    : runtime_(runtime), session_(runtime.open_session(door)) {}

ProtocolSession::~ProtocolSession() { runtime_.close_session(*session_); }

bool ProtocolSession::run(Budget budget) {
  Turn turn(runtime_);
  return run(turn, budget);
}

bool ProtocolSession::run(Turn& turn, Budget budget) {
  return run_guarded(turn, budget, true) == Ran::kSome;
}

ProtocolSession::Ran ProtocolSession::try_run(Budget budget) {
  Turn turn(runtime_);
  return run_guarded(turn, budget, false);
}

ProtocolSession::Ran ProtocolSession::run_guarded(Turn& turn, Budget budget, bool waits) {
  Ran ran = Ran::kSome;
  try {
    ran = run_some(turn, budget, waits);
  } catch (const std::bad_alloc&) {  // what is complete in the output may still be sent
    session_->closing = true;
  }
  turn.note_seen();
  fence_ = std::max(fence_, turn.fence());
  note_output();
  return closing() ? Ran::kAll : ran;
}

ProtocolSession::Ran ProtocolSession::run_some(Turn& turn, Budget budget, bool waits) {
  parser_.forget_ahead();  // the input has changed
  Routes routes;
  const size_t output_max = output_.size() + budget.output_bytes;
  size_t ran = 0;
  bool more = true;
  while (!closing()) {
    const bool still_waits = session_->waits() && !resume(turn);
    if (closing()) break;
    const RequestParser::Limits limits{static_cast<int64_t>(runtime_.settings().word_max()),
                                       session_->authenticated};
    if (session_->outbox.ready()) [[unlikely]] {
      turn.release();
      take_messages(std::min(output_max, budget.unread_bytes));
      if (session_->outbox.ready() && output_.size() <= output_max) {
        if (still_waits || !parser_.has_come(input_, limits)) {
          more = false;
          break;
        }
        take_messages(output_max);  // they were published before the next command
        continue;
      }
    }
    if (still_waits) {
      more = false;
      break;
    }
    if (ran == budget.commands || output_.size() > output_max) {
      if (ran != 0) note_large_reply();
      break;
    }
    if (!parser_.has_ahead()) {
      read_ahead(turn, limits, routes);
      if (!waits && ran == 0 && must_wait(routes)) return Ran::kNone;
    }
    const auto outcome = parser_.next(input_, limits);
    if (outcome == RequestParser::Outcome::kNeedMore) {
      more = false;
      break;
    }
    if (outcome == RequestParser::Outcome::kProtocolError) {
      turn.release();
      if (session_->reply_mode == ReplyMode::kOn) writer_.error(parser_.error());
      session_->closing = true;
      break;
    }
    if (!is_known(routes) && is_http(parser_.args()[0])) [[unlikely]] {
      output_.clear();
      session_->closing = true;
      break;
    }
    run_one(turn, routes);
    ++ran;
  }
  parser_.done(input_);
  if (ran != 0) {
    session_->last_active_us.store(Clock::monotonic_us(), std::memory_order_relaxed);
  }
  return more ? Ran::kSome : Ran::kAll;
}

// Whether the first of the commands that were read ahead needs what another thread holds now.
bool ProtocolSession::must_wait(const Routes& routes) const noexcept {
  return parser_.has_ahead() && runtime_.would_wait(parser_.first_ahead(), routes[0]);
}

// Whether it was seen already that the next command is one.
bool ProtocolSession::is_known(const Routes& routes) const noexcept {
  const auto number = parser_.number_ahead();
  return number && routes[*number].row != nullptr;
}

void ProtocolSession::note_output() noexcept { session_->outbox.set_unread(output_.size()); }

void ProtocolSession::settle() {
  note_output();
  if (!parser_.has_ahead()) {
    parser_.shrink();
    input_.shrink();
  }
  SessionMemory& memory = session_->memory;
  const auto note = [](std::atomic<size_t>& shown, size_t bytes) {
    if (shown.load(std::memory_order_relaxed) != bytes)
      shown.store(bytes, std::memory_order_relaxed);
    return bytes;
  };
  const size_t free = input_.capacity() - input_.pending().size();
  const size_t total = note(memory.query, received_bytes()) + note(memory.query_free, free) +
                       note(memory.arguments, parser_.memory()) +
                       note(memory.transaction, session_->transaction.memory) +
                       note(memory.output, output_.memory() + session_->outbox.bytes());
  runtime_.note_memory(*session_, total + sizeof(ProtocolSession) + sizeof(Session));
}

// Has the next commands of a pipeline fetch their keys together. Behind the last one there is
// nothing to give the turn back for: who runs several sessions in one turn goes on with it.
void ProtocolSession::read_ahead(Turn& turn, const RequestParser::Limits& limits, Routes& routes) {
  const std::span<const Args> commands = parser_.read_ahead(input_, limits);
  if (commands.empty() && input_.pending().empty()) return;
  runtime_.prepare(turn, *session_, commands, routes);
}

// Room for a short reply is got first, so that what was changed is answered.
template <typename Execute>
[[gnu::always_inline]] inline void ProtocolSession::run_and_answer(Turn& turn, Execute&& execute) {
  const int protocol = session_->protocol;
  const size_t reply_begins = reply_begins_ = output_.size();
  writer_.set_protocol(protocol);
  output_.reserve(kReplyRoom);
  session_->outbox.begin_command(protocol == 3);
  const Reply::Mark mark = writer_.mark();
  try {
    execute();
  } catch (const Reply::Lost&) {
    writer_.take_back(mark);
    throw;  // an error would say that nothing has run
  } catch (const std::bad_alloc&) {
    writer_.take_back(mark);
    const bool silenced = session_->reply_mode != ReplyMode::kOn;
    if (!silenced && !writer_.answer_no_memory()) session_->closing = true;
  }
  if (session_->waits()) [[unlikely]] {
    turn.release();
    return;
  }
  if (session_->outbox.ready()) [[unlikely]]
    insert_messages(turn, reply_begins, protocol);
}

void ProtocolSession::run_one(Turn& turn, const Routes& routes) {
  const auto number = parser_.number_ahead();
  if (!number) [[unlikely]] {
    run_careful(turn);
    return;
  }
  run_and_answer(turn, [&] {
    runtime_.execute(turn, *session_, parser_.args(), routes[*number], writer_);
  });
}

// One that was not read ahead: it may have long words, and many.
void ProtocolSession::run_careful(Turn& turn) {
  struct LongWords {
    LongWords(Session& session, Turn& turn, std::span<const SharedBytes> words)
        : session_(session), turn_(turn) {
      session_.long_words = words;
    }
    ~LongWords() {
      if (session_.long_words.empty()) return;
      session_.long_words = {};
      turn_.release();  // the blocks that nobody has kept are freed next
    }
    LongWords(const LongWords&) = delete;
    LongWords& operator=(const LongWords&) = delete;

   private:
    Session& session_;
    Turn& turn_;
  } const long_words(*session_, turn, parser_.long_words());
  if (may_be_large(parser_.args())) runtime_.note_large_request(*session_, parser_.args());
  run_and_answer(turn, [&] { runtime_.execute(turn, *session_, parser_.args(), writer_); });
}

// If the output has grown so much, that may be due to the last reply alone.
void ProtocolSession::note_large_reply() noexcept {
  const size_t bytes = output_.size() - std::min(output_.size(), reply_begins_);
  if (bytes >= static_cast<size_t>(Observer::kLarge) && !parser_.args().empty()) {
    runtime_.note_large_reply(*session_, parser_.args(), bytes);
  }
}

// A command that CLIENT PAUSE has postponed. It may begin to wait now.
void ProtocolSession::run_postponed(Turn& turn, const Waiter& waiter) {
  run_and_answer(turn, [&] { runtime_.execute(turn, *session_, waiter.args(), writer_); });
}

// Goes on with the command that has waited: writes its reply, at its place among the messages.
// False when it still waits. What it was served with is not lost where memory ends: that takes
// none, and the messages before it are left out, behind which the session is closing.
bool ProtocolSession::resume(Turn& turn) {
  turn.release();
  if (!session_->outbox.resumed()) return false;
  const std::shared_ptr<Waiter> waiter = session_->waiter();
  writer_.set_protocol(session_->protocol);
  try {
    take_messages_before_reply(session_->outbox.before_reply());
  } catch (const std::bad_alloc&) {
    session_->closing = true;
  }
  turn.note_seen(waiter->fence);
  const bool postponed = !waiter->served() && waiter->why() == WaitEnd::kRetry;
  if (!waiter->served() && waiter->why() == WaitEnd::kGone) {
    session_->closing = true;  // its client is gone: nothing is answered, and nothing else is run
  } else if (waiter->reply != nullptr && !postponed) {
    write_outcome(*waiter, writer_);
  }
  runtime_.take_waiter(turn, *session_);
  turn.release();
  // What comes behind may have been received long ago.
  if (session_->has_socket() && !waiter->awaits_looks) note_arrival();
  if (postponed) run_postponed(turn, *waiter);
  return !session_->waits();
}

// Puts what was published before the command in front of its reply, which starts at `reply_begins`.
// The turn still holds what the command did.
void ProtocolSession::insert_messages(Turn& turn, size_t reply_begins, int protocol) {
  const size_t count = session_->outbox.before_reply();  // before anyone can have seen what it did
  if (count == 0) return;
  turn.release();
  OutputQueue reply;
  output_.move_tail(output_.size() - reply_begins, reply);
  writer_.set_protocol(protocol);
  take_messages_before_reply(count);
  output_.append_all(reply);
}

void ProtocolSession::take_messages_before_reply(size_t count) {
  for (; count != 0; --count) {
    const MessagePtr message = session_->outbox.take();
    if (!message) break;
    write_whole(*message);
  }
}

// Nothing of it when there is no memory for all of it.
void ProtocolSession::write_whole(const Message& message) {
  if (!is_told(*session_, message)) return;
  const size_t before = output_.size();
  try {
    write_message(writer_, message);
  } catch (const std::bad_alloc&) {
    output_.truncate(before);
    throw;
  }
}

void ProtocolSession::take_messages(size_t output_max) {
  writer_.set_protocol(session_->protocol);
  while (output_.size() <= output_max) {
    const MessagePtr message = session_->outbox.take();
    if (!message) break;
    write_whole(*message);
  }
}

}  // namespace kevy
