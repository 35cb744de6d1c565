#include "net/listener.h"

#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/c_locale.h"

namespace kevy {

namespace {

constexpr int kBacklog = 511;

Error failed(const Address& address, int code) {
  return {Error::Kind::kSystem, "listen on '" + address.text() + "': " + error_text(code)};
}

// Whether the path is a socket that nobody listens on any more.
bool is_stale(const SocketAddress& address) {
  const auto& target = reinterpret_cast<const sockaddr_un&>(address.storage);
  struct stat status {};
  if (stat(target.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return probe && connect(probe.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED;
}

Descriptor bind_to(const SocketAddress& address) {
  const int family = address.storage.ss_family;
  Descriptor made(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return made;
  const int on = 1, off = 0;
  if (family != AF_UNIX) setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    const bool every = IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr);
    setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, every ? &off : &on, sizeof on);
  }
  int bound = bind(made.get(), address.get(), address.size);
  if (bound != 0 && errno == EADDRINUSE && family == AF_UNIX) {
    if (is_stale(address)) {
      unlink(reinterpret_cast<const sockaddr_un&>(address.storage).sun_path);
      bound = bind(made.get(), address.get(), address.size);
    } else {
      errno = EADDRINUSE;
    }
  }
  if (bound != 0) return Descriptor();
  if (listen(made.get(), kBacklog) != 0) {
    const int code = errno;
    if (family == AF_UNIX) unlink(reinterpret_cast<const sockaddr_un&>(address.storage).sun_path);
    errno = code;
    return Descriptor();
  }
  return made;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const Address& address) {
  auto candidates = resolve(address);
  if (!candidates) return candidates.error();
  std::unique_ptr<Listener> listener(new Listener(address));
  int code = EADDRNOTAVAIL;
  for (const SocketAddress& candidate : *candidates) {
    Descriptor made = bind_to(candidate);
    if (made && listener->own(std::move(made))) return listener;
    code = errno;
  }
  return failed(address, code);
}

Listener::Listener(Address address) : address_(std::move(address)) {}

bool Listener::own(Descriptor socket) noexcept {
  socket_ = std::move(socket);
  if (address_.kind == Address::Kind::kUnix) {
    struct stat status {};
    if (stat(address_.path.c_str(), &status) == 0) {
      device_ = status.st_dev;
      inode_ = status.st_ino;
    }
    return true;
  }
  SocketAddress bound;
  bound.size = sizeof bound.storage;
  if (getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.size) != 0) {
    return false;
  }
  address_.port = port_of(bound);
  return true;
}

Listener::~Listener() {
  if (!socket_ || address_.kind != Address::Kind::kUnix) return;
  struct stat status {};
  if (stat(address_.path.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_) {
    unlink(address_.path.c_str());
  }
}

Listener::Accepted Listener::accept() {
  Accepted accepted;
  accepted.peer.size = sizeof accepted.peer.storage;
  accepted.socket =
      Descriptor(accept4(socket_.get(), reinterpret_cast<sockaddr*>(&accepted.peer.storage),
                         &accepted.peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  return accepted;
}

}  // namespace kevy
