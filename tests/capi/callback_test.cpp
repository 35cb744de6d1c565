// G4: code of the user's runs while no lock is held.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kevy.h"

namespace {

using Words = std::vector<const char*>;

void run(kevy_instance* db, const Words& words) {
  kevy_reply* reply = nullptr;
  const kevy_status status = kevy_exec(db, words.size(), words.data(), nullptr, &reply);
  kevy_reply_free(reply);
  if (status != KEVY_OK) throw std::runtime_error(kevy_last_error());
}

struct Receiver {
  kevy_instance* db = nullptr;
  std::mutex lock;
  std::condition_variable changed;
  int done = 0;  // guarded by `lock`
};

// Needs every shard, pub/sub and the register of sessions: any lock still held would be for ever.
void uses_everything(const kevy_message*, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  run(receiver.db, {"MSET", "a", "1", "b", "2", "c", "3"});
  run(receiver.db, {"DBSIZE"});
  run(receiver.db, {"PUBLISH", "elsewhere", "x"});
  kevy_session* session = nullptr;
  if (kevy_session_open(receiver.db, nullptr, &session) == KEVY_OK) kevy_session_close(session);
  const std::lock_guard guard(receiver.lock);
  ++receiver.done;
  receiver.changed.notify_one();
}

struct Told {
  std::atomic<bool> runs{false}, taken_back{false}, over{false};
};

void stays_until_taken_back(void* user) {
  auto& told = *static_cast<Told*>(user);
  told.runs = true;
  constexpr int kLong = 20000;
  while (!told.taken_back) std::this_thread::yield();
  for (int i = 0; i < kLong; ++i) std::this_thread::yield();
  told.over = true;
}

void is_told(void* user) { *static_cast<std::atomic<bool>*>(user) = true; }

}  // namespace

TEST_CASE("a callback that was told of SHUTDOWN is over once it is taken back or replaced") {
  kevy_instance* db = nullptr;
  REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
  for (const bool replaced : {false, true}) {
    Told told;
    REQUIRE(kevy_on_shutdown(db, stays_until_taken_back, &told) == KEVY_OK);
    run(db, {"SHUTDOWN", "NOSAVE"});
    while (!told.runs) std::this_thread::yield();
    run(db, {"SHUTDOWN", "NOSAVE"});
    std::atomic<bool> other{false};
    told.taken_back = true;
    REQUIRE(kevy_on_shutdown(db, replaced ? is_told : nullptr, &other) == KEVY_OK);
    CHECK(told.over);
    while (replaced && !other) std::this_thread::yield();  // of the second SHUTDOWN
    CHECK(other == replaced);
    REQUIRE(kevy_on_shutdown(db, nullptr, nullptr) == KEVY_OK);
  }
  kevy_stop(db);
}

TEST_CASE("G4 a callback may use every part of the instance, whatever published the message") {
  Receiver receiver;
  REQUIRE(kevy_start(nullptr, &receiver.db) == KEVY_OK);
  const char* const channels[] = {"news", "__keyevent@0__:del"};
  kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
  options.callback = uses_everything;
  options.user = &receiver;
  kevy_subscription* subscription = nullptr;
  REQUIRE(kevy_subscribe(receiver.db, 2, channels, nullptr, &options, &subscription) == KEVY_OK);
  run(receiver.db, {"PUBLISH", "news", "hello"});
  run(receiver.db, {"CONFIG", "SET", "notify-keyspace-events", "Eg"});
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(receiver.db, nullptr, &session) == KEVY_OK);
  const Words transaction[] = {
      {"MULTI"}, {"PUBLISH", "news", "in it"}, {"SET", "k", "v"}, {"DEL", "k"}, {"EXEC"}};
  for (const Words& words : transaction) {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_session_exec(session, words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    kevy_reply_free(reply);
  }
  {
    std::unique_lock guard(receiver.lock);
    CHECK(receiver.changed.wait_for(guard, std::chrono::seconds(20),
                                    [&] { return receiver.done == 3; }));
  }
  kevy_session_close(session);
  kevy_subscription_close(subscription, 0);
  CHECK(kevy_stop(receiver.db) == KEVY_OK);
}
