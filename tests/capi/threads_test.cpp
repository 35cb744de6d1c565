// What holds while many threads use one instance: atomicity, order, and nothing left behind.
#include <kevy.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support.h"

namespace {

using Words = std::vector<std::string>;

kevy_instance* start(uint32_t shards) {
  kevy_options options = KEVY_OPTIONS_INIT;
  options.shards = shards;
  kevy_instance* db = nullptr;
  REQUIRE(kevy_start(&options, &db) == KEVY_OK);
  return db;
}

kevy_reply* run(kevy_instance* db, kevy_session* session, const Words& words) {
  std::vector<const char*> argv;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    argv.push_back(word.data());
    sizes.push_back(word.size());
  }
  kevy_reply* reply = nullptr;
  const kevy_status status =
      session == nullptr ? kevy_exec(db, argv.size(), argv.data(), sizes.data(), &reply)
                         : kevy_session_exec(session, argv.size(), argv.data(), sizes.data(), &reply);
  if (status != KEVY_OK) throw std::runtime_error(kevy_strerror(status));
  return reply;
}

std::string text_of(const kevy_reply* reply) {
  size_t size;
  const char* bytes = kevy_reply_string(reply, &size);
  return {bytes, size};
}

constexpr int kRounds = 3000;

}  // namespace

TEST_CASE("G1 B16 B17 B21 MSET and MGET across shards are never seen torn") {
  const uint32_t shards = GENERATE(1u, 2u, 8u, 4096u);
  kevy_instance* db = start(shards);
  kevy_reply_free(run(db, nullptr, {"MSET", "a", "0", "b", "0", "c", "0"}));
  std::atomic<int> torn{0}, reads{0};
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      kevy_reply* reply = run(db, nullptr, {"MGET", "a", "b", "c"});
      const std::string first = text_of(kevy_reply_at(reply, 0));
      if (first != text_of(kevy_reply_at(reply, 1)) || first != text_of(kevy_reply_at(reply, 2))) {
        ++torn;
      }
      kevy_reply_free(reply);
      ++reads;
    }
  });
  const int rounds = shards == 4096 ? 50 : kRounds;
  for (int i = 0; i < rounds || reads < rounds; ++i) {
    const std::string v = std::to_string(i);
    kevy_reply_free(run(db, nullptr, {"MSET", "a", v, "b", v, "c", v}));
  }
  done = true;
  reader.join();
  CHECK(torn == 0);
  CHECK(kevy_stop(db) == KEVY_OK);
}

TEST_CASE("G1 B07 EXEC across shards is one step, and RENAME never loses the value") {
  kevy_instance* db = start(8);
  kevy_reply_free(run(db, nullptr, {"MSET", "x", "100", "y", "0", "here", "v"}));
  std::atomic<int> wrong{0}, reads{0};
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      kevy_reply* sums = run(db, nullptr, {"MGET", "x", "y"});
      if (std::stoi(text_of(kevy_reply_at(sums, 0))) + std::stoi(text_of(kevy_reply_at(sums, 1))) !=
          100) {
        ++wrong;
      }
      kevy_reply_free(sums);
      kevy_reply* places = run(db, nullptr, {"EXISTS", "here", "there"});
      if (kevy_reply_integer(places) != 1) ++wrong;
      kevy_reply_free(places);
      ++reads;
    }
  });
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(db, nullptr, &session) == KEVY_OK);
  for (int i = 0; i < kRounds || reads < kRounds; ++i) {
    for (const Words& words : {Words{"MULTI"}, Words{"DECR", "x"}, Words{"INCR", "y"},
                               Words{"EXEC"}}) {
      kevy_reply_free(run(db, session, words));
    }
    const bool there = i % 2 == 1;
    kevy_reply_free(run(db, nullptr, {"RENAME", there ? "there" : "here", there ? "here" : "there"}));
  }
  done = true;
  reader.join();
  CHECK(wrong == 0);
  kevy_session_close(session);
  CHECK(kevy_stop(db) == KEVY_OK);
}

TEST_CASE("B08 WATCH on another shard makes EXEC answer null after a concurrent change") {
  kevy_instance* db = start(8);
  std::atomic<long long> applied{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      kevy_session* session = nullptr;
      if (kevy_session_open(db, nullptr, &session) != KEVY_OK) return;
      for (int i = 0; i < 500; ++i) {
        kevy_reply_free(run(db, session, {"WATCH", "counter"}));
        kevy_reply* now = run(db, session, {"GET", "counter"});
        const std::string text = text_of(now);
        kevy_reply_free(now);
        const long long next = (text.empty() ? 0 : std::stoll(text)) + 1;
        kevy_reply_free(run(db, session, {"MULTI"}));
        kevy_reply_free(run(db, session, {"SET", "counter", std::to_string(next)}));
        kevy_reply* result = run(db, session, {"EXEC"});
        if (kevy_reply_get_type(result) == KEVY_REPLY_ARRAY) ++applied;
        kevy_reply_free(result);
      }
      kevy_session_close(session);
    });
  }
  for (auto& thread : threads) thread.join();
  kevy_reply* total = run(db, nullptr, {"GET", "counter"});
  CHECK(text_of(total) == std::to_string(applied.load()));
  kevy_reply_free(total);
  CHECK(kevy_stop(db) == KEVY_OK);
}

TEST_CASE("B13 a subscriber who is told of a write sees it") {
  kevy_instance* db = start(8);
  kevy_subscription* subscription = nullptr;
  const char* const channel = "done";
  REQUIRE(kevy_subscribe(db, 1, &channel, nullptr, nullptr, &subscription) ==
          KEVY_OK);
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      const std::string n = std::to_string(i);
      const size_t argc[] = {3, 3};
      const std::string key = "payload:" + n;
      const char* argv[] = {"SET", key.c_str(), "x", "PUBLISH", "done", key.c_str()};
      kevy_reply* replies = nullptr;
      kevy_pipeline(db, 2, argc, argv, nullptr, 0, &replies);
      kevy_reply_free(replies);
    }
  });
  int unseen = 0;
  for (int i = 0; i < kRounds; ++i) {
    kevy_message* message = nullptr;
    REQUIRE(kevy_subscription_next(subscription, 30000, &message) == KEVY_OK);
    size_t size, value_size;
    const char* key = kevy_message_payload(message, &size);
    char value[4];
    if (kevy_get(db, key, size, value, sizeof value, &value_size) != KEVY_OK) ++unseen;
    kevy_message_free(message);
  }
  writer.join();
  CHECK(unseen == 0);
  kevy_subscription_close(subscription, 0);
  CHECK(kevy_stop(db) == KEVY_OK);
}

TEST_CASE("a thousand instances in a row and two hundred at once leave nothing behind") {
  std::thread([] {}).join();  // a sanitizer starts a thread of its own with the first one
  const size_t threads_before = entries_of("/proc/self/task");
  const size_t descriptors_before = entries_of("/proc/self/fd");
  for (int i = 0; i < 1000; ++i) {
    kevy_instance* db = start(16);
    kevy_set(db, "k", 1, "v", 1, 0, i % 50 == 0 ? 100000 : 0);
    REQUIRE(kevy_stop(db) == KEVY_OK);
  }
  std::vector<kevy_instance*> alive;
  for (int i = 0; i < 200; ++i) {
    alive.push_back(start(16));
    kevy_set(alive.back(), "k", 1, "v", 1, 0, 0);
  }
  CHECK(eventually([&] { return entries_of("/proc/self/task") == threads_before; }));
  for (kevy_instance* db : alive) REQUIRE(kevy_stop(db) == KEVY_OK);
  CHECK(eventually([&] { return entries_of("/proc/self/task") == threads_before; }));
  CHECK(entries_of("/proc/self/fd") == descriptors_before);
}
