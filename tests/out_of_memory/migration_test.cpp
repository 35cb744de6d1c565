// MIGRATE where memory ends and system calls fail, on whichever thread: a key is on one side at
// least with what it held, on the other side alone when the answer is OK, and the next attempt
// succeeds.
#include <catch2/catch.hpp>
#include <cerrno>
#include <string>
#include <vector>

#include "capi/support.h"
#include "failing_calls.h"
#include "failing_memory.h"
#include "talker.h"

using namespace kevy::test;

namespace {

const std::string& value() {
  static const std::string text(40'000, 'v');
  return text;
}

/// Two instances, of which the second listens, and a session of the first.
class Pair {
 public:
  Pair() {
    REQUIRE(kevy_listen(target_.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
    const std::string address = target_.address(0);
    port_ = address.substr(address.rfind(':') + 1);
    REQUIRE(kevy_session_open(source_.db, nullptr, &session_) == KEVY_OK);
    REQUIRE(kevy_set(source_.db, "a", 1, value().data(), value().size(), 0, 0) == KEVY_OK);
    REQUIRE(kevy_set(source_.db, "b", 1, "2", 1, 0, 0) == KEVY_OK);
  }
  ~Pair() { kevy_session_close(session_); }
  Pair(const Pair&) = delete;

  /// What it answers; or the status, where it is none that gives a reply.
  std::string migrate(const char* timeout_ms) {
    const char* words[] = {"MIGRATE",  "127.0.0.1", port_.c_str(), "",  "0",
                           timeout_ms, "REPLACE",   "KEYS",        "a", "b"};
    kevy_reply* reply = nullptr;
    kevy_status status;
    {
      const MemoryMayFail within;
      status = kevy_session_exec(session_, std::size(words), words, nullptr, &reply);
    }
    if (status != KEVY_OK) return "status " + std::to_string(status);
    std::string text = kevy_reply_string(reply, nullptr);
    kevy_reply_free(reply);
    return text;
  }
  bool here(const char* key) const { return holds(source_.db, key); }
  bool there(const char* key) const { return holds(target_.db, key); }

 private:
  // A value that is not as it was is none.
  static bool holds(kevy_instance* db, const char* key) {
    const char* words[] = {"GET", key};
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_exec(db, 2, words, nullptr, &reply) == KEVY_OK);
    const bool there = kevy_reply_get_type(reply) != KEVY_REPLY_NULL;
    if (there) CHECK(kevy_reply_string(reply, nullptr) == (*key == 'a' ? value() : "2"));
    kevy_reply_free(reply);
    return there;
  }

  Instance source_{1}, target_{1};
  kevy_session* session_ = nullptr;
  std::string port_;
};

// What `fail` has fail, while keys are migrated. Whether anything has.
template <typename Fail, typename Back>
bool attempt(Fail&& fail, Back&& back) {
  Pair pair;
  fail();
  const std::string said = pair.migrate("2000");
  const bool failed = back();
  CAPTURE(said);
  for (const char* key : {"a", "b"}) {
    CHECK((pair.here(key) || pair.there(key)));
    if (said == "OK") CHECK((!pair.here(key) && pair.there(key)));
  }
  if (!failed) CHECK(said == "OK");
  if (said != "OK") CHECK((pair.here("a") || pair.here("b") || said.starts_with("OOM")));
  const std::string again = pair.migrate("20000");
  CHECK((again == "OK" || again == "NOKEY"));
  for (const char* key : {"a", "b"}) CHECK((!pair.here(key) && pair.there(key)));
  return failed;
}

}  // namespace

TEST_CASE("B41 a migration that finds no memory, on any thread, loses no key") {
  const EnoughMemory of_the_test;
  size_t failures = 0;
  for (const Failing how : {Failing::kOnce, Failing::kFromThenOn}) {
    bool failed = true;
    for (size_t number = 0; failed; number += 1 + number / 64) {
      CAPTURE(number, how == Failing::kOnce);
      REQUIRE(number < 10'000);
      failed = attempt([&] { fail_allocation_of_any_thread(number, how); }, memory_is_back);
      failures += failed ? 1 : 0;
    }
  }
  CHECK(failures > 30);
}

TEST_CASE("B41 a migration during which a system call fails loses no key") {
  const EnoughMemory of_the_test;
  struct Failure {
    SystemCall call;
    int code;
  };
  constexpr Failure kFailures[] = {
      {SystemCall::kSocket, EMFILE},       {SystemCall::kConnect, ECONNREFUSED},
      {SystemCall::kConnect, ENETUNREACH}, {SystemCall::kGetOption, ENOBUFS},
      {SystemCall::kSetOption, ENOMEM},    {SystemCall::kSend, EPIPE},
      {SystemCall::kSend, EINTR},          {SystemCall::kSend, EAGAIN},
      {SystemCall::kReceive, ECONNRESET},  {SystemCall::kReceive, EINTR},
      {SystemCall::kReceive, EAGAIN},      {SystemCall::kPoll, EINTR},
      {SystemCall::kPoll, ENOMEM},         {SystemCall::kEventDescriptor, EMFILE},
      {SystemCall::kThread, EAGAIN},       {SystemCall::kRead, EINTR},
      {SystemCall::kWrite, EINTR},         {SystemCall::kAccept, ECONNABORTED},
      {SystemCall::kEpollControl, ENOSPC},
  };
  size_t failures = 0;
  for (const Failure& failure : kFailures) {
    bool failed = true;
    for (size_t number = 0; failed && number < 20; ++number) {
      CAPTURE(name_of(failure.call), failure.code, number);
      failed = attempt([&] { fail_calls(failure.call, number, 1, failure.code); },
                       [] { return calls_work_again() != 0; });
      failures += failed ? 1 : 0;
    }
  }
  CHECK(failures > 20);
}
