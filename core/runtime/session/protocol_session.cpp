#include "runtime/session/protocol_session.h"

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

ProtocolSession::ProtocolSession(Runtime& runtime, Session::Door door)
    : runtime_(runtime), session_(runtime.open_session(door)) {}

ProtocolSession::~ProtocolSession() { runtime_.close_session(*session_); }

bool ProtocolSession::run(Budget budget) {
  Turn turn(runtime_);
  parser_.forget_ahead();  // the input has changed
  Routes routes;
  const size_t output_max = output_.size() + budget.output_bytes;
  size_t ran = 0;
  bool more = true;
  while (!closing()) {
    take_messages(output_max);
    if (ran == budget.commands || output_.size() > output_max) break;
    const RequestParser::Limits limits{
        runtime_.settings().proto_max_bulk_len.load(std::memory_order_relaxed),
        session_->authenticated};
    if (!parser_.has_ahead()) read_ahead(turn, limits, routes);
    const auto outcome = parser_.next(input_, limits);
    if (outcome == RequestParser::Outcome::kNeedMore) {
      more = false;
      break;
    }
    if (outcome == RequestParser::Outcome::kProtocolError) {
      turn.release();
      if (parser_.error().empty()) {
        output_.clear();
      } else if (session_->reply_mode == ReplyMode::kOn) {
        writer_.error(parser_.error());
      }
      session_->closing = true;
      break;
    }
    run_one(turn, routes);
    ++ran;
  }
  turn.release();
  if (ran != 0) {
    session_->last_command_us.store(Clock::monotonic_us(), std::memory_order_relaxed);
  }
  session_->output_bytes.store(output_.size(), std::memory_order_relaxed);
  return more && !closing();
}

// Has the next commands of a pipeline fetch their keys together. The turn ends here, so that it
// lasts no longer than the commands that are read at once.
void ProtocolSession::read_ahead(Turn& turn, const RequestParser::Limits& limits,
                                 Routes& routes) {
  turn.release();
  runtime_.prepare(*session_, parser_.read_ahead(input_, limits), routes);
}

void ProtocolSession::run_one(Turn& turn, const Routes& routes) {
  writer_.set_protocol(session_->protocol);
  if (const auto number = parser_.number_ahead()) [[likely]] {
    runtime_.execute(turn, *session_, parser_.args(), routes[*number], writer_);
  } else {
    runtime_.execute(turn, *session_, parser_.args(), writer_);
  }
}

void ProtocolSession::take_messages(size_t output_max) {
  if (!session_->outbox.ready()) [[likely]] return;
  writer_.set_protocol(session_->protocol);
  while (output_.size() <= output_max) {
    const MessagePtr message = session_->outbox.take();
    if (!message) break;
    write_message(writer_, *message);
  }
}

}  // namespace kevy
