// What was published before a subscription is closed or cancelled is still handed out.
#include <atomic>
#include <thread>

#include "database.h"
#include "support.h"

namespace {

/// Counts what it is given, and checks the order; may close its subscription, or another one.
struct Heard {
  std::atomic<int> messages{0};
  std::atomic<int> wrong{0};
  std::atomic<int> ends{0};
  std::atomic<bool> blocked{false};
  kevy_subscription* close_at_first = nullptr;

  static void note(const kevy_message* message, void* user) {
    auto& heard = *static_cast<Heard*>(user);
    if (message == nullptr) {
      ++heard.ends;
      return;
    }
    while (heard.blocked) std::this_thread::yield();
    if (std::to_string(heard.messages) != kevy_message_payload(message, nullptr)) ++heard.wrong;
    if (heard.messages++ == 0 && heard.close_at_first != nullptr) {
      kevy_subscription_close(heard.close_at_first, 0);
    }
  }
};

kevy_subscription* subscribe(const Store& store, const char* channel, Heard* heard) {
  kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
  options.callback = heard == nullptr ? nullptr : Heard::note;
  options.user = heard;
  kevy_subscription* subscription = nullptr;
  REQUIRE(kevy_subscribe(store.db, 1, &channel, nullptr, &options, &subscription) == KEVY_OK);
  return subscription;
}

void publish(const Store& store, const char* channel, int count) {
  for (int i = 0; i < count; ++i) store.run({"PUBLISH", channel, std::to_string(i).c_str()});
}

}  // namespace

TEST_CASE("a callback gets what was published before its subscription was closed") {
  const Store store;
  for (int round = 0; round < 50; ++round) {
    Heard heard;
    kevy_subscription* const subscription = subscribe(store, "news", &heard);
    publish(store, "news", 200);
    kevy_subscription_close(subscription, 0);
    CHECK(heard.messages == 200);
    CHECK(heard.wrong == 0);
    CHECK(heard.ends == 0);
  }
}

TEST_CASE("a close may drop what waits") {
  const Store store;
  Heard heard;
  heard.blocked = true;
  kevy_subscription* const subscription = subscribe(store, "news", &heard);
  publish(store, "news", 200);
  std::thread closer([&] { kevy_subscription_close(subscription, KEVY_CLOSE_DISCARD); });
  REQUIRE(eventually([&] { return store.run({"PUBSUB", "NUMSUB", "news"}) == "[news 0]"; }));
  heard.blocked = false;
  closer.join();
  CHECK(heard.messages <= 1);
  CHECK(heard.wrong == 0);
}

TEST_CASE("a callback that closes its own subscription is called for what came before") {
  const Store store;
  Heard heard;
  heard.blocked = true;
  heard.close_at_first = subscribe(store, "news", &heard);
  publish(store, "news", 200);
  heard.blocked = false;
  CHECK(eventually([&] { return heard.messages == 200; }));
  CHECK(store.run({"PUBLISH", "news", "later"}) == "0");
  CHECK(heard.wrong == 0);
}

TEST_CASE("a callback that closes another subscription has its messages handed over there and then") {
  const Store store;
  Heard first, second;
  first.blocked = true;
  kevy_subscription* const one = subscribe(store, "first", &first);
  first.close_at_first = subscribe(store, "second", &second);
  publish(store, "first", 1);  // the thread that calls back waits in it
  publish(store, "second", 150);
  CHECK(second.messages == 0);
  first.blocked = false;
  CHECK(eventually([&] { return second.messages == 150; }));
  CHECK(second.wrong == 0);
  kevy_subscription_close(one, 0);
}

TEST_CASE("after a cancel what waits is handed out, and then the end") {
  const Store store;
  Heard heard;
  heard.blocked = true;
  kevy_subscription* const called = subscribe(store, "news", &heard);
  kevy_subscription* const taken = subscribe(store, "news", nullptr);
  publish(store, "news", 3);
  kevy_subscription_cancel(called);
  kevy_subscription_cancel(taken);
  CHECK(store.run({"PUBLISH", "news", "later"}) == "0");
  heard.blocked = false;
  CHECK(eventually([&] { return heard.ends == 1; }));
  CHECK(heard.messages == 3);
  for (int i = 0; i < 3; ++i) {
    kevy_message* message = nullptr;
    REQUIRE(kevy_subscription_next(taken, -1, &message) == KEVY_OK);
    CHECK(kevy_message_payload(message, nullptr) == std::to_string(i));
    kevy_message_free(message);
  }
  kevy_message* none = nullptr;
  CHECK(kevy_subscription_next(taken, -1, &none) == KEVY_CLOSED);
  CHECK(kevy_subscription_next(taken, -1, &none) == KEVY_CLOSED);
  kevy_subscription_close(called, 0);
  kevy_subscription_close(taken, 0);
}

TEST_CASE("publishers on other threads lose nothing that was counted, whenever it is closed") {
  const Store store;
  for (int round = 0; round < 200; ++round) {
    Heard heard;
    std::atomic<int> counted{0};
    std::atomic<bool> stop{false};
    kevy_subscription* const subscription = subscribe(store, "news", &heard);
    std::thread publisher([&] {
      for (int i = 0; !stop; ++i) {
        if (store.run({"PUBLISH", "news", std::to_string(i).c_str()}) != "1") return;
        ++counted;
      }
    });
    REQUIRE(eventually([&] { return heard.messages > round % 20; }));
    kevy_subscription_close(subscription, 0);
    stop = true;
    publisher.join();
    CHECK(heard.messages == counted);
    CHECK(heard.wrong == 0);
  }
}
