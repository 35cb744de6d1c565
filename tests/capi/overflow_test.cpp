// A session whose outbox overflows while its holder takes from it: what is handed out has no gap,
// and the end is told, to a call that waits and to one that polls the descriptor.
#include <kevy.h>
#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "socket_client.h"

namespace {

kevy_reply* session_reply(kevy_session* session, std::initializer_list<const char*> words) {
  kevy_reply* reply = nullptr;
  REQUIRE(kevy_session_exec(session, words.size(), words.begin(), nullptr, &reply) == KEVY_OK);
  return reply;
}

bool publish(kevy_instance* db, int number) {
  const std::string payload = std::to_string(number) + " " + std::string(3'000, 'p');
  const char* words[] = {"PUBLISH", "news", payload.c_str()};
  kevy_reply* reply = nullptr;
  if (kevy_exec(db, 3, words, nullptr, &reply) != KEVY_OK) return false;
  const bool heard = kevy_reply_integer(reply) == 1;
  kevy_reply_free(reply);
  return heard;
}

// The number of a message [message news "7 ppp..."], or -1.
int number_of(const kevy_reply* push) {
  size_t size;
  const char* const text = kevy_reply_string(kevy_reply_at(push, 2), &size);
  return size == 0 ? -1 : std::stoi(std::string(text, size));
}

// Takes until the session is over; false when a message is missing or is not what comes next.
template <typename Wait>
bool take_all(kevy_session* session, Wait&& wait) {
  int expected = 0;
  bool whole = true;
  while (true) {
    wait();
    kevy_reply* push = nullptr;
    const kevy_status status = kevy_session_next(session, 0, &push);
    if (status == KEVY_CLOSED) return whole;
    if (status == KEVY_TIMEOUT) continue;
    whole &= status == KEVY_OK && number_of(push) == expected++;
    kevy_reply_free(push);
  }
}

}  // namespace

TEST_CASE("the overflow of a session's outbox is told to whoever takes from it meanwhile") {
  const Instance instance;
  kevy_reply_free([&] {
    kevy_session* session;
    REQUIRE(kevy_session_open(instance.db, nullptr, &session) == KEVY_OK);
    kevy_reply* const reply =
        session_reply(session, {"CONFIG", "SET", "client-output-buffer-limit", "pubsub 9000 0 0"});
    kevy_session_close(session);
    return reply;
  }());
  int whole = 0;
  constexpr int kRounds = 60;
  for (int round = 0; round < kRounds; ++round) {
    kevy_session* session;
    REQUIRE(kevy_session_open(instance.db, nullptr, &session) == KEVY_OK);
    kevy_reply_free(session_reply(session, {"SUBSCRIBE", "news"}));
    std::thread publisher([&] {
      for (int number = 0; publish(instance.db, number); ++number) {
      }
    });
    if (round % 2 == 0) {
      int descriptor;
      REQUIRE(kevy_session_descriptor(session, &descriptor) == KEVY_OK);
      whole += take_all(session, [&] {
        pollfd waited{descriptor, POLLIN, 0};
        REQUIRE(poll(&waited, 1, 20'000) == 1);
      });
    } else {
      whole += take_all(session, [] { std::this_thread::yield(); });
    }
    publisher.join();
    kevy_session_close(session);
  }
  CHECK(whole == kRounds);
}
