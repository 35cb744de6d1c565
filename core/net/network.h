// Network: the listeners of an instance and the reactors that serve their connections. The
// reactors are started with the first listener; the first of them also accepts. It owns both, and
// hands each accepted socket to the reactor that has the fewest.
//
// Any thread may call any method; stop() once, at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/condition.h"
#include "base/descriptor.h"
#include "net/listener.h"
#include "net/reactor.h"

namespace kevy {

class Network : private Arrivals {
 public:
  /// `threads` reactors; 0: one for each core that this process may use.
  Network(Runtime& runtime, uint32_t threads);
  ~Network() override;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  struct Listening {
    uint64_t id;
    Address address;  // with what the kernel chose
  };
  /// Lets clients connect, from when it returns.
  Result<Listening> listen(const Address& address, const Listener::Options& options);
  /// The same for one that is open: who has connected meanwhile is served from now on.
  Result<Listening> serve(std::unique_ptr<Listener> listener);
  /// Where the index-th listener listens.
  std::optional<Address> address(size_t index);
  /// Ends the listener, if there is one with that id. Not on a reactor's thread.
  void close(uint64_t id) noexcept;
  /// A socket that is connected with a session that begins so. The other end, which is served, is
  /// the network's.
  Result<Descriptor> connect(SessionStart start);
  /// What the reactor of the calling thread has to do for others, if it is the thread of one.
  void serve_others();
  /// Tells the reactors that the configuration has changed.
  void settings_changed();
  /// What was written to the log has come further on disk.
  void disk_moved() noexcept;
  /// Ends the threads, closes the connections and the listeners.
  void stop();

 private:
  class Acceptor;

  Status make_ready();
  Status start_reactors();
  void await(WaiterPtr waiter) override;
  void wait() noexcept override;
  Reactor& idlest() noexcept;
  void place(Listener::Accepted accepted, const Address& local);

  Runtime& runtime_;
  const uint32_t threads_;
  Looks looks_;

  std::mutex mutex_;  // guards what follows, until stop
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  uint64_t next_id_ = 1;
  std::vector<std::unique_ptr<Reactor>> reactors_;  // constant once there are any
  bool stopped_ = false;
  size_t closes_ = 0;  // under way, which need the first reactor
  Condition closed_;
};

}  // namespace kevy
