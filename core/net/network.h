// Network: the listeners of an instance and the reactors that serve their connections. The
// reactors are started with the first listener; the first of them also accepts. It owns both, and
// hands each accepted socket to the reactor that has the fewest.
//
// Any thread may call any method; stop() once, at the end.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "net/listener.h"
#include "net/reactor.h"

namespace kevy {

class Network {
 public:
  /// `threads` reactors; 0: one for each core that this process may use.
  Network(Runtime& runtime, uint32_t threads);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Lets clients connect, from when it returns.
  Status listen(const Address& address);
  /// The index-th address listened on.
  std::optional<Address> address(size_t index);
  /// Tells the reactors that the configuration has changed.
  void settings_changed();
  /// Ends the threads, closes the connections and the listeners.
  void stop();

 private:
  class Acceptor;

  Status start_reactors();
  void place(Listener::Accepted accepted, const Address& local);

  Runtime& runtime_;
  const uint32_t threads_;

  std::mutex mutex_;  // guards what follows, until stop
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<std::unique_ptr<Reactor>> reactors_;  // constant once there is an acceptor
  bool stopped_ = false;
};

}  // namespace kevy
