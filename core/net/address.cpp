#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include "base/c_locale.h"
#include "base/number.h"

namespace kevy {

namespace {

constexpr Bytes kUnixPrefix = "unix:";

Error invalid(Bytes text, const char* why) {
  return {Error::Kind::kInvalid, "address '" + std::string(text) + "': " + why};
}

SocketAddress unix_address(const std::string& path) {
  SocketAddress result;
  auto& target = reinterpret_cast<sockaddr_un&>(result.storage);
  target.sun_family = AF_UNIX;
  std::memcpy(target.sun_path, path.data(), path.size());
  result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return result;
}

// Every interface: one socket that takes IPv6 and IPv4, or IPv4 alone where there is no IPv6.
std::vector<SocketAddress> every_interface(uint16_t port) {
  SocketAddress six;
  auto& in6 = reinterpret_cast<sockaddr_in6&>(six.storage);
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  six.size = sizeof in6;
  SocketAddress four;
  auto& in4 = reinterpret_cast<sockaddr_in&>(four.storage);
  in4.sin_family = AF_INET;
  in4.sin_port = htons(port);
  four.size = sizeof in4;
  return {six, four};
}

}  // namespace

Result<Address> Address::parse(Bytes text) {
  Address address;
  if (text.starts_with(kUnixPrefix)) {
    address.kind = Kind::kUnix;
    address.path = text.substr(kUnixPrefix.size());
    if (address.path.empty()) return invalid(text, "a path is missing after unix:");
    if (address.path.front() == '@') {
      return invalid(text, "names without a path are not supported; for a path, write unix:./@...");
    }
    if (address.path.find('\0') != std::string::npos) return invalid(text, "a path has no NUL");
    if (address.path.size() >= sizeof(sockaddr_un::sun_path)) {
      return invalid(text, "the path of a Unix socket has at most 107 bytes");
    }
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == Bytes::npos) return invalid(text, "write host:port or unix:/path");
  const auto port = parse_int64(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) return invalid(text, "the port is 0 to 65535");
  Bytes host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != Bytes::npos) {
    return invalid(text, "write an IPv6 address in brackets: [::1]:6379");
  }
  if (host.empty()) return invalid(text, "a host is missing; * is every interface");
  address.host = host;
  address.port = static_cast<uint16_t>(*port);
  return address;
}

std::string Address::text() const {
  if (kind == Kind::kUnix) return std::string(kUnixPrefix) + path;
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<std::vector<SocketAddress>> resolve(const Address& address) {
  if (address.kind == Address::Kind::kUnix) return std::vector{unix_address(address.path)};
  if (address.host == "*") return every_interface(address.port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (const int code = getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found); code != 0) {
    if (code == EAI_MEMORY) throw std::bad_alloc();
    const int system = code == EAI_SYSTEM ? errno : 0;
    const char* reason = system != 0 ? error_text(system) : "the name is not known";
    return Error{Error::Kind::kSystem, "address '" + address.text() + "': " + reason, system};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  std::vector<SocketAddress> all;
  for (const addrinfo* item = found; item != nullptr; item = item->ai_next) {
    SocketAddress one;
    std::memcpy(&one.storage, item->ai_addr, item->ai_addrlen);
    one.size = item->ai_addrlen;
    all.push_back(one);
  }
  return all;
}

std::string endpoint_text(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
      inet_ntop(AF_INET, in6.sin6_addr.s6_addr + 12, text, sizeof text);
      return std::string(text) + ":" + std::to_string(port_of(address));
    }
    inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(port_of(address));
  }
  inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr, text,
            sizeof text);
  return std::string(text) + ":" + std::to_string(port_of(address));
}

uint16_t port_of(const SocketAddress& address) noexcept {
  if (address.storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
  }
  if (address.storage.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  }
  return 0;
}

}  // namespace kevy
