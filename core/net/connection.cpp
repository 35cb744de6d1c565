#include "net/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "net/reactor.h"

namespace kevy {

namespace {

constexpr size_t kPiecesMax = 64;  // of one system call
constexpr int kSendsMax = 4;       // in one round

}  // namespace

Connection::Connection(Reactor& reactor, Runtime& runtime, Socket socket, Session::Door door,
                       const SessionStart& start)
    : reactor_(reactor),
      runtime_(runtime),
      socket_(std::move(socket)),
      protocol_(runtime, door),
      interest_(EPOLLIN) {
  Session& session = protocol_.session();
  session.descriptor.store(socket_.get(), std::memory_order_relaxed);
  session.begin(start);
  session.outbox.set_waker(this);
}

Connection::~Connection() { protocol_.session().outbox.set_waker(nullptr); }

void Connection::wake() noexcept { reactor_.wake(*this); }

// Closes the connection when there is no memory for what its client asks for. Other clients are not
// affected.
template <typename Work>
void Connection::guarded(Work&& work) {
  try {
    work();
  } catch (const std::exception&) {
    reactor_.close(*this);
  }
}

// Notes that commands of this connection are being run.
template <typename Run>
auto Connection::running(Run&& run) {
  struct End {
    bool& flag;
    ~End() { flag = false; }
  } const end{runs_};
  runs_ = true;
  return run();
}

void Connection::on_ready(uint32_t events) {
  if (closed) [[unlikely]] return;  // in this very round, beside a script that runs for long
  if (runs_) [[unlikely]] return;   // the kernel will say so again
  constexpr uint32_t kGoes = EPOLLERR | EPOLLHUP | EPOLLRDHUP;
  if ((events & kGoes) != 0 && (events & EPOLLIN) == 0) {
    // What it has sent before is run first, and what is still in the socket, unless its command waits.
    if (!deferred && may_go()) reactor_.close(*this);
    return;
  }
  if ((events & EPOLLOUT) != 0) send_blocked_ = false;
  guarded([&] {
    if ((events & EPOLLIN) != 0 && !deferred) {
      receive();
    } else {
      step();
    }
  });
}

void Connection::proceed() {
  guarded([&] { step(); });
}

void Connection::receive() {
  InputBuffer& input = protocol_.input();
  borrow_input();
  iovec pieces[2];
  const size_t count = input.make_room(pieces, kReadMin, kReadMax);
  const ssize_t got = count == 1 ? recv(socket_.get(), pieces[0].iov_base, pieces[0].iov_len, 0)
                                 : readv(socket_.get(), pieces, static_cast<int>(count));
  if (got > 0) {
    input.commit(static_cast<size_t>(got));
    protocol_.note_arrival(reactor_.has_deferred());
    SessionTraffic::add(protocol_.session().traffic.received, static_cast<size_t>(got));
    transfers_ = true;
  } else if (got == 0) {
    end_of_input_ = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    reactor_.close(*this);
    return;
  }
  try_step();
}

// False when the session was ended from outside.
bool Connection::begins() {
  if (awaits_disk && !protocol_.session().ended()) return false;
  if (protocol_.session().ended()) {
    reactor_.close(*this);
    return false;
  }
  borrow_output();
  return true;
}

void Connection::step() {
  if (begins()) finish(may_run() ? running([&] { return protocol_.run(kBudget); }) : true);
}

// While another reactor holds what the first command needs, this one has others to read from.
void Connection::try_step() {
  if (!begins()) return;
  const auto ran =
      may_run() ? running([&] { return protocol_.try_run(kBudget); }) : ProtocolSession::Ran::kSome;
  if (ran != ProtocolSession::Ran::kNone) {
    finish(ran == ProtocolSession::Ran::kSome);
    return;
  }
  return_buffers();
  awaits_turn = true;
  reactor_.defer(*this);
}

void Connection::run_in(Turn& turn) {
  awaits_turn = false;
  guarded([&] {
    if (begins()) {
      has_more_ = may_run() ? running([&] { return protocol_.run(turn, kBudget); }) : true;
    }
  });
}

void Connection::finish() {
  if (runs_) [[unlikely]] return;  // and is finished behind that
  guarded([&] { finish(has_more_); });
}

void Connection::disk_moved() {
  awaits_disk = false;
  guarded([&] { finish(true); });
}

bool Connection::abandon() noexcept {
  if (!protocol_.session().waits()) return true;
  Turn turn(runtime_);
  return runtime_.end_wait(turn, protocol_.session(), WaitEnd::kGone, true);
}

bool Connection::may_go() noexcept {
  const std::shared_ptr<Waiter> waiter = protocol_.session().waiter();
  return (waiter == nullptr || !waiter->awaits_looks) && abandon();
}

// Whether all is done that can be. A client that has said its last word still gets what its command
// was served with.
bool Connection::over(bool more) noexcept {
  if (send_blocked_) return false;
  return protocol_.closing() || (end_of_input_ && !more && may_go());
}

// Whether others of this reactor get first what this client's commands gave them, an element or a message: its
// own replies follow behind those, in the same round. Who waits for both would be woken twice.
bool Connection::gives_way() noexcept {
  const bool has_replies = !protocol_.output().empty() && !send_blocked_ && !protocol_.closing();
  gave_way_ = !gave_way_ && has_replies && reactor_.any_woken() && !reactor_.serves_others();
  return gave_way_;
}

void Connection::finish(bool more) {
  has_more_ = more;
  const Session& session = protocol_.session();
  if (protocol_.awaits_disk() && !session.ended()) [[unlikely]] {
    reactor_.await_disk(*this);
    update_interest();
    return;
  }
  if (!session.ended() && gives_way()) {
    return_buffers();
    reactor_.finish_later(*this);
    return;
  }
  if (session.ended() || !within_limits() || !send() || over(more)) {
    reactor_.close(*this);
    return;
  }
  return_buffers();
  protocol_.settle();
  if ((more && may_run()) || messages_wait()) reactor_.defer(*this);
  update_interest();
}

// Whether messages are in the outbox that may come out now. The others come when the client has
// read, or not at all when it is being closed.
bool Connection::messages_wait() const noexcept {
  return !protocol_.closing() && protocol_.session().outbox.ready() &&
         protocol_.output().size() <= kBudget.unread_bytes;
}

// False when the socket is broken.
bool Connection::send() {
  OutputQueue& output = protocol_.output();
  for (int sends = 0; !output.empty() && !send_blocked_; ++sends) {
    iovec pieces[kPiecesMax];
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = output.gather(pieces, kPiecesMax);
    size_t asked = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i) asked += pieces[i].iov_len;
    const ssize_t sent = message.msg_iovlen == 1 ? ::send(socket_.get(), pieces[0].iov_base,
                                                          pieces[0].iov_len, MSG_NOSIGNAL)
                                                 : sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) {
      output.consume(static_cast<size_t>(sent));
      SessionTraffic::add(protocol_.session().traffic.sent, static_cast<size_t>(sent));
      transfers_ = true;
    }
    send_blocked_ = sent < static_cast<ssize_t>(asked) || sends + 1 == kSendsMax;
  }
  if (output.empty()) send_blocked_ = false;
  return true;
}

const OutputLimit& Connection::output_limit() const noexcept {
  return runtime_.settings().output_limit(
      protocol_.session().subscribed_to_any() ? OutputClass::kPubSub : OutputClass::kNormal);
}

bool Connection::within_limits() {
  const int64_t query_max = runtime_.settings().query_buffer_max.load(std::memory_order_relaxed);
  if (protocol_.received_bytes() > static_cast<size_t>(query_max)) return false;
  const size_t waiting = protocol_.output().size() + protocol_.session().outbox.bytes();
  if (overrun_.too_much(waiting, output_limit())) return false;
  if (overrun_.over_soft()) reactor_.tick_soon();
  return true;
}

bool Connection::out_of_time(int64_t now_us) {
  Session& session = protocol_.session();
  if (std::exchange(transfers_, false)) {
    session.last_active_us.store(now_us, std::memory_order_relaxed);
  }
  const int64_t silence_s = runtime_.settings().timeout_s.load(std::memory_order_relaxed);
  const int64_t silent_us = now_us - session.last_active_us.load(std::memory_order_relaxed);
  const bool may_be_silent = session.subscribed_to_any() || session.waits();
  if (silence_s != 0 && !may_be_silent && silent_us > silence_s * 1'000'000) return true;
  return !within_limits();
}

void Connection::check_time(int64_t now_us) {
  if (out_of_time(now_us)) reactor_.close(*this);
}

void Connection::update_interest() {
  const bool reads =
      !awaits_disk && !end_of_input_ && !protocol_.closing() && may_run() && !deferred;
  const bool waits = protocol_.session().waits();
  // While its command waits, a client that sends much more is not read from, but its going is
  // noticed.
  const bool full = waits && protocol_.received_bytes() > kWaitingInputMax;
  const uint32_t wanted = (reads && !full ? uint32_t{EPOLLIN} : 0) |
                          (reads && full ? uint32_t{EPOLLRDHUP} : 0) |
                          (send_blocked_ ? uint32_t{EPOLLOUT} : 0);
  if (wanted == interest_) return;
  interest_ = wanted;
  if (!reactor_.watch(socket_.get(), wanted, *this))
    reactor_.close(*this);  // it would wait for ever
}

void Connection::borrow_input() noexcept {
  InputBuffer& input = protocol_.input();
  if (input.capacity() == 0) input.take_memory(reactor_.spare_input());
}

// A queue with replies in it keeps its own memory, whether or not there is room left.
void Connection::borrow_output() noexcept {
  OutputQueue& output = protocol_.output();
  if (output.empty() && !output.has_room()) output.take_memory(reactor_.spare_output());
}

void Connection::return_buffers() noexcept {
  InputBuffer& input = protocol_.input();
  if (input.pending().empty()) {
    input.shrink();  // what one long command needed is not kept
    if (reactor_.spare_input().capacity() == 0) reactor_.spare_input().take_memory(input);
    input.release();
  }
  OutputQueue& output = protocol_.output();
  if (output.empty()) {
    if (!reactor_.spare_output().has_room()) reactor_.spare_output().take_memory(output);
    output.clear();
  }
}

}  // namespace kevy
