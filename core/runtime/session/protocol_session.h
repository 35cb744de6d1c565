// ProtocolSession: a session that is spoken to in RESP: bytes in, bytes out. A socket's connection
// and the C ABI's raw form both sit on one; neither is known here.
//
// One thread at a time. Pushed messages enter the output only between commands, at the place of the
// reply that the outbox tells (outbox.h): never inside a reply, nor before the acknowledgement of
// the subscription that brings them, nor behind that of its end.
//
// While a command waits (runtime/waiting/) no further one is run; the reply comes when run() is
// called again after the session was woken.
#pragma once

#include <array>
#include <memory>

#include "resp/output.h"
#include "resp/request_parser.h"
#include "resp/resp_writer.h"
#include "runtime/runtime.h"

namespace kevy {

class ProtocolSession {
 public:
  ProtocolSession(Runtime& runtime, Session::Door door);
  ~ProtocolSession();

  InputBuffer& input() noexcept { return input_; }
  OutputQueue& output() noexcept { return output_; }
  const OutputQueue& output() const noexcept { return output_; }
  /// What was received and is kept for commands that have not been run.
  size_t received_bytes() const noexcept { return input_.size() + parser_.long_bytes(); }
  Session& session() noexcept { return *session_; }
  const Session& session() const noexcept { return *session_; }

  /// How much one run may do: so many commands, and output grown by so much. While no whole
  /// command waits behind them, messages stay in the outbox, where they are shared, when more than
  /// `unread_bytes` of output have not been read.
  struct Budget {
    size_t commands;
    size_t output_bytes;
    size_t unread_bytes;
  };

  enum class Ran {
    kAll,   // that is complete
    kSome,  // the budget was spent, so that more may be waiting
    kNone,  // another thread holds what the first command needs
  };

  /// Moves the messages pushed to the session into the output and runs what is complete in the
  /// input. True when the budget was spent, so that more may be waiting. The turn's locks are
  /// given back before this returns. A command that finds no memory is answered so; where there is
  /// none for a request, a message or that answer, the session is closing.
  bool run(Budget budget);
  /// The same, but kNone instead of waiting for the first command's shard.
  Ran try_run(Budget budget);
  /// The same as run, as a part of the caller's turn, which may go on afterwards.
  bool run(Turn& turn, Budget budget);
  /// To be called after output was consumed: what is unread counts against limits, and is shown.
  void note_output() noexcept;

  /// To be called when something has come to the socket: what publishes behind it waits until
  /// others have looked too (runtime/waiting/arrivals.h), where several threads serve sockets, or where
  /// `others_wait`: sessions of the same thread have read what they have not run.
  void note_arrival(bool others_wait = false) noexcept {
    session_->arrivals_seen = !others_wait && !runtime_.several_serve();
  }

  /// Gives memory back that is not needed for what is left to do, and notes what is still held. To
  /// be called when the output was sent as far as it could be.
  void settle();

  /// Whether the output may not be shown yet, since it tells of what is not on disk.
  bool awaits_disk() const noexcept {
    return fence_ != 0 && !output_.empty() && runtime_.shows_too_much(fence_);
  }
  /// Waits for that. False when it can not be.
  [[nodiscard]] bool wait_for_disk() noexcept {
    return !awaits_disk() || runtime_.wait_until_safe(fence_);
  }

  /// No more commands will be run: QUIT, a protocol error, or the session was ended from outside.
  /// The owner closes once the output is out.
  bool closing() const noexcept { return session_->closing || session_->ended(); }

 private:
  using Routes = std::array<Route, RequestParser::kAheadMax>;

  Ran run_guarded(Turn& turn, Budget budget, bool waits);
  Ran run_some(Turn& turn, Budget budget, bool waits);
  bool must_wait(const Routes& routes) const noexcept;
  bool is_known(const Routes& routes) const noexcept;
  void read_ahead(Turn& turn, const RequestParser::Limits& limits, Routes& routes);
  void run_one(Turn& turn, const Routes& routes);
  void run_careful(Turn& turn);
  void note_large_reply() noexcept;
  void run_postponed(Turn& turn, const Waiter& waiter);
  template <typename Execute>
  void run_and_answer(Turn& turn, Execute&& execute);
  bool resume(Turn& turn);
  void insert_messages(Turn& turn, size_t reply_begins, int protocol);
  void take_messages(size_t output_max);
  void take_messages_before_reply(size_t count);
  void write_whole(const Message& message);

  Runtime& runtime_;
  std::shared_ptr<Session> session_;
  uint64_t fence_ = 0;  // in the write log; of all that is in the output
  InputBuffer input_;
  RequestParser parser_;
  OutputQueue output_;
  size_t reply_begins_ = 0;  // of the command that ran last: where in the output, when it ran
  RespWriter writer_{output_};
};

}  // namespace kevy
