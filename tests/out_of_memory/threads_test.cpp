// What kevy's own threads do when they find no memory: the instance lives, nobody gets another's
// bytes, and when there is memory again everything works as before.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "capi/support.h"
#include "failing_memory.h"
#include "talker.h"

using namespace kevy::test;

namespace {

#if defined(KEVY_SANITIZED)
constexpr int kSeeds = 6;
#else
constexpr int kSeeds = 12;
#endif

/// An instance with one listening reactor or more, and questions in process.
class Server {
 public:
  explicit Server(uint32_t threads) : instance_(threads) {
    REQUIRE(kevy_listen(instance_.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
    address_ = instance_.address(0);
  }
  kevy_instance* db() const { return instance_.db; }
  const std::string& address() const { return address_; }

  std::string text(const std::vector<const char*>& words) const {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_exec(db(), words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    size_t size;
    const char* const bytes = kevy_reply_string(reply, &size);
    std::string all(bytes, size);
    kevy_reply_free(reply);
    return all;
  }
  long long integer(const std::vector<const char*>& words) const {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_exec(db(), words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    const long long number = kevy_reply_integer(reply);
    kevy_reply_free(reply);
    return number;
  }
  /// A number that INFO shows.
  long long shown(const std::string& field) const {
    const std::string all = text({"INFO"});
    const size_t at = all.find("\n" + field + ":");
    return at == std::string::npos ? -1 : std::stoll(all.substr(at + field.size() + 2));
  }
  bool quiet() const {
    return eventually([&] { return shown("connected_clients") == 0; });
  }

 private:
  Instance instance_;
  std::string address_;
};

std::string what_is_wrong(const Talker& talker) {
  return talker.wrong().empty() ? "" : talker.wrong() + "\n" + where_memory_ran_out();
}

}  // namespace

TEST_CASE("B41 whichever allocation of a reactor fails, each client gets its own or is closed") {
  const EnoughMemory of_the_test;
  { const Server warms_up(1); }
  const InUse before = memory_in_use();
  size_t failures = 0;
  {
    const Server server(1);
    const auto talk = [&](const char* name) {
      Talker talker(server.address(), name);
      talker.talk();
      return what_is_wrong(talker);
    };
    REQUIRE(talk("first") == "");
    REQUIRE(server.quiet());
    const long long held = server.shown("mem_clients_normal");
    for (const Failing how : {Failing::kOnce, Failing::kFromThenOn}) {
      bool failed = true;
      for (size_t number = 0; failed; number += 1 + number / 32) {
        fail_allocation_of_any_thread(number, how);
        const std::string wrong = talk("one") + talk("two");
        failed = memory_is_back();
        failures += failed ? 1 : 0;
        CAPTURE(number, how == Failing::kOnce);
        REQUIRE(wrong == "");
      }
    }
    Talker last(server.address(), "last");
    last.talk_without_failures();
    CHECK(what_is_wrong(last) == "");
    CHECK(server.shown("connected_clients") == 1);
    CHECK(eventually([&] { return server.shown("mem_clients_normal") <= held + 100'000; }));
  }
  const InUse after = memory_in_use();
  CHECK(after.mapped_bytes == before.mapped_bytes);
  CHECK(after.blocks < before.blocks + 50);  // some are the test's own
  CHECK(failures > 100);
}

TEST_CASE("B41 whichever allocation fails of a reactor that has served nobody, it serves the next") {
  const EnoughMemory of_the_test;
  size_t failures = 0;
  for (const Failing how : {Failing::kOnce, Failing::kFromThenOn}) {
    for (size_t number = 0; number < 60; ++number) {
      CAPTURE(number, how == Failing::kOnce);
      const Server server(1);
      fail_allocation_of_any_thread(number, how);
      std::string wrong;
      {
        Talker first(server.address(), "first");
        first.talk();
        wrong = what_is_wrong(first);
      }
      failures += memory_is_back() ? 1 : 0;
      REQUIRE(wrong == "");
      Talker next(server.address(), "next");
      next.talk_without_failures();
      REQUIRE(what_is_wrong(next) == "");
    }
  }
  CHECK(failures > 80);
}

namespace {

struct Heard {
  std::atomic<int> messages{0};
  std::atomic<bool> over{false};
  std::atomic<bool> strange{false};
};

void note_message(const kevy_message* message, void* user) {
  Heard& heard = *static_cast<Heard*>(user);
  if (message == nullptr) {
    heard.over = true;
    return;
  }
  size_t size;
  const std::string text = kevy_message_payload(message, &size);
  if (!text.starts_with("news of ")) heard.strange = true;
  ++heard.messages;
}

// Everything at once: clients over sockets, callbacks, keys and fields that expire.
class Bustle {
 public:
  explicit Bustle(const Server& server) : server_(server) {}

  void run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([this, i] {
        const EnoughMemory of_the_test;
        for (int round = 0; round < 6; ++round) talk("client" + std::to_string(i));
      });
    }
    threads.emplace_back([this] {
      const EnoughMemory of_the_test;
      publish();
    });
    for (std::thread& thread : threads) thread.join();
  }
  std::string wrong() const { return wrong_; }
  size_t answers() const { return answers_; }

 private:
  void talk(const std::string& name) {
    Talker talker(server_.address(), name);
    talker.talk();
    answers_ += talker.answers();
    if (talker.wrong().empty()) return;
    const std::lock_guard guard(lock_);
    wrong_ = talker.wrong();
  }
  void publish() {
    for (int round = 0; round < 20; ++round) {
      Heard heard;
      const char* const channel = "news";
      kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
      options.callback = note_message;
      options.user = &heard;
      kevy_subscription* subscription = nullptr;
      if (kevy_subscribe(server_.db(), 1, &channel, nullptr, &options, &subscription) != KEVY_OK) {
        continue;  // no thread
      }
      for (int i = 0; i < 50; ++i) {
        const std::string key = "soon" + std::to_string(i), news = "news of " + key;
        run_command({"SET", key.c_str(), "v", "PX", "5"});
        run_command({"HSET", "hash", key.c_str(), "v"});
        run_command({"HPEXPIRE", "hash", "5", "FIELDS", "1", key.c_str()});
        run_command({"PUBLISH", "news", news.c_str()});
      }
      kevy_subscription_close(subscription, 0);
      const std::lock_guard guard(lock_);
      if (heard.strange) wrong_ = "a message that nobody published";
    }
  }
  void run_command(const std::vector<const char*>& words) {
    kevy_reply* reply = nullptr;
    (void)kevy_exec(server_.db(), words.size(), words.data(), nullptr, &reply);
    kevy_reply_free(reply);
  }

  const Server& server_;
  std::mutex lock_;  // guards wrong_
  std::string wrong_;
  std::atomic<size_t> answers_{0};
};

}  // namespace

TEST_CASE(
    "B41 allocations fail by chance in all of kevy's threads, and then everything works again") {
  const EnoughMemory of_the_test;
  size_t failures = 0, answers = 0;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const Server server(2);
    const uint32_t odds = seed % 3 == 0 ? 5 : seed % 3 == 1 ? 50 : 500;
    CAPTURE(seed, odds);
    const size_t failed_before = failed_allocations();
    fail_allocations_by_chance(static_cast<uint64_t>(seed), odds);
    Bustle bustle(server);
    bustle.run();
    memory_is_back();
    failures += failed_allocations() - failed_before;
    answers += bustle.answers();
    REQUIRE(bustle.wrong() == "");
    REQUIRE(server.quiet());
    CHECK(eventually([&] { return server.integer({"HLEN", "hash"}) == 0; }));
    // Of the clients' keys some may be left; those with a time to live are not.
    CHECK(eventually([&] { return server.text({"RANDOMKEY"}).find("soon") == std::string::npos; }));
    for (const char* name : {"later1", "later2", "later3"}) {
      Talker talker(server.address(), name);
      talker.talk_without_failures();
      CHECK(talker.wrong() == "");
    }
    Heard heard;
    const char* const channel = "news";
    kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
    options.callback = note_message;
    options.user = &heard;
    kevy_subscription* subscription = nullptr;
    REQUIRE(kevy_subscribe(server.db(), 1, &channel, nullptr, &options, &subscription) == KEVY_OK);
    CHECK(server.integer({"PUBLISH", "news", "news of today"}) == 1);
    CHECK(eventually([&] { return heard.messages == 1; }));
    kevy_subscription_close(subscription, 0);
  }
  CHECK(failures > size_t{8 * kSeeds});
  CHECK(answers > size_t{40 * kSeeds});
}

TEST_CASE("B41 a publisher that finds no memory has told nobody, or ends whom it could not tell") {
  const EnoughMemory of_the_test;
  size_t failures = 0;
  const std::string long_payload(5'000, 'p');
  for (const std::string& payload : {std::string("short"), long_payload}) {
    bool failed = true;
    for (size_t number = 0; failed; ++number) {
      const Instance instance(1);
      kevy_instance* const db = instance.db;
      kevy_subscription* subscriptions[3];
      const char* const names[] = {"news", "n*", "*s"};
      for (int i = 0; i < 3; ++i) {
        kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
        options.kind = i == 0 ? KEVY_SUBSCRIPTION_CHANNEL : KEVY_SUBSCRIPTION_PATTERN;
        REQUIRE(kevy_subscribe(db, 1, &names[i], nullptr, &options, &subscriptions[i]) == KEVY_OK);
      }
      const char* words[] = {"PUBLISH", "news", payload.c_str()};
      kevy_reply* reply = nullptr;
      kevy_status status;
      {
        const MemoryMayFail within;
        fail_allocation(number, Failing::kOnce);
        status = kevy_exec(db, 3, words, nullptr, &reply);
        failed = memory_is_back();
      }
      failures += failed ? 1 : 0;
      const long long counted = status == KEVY_OK ? kevy_reply_integer(reply) : 0;
      kevy_reply_free(reply);
      long long received = 0;
      bool gap = false;
      for (kevy_subscription* one : subscriptions) {
        kevy_message* message = nullptr;
        const kevy_status got = kevy_subscription_next(one, 0, &message);
        received += got == KEVY_OK ? 1 : 0;
        gap |= got == KEVY_TIMEOUT;
        kevy_message_free(message);
        kevy_subscription_close(one, 0);
      }
      CAPTURE(number, payload.size());
      CHECK(received == counted);
      if (counted != 0) CHECK_FALSE(gap);
    }
  }
  CHECK(failures >= 6);
}
