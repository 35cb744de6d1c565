// Commands that wait, in process: cancelled, submitted, timed out by the instance's clock, closed
// and stopped; and queues between threads, where nothing is lost and nothing comes twice.
#include <kevy.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <ctime>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support.h"

namespace {

using Words = std::vector<std::string>;

/// In threads of a test, where Catch's own checks would race.
void must(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

struct Database {
  explicit Database(uint32_t shards = 8) {
    kevy_options options = KEVY_OPTIONS_INIT;
    options.shards = shards;
    REQUIRE(kevy_start(&options, &handle) == KEVY_OK);
  }
  ~Database() { kevy_stop(handle); }
  kevy_instance* handle = nullptr;
};

class Session {
 public:
  explicit Session(kevy_instance* db) {
    must(kevy_session_open(db, nullptr, &handle) == KEVY_OK, "kevy_session_open");
  }
  ~Session() { kevy_session_close(handle); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  kevy_status exec(const Words& words, std::string* text = nullptr) {
    const auto [argv, sizes] = arguments(words);
    return taken(kevy_session_exec(handle, argv.size(), argv.data(), sizes.data(), &reply_), text);
  }
  kevy_status submit(const Words& words, std::string* text = nullptr,
                     kevy_session_callback callback = nullptr, void* user = nullptr) {
    const auto [argv, sizes] = arguments(words);
    return taken(kevy_session_submit(handle, argv.size(), argv.data(), sizes.data(), callback, user,
                                     &reply_),
                 text);
  }
  kevy_status result(int64_t timeout_ms, std::string* text = nullptr) {
    return taken(kevy_session_result(handle, timeout_ms, &reply_), text);
  }
  std::string text(const Words& words) {
    std::string text;
    must(exec(words, &text) == KEVY_OK, "kevy_session_exec");
    return text;
  }
  kevy_session* handle = nullptr;

 private:
  static std::pair<std::vector<const char*>, std::vector<size_t>> arguments(const Words& words) {
    std::pair<std::vector<const char*>, std::vector<size_t>> both;
    for (const std::string& word : words) {
      both.first.push_back(word.data());
      both.second.push_back(word.size());
    }
    return both;
  }
  // Scalars as text, aggregates with a space between.
  static std::string shown(const kevy_reply* reply) {
    const kevy_reply_type type = kevy_reply_get_type(reply);
    if (type == KEVY_REPLY_NULL) return "(null)";
    if (type == KEVY_REPLY_INTEGER) return std::to_string(kevy_reply_integer(reply));
    if (type != KEVY_REPLY_ARRAY) return kevy_reply_string(reply, nullptr);
    std::string text;
    for (size_t i = 0; i < kevy_reply_count(reply); ++i) {
      text += (i == 0 ? "" : " ") + shown(kevy_reply_at(reply, i));
    }
    return text;
  }
  kevy_status taken(kevy_status status, std::string* text) {
    if (status != KEVY_OK) return status;
    if (text != nullptr) *text = shown(reply_);
    kevy_reply_free(reply_);
    return status;
  }

  kevy_reply* reply_ = nullptr;
};

size_t blocked(Session& observer) {
  const std::string info = observer.text({"INFO", "clients"});
  return std::stoul(info.substr(info.find("blocked_clients:") + 16));
}

bool waits_for(Session& observer, size_t count) {
  return eventually([&] { return blocked(observer) == count; });
}

/// Nothing is lost, and nothing came twice. `got`: what each thread was given.
void check_each_came_once(std::span<const std::vector<std::string>> got, size_t pushed) {
  std::set<std::string> all;
  size_t count = 0;
  for (const auto& some : got) {
    count += some.size();
    all.insert(some.begin(), some.end());
  }
  CHECK(count == pushed);
  CHECK(all.size() == count);
}

}  // namespace

TEST_CASE("a call waits until somebody pushes, and gets what was pushed") {
  Database db;
  Session pusher(db.handle);
  std::string got;
  std::thread waiting([&] {
    Session session(db.handle);
    got = session.text({"BLPOP", "none", "queue", "0"});
  });
  REQUIRE(waits_for(pusher, 1));
  CHECK(pusher.text({"RPUSH", "queue", "a", "b"}) == "2");
  CHECK(blocked(pusher) == 0);
  CHECK(pusher.text({"LLEN", "queue"}) == "1");  // it was taken before this command
  waiting.join();
  CHECK(got == "queue a");
}

TEST_CASE("a cancelled call has taken nothing, and its session lives on") {
  Database db;
  Session observer(db.handle), session(db.handle);
  CHECK(kevy_session_cancel(session.handle) == KEVY_NOT_FOUND);
  kevy_status status = KEVY_OK;
  std::thread waiting([&] { status = session.exec({"BLMOVE", "a", "b", "LEFT", "RIGHT", "0"}); });
  REQUIRE(waits_for(observer, 1));
  CHECK(kevy_session_cancel(session.handle) == KEVY_OK);
  waiting.join();
  CHECK(status == KEVY_CANCELLED);
  CHECK(blocked(observer) == 0);
  CHECK(observer.text({"RPUSH", "a", "x"}) == "1");
  CHECK(observer.text({"LLEN", "a"}) == "1");
  CHECK(session.text({"BLPOP", "a", "0"}) == "a x");
}

TEST_CASE("a submitted command is answered at once, or by its descriptor and kevy_session_result") {
  Database db;
  Session pusher(db.handle), session(db.handle);
  std::string text;
  CHECK(session.submit({"PING"}, &text) == KEVY_OK);
  CHECK(text == "PONG");
  CHECK(session.result(0) == KEVY_NOT_FOUND);
  CHECK(session.submit({"BLPOP", "q", "0"}) == KEVY_PENDING);
  CHECK(session.submit({"PING"}) == KEVY_INVALID);
  CHECK(session.exec({"PING"}) == KEVY_INVALID);
  CHECK(session.result(0) == KEVY_TIMEOUT);
  CHECK(pusher.text({"RPUSH", "q", "x"}) == "1");
  CHECK(session.result(-1, &text) == KEVY_OK);
  CHECK(text == "q x");
  CHECK(session.submit({"BLPOP", "q", "0"}) == KEVY_PENDING);
  CHECK(kevy_session_cancel(session.handle) == KEVY_OK);
  CHECK(session.result(-1) == KEVY_CANCELLED);
  CHECK(session.text({"PING"}) == "PONG");
}

TEST_CASE("a callback comes once a submitted command is over, and may close the session") {
  Database db;
  Session pusher(db.handle);
  struct Told {
    std::atomic<int> count{0};
    std::string text;
  } told;
  const auto callback = [](kevy_session* session, void* user) {
    auto& to_tell = *static_cast<Told*>(user);
    kevy_reply* reply = nullptr;
    if (kevy_session_result(session, 0, &reply) == KEVY_OK) {
      to_tell.text = kevy_reply_string(kevy_reply_at(reply, 1), nullptr);
      kevy_reply_free(reply);
    }
    kevy_session_close(session);
    ++to_tell.count;
  };
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(db.handle, nullptr, &session) == KEVY_OK);
  const char* argv[] = {"BLPOP", "q", "0"};
  kevy_reply* reply = nullptr;
  REQUIRE(kevy_session_submit(session, 3, argv, nullptr, callback, &told, &reply) == KEVY_PENDING);
  CHECK(pusher.text({"RPUSH", "q", "x"}) == "1");
  CHECK(eventually([&] { return told.count.load() == 1; }));
  CHECK(told.text == "x");
}

TEST_CASE(
    "time runs out on the instance's clock, and a session that is closed takes its wait along") {
  Database db;
  Session observer(db.handle), session(db.handle);
  REQUIRE(kevy_clock_freeze(db.handle, 1'000'000) == KEVY_OK);
  CHECK(session.submit({"BLPOP", "q", "60.5"}) == KEVY_PENDING);
  REQUIRE(kevy_clock_advance(db.handle, 60'499) == KEVY_OK);
  CHECK(session.result(0) == KEVY_TIMEOUT);
  REQUIRE(kevy_clock_advance(db.handle, 1) == KEVY_OK);
  std::string text;
  CHECK(session.result(0, &text) == KEVY_OK);
  CHECK(text == "(null)");
  REQUIRE(kevy_clock_resume(db.handle) == KEVY_OK);
  CHECK(session.text({"BLPOP", "q", "0.01"}) == "(null)");
  {
    Session short_lived(db.handle);
    CHECK(short_lived.submit({"BLPOP", "q", "0"}) == KEVY_PENDING);
    CHECK(blocked(observer) == 1);
  }
  CHECK(blocked(observer) == 0);
  CHECK(observer.text({"RPUSH", "q", "x"}) == "1");
  CHECK(observer.text({"LLEN", "q"}) == "1");
}

TEST_CASE("CLIENT PAUSE postpones what writes, and UNPAUSE has it run") {
  Database db;
  Session observer(db.handle), session(db.handle);
  CHECK(observer.text({"CLIENT", "PAUSE", "1000000", "WRITE"}) == "OK");
  CHECK(session.submit({"SET", "k", "v"}) == KEVY_PENDING);
  CHECK(observer.text({"GET", "k"}) == "(null)");
  CHECK(observer.text({"CLIENT", "UNPAUSE"}) == "OK");
  std::string text;
  CHECK(session.result(-1, &text) == KEVY_OK);
  CHECK(text == "OK");
  CHECK(observer.text({"GET", "k"}) == "v");
  CHECK(observer.text({"CLIENT", "PAUSE", "1000000", "WRITE"}) == "OK");
  CHECK(session.submit({"BLPOP", "q", "0"}) == KEVY_PENDING);
  CHECK(observer.text({"CLIENT", "UNPAUSE"}) == "OK");
  CHECK(session.result(0) == KEVY_TIMEOUT);  // now it waits for the key
  CHECK(observer.text({"RPUSH", "q", "x"}) == "1");
  CHECK(session.result(-1, &text) == KEVY_OK);
  CHECK(text == "q x");
}

TEST_CASE("whoever waits when the instance is stopped is told so") {
  auto db = std::make_unique<Database>();
  Session session(db->handle);
  kevy_status status = KEVY_OK;
  {
    Session observer(db->handle);
    std::thread waiting([&] { status = session.exec({"BLPOP", "q", "0"}); });
    REQUIRE(waits_for(observer, 1));
    db.reset();
    waiting.join();
  }
  CHECK(status == KEVY_CLOSED);
}

TEST_CASE("ten thousand wait at once, and are served in the order in which they came") {
  Database db;
  Session pusher(db.handle);
  constexpr size_t kMany = 10'000;
  std::vector<std::unique_ptr<Session>> sessions;
  for (size_t i = 0; i < kMany; ++i) {
    sessions.push_back(std::make_unique<Session>(db.handle));
    REQUIRE(sessions.back()->submit({"BLPOP", "q", "1000"}) == KEVY_PENDING);
  }
  CHECK(blocked(pusher) == kMany);
  for (size_t i = 0; i < kMany; ++i) pusher.text({"RPUSH", "q", std::to_string(i)});
  size_t wrong = 0;
  for (size_t i = 0; i < kMany; ++i) {
    std::string text;
    wrong += sessions[i]->result(0, &text) != KEVY_OK || text != "q " + std::to_string(i) ? 1 : 0;
  }
  CHECK(wrong == 0);
  CHECK(blocked(pusher) == 0);
}

TEST_CASE(
    "queues between threads lose nothing and give nothing twice, with waits cancelled and closed") {
  Database db(GENERATE(1u, 8u));
  constexpr int kPushers = 2, kPoppers = 4, kEach = 2'000;
  std::atomic<int> left{kPushers * kEach};
  std::vector<std::vector<std::string>> got(kPoppers);
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < kPoppers; ++i) sessions.push_back(std::make_unique<Session>(db.handle));
  std::vector<std::thread> threads;
  for (int i = 0; i < kPoppers; ++i) {
    threads.emplace_back([&, i] {
      Session& session = *sessions[static_cast<size_t>(i)];
      // Two queues on their way to a third, and those who take from it.
      const Words moves{"BLMOVE", i == 0 ? "a" : "b", "c", "LEFT", "RIGHT", "0.05"};
      const Words takes{"BLPOP", "c", "none", "0.05"};
      while (left.load() > 0) {
        std::string text;
        const kevy_status status = session.exec(i < 2 ? moves : takes, &text);
        if (i < 2 || status != KEVY_OK || text == "(null)") continue;
        got[static_cast<size_t>(i)].push_back(text.substr(2));
        --left;
      }
    });
  }
  for (int i = 0; i < kPushers; ++i) {
    threads.emplace_back([&, i] {
      Session session(db.handle);
      for (int n = 0; n < kEach; ++n) {
        session.text(
            {"RPUSH", n % 2 == 0 ? "a" : "b", std::to_string(i) + "." + std::to_string(n)});
        if (n % 16 == 0) {  // one that is gone before it is served, or has it cancelled
          Session other(db.handle);
          if (other.submit({"BLPOP", "nobody", "none", "0"}) == KEVY_PENDING && n % 32 == 0) {
            kevy_session_cancel(other.handle);
          }
          kevy_session_cancel(sessions[static_cast<size_t>(n / 16 % kPoppers)]->handle);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  check_each_came_once(got, size_t{kPushers} * kEach);
  Session observer(db.handle);
  CHECK(observer.text({"EXISTS", "a", "b", "c"}) == "0");
}

TEST_CASE("sessions that are killed while they wait take nothing along") {
  Database db(GENERATE(1u, 8u));
  constexpr int kElements = 4'000, kKills = 300;
  std::atomic<bool> over{false};
  std::array<std::atomic<long long>, 3> ids{};
  std::array<std::vector<std::string>, 3> got;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < got.size(); ++i) {
    threads.emplace_back([&, i] {
      while (!over.load()) {
        Session session(db.handle);
        ids[i].store(std::stoll(session.text({"CLIENT", "ID"})));
        std::string text;
        kevy_status status = KEVY_OK;
        while (status == KEVY_OK && !over.load()) {
          status = session.exec({"BLPOP", "a", "b", "0.05"}, &text);
          if (status == KEVY_OK && text != "(null)") got[i].push_back(text.substr(2));
        }
      }
    });
  }
  threads.emplace_back([&] {
    Session pusher(db.handle);
    for (int n = 0; n < kElements; ++n) {
      pusher.text({"RPUSH", n % 2 == 0 ? "a" : "b", std::to_string(n)});
    }
  });
  {
    Session killer(db.handle);
    for (size_t n = 0; n < kKills; ++n) {
      const long long id = ids[n % ids.size()].load();
      killer.exec({"CLIENT", "KILL", "ID", std::to_string(id)});
    }
    CHECK(eventually([&] { return killer.text({"EXISTS", "a", "b"}) == "0"; }));
  }
  threads.back().join();
  threads.pop_back();
  Session observer(db.handle);
  CHECK(eventually([&] { return observer.text({"EXISTS", "a", "b"}) == "0"; }));
  over.store(true);
  for (std::thread& thread : threads) thread.join();
  check_each_came_once(got, size_t{kElements});
}

#if !defined(__SANITIZE_THREAD__)  // which has no forks beside threads
TEST_CASE("a child of fork waits for nothing, and its parent's wait goes on") {
  Database db;
  Session pusher(db.handle), submitted(db.handle);
  std::string got;
  std::thread waiting([&] {
    Session session(db.handle);
    got = session.text({"BLPOP", "q", "0"});
  });
  REQUIRE(waits_for(pusher, 1));
  REQUIRE(submitted.submit({"BLPOP", "q", "0"}) == KEVY_PENDING);
  const pid_t child = fork();
  if (child == 0) {
    kevy_reply* reply = nullptr;
    const bool told = kevy_session_cancel(submitted.handle) == KEVY_FORKED &&
                      kevy_session_result(submitted.handle, -1, &reply) == KEVY_FORKED;
    kevy_session_close(submitted.handle);
    _exit(told ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(blocked(pusher) == 2);
  CHECK(pusher.text({"RPUSH", "q", "x", "y", "z"}) == "3");
  waiting.join();
  CHECK(got == "q x");
  CHECK(submitted.result(-1, &got) == KEVY_OK);
  CHECK(got == "q y");
}
#endif

TEST_CASE("a wait for many keys takes as long as they are many") {
  Database db;
  Session pusher(db.handle), session(db.handle);
  const auto seconds = [&](size_t count) {
    Words words{"BLPOP"};
    for (size_t i = 0; i < count; ++i) words.push_back("name:" + std::to_string(i));
    words.push_back(words[1]);
    words.push_back("0");
    timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    REQUIRE(session.submit(words) == KEVY_PENDING);
    pusher.text({"RPUSH", words[count], "x"});
    REQUIRE(session.result(0) == KEVY_OK);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    return static_cast<double>(after.tv_sec - before.tv_sec) +
           1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
  };
  const auto best = [&](size_t count) {
    return std::min({seconds(count), seconds(count), seconds(count)});
  };
  const double few = best(1'000), many = best(32'000);
  INFO(few << " s, and " << many << " s for 32 times as many");
  CHECK(many < 400 * few);  // quadratic: 1,024 times
}

TEST_CASE("CLIENT REPLY ON is answered though it was postponed") {
  Database db;
  Session observer(db.handle), session(db.handle);
  REQUIRE(kevy_clock_freeze(db.handle, 1'000'000) == KEVY_OK);
  char bytes[100];
  size_t size = 0;
  const std::string off = "CLIENT REPLY OFF\r\n", on = "CLIENT REPLY ON\r\nPING\r\n";
  REQUIRE(kevy_session_feed(session.handle, off.data(), off.size()) == KEVY_OK);
  CHECK(observer.text({"CLIENT", "PAUSE", "1000", "ALL"}) == "OK");
  REQUIRE(kevy_session_feed(session.handle, on.data(), on.size()) == KEVY_OK);
  REQUIRE(kevy_session_take(session.handle, bytes, sizeof bytes, &size) == KEVY_OK);
  CHECK(size == 0);
  REQUIRE(kevy_clock_advance(db.handle, 1000) == KEVY_OK);
  REQUIRE(kevy_session_take(session.handle, bytes, sizeof bytes, &size) == KEVY_OK);
  CHECK(std::string(bytes, size) == "+OK\r\n+PONG\r\n");
}
