// What the tests over sockets share: an instance that is stopped at the end of the test, and blocking
// clients of it.
#pragma once

#include <arpa/inet.h>
#include <kevy.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <string>

struct Instance {
  explicit Instance(uint32_t threads = 2) {
    kevy_options options = KEVY_OPTIONS_INIT;
    options.threads = threads;
    REQUIRE(kevy_start(&options, &db) == KEVY_OK);
  }
  ~Instance() { kevy_stop(db); }

  std::string address(size_t index) {
    char text[200];
    REQUIRE(kevy_address(db, index, text, sizeof text) == KEVY_OK);
    return text;
  }

  kevy_instance* db = nullptr;
};

/// A blocking client; gives up after 20 seconds.
class Client {
 public:
  explicit Client(const std::string& address) {
    const bool local = address.starts_with("unix:");
    socket_ = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int connected;
    if (local) {
      sockaddr_un target{};
      target.sun_family = AF_UNIX;
      std::strncpy(target.sun_path, address.c_str() + 5, sizeof target.sun_path - 1);
      connected = connect(socket_, reinterpret_cast<sockaddr*>(&target), sizeof target);
    } else {
      sockaddr_in target{};
      target.sin_family = AF_INET;
      target.sin_port = htons(
          static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
      target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      connected = connect(socket_, reinterpret_cast<sockaddr*>(&target), sizeof target);
    }
    connected_ = connected == 0;
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;

  bool connected() const { return connected_; }
  bool send(const std::string& bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  /// The next `size` bytes; fewer when the server closed.
  std::string receive(size_t size) {
    std::string got(size, '\0');
    size_t have = 0;
    while (have < size) {
      const ssize_t part = recv(socket_, got.data() + have, size - have, 0);
      if (part <= 0) break;
      have += static_cast<size_t>(part);
    }
    got.resize(have);
    return got;
  }
  /// What has come, at least a byte; nothing when the server closed.
  std::string receive_some() {
    std::string got(64 * 1024, '\0');
    const ssize_t part = recv(socket_, got.data(), got.size(), 0);
    got.resize(part > 0 ? static_cast<size_t>(part) : 0);
    return got;
  }
  bool ask(const std::string& line, const std::string& reply) {
    return send(line + "\r\n") && receive(reply.size()) == reply;
  }

 private:
  int socket_;
  bool connected_;
};

inline std::string socket_path(const char* name) {
  return "unix:" + (std::filesystem::temp_directory_path() /
                    ("kevy-" + std::to_string(getpid()) + name)).string();
}
