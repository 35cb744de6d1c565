// MIGRATE in process, from one instance to another that listens: a session waits in the kernel, or
// is told when it is over; cancelled, closed and stopped it leaves the keys where they are.
#include <atomic>
#include <thread>
#include <vector>

#include "socket_client.h"
#include "support.h"

namespace {

using Words = std::vector<std::string>;

std::string text_of(kevy_reply* reply) {
  std::string text = "(null)";
  if (kevy_reply_get_type(reply) == KEVY_REPLY_INTEGER) {
    text = std::to_string(kevy_reply_integer(reply));
  } else if (kevy_reply_get_type(reply) != KEVY_REPLY_NULL) {
    text = kevy_reply_string(reply, nullptr);
  }
  kevy_reply_free(reply);
  return text;
}

std::vector<const char*> pointers(const Words& words) {
  std::vector<const char*> all;
  for (const std::string& word : words) all.push_back(word.c_str());
  return all;
}

std::string run(kevy_instance* db, const Words& words) {
  kevy_reply* reply = nullptr;
  const auto argv = pointers(words);
  REQUIRE(kevy_exec(db, argv.size(), argv.data(), nullptr, &reply) == KEVY_OK);
  return text_of(reply);
}

struct Session {
  explicit Session(const Instance& instance) {
    REQUIRE(kevy_session_open(instance.db, nullptr, &handle) == KEVY_OK);
  }
  ~Session() { kevy_session_close(handle); }
  Session(const Session&) = delete;

  kevy_status exec(const Words& words) {
    kevy_reply* reply = nullptr;
    const auto argv = pointers(words);
    const kevy_status status = kevy_session_exec(handle, argv.size(), argv.data(), nullptr, &reply);
    if (status == KEVY_OK) said = text_of(reply);
    return status;
  }
  kevy_status submit(const Words& words, kevy_session_callback callback = nullptr,
                     void* user = nullptr) {
    kevy_reply* reply = nullptr;
    const auto argv = pointers(words);
    const kevy_status status =
        kevy_session_submit(handle, argv.size(), argv.data(), nullptr, callback, user, &reply);
    if (status == KEVY_OK) said = text_of(reply);
    return status;
  }
  kevy_status result(int64_t timeout_ms) {
    kevy_reply* reply = nullptr;
    const kevy_status status = kevy_session_result(handle, timeout_ms, &reply);
    if (status == KEVY_OK) said = text_of(reply);
    return status;
  }

  kevy_session* handle = nullptr;
  std::string said;
};

/// A server that accepts by the kernel alone, and never says anything.
struct Silent {
  Silent() {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&where), size) == 0);
    REQUIRE(listen(socket_, 16) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&where), &size) == 0);
    port = std::to_string(ntohs(where.sin_port));
  }
  ~Silent() { close(socket_); }
  Silent(const Silent&) = delete;

  std::string port;

 private:
  int socket_;
};

std::string listen_somewhere(Instance& instance) {
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  const std::string address = instance.address(0);
  return address.substr(address.rfind(':') + 1);
}

Words migrate(const std::string& port, const std::string& key) {
  return {"MIGRATE", "127.0.0.1", port, key, "0", "20000"};
}

size_t waiting(kevy_instance* db) {
  const std::string info = run(db, {"INFO", "clients"});
  return std::stoul(info.substr(info.find("blocked_clients:") + 16));
}

}  // namespace

TEST_CASE("a session takes keys to another instance of the process, and waits for it") {
  Instance source, target;
  const std::string port = listen_somewhere(target);
  Session session(source);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    run(source.db, {"SET", key, "v"});
    REQUIRE(session.exec(migrate(port, key)) == KEVY_OK);
    REQUIRE(session.said == "OK");
    REQUIRE(run(target.db, {"GET", key}) == "v");
  }
  CHECK(run(source.db, {"DBSIZE"}) == "0");
  REQUIRE(session.exec(migrate(port, "nosuch")) == KEVY_OK);
  CHECK(session.said == "NOKEY");
}

TEST_CASE("an instance that migrates nothing has no thread for it, and a stopped one none left") {
  std::thread([] {}).join();  // with the first one a sanitizer starts its own
  const size_t threads = entries_of("/proc/self/task"), files = entries_of("/proc/self/fd");
  {
    Silent silent;
    Instance source;
    Session session(source);
    REQUIRE(session.exec(migrate(silent.port, "nosuch")) == KEVY_OK);
    CHECK(entries_of("/proc/self/task") == threads);
    CHECK(entries_of("/proc/self/fd") == files + 1);
    run(source.db, {"SET", "a", "1"});
    REQUIRE(session.exec({"MIGRATE", "127.0.0.1", silent.port, "a", "0", "1"}) == KEVY_OK);
    CHECK(session.said.starts_with("IOERR error or timeout reading"));
    CHECK(entries_of("/proc/self/task") == threads + 1);
    CHECK(entries_of("/proc/self/fd") == files + 2);  // the event
  }
  CHECK(eventually([&] { return entries_of("/proc/self/task") == threads; }));
  CHECK(entries_of("/proc/self/fd") == files);
}

TEST_CASE("a call without a session is refused") {
  Instance source;
  run(source.db, {"SET", "a", "1"});
  CHECK(run(source.db, migrate("1", "a")) ==
        "ERR this command acts on a connection: open a session to run it");
}

TEST_CASE("a migration is cancelled from another thread, and the key stays") {
  Silent silent;
  Instance source;
  Session session(source);
  run(source.db, {"SET", "a", "1"});
  for (int i = 0; i < 50; ++i) {
    std::thread canceller([&] {
      while (kevy_session_cancel(session.handle) != KEVY_OK) std::this_thread::yield();
    });
    const kevy_status status = session.exec(migrate(silent.port, "a"));
    canceller.join();
    REQUIRE(status == KEVY_CANCELLED);
    REQUIRE(run(source.db, {"GET", "a"}) == "1");
  }
  REQUIRE(session.exec({"PING"}) == KEVY_OK);
  CHECK(session.said == "PONG");
  CHECK(waiting(source.db) == 0);
}

TEST_CASE("a migration is submitted, and its end told by a callback") {
  Instance source, target;
  const std::string port = listen_somewhere(target);
  Session session(source);
  std::atomic<int> told{0};
  const auto tell = [](kevy_session*, void* user) { ++*static_cast<std::atomic<int>*>(user); };
  for (int i = 1; i <= 20; ++i) {
    run(source.db, {"SET", "a", "1"});
    run(target.db, {"DEL", "a"});
    REQUIRE(session.submit(migrate(port, "a"), tell, &told) == KEVY_PENDING);
    REQUIRE(eventually([&] { return told == i; }));
    CHECK(run(source.db, {"EXISTS", "a"}) == "0");  // though nobody has asked for the result
    REQUIRE(session.result(-1) == KEVY_OK);
    REQUIRE(session.said == "OK");
  }
  Silent silent;
  run(source.db, {"SET", "a", "1"});
  REQUIRE(session.submit(migrate(silent.port, "a")) == KEVY_PENDING);
  CHECK(session.result(5) == KEVY_TIMEOUT);
  REQUIRE(kevy_session_cancel(session.handle) == KEVY_OK);
  CHECK(session.result(-1) == KEVY_CANCELLED);
  CHECK(run(source.db, {"GET", "a"}) == "1");
}

TEST_CASE("a session that is closed while it migrates leaves the key, and nothing else") {
  Silent silent;
  Instance source;
  run(source.db, {"SET", "a", "1"});
  for (int i = 0; i < 50; ++i) {
    Session session(source);
    REQUIRE(session.submit(migrate(silent.port, "a")) == KEVY_PENDING);
  }
  CHECK(run(source.db, {"INCR", "a"}) == "2");
  CHECK(waiting(source.db) == 0);
}

TEST_CASE("an instance is stopped while sessions migrate") {
  Silent silent;
  for (int i = 0; i < 20; ++i) {
    kevy_instance* db = nullptr;
    REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
    run(db, {"SET", "a", "1"});
    kevy_session* sessions[4];
    std::vector<std::thread> threads;
    std::atomic<int> closed{0};
    for (kevy_session*& session : sessions) {
      REQUIRE(kevy_session_open(db, nullptr, &session) == KEVY_OK);
      threads.emplace_back([&, session] {
        const Words words = migrate(silent.port, "a");
        const auto argv = pointers(words);
        kevy_reply* reply = nullptr;
        const kevy_status status =
            kevy_session_exec(session, argv.size(), argv.data(), nullptr, &reply);
        if (status == KEVY_CLOSED) ++closed;
        if (status == KEVY_OK) kevy_reply_free(reply);
      });
    }
    REQUIRE(eventually([&] { return waiting(db) == 4; }));
    kevy_stop(db);
    for (std::thread& thread : threads) thread.join();
    CHECK(closed == 4);
    for (kevy_session* session : sessions) kevy_session_close(session);
  }
}

TEST_CASE("a migration in raw bytes is answered when it is over") {
  Instance source, target;
  const std::string port = listen_somewhere(target);
  run(source.db, {"SET", "a", "1"});
  Session session(source);
  const std::string line = "MIGRATE 127.0.0.1 " + port + " a 0 20000\r\nPING\r\n";
  REQUIRE(kevy_session_feed(session.handle, line.data(), line.size()) == KEVY_OK);
  std::string said;
  CHECK(eventually([&] {
    char buffer[100];
    size_t size = 0;
    if (kevy_session_take(session.handle, buffer, sizeof buffer, &size) != KEVY_OK) return true;
    said.append(buffer, size);
    return said.size() >= 12;
  }));
  CHECK(said == "+OK\r\n+PONG\r\n");
  CHECK(run(target.db, {"GET", "a"}) == "1");
}

TEST_CASE("keys that many threads send to and fro between two instances are never lost") {
  Instance left, right;
  const std::string ports[] = {listen_somewhere(left), listen_somewhere(right)};
  kevy_instance* const sides[] = {left.db, right.db};
  constexpr int kKeys = 12, kThreads = 4, kRounds = 60;
  for (int i = 0; i < kKeys; ++i) {
    run(left.db, {"SET", "k" + std::to_string(i), "of k" + std::to_string(i)});
  }
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      kevy_session* sessions[2];
      for (int i = 0; i < 2; ++i) {
        if (kevy_session_open(sides[i], nullptr, &sessions[i]) != KEVY_OK) ++wrong;
      }
      for (int round = 0; round < kRounds; ++round) {
        const int side = (round + number) % 2;
        Words words = {"MIGRATE", "127.0.0.1", ports[1 - side], "",
                       "0",       "20000",     "REPLACE",       "KEYS"};
        for (int i = 0; i < 3; ++i) {
          words.push_back("k" + std::to_string((round * 5 + i * (number + 1)) % kKeys));
        }
        const auto argv = pointers(words);
        kevy_reply* reply = nullptr;
        if (kevy_session_exec(sessions[side], argv.size(), argv.data(), nullptr, &reply) !=
            KEVY_OK) {
          ++wrong;
          continue;
        }
        const std::string said = text_of(reply);
        if (said != "OK" && said != "NOKEY" && !said.starts_with("IOERR a key was changed"))
          ++wrong;
      }
      for (kevy_session* session : sessions) kevy_session_close(session);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = "k" + std::to_string(i);
    const std::string a = run(left.db, {"GET", key}), b = run(right.db, {"GET", key});
    INFO(key << ": " << a << ", " << b);
    CHECK((a == "of " + key || b == "of " + key));
  }
}
