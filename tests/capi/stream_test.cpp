// What a session or subscription in this process sees: the order of its pushes, its end when too much
// waits for it, and when its descriptor is readable.
#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kevy.h"
#include "support.h"

namespace {

using Words = std::vector<const char*>;

constexpr int64_t kSoon = 20'000;

struct Database {
  explicit Database(const char* pubsub_limit = "pubsub 32mb 8mb 60", uint32_t protocol = 2) {
    const char* directives[] = {"client-output-buffer-limit", pubsub_limit};
    kevy_options options = KEVY_OPTIONS_INIT;
    options.protocol = protocol;
    options.directives = directives;
    options.directive_count = 1;
    REQUIRE(kevy_start(&options, &handle) == KEVY_OK);
  }
  ~Database() { kevy_stop(handle); }
  int64_t run(const Words& words) const {
    kevy_reply* reply = nullptr;
    if (kevy_exec(handle, words.size(), words.data(), nullptr, &reply) != KEVY_OK) return -1;
    const int64_t integer = kevy_reply_integer(reply);
    kevy_reply_free(reply);
    return integer;
  }
  int64_t subscribers(const char* channel) const {
    const Words words = {"PUBSUB", "NUMSUB", channel};
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_exec(handle, 3, words.data(), nullptr, &reply) == KEVY_OK);
    const int64_t count = kevy_reply_integer(kevy_reply_at(reply, 1));
    kevy_reply_free(reply);
    return count;
  }
  kevy_instance* handle = nullptr;
};

struct Session {
  explicit Session(const Database& db) { REQUIRE(kevy_session_open(db.handle, nullptr, &handle) == KEVY_OK); }
  ~Session() { kevy_session_close(handle); }
  /// The reply's elements as text, or the status.
  std::string exec(const Words& words) const {
    kevy_reply* reply = nullptr;
    const kevy_status status =
        kevy_session_exec(handle, words.size(), words.data(), nullptr, &reply);
    return status == KEVY_OK ? text(reply) : kevy_strerror(status);
  }
  std::string next(int64_t timeout_ms) const {
    kevy_reply* push = nullptr;
    const kevy_status status = kevy_session_next(handle, timeout_ms, &push);
    return status == KEVY_OK ? text(push) : kevy_strerror(status);
  }
  bool readable() const {
    int descriptor = -1;
    REQUIRE(kevy_session_descriptor(handle, &descriptor) == KEVY_OK);
    pollfd one{descriptor, POLLIN, 0};
    return poll(&one, 1, 0) == 1;
  }
  kevy_status feed(const std::string& bytes) const {
    return kevy_session_feed(handle, bytes.data(), bytes.size());
  }
  kevy_status take(std::string& said, size_t capacity = 1 << 16) const {
    said.resize(capacity);
    size_t size = 0;
    const kevy_status status = kevy_session_take(handle, said.data(), capacity, &size);
    said.resize(size);
    return status;
  }
  kevy_session* handle = nullptr;

 private:
  static std::string text(kevy_reply* reply) {
    std::string all;
    const auto add = [&](const kevy_reply* one) {
      if (!all.empty()) all += ' ';
      size_t size = 0;
      const char* const bytes = kevy_reply_string(one, &size);
      all += kevy_reply_get_type(one) == KEVY_REPLY_INTEGER
                 ? std::to_string(kevy_reply_integer(one))
                 : std::string(bytes, size);
    };
    if (kevy_reply_count(reply) == 0) add(reply);
    for (size_t i = 0; i < kevy_reply_count(reply); ++i) add(kevy_reply_at(reply, i));
    kevy_reply_free(reply);
    return all;
  }
};

const std::string kClosed = kevy_strerror(KEVY_CLOSED);
const std::string kTimeout = kevy_strerror(KEVY_TIMEOUT);

/// Two threads that publish to a and b until stopped.
class Publishers {
 public:
  explicit Publishers(const Database& db) {
    for (const char* channel : {"a", "b"}) {
      threads_.emplace_back([this, &db, channel] {
        while (!over_.load()) received_ += db.run({"PUBLISH", channel, "text"});
      });
    }
  }
  int64_t received() const { return received_; }
  int64_t stop() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    return received_;
  }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int64_t> received_{0};
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("CLIENT LIST tells of a session in this process what it ran last, and how much") {
  const Database db;
  const Session one(db), asker(db);
  const std::string id = one.exec({"CLIENT", "ID"});
  const auto shows = [&](const std::string& wanted) {
    return asker.exec({"CLIENT", "LIST", "ID", id.c_str()}).find(wanted) != std::string::npos;
  };
  CHECK(shows(" cmd=client|id "));
  CHECK(shows(" tot-net-in=0 tot-net-out=0 tot-cmds=1\n"));
  CHECK(one.exec({"HSET", "h", "a", "1"}) == "1");
  CHECK(shows(" cmd=hset "));
  one.exec({"NOSUCH"});
  CHECK(shows(" cmd=NULL "));
  CHECK(shows(" tot-cmds=2\n"));
}

TEST_CASE("what an EXEC publishes to a channel that it leaves is taken all the same") {
  const Database db;
  const Session session(db);
  session.exec({"MULTI"});
  session.exec({"SUBSCRIBE", "a"});
  session.exec({"PUBLISH", "a", "own"});
  session.exec({"UNSUBSCRIBE", "a"});
  session.exec({"EXEC"});
  CHECK(session.next(0) == "message a own");
  CHECK(session.next(0) == kTimeout);
}

TEST_CASE("pushes in trees come in one order, and what was published before leaving is not lost") {
  for (const uint32_t protocol : {2U, 3U}) {
    const Database db("pubsub 0 0 0", protocol);
    const Session session(db);
    Publishers publishers(db);
    int64_t messages = 0, wrong = 0;
    for (int round = 0; round < 3000; ++round) {
      wrong += session.exec({"SUBSCRIBE", "a", "b"}) != "subscribe a 1";
      wrong += session.next(0) != "subscribe b 2";
      const int64_t before = publishers.received();
      while (round % 64 == 0 && publishers.received() == before) std::this_thread::yield();
      wrong += session.exec({"UNSUBSCRIBE", "a", "b"}) != "unsubscribe a 1";
      std::string push = session.next(0);
      for (; push.starts_with("message"); push = session.next(0)) ++messages;
      wrong += push != "unsubscribe b 0";
      wrong += session.next(0) != kTimeout;
    }
    CHECK(messages == publishers.stop());
    CHECK(messages >= 3000 / 64);
    CHECK(wrong == 0);
  }
}

TEST_CASE("the descriptor is readable for a second acknowledgement, until that is taken") {
  const Database db;
  const Session session(db);
  CHECK(!session.readable());
  CHECK(session.exec({"SUBSCRIBE", "a", "b", "c"}) == "subscribe a 1");
  CHECK(session.readable());
  CHECK(session.next(0) == "subscribe b 2");
  CHECK(session.readable());
  CHECK(session.next(0) == "subscribe c 3");
  CHECK(!session.readable());
  db.run({"PUBLISH", "a", "hello"});
  CHECK(session.readable());
  CHECK(session.next(0) == "message a hello");
  CHECK(!session.readable());
}

TEST_CASE("a timeout of any size is waited for") {
  const Database db;
  const Session session(db);
  session.exec({"SUBSCRIBE", "a"});
  const char* const channel = "a";
  kevy_subscription* subscription = nullptr;
  REQUIRE(kevy_subscribe(db.handle, 1, &channel, nullptr, nullptr, &subscription) ==
          KEVY_OK);
  for (const int64_t timeout : {int64_t{18446744073709552}, INT64_MAX, INT64_MAX / 1000 + 1}) {
    std::thread publisher([&] {
      // Both wait by now, or will find the message there.
      db.run({"PUBLISH", "a", "hello"});
    });
    CHECK(session.next(timeout) == "message a hello");
    kevy_message* message = nullptr;
    CHECK(kevy_subscription_next(subscription, timeout, &message) == KEVY_OK);
    kevy_message_free(message);
    publisher.join();
  }
  kevy_subscription_close(subscription, 0);
  CHECK(kevy_clock_freeze(db.handle, 18446744073709552) == KEVY_INVALID);
  CHECK(kevy_clock_advance(db.handle, INT64_MAX) == KEVY_INVALID);
  CHECK(kevy_clock_advance(db.handle, INT64_MIN) == KEVY_INVALID);
}

TEST_CASE("too much for a session in trees ends it: it is told once, and counted no more") {
  const Database db("pubsub 100kb 0 0");
  const Session session(db);
  session.exec({"SUBSCRIBE", "a"});
  const std::string payload(10'000, 'x');
  int64_t received = 0;
  while (received < 100 && db.run({"PUBLISH", "a", payload.c_str()}) == 1) ++received;
  CHECK(received >= 10);
  CHECK(received < 20);
  CHECK(db.run({"PUBLISH", "a", "x"}) == 0);
  CHECK(db.subscribers("a") == 0);
  CHECK(session.readable());
  CHECK(session.next(-1) == kClosed);
  CHECK(!session.readable());
  CHECK(session.exec({"PING"}) == kClosed);
  CHECK(session.next(kSoon) == kClosed);
  CHECK(!session.readable());
}

TEST_CASE("too much for a session in the raw form ends it, however little is taken at a time") {
  const Database db("pubsub 1mb 0 0");
  const Session session(db);
  REQUIRE(session.feed("SUBSCRIBE a\r\n") == KEVY_OK);
  std::string said;
  REQUIRE(session.take(said) == KEVY_OK);
  CHECK(!session.readable());
  const std::string payload(10'000, 'x');
  int64_t received = 0;
  while (received < 1000 && db.run({"PUBLISH", "a", payload.c_str()}) == 1) {
    ++received;
    CHECK(session.take(said, 10) == KEVY_OK);
    CHECK(session.readable());
  }
  CHECK(received >= 100);
  CHECK(received < 120);
  CHECK(db.subscribers("a") == 0);
  CHECK(session.readable());
  kevy_status status = KEVY_OK;
  size_t taken = 0;
  while ((status = session.take(said)) == KEVY_OK && !said.empty()) taken += said.size();
  CHECK(taken < size_t{200'000});
  CHECK(status == KEVY_CLOSED);
  CHECK(!session.readable());
  CHECK(session.feed("PING\r\n") == KEVY_CLOSED);
  CHECK(!session.readable());
}

TEST_CASE("after QUIT take gives what was answered, and then says that the session is over") {
  const Database db;
  const Session session(db);
  CHECK(session.feed("SUBSCRIBE a\r\nQUIT\r\n") == KEVY_CLOSED);
  std::string said;
  CHECK(session.take(said) == KEVY_OK);
  CHECK(said.ends_with("+OK\r\n"));
  CHECK(session.take(said) == KEVY_CLOSED);
  CHECK(db.run({"PUBLISH", "a", "x"}) == 0);
  CHECK(!session.readable());
}

TEST_CASE("a limit that is lowered, or exceeded for too long, ends an open session") {
  const Database db;
  const Session session(db);
  session.exec({"SUBSCRIBE", "a"});
  const std::string payload(1 << 20, 'x');
  for (int i = 0; i < 5; ++i) CHECK(db.run({"PUBLISH", "a", payload.c_str()}) == 1);
  db.run({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 3mb 0"});
  CHECK(eventually([&] { return session.next(0) == kClosed; }));
  CHECK(db.subscribers("a") == 0);
  const Session other(db);
  other.exec({"SUBSCRIBE", "a"});
  CHECK(db.run({"PUBLISH", "a", payload.c_str()}) == 1);
  db.run({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 500kb 0 0"});
  CHECK(db.run({"PUBLISH", "a", "x"}) == 0);
  CHECK(other.next(0) == kClosed);
}

namespace {

struct Listener {
  std::mutex lock;
  std::condition_variable changed;
  bool blocked = true;  // guarded by `lock`, as is what follows
  int messages = 0, ends = 0;
  bool wait_until(bool (*holds)(const Listener&)) {
    std::unique_lock guard(lock);
    return changed.wait_for(guard, std::chrono::seconds(20), [&] { return holds(*this); });
  }
};

void listen(const kevy_message* message, void* user) {
  auto& listener = *static_cast<Listener*>(user);
  std::unique_lock guard(listener.lock);
  ++(message == nullptr ? listener.ends : listener.messages);
  listener.changed.notify_all();
  listener.changed.wait(guard, [&] { return !listener.blocked; });
}

}  // namespace

TEST_CASE("too much for a callback ends its subscription with a call without a message") {
  const Database db("pubsub 100kb 0 0");
  Listener slow, killed, closed;
  const char* const channels[] = {"slow", "killed", "closed"};
  kevy_subscription* subscriptions[3] = {};
  Listener* const listeners[] = {&slow, &killed, &closed};
  for (int i = 0; i < 3; ++i) {
    kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
    options.callback = listen;
    options.user = listeners[i];
    REQUIRE(kevy_subscribe(db.handle, 1, &channels[i], nullptr, &options, &subscriptions[i]) == KEVY_OK);
  }
  killed.blocked = closed.blocked = false;
  const std::string payload(10'000, 'x');
  int64_t received = 0;
  while (received < 100 && db.run({"PUBLISH", "slow", payload.c_str()}) == 1) ++received;
  CHECK(received >= 10);
  CHECK(received < 100);
  CHECK(db.subscribers("slow") == 0);
  {
    const std::lock_guard guard(slow.lock);
    slow.blocked = false;
    slow.changed.notify_all();
  }
  CHECK(slow.wait_until([](const Listener& one) { return one.ends == 1; }));
  kevy_subscription_cancel(subscriptions[1]);
  CHECK(killed.wait_until([](const Listener& one) { return one.ends == 1; }));
  CHECK(db.subscribers("killed") == 0);
  for (kevy_subscription* one : subscriptions) kevy_subscription_close(one, 0);
  CHECK(slow.ends == 1);
  CHECK(killed.ends == 1);
  CHECK(closed.ends == 0);
}

TEST_CASE("descriptors tell the truth over many rounds beside publishers") {
  const Database db("pubsub 0 0 0");
  const Session session(db);
  session.exec({"SUBSCRIBE", "a"});
  CHECK(!session.readable());
  std::atomic<bool> over{false};
  std::atomic<int64_t> published{0};
  std::thread publisher([&] {
    for (int i = 0; i < 20'000; ++i) published += db.run({"PUBLISH", "a", "text"});
    over = true;
  });
  int64_t messages = 0, silent = 0;
  while (!over.load() || session.readable()) {
    if (!session.readable()) continue;
    silent += session.next(0) == kTimeout;
    ++messages;
  }
  publisher.join();
  messages -= silent;
  while (session.next(0) != kTimeout) ++messages;
  CHECK(messages == published);
  CHECK(silent < messages / 100 + 10);
  CHECK(!session.readable());
}
