// Descriptors that the process asks for, and what a child of fork() is left with.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "database.h"
#include "socket_client.h"
#include "support.h"

namespace {

/// What a connected descriptor says; closes it.
class Wire {
 public:
  explicit Wire(kevy_instance* db, const kevy_session_options* options = nullptr) {
    REQUIRE(kevy_connect(db, options, &descriptor_) == KEVY_OK);
    const timeval patience{20, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Wire() { close(descriptor_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  std::string ask(const std::string& request, size_t size) const {
    if (send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return "broken";
    std::string answer(size, '\0');
    const ssize_t got = recv(descriptor_, answer.data(), size, MSG_WAITALL);
    answer.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return answer;
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

/// How many sessions there are, with the one that asks.
size_t clients_of(kevy_instance* db) {
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(db, nullptr, &session) == KEVY_OK);
  const char* const words[] = {"CLIENT", "LIST"};
  kevy_reply* reply = nullptr;
  REQUIRE(kevy_session_exec(session, 2, words, nullptr, &reply) == KEVY_OK);
  const std::string list = take_text(reply);
  kevy_session_close(session);
  return static_cast<size_t>(std::count(list.begin(), list.end(), '\n'));
}

bool is_readable(int descriptor) {
  pollfd one{descriptor, POLLIN, 0};
  return poll(&one, 1, 0) == 1;
}

}  // namespace

TEST_CASE("a connected descriptor speaks RESP with the instance, without a password") {
  const Store store{"requirepass", "secret"};
  kevy_session_options options = KEVY_SESSION_OPTIONS_INIT;
  options.protocol = 3;
  options.database = 2;
  options.name = "wire";
  const Wire wire(store.db, &options);
  CHECK((fcntl(wire.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(wire.ask("SET k wire\r\nGET k\r\n", 15) == "+OK\r\n$4\r\nwire\r\n");
  CHECK(wire.ask("GET none\r\n", 3) == "_\r\n");
  CHECK(wire.ask("CLIENT GETNAME\r\n", 10) == "$4\r\nwire\r\n");
  CHECK(store.run({"EXISTS", "k"}) == "0");  // which is another database
  CHECK(clients_of(store.db) == 2);
}

TEST_CASE("many connected descriptors each get their own replies, and go when they are closed") {
  Instance instance(2);
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 50; ++i) wires.push_back(std::make_unique<Wire>(instance.db));
  for (int round = 0; round < 20; ++round) {
    for (size_t i = 0; i < wires.size(); ++i) {
      const std::string name = "wire" + std::to_string(100 + i);
      CHECK(wires[i]->ask("ECHO " + name + "\r\n", 13) == "$7\r\n" + name + "\r\n");
    }
  }
  CHECK(clients_of(instance.db) == 51);
  wires.resize(10);
  CHECK(eventually([&] { return clients_of(instance.db) == 11; }));
  kevy_stop(std::exchange(instance.db, nullptr));
  for (const auto& wire : wires) CHECK(wire->ask("PING\r\n", 7) != "+PONG\r\n");
}

TEST_CASE("a session's descriptor is readable while replies wait to be taken") {
  const Store store;
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(store.db, nullptr, &session) == KEVY_OK);
  int descriptor = -1;
  const std::string request = "PING\r\nECHO hello\r\n";
  REQUIRE(kevy_session_feed(session, request.data(), request.size()) == KEVY_OK);
  REQUIRE(kevy_session_descriptor(session, &descriptor) == KEVY_OK);  // also when it comes later
  CHECK(is_readable(descriptor));
  char buffer[100];
  size_t size;
  REQUIRE(kevy_session_take(session, buffer, 7, &size) == KEVY_OK);
  CHECK(is_readable(descriptor));
  REQUIRE(kevy_session_take(session, buffer, sizeof buffer, &size) == KEVY_OK);
  CHECK(std::string(buffer, size) == "$5\r\nhello\r\n");
  CHECK_FALSE(is_readable(descriptor));
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(kevy_session_feed(session, "PING\r\n", 6) == KEVY_OK);
    REQUIRE(is_readable(descriptor));
    REQUIRE(kevy_session_take(session, buffer, sizeof buffer, &size) == KEVY_OK);
    REQUIRE(size == 7);
    REQUIRE_FALSE(is_readable(descriptor));
  }
  REQUIRE(kevy_session_feed(session, "ECHO", 4) == KEVY_OK);
  CHECK_FALSE(is_readable(descriptor));  // no reply yet
  kevy_session_close(session);
}

TEST_CASE("converse runs what is said, gives the answer, and leaves the descriptor alone") {
  const Store store;
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(store.db, nullptr, &session) == KEVY_OK);
  int descriptor = -1;
  REQUIRE(kevy_session_descriptor(session, &descriptor) == KEVY_OK);
  char buffer[100];
  size_t size = 0;
  const auto converse = [&](const std::string& bytes, size_t capacity = sizeof buffer) {
    const kevy_status status =
        kevy_session_converse(session, bytes.data(), bytes.size(), buffer, capacity, &size);
    return status == KEVY_OK ? std::string(buffer, size) : kevy_strerror(status);
  };
  const auto system_calls = [] {
    std::ifstream counts("/proc/thread-self/io");
    std::string name;
    int64_t sum = 0;
    for (int64_t count = 0; counts >> name >> count;) {
      if (name == "syscr:" || name == "syscw:") sum += count;
    }
    return sum;
  };
  CHECK(converse("SET mine 1\r\nGET mine\r\n") == "+OK\r\n$1\r\n1\r\n");
  const int64_t before = system_calls();
  for (int i = 0; i < 1'000; ++i)
    REQUIRE(converse("INCR mine\r\n") == ":" + std::to_string(2 + i) + "\r\n");
  CHECK(system_calls() - before < 100);
  CHECK_FALSE(is_readable(descriptor));

  CHECK(converse("ECHO he").empty());
  CHECK(converse("llo\r\nECHO more\r\n", 5) == "$5\r\nh");
  CHECK(is_readable(descriptor));
  CHECK(converse("PING\r\n", 0).empty());
  CHECK(converse("") == "ello\r\n$4\r\nmore\r\n+PONG\r\n");
  CHECK_FALSE(is_readable(descriptor));

  CHECK(converse("SUBSCRIBE news\r\n").starts_with("*3\r\n"));
  store.run({"PUBLISH", "news", "mine"});
  CHECK(is_readable(descriptor));
  CHECK(converse("", sizeof buffer).ends_with("$4\r\nmine\r\n"));
  CHECK_FALSE(is_readable(descriptor));

  CHECK(kevy_session_converse(session, nullptr, 1, buffer, 1, &size) == KEVY_INVALID);
  CHECK(kevy_session_converse(session, "", 0, nullptr, 1, &size) == KEVY_INVALID);
  CHECK(kevy_session_converse(session, "", 0, buffer, 1, nullptr) == KEVY_INVALID);
  kevy_session_close(session);
}

TEST_CASE("converse gives what a session says last, and then that it is over") {
  const Store store;
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(store.db, nullptr, &session) == KEVY_OK);
  int descriptor = -1;
  REQUIRE(kevy_session_descriptor(session, &descriptor) == KEVY_OK);
  const std::string request = "PING\r\nQUIT\r\nSET late 1\r\n";
  char buffer[100];
  size_t size = 0;
  REQUIRE(kevy_session_converse(session, request.data(), request.size(), buffer, 8, &size) ==
          KEVY_OK);
  CHECK(std::string(buffer, size) == "+PONG\r\n+");
  CHECK(is_readable(descriptor));
  REQUIRE(kevy_session_converse(session, "SET late 1\r\n", 12, buffer, sizeof buffer, &size) ==
          KEVY_OK);
  CHECK(std::string(buffer, size) == "OK\r\n");
  CHECK(is_readable(descriptor));
  CHECK(kevy_session_converse(session, "", 0, buffer, sizeof buffer, &size) == KEVY_CLOSED);
  CHECK_FALSE(is_readable(descriptor));
  CHECK(store.run({"EXISTS", "late"}) == "0");
  kevy_session_close(session);
}

TEST_CASE("a child of fork has neither listeners nor connections of the parent") {
  Instance instance(2);
  const std::string path = socket_path("fork");
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  REQUIRE(kevy_listen(instance.db, path.c_str(), nullptr, nullptr) == KEVY_OK);
  const std::string address = instance.address(0);
  auto client = std::make_unique<Client>(address);
  CHECK(client->ask("PING", "+PONG\r\n"));
  const Wire wire(instance.db);
  CHECK(wire.ask("PING\r\n", 7) == "+PONG\r\n");

  int ready[2], done[2];
  REQUIRE(pipe2(ready, O_CLOEXEC) == 0);
  REQUIRE(pipe2(done, O_CLOEXEC) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(done[1]);
    kevy_stop(instance.db);  // abandons it
    char byte = 0;
    (void)!write(ready[1], &byte, 1);
    (void)!read(done[0], &byte, 1);  // lives on until the parent is done
    _exit(0);
  }
  close(done[0]);
  char byte;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  CHECK(client->ask("PING", "+PONG\r\n"));  // the parent's go on
  CHECK(wire.ask("PING\r\n", 7) == "+PONG\r\n");
  CHECK(access(path.c_str() + 5, F_OK) == 0);
  kevy_stop(std::exchange(instance.db, nullptr));
  CHECK(client->receive(1).empty());  // the other end was closed, and the child has no copy of it
  CHECK_FALSE(Client(address).connected());
  CHECK_FALSE(Client(path).connected());
  Instance next(1);
  CHECK(kevy_listen(next.db, address.c_str(), nullptr, nullptr) == KEVY_OK);  // while the child lives
  close(done[1]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("forks at any moment leave a child nothing of connections that come and go") {
  Instance instance(2);
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  const std::string address = instance.address(0);
  std::atomic<bool> stop{false};
  std::thread clients([&] {
    while (!stop) {
      const Client client(address);
    }
  });
  int sockets = 0;
  for (int i = 0; i < 60; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      // The sockets of the clients themselves are not kevy's: those that listen, or have been accepted.
      int found = 0;
      for (int descriptor = 3; descriptor < 200; ++descriptor) {
        sockaddr_in own{};
        socklen_t size = sizeof own;
        if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0) continue;
        const auto port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
        if (own.sin_family == AF_INET && ntohs(own.sin_port) == port) ++found;
      }
      _exit(found);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    sockets += WEXITSTATUS(status);
  }
  stop = true;
  clients.join();
  CHECK(sockets == 0);
}
