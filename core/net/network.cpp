#include "net/network.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>

#include "base/c_locale.h"

namespace kevy {

namespace {

constexpr int kAcceptsMax = 64;  // of one round
constexpr Bytes kTooMany = "-ERR max number of clients reached\r\n";

uint32_t usable_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<uint32_t>(std::max(1, CPU_COUNT(&cores)));
}

void set_option(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

void prepare_tcp(int descriptor, int64_t keepalive_s) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  if (keepalive_s == 0) return;
  const int idle = static_cast<int>(keepalive_s);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, idle / 3));
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

SessionLabels labels_of(const Listener::Accepted& accepted, const Address& local) {
  SessionLabels labels;
  if (local.kind == Address::Kind::kUnix) {
    labels.address = labels.local_address = local.path + ":0";
    return labels;
  }
  SocketAddress own;
  own.size = sizeof own.storage;
  getsockname(accepted.socket.get(), reinterpret_cast<sockaddr*>(&own.storage), &own.size);
  labels.address = endpoint_text(accepted.peer);
  labels.local_address = endpoint_text(own);
  return labels;
}

}  // namespace

/// A listener in the first reactor's set.
class Network::Acceptor final : public Pollable {
 public:
  Acceptor(Network& network, uint64_t number, std::unique_ptr<Listener> listener)
      : id(number), network_(network), listener_(std::move(listener)) {}

  const uint64_t id;
  const Listener& listener() const noexcept { return *listener_; }

  void on_ready(uint32_t) override {
    for (int i = 0; i < kAcceptsMax; ++i) {
      Listener::Accepted accepted = listener_->accept();
      if (accepted.socket) {
        accept_one(std::move(accepted));
      } else if (errno != EINTR && errno != ECONNABORTED) {
        if (errno != EAGAIN && !turn_one_away(errno)) pause();
        return;
      }
    }
  }
  void on_rested() noexcept override {
    if (!reactor().watch(listener_->descriptor(), EPOLLIN, *this)) reactor().rest(*this);
  }

 private:
  Reactor& reactor() noexcept { return *network_.reactors_.front(); }
  // Who waits to be accepted would be reported again at once.
  void pause() noexcept {
    (void)reactor().watch(listener_->descriptor(), 0, *this);
    reactor().rest(*this);
  }
  // A client that there is no memory for is closed.
  void accept_one(Listener::Accepted accepted) noexcept {
    try {
      network_.place(std::move(accepted), listener_->address());
    } catch (const std::bad_alloc&) {
      network_.runtime_.counters().rejected_connections.fetch_add(1, std::memory_order_relaxed);
    }
  }
  // Out of descriptors: the one held in reserve lets the client be closed, who would otherwise
  // wait for ever, and the listener be quiet. False when that could not be done.
  bool turn_one_away(int reason) noexcept {
    if ((reason != EMFILE && reason != ENFILE) || !reserve_) return false;
    reserve_ = Socket();
    Listener::Accepted accepted = listener_->accept();
    const bool away = static_cast<bool>(accepted.socket);
    accepted.socket = Socket();
    reserve_ = listener_->duplicate();
    return away;
  }

  Network& network_;
  std::unique_ptr<Listener> listener_;
  Socket reserve_ = listener_->duplicate();
};

Network::Network(Runtime& runtime, uint32_t threads) : runtime_(runtime), threads_(threads) {}

Network::~Network() { stop(); }

Result<Network::Listening> Network::listen(const Address& address,
                                           const Listener::Options& options) {
  auto listener = Listener::open(address, options);
  if (!listener) return listener.error();
  return serve(std::move(*listener));
}

Result<Network::Listening> Network::serve(std::unique_ptr<Listener> listener) {
  const Address address = listener->address();
  std::lock_guard guard(mutex_);
  if (auto ready = make_ready(); !ready) return ready.error();
  Listening listening{next_id_, address};
  auto acceptor = std::make_unique<Acceptor>(*this, next_id_, std::move(listener));
  Acceptor& added = *acceptors_.emplace_back(std::move(acceptor));
  if (!reactors_.front()->add(added.listener().descriptor(), EPOLLIN, added)) {
    const int code = errno;
    acceptors_.pop_back();
    return Error{Error::Kind::kSystem, "listen on '" + address.text() + "': epoll_ctl failed",
                 code};
  }
  ++next_id_;
  return listening;
}

void Network::close(uint64_t id) noexcept {
  std::unique_ptr<Acceptor> closing;
  {
    std::lock_guard guard(mutex_);
    const auto found = std::find_if(acceptors_.begin(), acceptors_.end(),
                                    [&](const auto& acceptor) { return acceptor->id == id; });
    if (found == acceptors_.end()) return;
    closing = std::move(*found);
    acceptors_.erase(found);
    ++closes_;
  }
  reactors_.front()->forget(closing->listener().descriptor(), *closing);
  closing.reset();
  std::lock_guard guard(mutex_);
  --closes_;
  closed_.notify_all();
}

Result<Descriptor> Network::connect(SessionStart start) {
  int ends[2] = {-1, -1};
  Socket served = Socket::made_by(
      [&] { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? ends[0] : -1; });
  Descriptor given(ends[1]);
  if (!served || fcntl(served.get(), F_SETFL, O_NONBLOCK) != 0) {
    const int code = errno;
    return Error{Error::Kind::kSystem, std::string("socketpair: ") + error_text(code), code};
  }
  std::lock_guard guard(mutex_);
  if (auto ready = make_ready(); !ready) return ready.error();
  runtime_.counters().connections_received.fetch_add(1, std::memory_order_relaxed);
  idlest().adopt(std::move(served), Session::Door::kConnected, std::move(start));
  return given;
}

// With the mutex.
Status Network::make_ready() {
  if (stopped_) return Error{Error::Kind::kState, "the instance is stopping"};
  return reactors_.empty() ? start_reactors() : Status(Done{});
}

// Starts all reactors; when one cannot be started there are none.
Status Network::start_reactors() {
  const uint32_t count = threads_ == 0 ? usable_cores() : threads_;
  std::vector<std::unique_ptr<Reactor>> reactors;
  for (uint32_t i = 0; i < count; ++i) {
    reactors.push_back(std::make_unique<Reactor>(runtime_, looks_));
    if (auto started = reactors.back()->start(); !started) return started;
  }
  reactors_ = std::move(reactors);
  looks_.set_reactors(reactors_);
  runtime_.set_arrivals(this, count > 1);
  return Done{};
}

// On the first reactor's thread, which is there until the reactors are.
void Network::place(Listener::Accepted accepted, const Address& local) {
  Runtime::Counters& counters = runtime_.counters();
  size_t connections = 0;
  for (const auto& reactor : reactors_) connections += reactor->load();
  if (connections >= runtime_.settings().clients_max.load(std::memory_order_relaxed)) {
    (void)!send(accepted.socket.get(), kTooMany.data(), kTooMany.size(), MSG_NOSIGNAL);
    counters.rejected_connections.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  counters.connections_received.fetch_add(1, std::memory_order_relaxed);
  const bool tcp = local.kind == Address::Kind::kTcp;
  if (tcp) {
    prepare_tcp(accepted.socket.get(),
                runtime_.settings().tcp_keepalive_s.load(std::memory_order_relaxed));
  }
  SessionStart start;
  start.labels = labels_of(accepted, local);
  idlest().adopt(std::move(accepted.socket), tcp ? Session::Door::kTcp : Session::Door::kUnix,
                 std::move(start));
}

void Network::await(WaiterPtr waiter) { Reactor::own()->await_looks(std::move(waiter)); }

void Network::wait() noexcept {
  if (Reactor::own() == nullptr) looks_.settle();
}

// The reactor with the fewest connections.
Reactor& Network::idlest() noexcept {
  return **std::min_element(
      reactors_.begin(), reactors_.end(),
      [](const auto& one, const auto& other) { return one->load() < other->load(); });
}

std::optional<Address> Network::address(size_t index) {
  std::lock_guard guard(mutex_);
  if (index >= acceptors_.size()) return std::nullopt;
  return acceptors_[index]->listener().address();
}

void Network::serve_others() {
  if (Reactor* const mine = Reactor::own()) mine->serve_others();
}

void Network::settings_changed() {
  std::lock_guard guard(mutex_);
  for (const auto& reactor : reactors_) reactor->settings_changed();
}

void Network::disk_moved() noexcept {
  std::lock_guard guard(mutex_);
  for (const auto& reactor : reactors_) reactor->disk_moved();
}

// A reactor may wait for the mutex in settings_changed, so it is not held while they end.
void Network::stop() {
  {
    std::lock_guard guard(mutex_);
    stopped_ = true;
  }
  for (const auto& reactor : reactors_) reactor->stop();
  std::unique_lock lock(mutex_);
  closed_.wait(lock, [&] { return closes_ == 0; });
  looks_.end();
  reactors_.clear();
  acceptors_.clear();
}

}  // namespace kevy
