#include "runtime/session/protocol_session.h"

#include <algorithm>

namespace kevy {

void write_message(Reply& reply, const Message& message) {
  switch (message.kind()) {
    case Message::Kind::kPattern:
      reply.push(4);
      reply.bulk("pmessage");
      reply.bulk(message.pattern());
      break;
    case Message::Kind::kSharded:
      reply.push(3);
      reply.bulk("smessage");
      break;
    case Message::Kind::kChannel:
      reply.push(3);
      reply.bulk("message");
      break;
  }
  reply.bulk(message.channel());
  if (message.block()) {
    reply.bulk(message.block());
  } else {
    reply.bulk(message.payload());
  }
}

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
    if (session_->outbox.ready()) [[unlikely]] {
      turn.release();
      const bool idle = input_.pending().empty();
      take_messages(idle ? std::min(output_max, budget.unread_bytes) : output_max);
      if (session_->outbox.ready() && output_.size() <= output_max) {
        if (!idle) continue;  // what waits there was published before the next command
        more = false;
        break;
      }
    }
    if (ran == budget.commands || output_.size() > output_max) break;
    const RequestParser::Limits limits{
        static_cast<int64_t>(runtime_.settings().word_max()), session_->authenticated};
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
    if (shown.load(std::memory_order_relaxed) != bytes) shown.store(bytes, std::memory_order_relaxed);
    return bytes;
  };
  const size_t free = input_.capacity() - input_.pending().size();
  const size_t total = note(memory.query, received_bytes()) + note(memory.query_free, free) + note(memory.arguments, parser_.memory()) +
                       note(memory.transaction, session_->transaction.memory) +
                       note(memory.output, output_.memory() + session_->outbox.bytes());
  runtime_.note_memory(*session_, total + sizeof(ProtocolSession) + sizeof(Session));
}

// Has the next commands of a pipeline fetch their keys together.
void ProtocolSession::read_ahead(Turn& turn, const RequestParser::Limits& limits,
                                 Routes& routes) {
  runtime_.prepare(turn, *session_, parser_.read_ahead(input_, limits), routes);
}

// Room for a short reply is got first, so that what was changed is answered.
void ProtocolSession::run_one(Turn& turn, const Routes& routes) {
  const int protocol = session_->protocol;
  const size_t reply_begins = output_.size();
  writer_.set_protocol(protocol);
  output_.reserve(kReplyRoom);
  session_->outbox.begin_command(protocol == 3);
  const Reply::Mark mark = writer_.mark();
  try {
    if (const auto number = parser_.number_ahead()) [[likely]] {
      runtime_.execute(turn, *session_, parser_.args(), routes[*number], writer_);
    } else {
      session_->long_words = parser_.long_words();
      runtime_.execute(turn, *session_, parser_.args(), writer_);
    }
  } catch (const Reply::Lost&) {
    writer_.take_back(mark);
    throw;  // an error would say that nothing has run
  } catch (const std::bad_alloc&) {
    writer_.take_back(mark);
    const bool silenced = session_->reply_mode != ReplyMode::kOn;
    if (!silenced && !writer_.answer_no_memory()) session_->closing = true;
  }
  if (!session_->long_words.empty()) [[unlikely]] {
    session_->long_words = {};
    turn.release();  // the blocks that nobody has kept are freed next
  }
  if (session_->outbox.ready()) [[unlikely]] insert_messages(turn, reply_begins, protocol);
}

// Puts what was published before the command in front of its reply, which starts at `reply_begins`.
// The turn still holds what the command did.
void ProtocolSession::insert_messages(Turn& turn, size_t reply_begins, int protocol) {
  size_t count = session_->outbox.before_reply();
  if (count == 0) return;
  turn.release();
  OutputQueue reply;
  output_.move_tail(output_.size() - reply_begins, reply);
  writer_.set_protocol(protocol);
  for (; count != 0; --count) {
    const MessagePtr message = session_->outbox.take();
    if (!message) break;
    write_whole(*message);
  }
  output_.append_all(reply);
}

// Nothing of it when there is no memory for all of it.
void ProtocolSession::write_whole(const Message& message) {
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
