// Listener: a bound, listening socket, which it owns; what it accepts belongs to the caller. A
// Unix socket's path is its own: a path left behind by a process that died is replaced when it
// opens, and removed when it goes, if it is still its own.
//
// Opened on any thread, accepts on one.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "base/descriptor.h"
#include "net/address.h"

namespace kevy {

class Listener {
 public:
  /// Fails when the address is in use, also by another listener of this process: ports are never
  /// shared.
  static Result<std::unique_ptr<Listener>> open(const Address& address);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int descriptor() const noexcept { return socket_.get(); }
  /// With the port that the kernel chose, where 0 was asked for.
  const Address& address() const noexcept { return address_; }

  struct Accepted {
    Descriptor socket;
    SocketAddress peer;
  };
  /// The next connection that waits. On failure there is no socket, and errno says why.
  Accepted accept();

 private:
  explicit Listener(Address address);
  /// Takes over the socket that listens there; from here on the path is the listener's to remove. False
  /// when the kernel does not tell the port.
  bool own(Descriptor socket) noexcept;

  Address address_;
  Descriptor socket_;
  dev_t device_ = 0;  // of the Unix socket's path
  ino_t inode_ = 0;
};

}  // namespace kevy
