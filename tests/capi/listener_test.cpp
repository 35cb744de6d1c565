// Listeners as handles: closed alone, found by whole paths, with options.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "socket_client.h"
#include "support.h"

TEST_CASE("a listener can be closed alone; the connections that came by it stay") {
  Instance instance(2);
  kevy_listener* one = nullptr;
  kevy_listener* other = nullptr;
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, &one) == KEVY_OK);
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, &other) == KEVY_OK);
  const std::string address = kevy_listener_address(one);
  CHECK(address == instance.address(0));
  Client client(address);
  CHECK(client.ask("SET k one", "+OK\r\n"));
  kevy_listener_close(one);
  CHECK_FALSE(Client(address).connected());
  CHECK(client.ask("GET k", "$3\r\none\r\n"));
  CHECK(instance.address(0) == kevy_listener_address(other));
  CHECK(Client(kevy_listener_address(other)).ask("GET k", "$3\r\none\r\n"));
  REQUIRE(kevy_listen(instance.db, address.c_str(), nullptr, &one) == KEVY_OK);  // the port is free
  CHECK(Client(address).ask("GET k", "$3\r\none\r\n"));
  kevy_stop(std::exchange(instance.db, nullptr));
  CHECK(kevy_listener_address(one) == address);
  kevy_listener_close(one);
  kevy_listener_close(other);
  kevy_listener_close(nullptr);
  CHECK(std::string(kevy_listener_address(nullptr)).empty());
}

TEST_CASE("listeners come and go while clients connect") {
  Instance instance(2);
  for (int round = 0; round < 100; ++round) {
    kevy_listener* listener = nullptr;
    REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, &listener) == KEVY_OK);
    const std::string address = kevy_listener_address(listener);
    std::vector<std::unique_ptr<Client>> clients;
    std::thread connecting([&] {
      for (int i = 0; i < 5; ++i) clients.push_back(std::make_unique<Client>(address));
    });
    if (round % 2 == 0) connecting.join();
    kevy_listener_close(listener);
    if (connecting.joinable()) connecting.join();
    CHECK_FALSE(Client(address).connected());
  }
}

namespace {

/// A copy of the descriptor that listens on the port, as a child has it until it runs another program.
int copy_of_listener(const std::string& address) {
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  for (int descriptor = 3; descriptor < 1'000; ++descriptor) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    int listens = 0;
    socklen_t listens_size = sizeof listens;
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
        own.sin_family == AF_INET && ntohs(own.sin_port) == port &&
        getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) == 0 && listens != 0) {
      return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    }
  }
  return -1;
}

}  // namespace

TEST_CASE("a closed listener's port is free, whoever still has a copy of its descriptor") {
  Instance instance(1);
  kevy_listener* listener = nullptr;
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, &listener) == KEVY_OK);
  const std::string address = kevy_listener_address(listener);
  const int copy = copy_of_listener(address);
  REQUIRE(copy >= 0);
  kevy_listener_close(listener);
  CHECK_FALSE(Client(address).connected());
  listener = nullptr;
  CHECK(kevy_listen(instance.db, address.c_str(), nullptr, &listener) == KEVY_OK);
  CHECK(Client(address).ask("PING", "+PONG\r\n"));
  kevy_listener_close(listener);
  close(copy);
}

namespace {

/// A callback that waits until the instance's connections end, and then uses its network.
struct NetworkUser {
  kevy_instance* db;
  Client& ends_with_it;
  kevy_listener* listener;
  std::atomic<bool> runs{false};
  kevy_status connected = KEVY_OK, listening = KEVY_OK;

  static void note(const kevy_message*, void* user) {
    auto& self = *static_cast<NetworkUser*>(user);
    self.runs = true;
    self.ends_with_it.receive(1);
    int descriptor = -1;
    self.connected = kevy_connect(self.db, nullptr, &descriptor);
    self.listening = kevy_listen(self.db, "127.0.0.1:0", nullptr, nullptr);
    kevy_listener_close(self.listener);
  }
};

}  // namespace

TEST_CASE("a callback that runs while the instance stops may use the network") {
  Instance instance(2);
  kevy_listener* listener = nullptr;
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, &listener) == KEVY_OK);
  const std::string address = kevy_listener_address(listener);
  Client first(address);
  CHECK(first.ask("PING", "+PONG\r\n"));
  Client second(address);  // the other reactor's
  CHECK(second.ask("PING", "+PONG\r\n"));
  NetworkUser user{instance.db, first, listener};
  kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
  options.callback = NetworkUser::note;
  options.user = &user;
  kevy_subscription* subscription = nullptr;
  const char* const channel = "news";
  REQUIRE(kevy_subscribe(instance.db, 1, &channel, nullptr, &options, &subscription) == KEVY_OK);
  // The first reactor ends while the other one is still at work: DEBUG SLEEP holds no lock.
  CHECK(second.send("PUBLISH news stop\r\nDEBUG SLEEP 0.5\r\n"));
  REQUIRE(eventually([&] { return user.runs.load(); }));
  kevy_stop(std::exchange(instance.db, nullptr));
  CHECK(user.connected == KEVY_CLOSED);
  CHECK(user.listening == KEVY_CLOSED);
  kevy_subscription_close(subscription, 0);
}

TEST_CASE("a relative path is where it was when it was given") {
  const std::filesystem::path before = std::filesystem::current_path();
  const std::filesystem::path home =
      std::filesystem::temp_directory_path() / ("kevy-relative-" + std::to_string(getpid()));
  std::filesystem::create_directories(home / "elsewhere");
  std::filesystem::current_path(home);
  {
    Instance instance(1);
    kevy_listener* listener = nullptr;
    REQUIRE(kevy_listen(instance.db, "unix:kevy.sock", nullptr, &listener) == KEVY_OK);
    std::filesystem::current_path(home / "elsewhere");
    const std::string address = kevy_listener_address(listener);
    CHECK(address == "unix:" + (std::filesystem::canonical(home) / "kevy.sock").string());
    CHECK(Client(address).ask("PING", "+PONG\r\n"));
    kevy_listener_close(listener);
    CHECK_FALSE(std::filesystem::exists(home / "kevy.sock"));
    std::filesystem::current_path(home);
    REQUIRE(kevy_listen(instance.db, "unix:kevy.sock", nullptr, nullptr) == KEVY_OK);
    std::filesystem::current_path(home / "elsewhere");
  }
  CHECK_FALSE(std::filesystem::exists(home / "kevy.sock"));
  std::filesystem::current_path(before);
  std::filesystem::remove_all(home);
}

TEST_CASE("a Unix socket's path has the permissions that were asked for, whatever the umask") {
  Instance instance(1);
  const std::string path = socket_path("permissions");
  for (const uint32_t permissions : {0700U, 0666U, 0777U}) {
    kevy_listen_options options = KEVY_LISTEN_OPTIONS_INIT;
    options.permissions = permissions;
    options.backlog = 5;
    kevy_listener* listener = nullptr;
    REQUIRE(kevy_listen(instance.db, path.c_str(), &options, &listener) == KEVY_OK);
    struct stat status {};
    REQUIRE(stat(path.c_str() + 5, &status) == 0);
    CHECK((status.st_mode & 0777) == permissions);
    CHECK(Client(path).ask("PING", "+PONG\r\n"));
    kevy_listener_close(listener);
  }
  kevy_listen_options wrong = KEVY_LISTEN_OPTIONS_INIT;
  wrong.permissions = 01777;
  CHECK(kevy_listen(instance.db, path.c_str(), &wrong, nullptr) == KEVY_INVALID);
  CHECK(kevy_listen(instance.db, "unix:@name", nullptr, nullptr) == KEVY_INVALID);
  CHECK(std::string(kevy_last_error()).find("unix:./@") != std::string::npos);
}
