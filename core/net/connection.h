// Connection: a socket and the session behind it: receives requests, has them run, sends the
// replies, and keeps a client that does not read its replies within bounds.
//
// Everything but wake() is called on the thread of its reactor, which owns it. No call does more
// than a bounded amount of work; what is left to do is done in a later round of the reactor.
//
// A connection owns its socket, its session, and what it has received and not yet run, and what it
// is to send and has not yet sent. The memory for both is the reactor's while they are empty: a
// connection borrows it when it has something to do, and gives it back when it is done. So an idle
// connection has no buffers, and a busy one finds them in the cache.
#pragma once

#include "base/socket.h"
#include "net/pollable.h"
#include "runtime/session/protocol_session.h"

namespace kevy {

class Reactor;

class Connection final : public Pollable, private Waker {
 public:
  Connection(Reactor& reactor, Runtime& runtime, Socket socket, Session::Door door,
             const SessionStart& start);
  ~Connection() override;

  int descriptor() const noexcept { return socket_.get(); }

  /// The socket is readable, writable or broken.
  void on_ready(uint32_t events) override;
  /// Runs what was received and takes what was pushed to the session, then sends. Called when a
  /// round left work over and when the session was pushed to, was killed or is over its limit.
  void proceed();
  /// proceed() in two parts, for those with awaits_turn: what they have received is run in one
  /// turn, and nothing is sent before that is over.
  void run_in(Turn& turn);
  void finish();
  /// Whether what it is to send waits for the disk.
  bool still_awaits_disk() const noexcept { return protocol_.awaits_disk(); }
  /// It does not any more: sends it.
  void disk_moved();
  /// Ends the wait of its command, if it waits: nothing is to be served to it any more. False when
  /// something has been, or is being: for that reply it is woken.
  bool abandon() noexcept;
  /// The same when its client has gone, which does not keep what is to be published from being so.
  bool may_go() noexcept;

  /// Closes itself if the client was silent, or over its output limit, for too long.
  void check_time(int64_t now_us);
  /// Whether check_time has to be called soon even where no client is timed out for silence.
  bool over_soft_limit() const noexcept { return overrun_.over_soft(); }

  // The reactor's notes on this connection.
  size_t index = 0;       // among its connections
  bool deferred = false;  // has work over for the next round
  bool woken = false;     // in the reactor's inbox; guarded by the inbox's lock
  bool closed = false;
  bool awaits_disk = false;  // its output may not be shown yet; it runs nothing until then
  bool finishes_later = false;  // its replies come behind what others are to get
  bool awaits_turn = false;  // is deferred since another reactor held what its command needs

 private:
  static constexpr size_t kReadMin = 16 * 1024, kReadMax = 1024 * 1024;
  static constexpr ProtocolSession::Budget kBudget{512, 1024 * 1024, 1024 * 1024};
  /// So much unread output has commands wait until the client reads. A client that sends a whole
  /// pipeline before it reads stays far below it; one that never reads is bounded by it.
  static constexpr size_t kOutputMax = size_t{1} << 30;
  /// So much is received behind a command that waits.
  static constexpr size_t kWaitingInputMax = 1024 * 1024;

  void wake() noexcept override;
  template <typename Work>
  void guarded(Work&& work);
  void receive();
  void step();
  void try_step();
  bool begins();
  template <typename Run>
  auto running(Run&& run);
  void finish(bool more);
  bool gives_way() noexcept;
  bool over(bool more) noexcept;
  bool send();
  bool may_run() const noexcept { return protocol_.output().size() < kOutputMax; }
  bool messages_wait() const noexcept;
  const OutputLimit& output_limit() const noexcept;
  bool within_limits();
  bool out_of_time(int64_t now_us);
  void update_interest();
  void borrow_input() noexcept;
  void borrow_output() noexcept;
  void return_buffers() noexcept;

  Reactor& reactor_;
  Runtime& runtime_;
  Socket socket_;
  ProtocolSession protocol_;
  uint32_t interest_;
  bool send_blocked_ = false;
  bool end_of_input_ = false;
  bool has_more_ = false;  // what finish() goes on with
  bool gave_way_ = false;  // the last time
  bool runs_ = false;  // commands of it are being run: a script may have others served meanwhile
  bool transfers_ = false;  // bytes went in or out since check_time() was called
  OutputOverrun overrun_;
};

}  // namespace kevy
