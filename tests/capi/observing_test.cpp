// MONITOR and SLOWLOG in process: lines as trees, monitors that read nothing, and threads that run
// commands while monitors come and go.
#include <kevy.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "database.h"

namespace {

class Monitor {
 public:
  explicit Monitor(kevy_instance* db) {
    if (kevy_session_open(db, nullptr, &session_) != KEVY_OK) return;
    const char* words[] = {"MONITOR"};
    kevy_reply* reply = nullptr;
    if (kevy_session_exec(session_, 1, words, nullptr, &reply) == KEVY_OK) kevy_reply_free(reply);
  }
  ~Monitor() { kevy_session_close(session_); }
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  kevy_status next(std::string& line, int64_t timeout_ms = 20'000) {
    kevy_reply* reply = nullptr;
    const kevy_status status = kevy_session_next(session_, timeout_ms, &reply);
    if (status == KEVY_OK) line = take_text(reply);
    return status;
  }

 private:
  kevy_session* session_ = nullptr;
};

// What is behind the moment of a line.
std::string without_moment(const std::string& line) { return line.substr(line.find(' ') + 1); }

}  // namespace

TEST_CASE("a monitor in process gets the line of each command, whoever runs it") {
  const Store store;
  Monitor monitor(store.db);
  REQUIRE(store.run({"SET", "key", "a \"value\""}) == "OK");
  REQUIRE(store.run({"GET", "key"}) == "a \"value\"");
  std::string line;
  REQUIRE(monitor.next(line) == KEVY_OK);
  REQUIRE(without_moment(line) == R"([0 in-process:0] "SET" "key" "a \"value\"")");
  REQUIRE(monitor.next(line) == KEVY_OK);
  REQUIRE(without_moment(line) == R"([0 in-process:0] "GET" "key")");
  REQUIRE(monitor.next(line, 0) == KEVY_TIMEOUT);
}

TEST_CASE("a monitor that reads nothing is ended by the limit of subscribers, and others go on") {
  const Store store{"client-output-buffer-limit", "pubsub 100000 0 0"};
  Monitor deaf(store.db);
  Monitor reader(store.db);
  const std::string text(1'000, 'x');
  std::string line;
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(store.run({"ECHO", text.c_str()}) == text);
    REQUIRE(reader.next(line) == KEVY_OK);
  }
  REQUIRE(deaf.next(line) == KEVY_CLOSED);
  REQUIRE(store.run({"PING"}) == "PONG");
  REQUIRE(reader.next(line) == KEVY_OK);
  REQUIRE(without_moment(line) == R"([0 in-process:0] "PING")");
}

TEST_CASE("monitors come and go while threads run commands, and each sees an order that was one") {
  constexpr int kThreads = 3, kMonitors = 40;
  const Store store{"slowlog-log-slower-than", "0"};
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      const std::string key = "thread:" + std::to_string(number);
      for (int i = 0; !over; ++i) {
        const std::string value = std::to_string(i);
        const char* words[] = {"SET", key.c_str(), value.c_str()};
        kevy_reply* reply = nullptr;
        if (kevy_exec(store.db, 3, words, nullptr, &reply) != KEVY_OK) ++wrong;
        kevy_reply_free(reply);
      }
    });
  }
  for (int round = 0; round < kMonitors; ++round) {
    Monitor monitor(store.db);
    std::vector<int> last(kThreads, -1);
    for (int i = 0; i < 50; ++i) {
      std::string line;
      if (monitor.next(line) != KEVY_OK) {
        ++wrong;
        break;
      }
      const size_t at = line.find("thread:") + 7;
      const auto thread = static_cast<size_t>(std::stoi(line.substr(at)));
      const int value = std::stoi(line.substr(line.rfind(" \"") + 2));
      if (last[thread] >= 0 && value != last[thread] + 1) ++wrong;
      last[thread] = value;
    }
    const char* words[] = {"SLOWLOG", "GET", "10"};
    kevy_reply* reply = nullptr;
    if (kevy_exec(store.db, 3, words, nullptr, &reply) != KEVY_OK) ++wrong;
    if (kevy_reply_count(reply) != 10) ++wrong;
    kevy_reply_free(reply);
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  REQUIRE(wrong == 0);
}
