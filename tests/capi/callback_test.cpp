// G4: code of the user's runs while no lock is held.
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
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

}  // namespace

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
