// kevy_listen and kevy_address, and what holds while clients come over sockets and go.
#include <kevy.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "socket_client.h"
#include "support.h"

TEST_CASE("kevy_listen takes TCP and Unix addresses, and kevy_address tells where") {
  Instance instance;
  const std::string path = socket_path("listen");
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  REQUIRE(kevy_listen(instance.db, path.c_str(), nullptr, nullptr) == KEVY_OK);
  CHECK(instance.address(0).starts_with("127.0.0.1:"));
  CHECK(instance.address(0) != "127.0.0.1:0");
  CHECK(instance.address(1) == path);
  for (size_t i = 0; i < 2; ++i) {
    Client client(instance.address(i));
    REQUIRE(client.connected());
    CHECK(client.ask("PING", "+PONG\r\n"));
  }
  char text[8];
  CHECK(kevy_address(instance.db, 2, text, sizeof text) == KEVY_NOT_FOUND);
  CHECK(kevy_address(instance.db, 0, text, sizeof text) == KEVY_TRUNCATED);
  CHECK(kevy_address(instance.db, 0, nullptr, 0) == KEVY_TRUNCATED);
}

TEST_CASE("kevy_listen says what is wrong with an address") {
  Instance instance, other;
  CHECK(kevy_listen(nullptr, "127.0.0.1:0", nullptr, nullptr) == KEVY_INVALID);
  CHECK(kevy_listen(instance.db, nullptr, nullptr, nullptr) == KEVY_INVALID);
  CHECK(kevy_listen(instance.db, "nonsense", nullptr, nullptr) == KEVY_INVALID);
  CHECK(std::string(kevy_last_error()).find("nonsense") != std::string::npos);
  CHECK(kevy_listen(instance.db, "192.0.2.1:0", nullptr, nullptr) == KEVY_SYSTEM);
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  CHECK(kevy_listen(other.db, instance.address(0).c_str(), nullptr, nullptr) == KEVY_SYSTEM);
  CHECK(std::string(kevy_last_error()).find("in use") != std::string::npos);
}

TEST_CASE("what clients write over sockets is seen in process, and the other way round") {
  Instance instance;
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  Client client(instance.address(0));
  REQUIRE(client.ask("SET from-socket 1", "+OK\r\n"));
  char value[8];
  size_t size;
  REQUIRE(kevy_get(instance.db, "from-socket", 11, value, sizeof value, &size) == KEVY_OK);
  CHECK(std::string(value, size) == "1");
  REQUIRE(kevy_set(instance.db, "from-process", 12, "2", 1, 0, 0) == KEVY_OK);
  CHECK(client.ask("GET from-process", "$1\r\n2\r\n"));
}

TEST_CASE("G7 listening and stopping leaves no thread, descriptor or path behind") {
  const std::string path = socket_path("g7");
  const auto cycle = [&] {
    Instance instance(2);
    REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
    REQUIRE(kevy_listen(instance.db, path.c_str(), nullptr, nullptr) == KEVY_OK);
    Client tcp(instance.address(0)), local(instance.address(1));
    REQUIRE(tcp.ask("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
    REQUIRE(local.ask("WATCH a", "+OK\r\n"));
    kevy_stop(std::exchange(instance.db, nullptr));
    CHECK(tcp.receive(1).empty());
    CHECK(local.receive(1).empty());
  };
  cycle();
  const size_t descriptors = entries_of("/proc/self/fd");
  const size_t threads = entries_of("/proc/self/task");
  for (int i = 0; i < 50; ++i) cycle();
  CHECK(eventually([&] { return entries_of("/proc/self/task") <= threads; }));
  CHECK(entries_of("/proc/self/fd") == descriptors);
  CHECK_FALSE(std::filesystem::exists(path.substr(5)));
}

TEST_CASE("messages reach subscribers on every reactor, in the order published") {
  Instance instance(3);
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  constexpr int kSubscribers = 6, kMessages = 2000;
  std::vector<std::thread> threads;
  std::atomic<int> ready{0}, right{0};
  for (int i = 0; i < kSubscribers; ++i) {
    threads.emplace_back([&] {
      Client client(instance.address(0));
      const bool subscribed =
          client.ask("SUBSCRIBE news", "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
      ready.fetch_add(1);
      if (!subscribed) return;
      for (int m = 0; m < kMessages; ++m) {
        const std::string number = std::to_string(m);
        const std::string message = "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$" +
                                    std::to_string(number.size()) + "\r\n" + number + "\r\n";
        if (client.receive(message.size()) != message) return;
      }
      right.fetch_add(1);
    });
  }
  REQUIRE(eventually([&] { return ready.load() == kSubscribers; }));
  for (int m = 0; m < kMessages; ++m) {
    const std::string number = std::to_string(m);
    const char* words[] = {"PUBLISH", "news", number.c_str()};
    kevy_reply* reply;
    REQUIRE(kevy_exec(instance.db, 3, words, nullptr, &reply) == KEVY_OK);
    REQUIRE(kevy_reply_integer(reply) == kSubscribers);
    kevy_reply_free(reply);
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right.load() == kSubscribers);
}

TEST_CASE("clients that come, work, are killed and go do not disturb each other or the end") {
  Instance instance(2);
  const std::string path = socket_path("churn");
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  REQUIRE(kevy_listen(instance.db, path.c_str(), nullptr, nullptr) == KEVY_OK);
  std::atomic<bool> over{false};
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string address = instance.address(static_cast<size_t>(t % 2));
      while (!over.load()) {
        Client client(address);
        if (!client.connected()) continue;
        const std::string burst = "SUBSCRIBE churn\r\nINCR churned\r\nPUBLISH churn x\r\n";
        client.send(t == 3 ? burst + "CLIENT KILL TYPE normal\r\n" : burst + burst);
        if (!client.receive(20).empty()) done.fetch_add(1);
      }
    });
  }
  CHECK(eventually([&] { return done.load() > 500; }));
  kevy_stop(std::exchange(instance.db, nullptr));
  over.store(true);
  for (std::thread& thread : threads) thread.join();
}
