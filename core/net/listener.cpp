#include "net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>

#include "base/c_locale.h"
#include "base/descriptor.h"

namespace kevy {

namespace {

Error failed(const Address& address, int code) {
  return {Error::Kind::kSystem, "listen on '" + address.text() + "': " + error_text(code), code};
}

// The path as it is found from any directory; none when the present one has gone.
std::optional<std::string> whole_path(const std::string& path) {
  if (path.starts_with('/')) return path;
  const std::unique_ptr<char, void (*)(void*)> directory(getcwd(nullptr, 0), std::free);
  if (directory == nullptr && errno == ENOMEM) throw std::bad_alloc();
  if (directory == nullptr) return std::nullopt;
  return std::string(directory.get()) + '/' + path;
}

const char* path_of(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_un&>(address.storage).sun_path;
}

// Whether the path is a socket that nobody listens on any more.
bool is_stale(const SocketAddress& address) {
  struct stat status {};
  if (stat(path_of(address), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return probe && connect(probe.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED;
}

int bind_path(const Socket& made, const SocketAddress& address, uint32_t permissions) {
  // At no moment does the path allow more than it is to allow in the end.
  if (permissions != 0 && fchmod(made.get(), permissions) != 0) return -1;
  int bound = bind(made.get(), address.get(), address.size);
  if (bound != 0 && errno == EADDRINUSE) {
    if (!is_stale(address)) {
      errno = EADDRINUSE;
      return -1;
    }
    unlink(path_of(address));
    bound = bind(made.get(), address.get(), address.size);
  }
  // What the umask has taken away.
  if (bound == 0 && permissions != 0) (void)chmod(path_of(address), permissions);
  return bound;
}

int bind_port(const Socket& made, const SocketAddress& address) {
  const int on = 1, off = 0;
  setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    const bool every = IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr);
    setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, every ? &off : &on, sizeof on);
  }
  return bind(made.get(), address.get(), address.size);
}

// No socket when that fails; errno says why.
Socket listen_at(const SocketAddress& address, const Listener::Options& options) {
  const int family = address.storage.ss_family;
  Socket made = Socket::made_by(
      [&] { return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); });
  if (!made) return made;
  const int bound = family == AF_UNIX ? bind_path(made, address, options.permissions)
                                      : bind_port(made, address);
  if (bound != 0) return Socket();
  if (listen(made.get(), options.backlog) == 0) return made;
  const int code = errno;
  if (family == AF_UNIX) unlink(path_of(address));
  errno = code;
  return Socket();
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const Address& address, const Options& options) {
  auto candidates = resolve(address);
  if (!candidates) return candidates.error();
  Address whole = address;
  if (address.kind == Address::Kind::kUnix) {
    auto path = whole_path(address.path);
    if (!path) return failed(address, errno);
    whole.path = std::move(*path);
  }
  std::unique_ptr<Listener> listener(new Listener(std::move(whole)));
  int code = EADDRNOTAVAIL;
  for (const SocketAddress& candidate : *candidates) {
    Socket made = listen_at(candidate, options);
    if (made && listener->own(std::move(made))) return listener;
    code = errno;
  }
  return failed(address, code);
}

Listener::Listener(Address address) : address_(std::move(address)) {}

bool Listener::own(Socket socket) noexcept {
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
  if (!socket_) return;
  // Whoever else has a copy of the descriptor now, such as a child that has yet to run another program.
  shutdown(socket_.get(), SHUT_RDWR);
  if (address_.kind != Address::Kind::kUnix) return;
  struct stat status {};
  if (stat(address_.path.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_) {
    unlink(address_.path.c_str());
  }
}

Socket Listener::duplicate() const noexcept {
  return Socket::made_by([&] { return fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0); });
}

Listener::Accepted Listener::accept() {
  Accepted accepted;
  accepted.peer.size = sizeof accepted.peer.storage;
  accepted.socket = Socket::made_by([&] {
    return accept4(socket_.get(), reinterpret_cast<sockaddr*>(&accepted.peer.storage),
                   &accepted.peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  });
  return accepted;
}

}  // namespace kevy
