// Listener: a bound, listening socket, which it owns; what it accepts belongs to the caller. A
// Unix socket's path is its own: a path left behind by a process that died is replaced when it
// opens, and removed when it goes, if it is still its own, wherever the process' directory is then.
//
// When it goes nobody listens there any more, even where another process has a copy of the descriptor.
//
// Opened on any thread, accepts on one.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "base/socket.h"
#include "net/address.h"

namespace kevy {

class Listener {
 public:
  struct Options {
    int backlog = 511;         // how many connections may wait to be accepted
    uint32_t permissions = 0;  // of a Unix socket's path; 0: as the umask has it
  };

  /// Fails when the address is in use, also by another listener of this process: ports are never
  /// shared.
  static Result<std::unique_ptr<Listener>> open(const Address& address, const Options& options);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int descriptor() const noexcept { return socket_.get(); }
  /// With the port that the kernel chose, where 0 was asked for, and with the whole path.
  const Address& address() const noexcept { return address_; }

  /// A second owner of the socket.
  Socket duplicate() const noexcept;

  struct Accepted {
    Socket socket;
    SocketAddress peer;
  };
  /// The next connection that waits. On failure there is no socket, and errno says why.
  Accepted accept();

 private:
  explicit Listener(Address address);
  /// Takes over the socket that listens there; from here on the path is the listener's to remove. False
  /// when the kernel does not tell the port.
  bool own(Socket socket) noexcept;

  Address address_;
  Socket socket_;
  dev_t device_ = 0;  // of the Unix socket's path
  ino_t inode_ = 0;
};

}  // namespace kevy
