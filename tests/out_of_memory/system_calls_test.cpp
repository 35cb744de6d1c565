// What a system call that fails does to an instance: where it listens, the call says so and can be
// repeated; where it serves, one client at most is closed; nothing waits for ever, and nothing
// spins.
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>

#include "capi/support.h"
#include "failing_calls.h"
#include "failing_memory.h"
#include "talker.h"

using namespace kevy::test;

namespace {

using Clock = std::chrono::steady_clock;

kevy_status listen_while_calls_fail(kevy_instance* db) {
  const MemoryMayFail within;
  return kevy_listen(db, "127.0.0.1:0", nullptr, nullptr);
}

std::string talk_well(const std::string& address, const char* name) {
  Talker talker(address, name);
  talker.talk_without_failures();
  return talker.wrong();
}

struct Failure {
  SystemCall call;
  int code;
};

}  // namespace

TEST_CASE("B41 whichever system call of kevy_listen fails, it says so and can be repeated") {
  const EnoughMemory of_the_test;
  constexpr Failure kFailures[] = {
      {SystemCall::kSocket, EMFILE},       {SystemCall::kBind, EADDRINUSE},
      {SystemCall::kListen, ENOBUFS},      {SystemCall::kSocketName, ENOBUFS},
      {SystemCall::kEpollCreate, EMFILE},  {SystemCall::kEventDescriptor, ENFILE},
      {SystemCall::kEpollControl, ENOSPC}, {SystemCall::kThread, EAGAIN},
      {SystemCall::kDuplicate, EMFILE},    {SystemCall::kSetOption, ENOMEM},
  };
  size_t failures = 0;
  for (const Failure& failure : kFailures) {
    bool failed = true;
    for (size_t number = 0; failed; ++number) {
      CAPTURE(name_of(failure.call), number);
      const size_t descriptors = entries_of("/proc/self/fd");
      {
        Instance instance(2);
        fail_calls(failure.call, number, 1, failure.code);
        kevy_status status = listen_while_calls_fail(instance.db);
        failed = calls_work_again() != 0;
        failures += failed ? 1 : 0;
        if (status != KEVY_OK) {
          CHECK(status == KEVY_SYSTEM);
          char text[100];
          CHECK(kevy_address(instance.db, 0, text, sizeof text) == KEVY_NOT_FOUND);
          status = kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr);
        }
        REQUIRE(status == KEVY_OK);
        CHECK(talk_well(instance.address(0), "client") == "");
      }
      CHECK(entries_of("/proc/self/fd") == descriptors);
    }
  }
  CHECK(failures >= 13);
}

TEST_CASE("B41 a system call that fails costs one client its connection at most") {
  const EnoughMemory of_the_test;
  constexpr Failure kFailures[] = {
      {SystemCall::kAccept, EINTR},        {SystemCall::kAccept, ECONNABORTED},
      {SystemCall::kAccept, EMFILE},       {SystemCall::kAccept, ENFILE},
      {SystemCall::kAccept, ENOBUFS},      {SystemCall::kAccept, ENOMEM},
      {SystemCall::kAccept, EPERM},        {SystemCall::kReceive, EINTR},
      {SystemCall::kReceive, EAGAIN},      {SystemCall::kReceive, ECONNRESET},
      {SystemCall::kReceive, ENOMEM},      {SystemCall::kSend, EINTR},
      {SystemCall::kSend, EAGAIN},         {SystemCall::kSend, EPIPE},
      {SystemCall::kSend, ENOBUFS},        {SystemCall::kEpollControl, ENOMEM},
      {SystemCall::kEpollControl, ENOSPC}, {SystemCall::kEpollWait, EINTR},
      {SystemCall::kRead, EINTR},          {SystemCall::kWrite, EINTR},
      {SystemCall::kSetOption, ENOMEM},    {SystemCall::kSocketName, ENOBUFS},
      {SystemCall::kDuplicate, EMFILE},
  };
  Instance instance(1);
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  const std::string address = instance.address(0);
  size_t failures = 0;
  for (const Failure& failure : kFailures) {
    const bool harmless = failure.code == EINTR || failure.code == EAGAIN ||
                          failure.call == SystemCall::kSetOption ||
                          failure.call == SystemCall::kSocketName;
    for (size_t number = 0; number < 4; ++number) {
      CAPTURE(name_of(failure.call), failure.code, number);
      Talker other(address, "other");
      REQUIRE(other.ask({"SET", "other", "of other"}) == "OK");
      fail_calls(failure.call, number, 1, failure.code);
      std::string wrong;
      {
        Talker talker(address, "client");
        if (harmless) {
          talker.talk_without_failures();
        } else {
          talker.talk();
        }
        wrong = talker.wrong();
      }
      failures += calls_work_again();
      CHECK(wrong == "");
      REQUIRE(other.ask({"GET", "other"}) == "of other");
      REQUIRE(talk_well(address, "later") == "");
    }
  }
  CHECK(failures >= 45);
}

TEST_CASE(
    "B41 while no client can be accepted the listener rests, and serves who waited afterwards") {
  const EnoughMemory of_the_test;
  for (const int code : {EMFILE, ENOBUFS, ENOMEM}) {
    CAPTURE(code);
    Instance instance(1);
    REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
    fail_calls(SystemCall::kAccept, 0, 1'000'000'000, code);
    const size_t accepts = calls_made(SystemCall::kAccept),
                 waits = calls_made(SystemCall::kEpollWait);
    const auto start = Clock::now();
    Talker talker(instance.address(0), "patient");
    REQUIRE(eventually([&] { return calls_made(SystemCall::kAccept) >= accepts + 8; }));
    CHECK(Clock::now() - start > std::chrono::milliseconds(150));
    CHECK(calls_made(SystemCall::kEpollWait) - waits < 40);
    calls_work_again();
    CHECK(talker.ask({"ECHO", "at last"}) == "at last");
  }
}

TEST_CASE("B41 a client whose socket can not be watched for writing is closed, not left waiting") {
  const EnoughMemory of_the_test;
  constexpr size_t kSize = 30'000'000;  // more than the kernel takes at once
  Instance instance(1);
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  const std::string value(kSize, 'v');
  REQUIRE(kevy_set(instance.db, "big", 3, value.data(), value.size(), 0, 0) == KEVY_OK);
  Client client(instance.address(0));
  REQUIRE(client.ask("PING", "+PONG\r\n"));
  fail_calls(SystemCall::kEpollControl, 0, 1, ENOMEM);
  REQUIRE(client.send("GET big\r\n"));
  REQUIRE(eventually([&] { return calls_made(SystemCall::kEpollControl) != 0; }));
  const std::string got = client.receive(kSize + 100);  // until the end
  CHECK(calls_work_again() == 1);
  CHECK(got.size() < kSize);
  CHECK(talk_well(instance.address(0), "later") == "");
}

TEST_CASE("B41 a timeout that is set while the wake-up is interrupted is heeded") {
  const EnoughMemory of_the_test;
  Instance instance(1);
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  Client silent(instance.address(0));
  REQUIRE(silent.ask("PING", "+PONG\r\n"));
  const auto set_timeout = [&] {
    const MemoryMayFail within;  // so that its calls are among those that fail
    const char* words[] = {"CONFIG", "SET", "timeout", "1"};
    kevy_reply* reply = nullptr;
    const kevy_status status = kevy_exec(instance.db, 4, words, nullptr, &reply);
    kevy_reply_free(reply);
    return status;
  };
  const size_t writes = calls_made(SystemCall::kWrite);
  fail_calls(SystemCall::kWrite, 0, 1, EINTR);
  REQUIRE(eventually([&] {  // the reactor sleeps, so that it is woken by a write
    return set_timeout() == KEVY_OK && calls_made(SystemCall::kWrite) != writes;
  }));
  CHECK(calls_work_again() == 1);
  const auto start = Clock::now();
  CHECK(silent.receive(1) == "");
  CHECK(Clock::now() - start < std::chrono::seconds(15));  // before the client's patience ended
}
