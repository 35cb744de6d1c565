// Pipelines in one call: as one step, and cut short.
#include <atomic>
#include <thread>

#include "database.h"

namespace {

struct Opened {
  explicit Opened(const Store& store, uint32_t protocol = 2) {
    kevy_session_options options = KEVY_SESSION_OPTIONS_INIT;
    options.protocol = protocol;
    REQUIRE(kevy_session_open(store.db, &options, &session) == KEVY_OK);
  }
  ~Opened() { kevy_session_close(session); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  kevy_status pipeline(const Pipeline& commands, uint32_t flags, kevy_reply** replies) const {
    return kevy_session_pipeline(session, commands.argc.size(), commands.argc.data(),
                                 commands.argv.data(), nullptr, flags, replies);
  }
  std::string run(const Words& words) const {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_session_exec(session, words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    return take_text(reply);
  }
  kevy_session* session = nullptr;
};

kevy_status run_pipeline(const Store& store, const Pipeline& commands, uint32_t flags,
                         std::string& text) {
  kevy_reply* replies = nullptr;
  const kevy_status status =
      kevy_pipeline(store.db, commands.argc.size(), commands.argc.data(), commands.argv.data(),
                    nullptr, flags, &replies);
  text = status == KEVY_OK ? take_text(replies) : kevy_last_error();
  return status;
}

constexpr const char* kAborted = "EXECABORT Transaction discarded because of previous errors.";

}  // namespace

TEST_CASE("an atomic pipeline answers each command, an error of one in its place") {
  const Store store;
  const Opened opened(store);
  const Pipeline commands{{"SET", "n", "1"}, {"LPUSH", "n", "x"}, {"INCR", "n"}, {"SELECT", "1"}, {"GET", "n"}};
  const std::string expected =
      "[OK WRONGTYPE Operation against a key holding the wrong kind of value 2 OK nil]";
  std::string text;
  CHECK(run_pipeline(store, commands, KEVY_PIPELINE_ATOMIC, text) == KEVY_OK);
  CHECK(text == expected);
  kevy_reply* replies = nullptr;
  REQUIRE(opened.pipeline(commands, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_OK);
  CHECK(take_text(replies) == expected);
  CHECK(run_pipeline(store, {}, KEVY_PIPELINE_ATOMIC, text) == KEVY_OK);
  CHECK(text == "[]");
}

TEST_CASE("an atomic pipeline with a command that cannot be queued runs none") {
  const Store store;
  const Opened opened(store);
  const Pipeline commands{{"SET", "k", "v"}, {"GET"}, {"INCR", "n"}};
  const std::string expected = "[" + std::string(kAborted) +
                               " ERR wrong number of arguments for 'get' command " + kAborted + "]";
  std::string text;
  CHECK(run_pipeline(store, commands, KEVY_PIPELINE_ATOMIC, text) == KEVY_OK);
  CHECK(text == expected);
  CHECK(opened.run({"WATCH", "watched"}) == "OK");
  kevy_reply* replies = nullptr;
  REQUIRE(opened.pipeline(commands, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_OK);
  CHECK(take_text(replies) == expected);
  CHECK(store.run({"DBSIZE"}) == "0");
  // The watch is over with its transaction.
  store.run({"SET", "watched", "changed"});
  REQUIRE(opened.pipeline({{"INCR", "n"}}, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_OK);
  CHECK(take_text(replies) == "[1]");
}

TEST_CASE("an atomic pipeline of a session heeds its watches") {
  const Store store;
  const Opened opened(store);
  CHECK(opened.run({"WATCH", "watched"}) == "OK");
  store.run({"SET", "watched", "changed"});
  kevy_reply* replies = nullptr;
  REQUIRE(opened.pipeline({{"PING"}}, 0, &replies) == KEVY_OK);
  kevy_reply* const earlier = replies;
  REQUIRE(opened.pipeline({{"SET", "k", "v"}}, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_OK);
  CHECK(replies == nullptr);
  kevy_reply_free(earlier);
  CHECK(store.run({"EXISTS", "k"}) == "0");
}

TEST_CASE("an atomic pipeline is a transaction of its own") {
  const Store store;
  const Opened opened(store);
  kevy_reply* replies = nullptr;
  for (const char* verb : {"MULTI", "exec", "Discard", "WATCH", "reset", "QUIT"}) {
    CAPTURE(verb);
    const Pipeline commands{{"SET", "k", "v"}, {verb, "k"}};
    CHECK(opened.pipeline(commands, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_INVALID);
    std::string text;
    CHECK(run_pipeline(store, commands, KEVY_PIPELINE_ATOMIC, text) == KEVY_INVALID);
  }
  CHECK(opened.run({"MULTI"}) == "OK");
  CHECK(opened.pipeline({{"SET", "k", "v"}}, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_INVALID);
  CHECK(opened.run({"DISCARD"}) == "OK");
  CHECK(opened.run({"SUBSCRIBE", "c"}) == "[subscribe c 1]");
  CHECK(opened.pipeline({{"SET", "k", "v"}}, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_INVALID);
  CHECK(opened.pipeline({{"PING"}}, 2, &replies) == KEVY_INVALID);
  CHECK(store.run({"DBSIZE"}) == "0");
}

TEST_CASE("an atomic pipeline refuses what has several replies, which would shift those behind it") {
  const Store store;
  const Opened opened(store, 3);
  for (const char* verb : {"SUBSCRIBE", "Unsubscribe", "PSUBSCRIBE", "punsubscribe", "SSUBSCRIBE", "sunsubscribe"}) {
    CAPTURE(verb);
    const Pipeline commands{{verb, "a", "b"}, {"SET", "k", "v"}};
    kevy_reply* replies = nullptr;
    CHECK(opened.pipeline(commands, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_INVALID);
    std::string text;
    CHECK(run_pipeline(store, commands, KEVY_PIPELINE_ATOMIC, text) == KEVY_INVALID);
  }
  CHECK(store.run({"DBSIZE"}) == "0");
}

TEST_CASE("no other caller sees an atomic pipeline half done") {
  const Store store;
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::thread reader([&] {
    while (!stop) {
      const std::string seen = store.run({"MGET", "a", "b", "c"});
      if (seen != "[nil nil nil]" && seen[1] != seen[3]) ++torn;
      if (seen != "[nil nil nil]" && seen[3] != seen[5]) ++torn;
    }
  });
  for (int i = 0; i < 2'000; ++i) {
    const std::string digit = std::to_string(i % 10);
    std::string text;
    REQUIRE(run_pipeline(store,
                         {{"SET", "a", digit.c_str()}, {"SET", "b", digit.c_str()}, {"SET", "c", digit.c_str()}},
                         KEVY_PIPELINE_ATOMIC, text) == KEVY_OK);
  }
  stop = true;
  reader.join();
  CHECK(torn == 0);
}

TEST_CASE("an atomic pipeline that has run gives its replies, whoever is killed meanwhile") {
  const Store store;
  const Pipeline commands{{"CLIENT", "KILL", "SKIPME", "no", "TYPE", "normal"}, {"SET", "k", "v"}};
  std::string text;
  CHECK(run_pipeline(store, commands, KEVY_PIPELINE_ATOMIC, text) == KEVY_OK);
  CHECK(text == "[1 OK]");
  CHECK(store.run({"GETDEL", "k"}) == "v");
  const Opened opened(store);
  kevy_reply* replies = nullptr;
  REQUIRE(opened.pipeline(commands, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_OK);
  CHECK(take_text(replies) == "[1 OK]");
  CHECK(store.run({"GET", "k"}) == "v");
  CHECK(opened.pipeline({{"PING"}}, KEVY_PIPELINE_ATOMIC, &replies) == KEVY_CLOSED);
}

TEST_CASE("a pipeline that was cut short gives no result for what did not run") {
  const Store store;
  const Opened opened(store);
  kevy_reply* replies = nullptr;
  CHECK(opened.pipeline({{"SET", "before", "1"}, {"QUIT"}, {"SET", "after", "1"}}, 0, &replies) ==
        KEVY_CLOSED);
  CHECK(replies == nullptr);
  CHECK(store.run({"EXISTS", "before"}) == "1");
  CHECK(store.run({"EXISTS", "after"}) == "0");
  CHECK(opened.pipeline({{"PING"}}, 0, &replies) == KEVY_CLOSED);

  const Opened whole(store);
  REQUIRE(whole.pipeline({{"SET", "before", "2"}, {"QUIT"}}, 0, &replies) == KEVY_OK);
  CHECK(take_text(replies) == "[OK OK]");
}
