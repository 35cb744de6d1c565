// What goes in and comes out of the C ABI: byte strings, options, flags, errors.
#include <cstring>
#include <thread>

#include "database.h"

TEST_CASE("NULL of no bytes is the empty string, NULL of some is invalid") {
  const Store store;
  CHECK(kevy_set(store.db, nullptr, 0, nullptr, 0, 0, 0) == KEVY_OK);
  char buffer[4];
  size_t size = 9;
  CHECK(kevy_get(store.db, nullptr, 0, buffer, sizeof buffer, &size) == KEVY_OK);
  CHECK(size == 0);
  CHECK(store.run({"EXISTS", ""}) == "1");
  CHECK(kevy_set(store.db, nullptr, 1, "v", 1, 0, 0) == KEVY_INVALID);
  CHECK(kevy_set(store.db, "k", 1, nullptr, 1, 0, 0) == KEVY_INVALID);
  const char* const words[] = {"SET", "k", nullptr};
  const size_t sizes[] = {3, 1, 0};
  kevy_reply* reply = nullptr;
  REQUIRE(kevy_exec(store.db, 3, words, sizes, &reply) == KEVY_OK);
  CHECK(take_text(reply) == "OK");
  CHECK(store.run({"STRLEN", "k"}) == "0");
  CHECK(kevy_exec(store.db, 3, words, nullptr, &reply) == KEVY_INVALID);
  const char* const key = nullptr;
  const size_t none = 0;
  REQUIRE(kevy_get_many(store.db, 1, &key, &none, &reply) == KEVY_OK);
  CHECK(take_text(reply) == "[]");
  CHECK(kevy_get_many(store.db, 1, &key, nullptr, &reply) == KEVY_INVALID);
  CHECK(kevy_set_many(store.db, 1, &key, &none, &key, &none) == KEVY_OK);
}

TEST_CASE("a NUL follows every text that is handed out, short or shared, grown or received whole") {
  const Store store;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{191}, size_t{511}, size_t{512}, size_t{4'096},
                            size_t{70'000}, size_t{5'000'000}}) {
    const std::string value(size, 'v');
    REQUIRE(kevy_set(store.db, "k", 1, value.data(), size, 0, 0) == KEVY_OK);
    CHECK(store.run({"GET", "k"}) == value);
    store.run({"APPEND", "k", "tail"});
    CHECK(store.run({"GET", "k"}) == value + "tail");
    store.run({"SETRANGE", "k", "600", "x"});
    CHECK(store.run({"GET", "k"}).size() == std::max(size + 4, size_t{601}));
    const std::string shorter(size > 9 ? size - 9 : 0, 's');
    REQUIRE(kevy_set(store.db, "k", 1, shorter.data(), shorter.size(), 0, 0) == KEVY_OK);
    CHECK(store.run({"GET", "k"}) == shorter);
  }
}

TEST_CASE("kevy_set takes the conditions of SET") {
  const Store store;
  const auto set = [&](const char* value, uint32_t flags, int64_t ttl_ms) {
    return kevy_set(store.db, "k", 1, value, 1, flags, ttl_ms);
  };
  CHECK(set("1", KEVY_SET_XX, 0) == KEVY_NOT_STORED);
  CHECK(std::strlen(kevy_last_error()) != 0);
  CHECK(set("1", KEVY_SET_NX, 50'000) == KEVY_OK);
  CHECK(set("2", KEVY_SET_NX, 0) == KEVY_NOT_STORED);
  CHECK(store.run({"GET", "k"}) == "1");
  CHECK(set("3", KEVY_SET_XX | KEVY_SET_KEEPTTL, 0) == KEVY_OK);
  CHECK(store.run({"GET", "k"}) == "3");
  CHECK(store.run({"TTL", "k"}) == "50");
  CHECK(set("4", KEVY_SET_EXPIRE_AT, 9'000'000'000'000) == KEVY_OK);
  CHECK(store.run({"PEXPIRETIME", "k"}) == "9000000000000");
  CHECK(set("5", 0, 0) == KEVY_OK);
  CHECK(store.run({"TTL", "k"}) == "-1");
  CHECK(set("6", KEVY_SET_NX | KEVY_SET_XX, 0) == KEVY_INVALID);
  CHECK(set("6", KEVY_SET_KEEPTTL, 1) == KEVY_INVALID);
  CHECK(set("6", KEVY_SET_EXPIRE_AT, 0) == KEVY_INVALID);
  CHECK(set("6", 16, 0) == KEVY_INVALID);
  CHECK(set("6", 0, -1) == KEVY_INVALID);
  CHECK(set("6", 0, INT64_MAX) == KEVY_REFUSED);
  CHECK(set("6", KEVY_SET_NX | KEVY_SET_EXPIRE_AT, INT64_MAX) == KEVY_NOT_STORED);
  CHECK(store.run({"GET", "k"}) == "5");
}

TEST_CASE("options may be longer than known if what is not known is zero") {
  struct Later {
    kevy_session_options known;
    uint64_t added;
  } later{{sizeof(Later), 3, 2, "later"}, 0};
  const Store store;
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(store.db, &later.known, &session) == KEVY_OK);
  const char* const words[] = {"CLIENT", "INFO"};
  kevy_reply* reply = nullptr;
  REQUIRE(kevy_session_exec(session, 2, words, nullptr, &reply) == KEVY_OK);
  CHECK(kevy_reply_get_type(reply) == KEVY_REPLY_VERBATIM);
  const std::string info = take_text(reply);
  CHECK(info.find("name=later ") != std::string::npos);
  CHECK(info.find("db=2 ") != std::string::npos);
  kevy_session_close(session);

  later.added = 1;
  CHECK(kevy_session_open(store.db, &later.known, &session) == KEVY_INVALID);
  CHECK(std::string(kevy_last_error()).find("does not know") != std::string::npos);
  kevy_session_options wrong = KEVY_SESSION_OPTIONS_INIT;
  wrong.size -= 1;
  CHECK(kevy_session_open(store.db, &wrong, &session) == KEVY_INVALID);
  wrong = KEVY_SESSION_OPTIONS_INIT;
  wrong.database = 16;
  CHECK(kevy_session_open(store.db, &wrong, &session) == KEVY_INVALID);
  wrong = KEVY_SESSION_OPTIONS_INIT;
  wrong.protocol = 4;
  CHECK(kevy_session_open(store.db, &wrong, &session) == KEVY_INVALID);
  wrong = KEVY_SESSION_OPTIONS_INIT;
  wrong.name = "a b";
  CHECK(kevy_session_open(store.db, &wrong, &session) == KEVY_INVALID);

  const char* const channel = "news";
  kevy_subscription* subscription = nullptr;
  for (const unsigned kind : {3U, 77U, UINT32_MAX}) {
    kevy_subscribe_options unknown = KEVY_SUBSCRIBE_OPTIONS_INIT;
    std::memcpy(&unknown.kind, &kind, sizeof kind);
    CHECK(kevy_subscribe(store.db, 1, &channel, nullptr, &unknown, &subscription) == KEVY_INVALID);
  }
}

TEST_CASE("every call that is not KEVY_OK says why, whole") {
  const std::string long_name(1'000, 'x');
  const char* const directives[] = {long_name.c_str(), "1"};
  kevy_options options = KEVY_OPTIONS_INIT;
  options.directives = directives;
  options.directive_count = 1;
  kevy_instance* none = nullptr;
  CHECK(kevy_start(&options, &none) == KEVY_INVALID);
  CHECK(std::string(kevy_last_error()).find(long_name) != std::string::npos);
  CHECK(kevy_last_errno() == 0);

  const Store store;
  size_t size;
  CHECK(kevy_get(store.db, "none", 4, nullptr, 0, &size) == KEVY_NOT_FOUND);
  CHECK(std::string(kevy_last_error()) == "no such key");
  REQUIRE(kevy_set(store.db, "k", 1, "v", 1, 0, 0) == KEVY_OK);
  CHECK(kevy_get(store.db, "k", 1, nullptr, 0, &size) == KEVY_TRUNCATED);
  CHECK(std::string(kevy_last_error()).find("buffer") != std::string::npos);
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(store.db, nullptr, &session) == KEVY_OK);
  kevy_reply* push = nullptr;
  CHECK(kevy_session_next(session, 0, &push) == KEVY_TIMEOUT);
  CHECK(std::string(kevy_last_error()).find("time") != std::string::npos);
  kevy_session_close(session);
  CHECK(kevy_listen(store.db, "unix:/no/such/directory/kevy.sock", nullptr, nullptr) == KEVY_SYSTEM);
  CHECK(kevy_last_errno() == ENOENT);
  CHECK(kevy_listen(store.db, "unix:@abstract", nullptr, nullptr) == KEVY_INVALID);
  CHECK(kevy_last_errno() == 0);
}

namespace {

kevy_status fail_with_long_text() {
  const std::string name(1'000, 'x');
  const char* const directives[] = {name.c_str(), "1"};
  kevy_options options = KEVY_OPTIONS_INIT;
  options.directives = directives;
  options.directive_count = 1;
  kevy_instance* none = nullptr;
  return kevy_start(&options, &none);
}

/// Looks at the last error when its thread ends, and makes others.
struct AtThreadEnd {
  std::string* before = nullptr;
  std::string* after = nullptr;
  ~AtThreadEnd() {
    *before = kevy_last_error();
    for (int i = 0; i < 2; ++i) (void)fail_with_long_text();
    *after = kevy_last_error();
  }
};

}  // namespace

TEST_CASE("what runs while a thread ends may still call, and is told why a call fails") {
  std::string before, after;
  std::thread([&] {
    static thread_local AtThreadEnd last;
    last.before = &before;
    last.after = &after;
    CHECK(fail_with_long_text() == KEVY_INVALID);  // the library's own memory of the thread goes first
    CHECK(std::strlen(kevy_last_error()) > 1'000);
  }).join();
  CHECK(before.starts_with("unknown directive 'xxxxxxxx"));
  CHECK(after.starts_with("unknown directive 'xxxxxxxx"));
}

TEST_CASE("who can call the library needs no password") {
  const Store store{"requirepass", "secret"};
  CHECK(kevy_set(store.db, "k", 1, "v", 1, 0, 0) == KEVY_OK);
  CHECK(store.run({"GET", "k"}) == "v");
  const char* const channel = "news";
  kevy_subscription* subscription = nullptr;
  REQUIRE(kevy_subscribe(store.db, 1, &channel, nullptr, nullptr, &subscription) == KEVY_OK);
  CHECK(store.run({"PUBLISH", "news", "x"}) == "1");
  kevy_subscription_close(subscription, 0);
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(store.db, nullptr, &session) == KEVY_OK);
  for (const Words& words : {Words{"GET", "k"}, Words{"RESET"}, Words{"GET", "k"}}) {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_session_exec(session, words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    CHECK(kevy_reply_get_type(reply) != KEVY_REPLY_ERROR);
    kevy_reply_free(reply);
  }
  kevy_session_close(session);
}

TEST_CASE("the clock goes no further than it can") {
  const Store store;
  for (const int64_t wrong : {INT64_MAX, INT64_MAX / 1000, int64_t{8'640'000'000'000'001}}) {
    CHECK(kevy_clock_freeze(store.db, wrong) == KEVY_INVALID);
    CHECK(kevy_clock_advance(store.db, wrong) == KEVY_INVALID);
  }
  CHECK(kevy_clock_advance(store.db, INT64_MIN) == KEVY_INVALID);
  REQUIRE(kevy_clock_freeze(store.db, 1'000) == KEVY_OK);
  CHECK(kevy_clock_advance(store.db, -1'001) == KEVY_INVALID);
  CHECK(kevy_clock_advance(store.db, -1) == KEVY_OK);
  int64_t now = 0;
  REQUIRE(kevy_clock_now(store.db, &now) == KEVY_OK);
  CHECK(now == 999);
  CHECK(store.run({"SET", "k", "v", "PX", "1000"}) == "OK");
  CHECK(store.run({"EXISTS", "k"}) == "1");
}
