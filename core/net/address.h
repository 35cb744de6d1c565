// Address: where to listen, or who is at the other end of a connection, in text and in the form
// the kernel takes. Text is "host:port", "[::1]:port", "*:port" or "unix:/path".
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace kevy {

struct Address {
  enum class Kind : uint8_t { kTcp, kUnix };

  Kind kind = Kind::kTcp;
  std::string host;  // as written, without the brackets
  uint16_t port = 0;
  std::string path;  // of a Unix socket

  static Result<Address> parse(Bytes text);
  std::string text() const;
};

/// One socket address of the kernel's.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// What to try to bind to, best first. Looks names up, so it may block.
Result<std::vector<SocketAddress>> resolve(const Address& address);

/// "1.2.3.4:567" or "[::1]:567", as CLIENT LIST shows it.
std::string endpoint_text(const SocketAddress& address);
uint16_t port_of(const SocketAddress& address) noexcept;

}  // namespace kevy
