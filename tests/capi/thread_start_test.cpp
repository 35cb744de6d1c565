// What happens when the system refuses to start a thread: whichever thread it is, a call that needs
// it says so and changes nothing, one that does not need it succeeds, and the next one tries again.
#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "socket_client.h"
#include "support.h"
#include "system_thread.h"

namespace {

std::atomic<int> starts{0};       // of threads, also those that failed
std::atomic<int> failing_one{0};  // which of them fails; 0: none

}  // namespace

// Takes the place of the C library's for this program and all it loads.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*body)(void*), void* argument) {
  if (++starts == failing_one) return EAGAIN;
  return kevy::test::start_system_thread(thread, attributes, body, argument);
}

namespace {

void fail_start(int number) {
  starts = 0;
  failing_one = number;
}

long long integer_of(kevy_instance* db, const char* verb, const char* a = nullptr,
                     const char* b = nullptr) {
  const char* words[] = {verb, a, b};
  kevy_reply* reply;
  REQUIRE(kevy_exec(db, b != nullptr ? 3 : a != nullptr ? 2 : 1, words, nullptr, &reply) == KEVY_OK);
  REQUIRE(kevy_reply_get_type(reply) == KEVY_REPLY_INTEGER);
  const long long value = kevy_reply_integer(reply);
  kevy_reply_free(reply);
  return value;
}

void set_for_a_millisecond(kevy_instance* db, const char* key) {
  const char* words[] = {"SET", key, "v", "PX", "1"};
  kevy_reply* reply;
  REQUIRE(kevy_exec(db, 5, words, nullptr, &reply) == KEVY_OK);
  CHECK(kevy_reply_get_type(reply) == KEVY_REPLY_STATUS);
  kevy_reply_free(reply);
}

// Uses every thread an instance may have. Says how many calls failed for want of one.
int use_all_threads() {
  constexpr uint32_t kReactors = 3;
  int refusals = 0;
  const auto until_started = [&](auto&& call) {
    for (int tries = 0;; ++tries) {
      const kevy_status status = call();
      if (status == KEVY_OK) return;
      REQUIRE(status == KEVY_SYSTEM);
      REQUIRE(std::string(kevy_last_error()).find("thread") != std::string::npos);
      REQUIRE(kevy_last_errno() == EAGAIN);
      REQUIRE(tries == 0);
      ++refusals;
    }
  };
  std::atomic<int> heard{0};
  const Instance instance(kReactors);
  kevy_instance* const db = instance.db;

  set_for_a_millisecond(db, "one");
  set_for_a_millisecond(db, "two");
  CHECK(eventually([&] { return integer_of(db, "DBSIZE") == 0; }));

  kevy_subscription* subscription = nullptr;
  const char* const channel = "news";
  until_started([&] {
    const auto count = [](const kevy_message*, void* user) { ++*static_cast<std::atomic<int>*>(user); };
    kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
    options.callback = count;
    options.user = &heard;
    const kevy_status status =
        kevy_subscribe(db, 1, &channel, nullptr, &options, &subscription);
    if (status != KEVY_OK) CHECK(integer_of(db, "PUBLISH", "news", "to nobody") == 0);
    return status;
  });
  CHECK(integer_of(db, "PUBLISH", "news", "hello") == 1);
  CHECK(eventually([&] { return heard == 1; }));
  kevy_subscription_close(subscription, 0);

  until_started([&] { return kevy_listen(db, "127.0.0.1:0", nullptr, nullptr); });
  char address[100];
  REQUIRE(kevy_address(db, 0, address, sizeof address) == KEVY_OK);
  std::vector<std::unique_ptr<Client>> clients;
  for (uint32_t i = 0; i < 2 * kReactors; ++i) {
    clients.push_back(std::make_unique<Client>(address));
    clients.back()->send("PING\r\n");
    CHECK(clients.back()->receive(7) == "+PONG\r\n");
  }
  return refusals;
}

}  // namespace

TEST_CASE("each thread that can not be started is tried again, and what needs none succeeds") {
  fail_start(0);
  REQUIRE(use_all_threads() == 0);
  const int threads = starts;
  REQUIRE(threads == 5);  // housekeeping, delivery, three reactors
  for (int number = 1; number <= threads; ++number) {
    fail_start(number);
    // For housekeeping nobody waits: that is why a SET that stored must not fail.
    CHECK(use_all_threads() == (number == 1 ? 0 : 1));
    CHECK(starts > threads);
  }
  fail_start(0);
}

TEST_CASE("what no descriptor is left for has its errno") {
  const Instance instance(1);
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(instance.db, nullptr, &session) == KEVY_OK);
  const char* const channel = "news";
  kevy_subscription* subscription = nullptr;
  REQUIRE(kevy_subscribe(instance.db, 1, &channel, nullptr, nullptr, &subscription) == KEVY_OK);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  int descriptor = -1;
  int refused = 0;
  const auto is_refused = [&](auto&& call) {
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const kevy_status status = call();
    const int code = kevy_last_errno();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(status == KEVY_SYSTEM);
    CHECK(code == EMFILE);
    ++refused;
  };
  is_refused([&] { return kevy_session_descriptor(session, &descriptor); });
  is_refused([&] { return kevy_subscription_descriptor(subscription, &descriptor); });
  is_refused([&] { return kevy_connect(instance.db, nullptr, &descriptor); });
  is_refused([&] { return kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr); });
  CHECK(refused == 4);
  CHECK(descriptor == -1);
  CHECK(kevy_session_descriptor(session, &descriptor) == KEVY_OK);
  kevy_session_close(session);
  kevy_subscription_close(subscription, 0);
}
