// Scripts that the host calls off: kevy_session_cancel ends one that has written nothing.
#include <atomic>
#include <thread>

#include "database.h"
#include "support.h"

namespace {

// Runs a command on a session of its own, on a thread of its own, until it is over.
class Running {
 public:
  Running(const Store& store, Words words) : words_(std::move(words)) {
    REQUIRE(kevy_session_open(store.db, nullptr, &session_) == KEVY_OK);
    thread_ = std::thread([this] {
      kevy_reply* reply = nullptr;
      status_ = kevy_session_exec(session_, words_.size(), words_.data(), nullptr, &reply);
      if (status_ == KEVY_OK) text_ = take_text(reply);
      over_ = true;
    });
  }
  ~Running() {
    if (thread_.joinable()) thread_.join();
    kevy_session_close(session_);
  }

  /// Until the call was under way, or is over.
  void cancel() {
    CHECK(eventually([&] { return kevy_session_cancel(session_) == KEVY_OK || over_; }));
  }
  std::string outcome() {
    thread_.join();
    CHECK(status_ == KEVY_OK);
    return text_;
  }
  kevy_session* session() const { return session_; }

 private:
  const Words words_;
  kevy_session* session_ = nullptr;
  std::thread thread_;
  kevy_status status_ = KEVY_OK;
  std::string text_;
  std::atomic<bool> over_{false};
};

bool killed(const std::string& text) { return text.find("killed by user") != std::string::npos; }

}  // namespace

TEST_CASE(
    "B41 kevy_session_cancel ends a script that would run for ever, and the session lives on") {
  const Store store;
  for (const char* script :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "while true do redis.call('GET', 'k') end"}) {
    CAPTURE(script);
    Running running(store, {"EVAL", script, "0"});
    running.cancel();
    CHECK(killed(running.outcome()));
    CHECK(store.run({"PING"}) == "PONG");
    kevy_reply* reply = nullptr;
    const Words next{"EVAL", "for i = 1, 300000 do end return 'alive'", "0"};
    REQUIRE(kevy_session_exec(running.session(), next.size(), next.data(), nullptr, &reply) ==
            KEVY_OK);
    CHECK(take_text(reply) == "alive");
  }
}

TEST_CASE(
    "B41 a script that was called off has written nothing, and one that has written ends by "
    "itself") {
  const Store store;
  const char* script =
      "for i = 1, 30000 do end redis.call('SET', KEYS[1], 'whole') for i = 1, 30000 do end return "
      "'whole'";
  for (int round = 0; round < 300; ++round) {
    const std::string key = "of round " + std::to_string(round);
    Running running(store, {"EVAL", script, "1", key.c_str()});
    running.cancel();
    const std::string text = running.outcome();
    const std::string value = store.run({"GET", key.c_str()});
    CAPTURE(text, value);
    CHECK((killed(text) ? value == "nil" : text == "whole" && value == "whole"));
  }
}

TEST_CASE(
    "B41 SCRIPT KILL of another session: either it says OK and nothing is written, or it is "
    "refused") {
  const Store store({"busy-reply-threshold", "1"});
  const char* script =
      "for i = 1, 300000 do end redis.call('SET', KEYS[1], 'whole') for i = 1, 300000 do end "
      "return "
      "'whole'";
  for (int round = 0; round < 60; ++round) {
    const std::string key = "of round " + std::to_string(round);
    Running running(store, {"EVAL", script, "1", key.c_str()});
    std::string answer = store.run({"SCRIPT", "KILL"});
    const std::string text = running.outcome();
    const std::string value = store.run({"GET", key.c_str()});
    CAPTURE(answer, text, value);
    CHECK((answer == "OK") == killed(text));
    CHECK((killed(text) ? value == "nil" : text == "whole" && value == "whole"));
  }
}
