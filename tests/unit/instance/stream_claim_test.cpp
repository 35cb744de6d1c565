// XREADGROUP with CLAIM and BLOCK: who waits is also served when what is pending has been so for
// long enough, at that moment of the instance's clock, in the order of coming.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "unit/instance/client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr int64_t kBegin = 1'700'000'000'000'000;  // microseconds
constexpr const char* kTimedOut = "*-1\r\n";

/// An instance whose clock stands still, with a stream `s` of so many entries, all of which `a` was
/// given at the beginning.
class Streams {
 public:
  explicit Streams(uint32_t shards, int entries = 1) : instance(start(shards)), client(*instance) {
    instance->freeze_clock(kBegin);
    fill("s", entries);
  }
  void fill(const std::string& key, int entries) {
    client("XGROUP CREATE " + key + " g 0 MKSTREAM");
    for (int i = 1; i <= entries; ++i) client("XADD " + key + ' ' + std::to_string(i) + "-0 f v");
    client("XREADGROUP GROUP g a STREAMS " + key + " >");
  }
  void advance(int64_t ms) { instance->advance_clock(ms); }
  /// In how many microseconds somebody looks next.
  int64_t next_look() { return instance->runtime().deadlines().first() - kBegin; }

  std::unique_ptr<Instance> instance;
  Client client;
};

std::string entry(int number, int64_t idle_ms, int64_t deliveries) {
  return "*4\r\n" + bulk(std::to_string(number) + "-0") + "*2\r\n" + bulk("f") + bulk("v") + ':' +
         std::to_string(idle_ms) + "\r\n:" + std::to_string(deliveries) + "\r\n";
}

std::string given(const std::string& key, const std::string& entry) {
  return "*1\r\n*2\r\n" + bulk(key) + "*1\r\n" + entry;
}

std::string given(int number, int64_t idle_ms, int64_t deliveries) {
  return given("s", entry(number, idle_ms, deliveries));
}

/// One that has begun to wait.
class Waiting {
 public:
  Waiting(Streams& streams, const std::string& consumer, const std::string& options,
          const std::string& keys = "s >")
      : client_(*streams.instance) {
    CHECK(client_("XREADGROUP GROUP g " + consumer + ' ' + options + " STREAMS " + keys) == "");
  }
  /// What it has been answered since the last time.
  std::string said() { return client_.take(); }
  Client& client() { return client_; }

 private:
  Client client_;
};

const auto kShards = {1u, 8u};

}  // namespace

TEST_CASE("a reader that waits with CLAIM gets what has become idle, at that moment") {
  for (const uint32_t shards : kShards) {
    Streams streams(shards);
    Waiting reader(streams, "b", "BLOCK 0 CLAIM 100");
    CHECK(streams.next_look() == 100'000);
    streams.advance(99);
    CHECK(reader.said() == "");
    streams.advance(1);
    CHECK(reader.said() == given(1, 100, 1));
    CHECK(streams.client("XPENDING s g") ==
          "*4\r\n:1\r\n" + bulk("1-0") + bulk("1-0") + "*1\r\n*2\r\n" + bulk("b") + bulk("1"));
    CHECK(streams.instance->runtime().blocked_count() == 0);
    CHECK(streams.instance->runtime().deadlines().first() == kNoDeadline);
  }
}

TEST_CASE("of several readers the first gets what has become idle, and the next a span later") {
  for (const uint32_t shards : kShards) {
    Streams streams(shards);
    Waiting first(streams, "b", "BLOCK 0 CLAIM 100"), second(streams, "c", "BLOCK 0 CLAIM 100");
    streams.advance(100);
    CHECK(first.said() == given(1, 100, 1));
    CHECK(second.said() == "");
    CHECK(streams.next_look() == 200'000);
    streams.advance(100);
    CHECK(second.said() == given(1, 100, 2));
  }
}

TEST_CASE("readers with COUNT share what becomes idle at once") {
  Streams streams(8, 3);
  Waiting first(streams, "b", "COUNT 1 BLOCK 0 CLAIM 100");
  Waiting second(streams, "c", "COUNT 1 BLOCK 0 CLAIM 100");
  Waiting plain(streams, "d", "BLOCK 0");
  streams.advance(100);
  CHECK(first.said() == given(1, 100, 1));
  CHECK(second.said() == given(2, 100, 1));
  CHECK(plain.said() == "");
  CHECK(streams.instance->runtime().blocked_count() == 1);
}

TEST_CASE("a reader for whom less is enough is served before one that came first") {
  Streams streams(8);
  Waiting patient(streams, "b", "BLOCK 0 CLAIM 100"), quick(streams, "c", "BLOCK 0 CLAIM 40");
  CHECK(streams.next_look() == 40'000);
  streams.advance(40);
  CHECK(patient.said() == "");
  CHECK(quick.said() == given(1, 40, 1));
  streams.advance(60);
  CHECK(patient.said() == "");
  CHECK(streams.next_look() == 140'000);
  streams.advance(40);
  CHECK(patient.said() == given(1, 100, 2));
}

TEST_CASE("what is acknowledged or claimed meanwhile is not given") {
  Streams streams(8, 2);
  Waiting reader(streams, "b", "BLOCK 500 CLAIM 100");
  streams.advance(60);
  CHECK(streams.client("XACK s g 1-0") == ":1\r\n");
  CHECK(streams.client("XCLAIM s g c 0 2-0 JUSTID") == "*1\r\n" + bulk("2-0"));
  streams.advance(40);
  CHECK(reader.said() == "");
  CHECK(streams.next_look() == 160'000);
  streams.advance(60);
  CHECK(reader.said() == given(2, 100, 1));

  Waiting next(streams, "d", "BLOCK 500 CLAIM 100");
  CHECK(streams.client("XACK s g 2-0") == ":1\r\n");
  streams.advance(499);
  CHECK(next.said() == "");
  streams.advance(1);
  CHECK(next.said() == kTimedOut);
}

TEST_CASE("a timeout that comes first ends the wait, and nothing is claimed") {
  for (const int64_t step : {50, 1000}) {
    Streams streams(8);
    Waiting reader(streams, "b", "BLOCK 50 CLAIM 100");
    CHECK(streams.next_look() == 50'000);
    streams.advance(step);
    CHECK(reader.said() == kTimedOut);
    CHECK(streams.client("XPENDING s g - + 9 a").starts_with("*1\r\n"));
  }
}

TEST_CASE("a clock that goes on by much does what came first") {
  Streams streams(8);
  Waiting reader(streams, "b", "BLOCK 100 CLAIM 50");
  streams.advance(1000);
  CHECK(reader.said() == given(1, 1000, 1));
}

TEST_CASE("what comes to be idle sooner than was known is given at that moment") {
  const auto idle = [](const std::string& command, int64_t idle_ms, int64_t deliveries) {
    Streams streams(8);
    Waiting reader(streams, "b", "BLOCK 0 CLAIM 100");
    streams.advance(10);
    streams.client(command);
    INFO(command);
    CHECK(reader.said() == given(1, idle_ms, deliveries));
  };
  idle("XCLAIM s g c 0 1-0 IDLE 300", 300, 2);
  idle("XNACK s g FAIL IDS 1 1-0", kBegin / 1000 + 10, 1);

  Streams streams(8);
  Waiting reader(streams, "b", "BLOCK 0 CLAIM 100");
  streams.advance(10);
  streams.client("XCLAIM s g c 0 1-0 IDLE 70 JUSTID");
  CHECK(reader.said() == "");
  CHECK(streams.next_look() == 40'000);
  streams.advance(30);
  CHECK(reader.said() == given(1, 100, 1));
}

TEST_CASE("what was given to others after the wait began is waited for") {
  Streams streams(8, 0);
  Waiting reader(streams, "b", "BLOCK 0 CLAIM 100");
  CHECK(streams.instance->runtime().deadlines().first() == kNoDeadline);
  streams.client("MULTI\nXADD s 1-0 f v\nXREADGROUP GROUP g a STREAMS s >\nEXEC");
  CHECK(reader.said() == "");
  CHECK(streams.next_look() == 100'000);
  streams.client("XGROUP SETID s g 0");
  streams.advance(20);
  streams.client("XACK s g 1-0");
  streams.client("XREADGROUP GROUP g a STREAMS s >");
  streams.advance(80);
  CHECK(reader.said() == "");
  CHECK(streams.next_look() == 120'000);
  streams.advance(20);
  CHECK(reader.said() == given(1, 100, 1));
}

TEST_CASE("of several streams any may have what becomes idle") {
  for (const uint32_t shards : kShards) {
    Streams streams(shards, 0);
    streams.fill("t", 0);
    streams.fill("u", 1);
    Waiting first(streams, "b", "BLOCK 0 CLAIM 100", "u >");
    Waiting second(streams, "c", "BLOCK 0 CLAIM 100", "s t u > > >");
    streams.advance(100);
    CHECK(first.said() == given("u", entry(1, 100, 1)));
    CHECK(second.said() == "");
    streams.advance(100);
    CHECK(second.said() == given("u", entry(1, 100, 2)));
  }
}

TEST_CASE(
    "what is pending of an entry that is gone is never given, and nobody looks for it again") {
  Streams streams(8, 2);
  streams.client("XDEL s 1-0");
  streams.advance(30);
  streams.client("XCLAIM s g a 0 2-0");
  Waiting reader(streams, "b", "BLOCK 0 CLAIM 100");
  streams.advance(70);
  CHECK(reader.said() == "");
  CHECK(streams.next_look() == 130'000);
  streams.client("XDEL s 2-0");
  streams.advance(1000);
  CHECK(reader.said() == "");
  CHECK(streams.instance->runtime().deadlines().first() == kNoDeadline);
  streams.client("XADD s 3-0 f v");
  CHECK(reader.said().ends_with(bulk("3-0") + "*2\r\n" + bulk("f") + bulk("v")));
}

TEST_CASE("a moment that comes during CLIENT PAUSE is made up for at its end") {
  Streams streams(8);
  Waiting reader(streams, "b", "BLOCK 0 CLAIM 100");
  streams.client("CLIENT PAUSE 1000 WRITE");
  streams.advance(500);
  CHECK(reader.said() == "");
  streams.advance(500);
  CHECK(reader.said() == given(1, 1000, 1));
}

TEST_CASE("a wait that is over is looked at no more") {
  Streams streams(8);
  {
    Waiting gone(streams, "b", "BLOCK 0 CLAIM 100"), other(streams, "c", "BLOCK 0 CLAIM 200");
    const std::string id = std::to_string(gone.client().session().id);
    CHECK(streams.client("CLIENT UNBLOCK " + id) == ":1\r\n");
    CHECK(gone.said() == kTimedOut);
    CHECK(streams.next_look() == 200'000);
    streams.client("CLIENT KILL ID " + std::to_string(other.client().session().id));
  }
  streams.advance(1000);
  CHECK(streams.instance->runtime().deadlines().first() == kNoDeadline);
  CHECK(streams.client("XPENDING s g - + 9 a").starts_with("*1\r\n"));
}

TEST_CASE("a command that changes the key away ends what is waited for as any other") {
  Streams streams(8);
  Waiting reader(streams, "b", "BLOCK 0 CLAIM 100");
  streams.client("DEL s");
  CHECK(reader.said().starts_with("-NOGROUP"));
  CHECK(streams.instance->runtime().deadlines().first() == kNoDeadline);
}

TEST_CASE("while the clock runs, housekeeping wakes at the moment") {
  const auto instance = start(2);
  Client client(*instance), reader(*instance);
  client("XGROUP CREATE s g 0 MKSTREAM\nXADD s 1-0 f v\nXREADGROUP GROUP g a STREAMS s >");
  const auto begin = std::chrono::steady_clock::now();
  std::string said = reader("XREADGROUP GROUP g b BLOCK 0 CLAIM 20 STREAMS s >");
  while (said.empty() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(60)) {
    std::this_thread::yield();
    said = reader.take();
  }
  CHECK(said.starts_with("*1\r\n*2\r\n" + bulk("s")));
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(15));
}
