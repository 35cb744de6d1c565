// Commands that wait, where memory ends: no wait is over twice, and nothing that was popped for one
// is lost.
#include <catch2/catch.hpp>

#include "engine.h"
#include "unit/instance/client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

/// A session spoken to in RESP that keeps what it is answered until it is asked.
class Peer {
 public:
  explicit Peer(Runtime& runtime) : protocol_(runtime, Session::Door::kInProcess) {}

  /// Lines that were received, and not run yet.
  void receive(const std::string& lines) { protocol_.input().append(lines + "\r\n"); }
  void run() {
    while (protocol_.run({1000, size_t{1} << 30, size_t{1} << 30})) {
    }
  }
  /// The same while allocation `number` fails, and all behind it; whether any has failed.
  bool run_without_memory(size_t number, Failing how) {
    fail_allocation(number, how);
    run();
    return memory_is_back();
  }
  std::string take() {
    run();
    std::string text;
    OutputQueue& output = protocol_.output();
    for (iovec piece; output.gather(&piece, 1) == 1; output.consume(piece.iov_len)) {
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    return text;
  }
  std::string ask(const std::string& lines) {
    receive(lines);
    return take();
  }
  Session& session() { return protocol_.session(); }
  bool closing() const { return protocol_.closing(); }

 private:
  ProtocolSession protocol_;
};

const std::string kServed = "*2\r\n$1\r\nq\r\n$1\r\nx\r\n";

}  // namespace

TEST_CASE("B41 a wait that finds no memory to begin, and is ended while it tries, is over once") {
  int ended_in_time = 0;
  for (size_t number = 0;; ++number) {
    CAPTURE(number);
    Engine engine(Engine::Door::kProtocol);
    Runtime& runtime = engine.runtime();
    Peer waiter(runtime);
    waiter.receive("BLPOP q other third 0");
    bool ended = false;
    call_at_failure([&] {
      Turn turn(runtime);
      ended = runtime.end_wait(turn, waiter.session(), WaitEnd::kUnblocked, true);
    });
    const bool failed = waiter.run_without_memory(number, Failing::kOnce);
    call_at_failure(nullptr);
    if (!failed) break;
    const std::string said = waiter.take();
    if (ended) CHECK(said == "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    ended_in_time += ended ? 1 : 0;
    REQUIRE(runtime.blocked_count() == 0);
    if (waiter.closing()) continue;
    REQUIRE(waiter.ask("BLPOP q 0") == "");
    REQUIRE(runtime.blocked_count() == 1);
    engine.run({"RPUSH", "q", "x"});
    REQUIRE(waiter.take() == kServed);
    REQUIRE(runtime.blocked_count() == 0);
  }
  CHECK(ended_in_time > 3);
}

TEST_CASE("B41 who waits is served behind a command that found memory for a part of its work") {
  std::vector<std::string> adding{"ZADD", "z"};
  for (int i = 10; i < 40; ++i) {
    adding.insert(adding.end(), {"1", std::string(300, 'm') + std::to_string(i)});
  }
  int in_part = 0;
  for (size_t number = 0;; ++number) {
    CAPTURE(number);
    Engine engine(Engine::Door::kProtocol);
    Peer waiter(engine.runtime()), pusher(engine.runtime());
    REQUIRE(waiter.ask("BZPOPMIN z 0") == "");
    pusher.receive(request(adding) + request({"ZINTERCARD", "2", "z", "z"}));
    const bool failed = pusher.run_without_memory(number, Failing::kOnce);
    if (!failed) break;
    const std::string said = pusher.take();
    const std::string left = engine.run({"ZCARD", "z"}).reply;
    if (pusher.closing() || said.find("-OOM", 1) != std::string::npos) continue;
    REQUIRE(said.ends_with(left));  // nothing was popped behind the next command
    in_part += left != ":0\r\n" && said.starts_with("-OOM") ? 1 : 0;
  }
  CHECK(in_part > 3);
}

namespace {

/// An engine whose clock stands still, with an entry that `a` was given.
struct PendingEntry {
  PendingEntry() : engine(Engine::Door::kProtocol) {
    engine.runtime().clock().freeze(1'700'000'000'000'000);
    engine.run({"XGROUP", "CREATE", "s", "g", "0", "MKSTREAM"});
    engine.run({"XADD", "s", "1-0", "f", "v"});
    engine.run({"XREADGROUP", "GROUP", "g", "a", "STREAMS", "s", ">"});
  }
  Engine engine;
};

constexpr const char* kClaiming = "XREADGROUP GROUP g b BLOCK 0 CLAIM 100 STREAMS s >";

}  // namespace

TEST_CASE(
    "B41 a reader with CLAIM that finds no memory to begin is answered, or waits as any other") {
  int refused = 0;
  for (size_t number = 0;; ++number) {
    CAPTURE(number);
    PendingEntry pending;
    Runtime& runtime = pending.engine.runtime();
    Peer waiter(runtime);
    waiter.receive(kClaiming);
    if (!waiter.run_without_memory(number, Failing::kOnce)) break;
    const bool waits = runtime.blocked_count() == 1;
    refused += waits ? 0 : 1;
    REQUIRE(waiter.take().empty() == (waits || waiter.closing()));
    runtime.clock().advance(100'000);
    runtime.end_due_waits();
    if (waits) REQUIRE(waiter.take().starts_with("*1\r\n"));
    REQUIRE(runtime.blocked_count() == 0);
    REQUIRE(runtime.deadlines().first() == kNoDeadline);
  }
  CHECK(refused > 3);
}

TEST_CASE("B41 what finds no memory to be claimed at its moment is pending as before") {
  int starved = 0;
  for (size_t number = 0;; ++number) {
    CAPTURE(number);
    PendingEntry pending;
    Runtime& runtime = pending.engine.runtime();
    Peer waiter(runtime);
    REQUIRE(waiter.ask(kClaiming) == "");
    runtime.clock().advance(100'000);
    fail_allocation(number, Failing::kOnce);
    runtime.end_due_waits();
    const bool failed = memory_is_back();
    const bool waits = runtime.blocked_count() == 1;
    starved += waits ? 1 : 0;
    const std::string left = pending.engine.run({"XPENDING", "s", "g", "-", "+", "9", "a"}).reply;
    REQUIRE(left.starts_with("*1\r\n") == waits);
    pending.engine.run({"XADD", "s", "2-0", "f", "v"});
    REQUIRE(waiter.take().find("1-0") != std::string::npos);
    REQUIRE(runtime.blocked_count() == 0);
    if (!failed) break;
  }
  CHECK(starved > 1);
}

TEST_CASE("B41 what a wait was served with is answered though memory has ended") {
  const bool subscribed = GENERATE(false, true);
  const std::string element(20'000, 'e');
  int without_messages = 0;
  bool failed = true;
  for (size_t number = 0; failed; ++number) {
    CAPTURE(number, subscribed);
    Engine engine(Engine::Door::kProtocol);
    engine.run({"SET", "big", std::string(100'000, 'b')});
    Peer waiter(engine.runtime());
    waiter.receive(subscribed ? "HELLO 3\r\nSUBSCRIBE news" : "PING");
    // Replies that nobody has read yet.
    for (int i = 0; i < 20; ++i) waiter.receive("GET big");
    waiter.receive("BLPOP q 0");
    waiter.run();
    engine.run({"PUBLISH", "news", std::string(70'000, 'n')});
    engine.run({"RPUSH", "q", element});
    failed = waiter.run_without_memory(number, Failing::kFromThenOn);
    without_messages += waiter.closing() ? 1 : 0;
    REQUIRE(waiter.take().ends_with("*2\r\n$1\r\nq\r\n$20000\r\n" + element + "\r\n"));
  }
  CHECK((without_messages != 0) == subscribed);
}
