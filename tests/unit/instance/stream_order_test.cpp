// What a session sees, in order: what was published before its command, the reply, what is published
// after, and nothing of a channel after leaving it. Publishers run beside it.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "unit/instance/client.h"

using namespace kevy;
using test::bulk;
using test::Client;

namespace {

constexpr int kRounds = 3000;

/// Two threads that publish to `c` until they are told to stop, and count who received it.
class Publishers {
 public:
  explicit Publishers(Instance& instance) {
    for (const char* name : {"left", "right"}) {
      threads_[name[0] == 'l' ? 0 : 1] = std::thread([this, &instance, name] {
        Client client(instance);
        const std::string line = std::string("PUBLISH c of-") + name;
        while (!over_.load()) received_ += std::stoll(client(line).substr(1));
      });
    }
  }
  /// How many messages were received in all.
  int64_t stop() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    return received_;
  }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int64_t> received_{0};
  std::thread threads_[2];
};

int64_t occurrences(const std::string& text, const std::string& what) {
  int64_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

int64_t messages_in(const std::string& text) { return occurrences(text, bulk("c") + "$"); }

std::string frame(int protocol, const std::string& verb, const std::string& count,
                  const std::string& channel = "c") {
  return (protocol == 2 ? "*3\r\n" : ">3\r\n") + bulk(verb) + bulk(channel) + count;
}

// Subscribes and leaves many times over; each time what follows the leaving must be its end.
void leave_many_times(int protocol, const std::string& leaving, const std::string& left) {
  const auto instance = test::start(2);
  Client client(*instance);
  const std::string begin = protocol == 3 ? "HELLO 3\r\n" : "";
  Publishers publishers(*instance);
  int64_t messages = 0, wrong = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string mine = bulk("mine-" + std::to_string(i));
    client(begin + "SET mine mine-" + std::to_string(i));
    std::string said = client("SUBSCRIBE c");
    wrong += !said.starts_with(frame(protocol, "subscribe", ":1\r\n"));
    // Some rounds leave while publishers are at it for sure, the others as they find it.
    while (i % 64 == 0 && messages_in(said) == 0) {
      std::this_thread::yield();
      said += client.take();
    }
    said += client(leaving + "\r\nGET mine");
    wrong += !said.ends_with(left + mine) || occurrences(said, left) != 1;
    messages += messages_in(said);
  }
  CHECK(messages == publishers.stop());
  CHECK(messages >= kRounds / 64);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("nothing of a channel comes after the acknowledgement of UNSUBSCRIBE or RESET") {
  leave_many_times(2, "UNSUBSCRIBE c", frame(2, "unsubscribe", ":0\r\n"));
  leave_many_times(3, "UNSUBSCRIBE", frame(3, "unsubscribe", ":0\r\n"));
  leave_many_times(2, "RESET", "+RESET\r\n");
  leave_many_times(3, "RESET", "+RESET\r\n");
}

TEST_CASE("what was published to a channel left in an EXEC comes before the EXEC's reply") {
  leave_many_times(2, "RESET\r\nMULTI\r\nUNSUBSCRIBE c\r\nEXEC",
                   "+RESET\r\n+OK\r\n+QUEUED\r\n*1\r\n" + frame(2, "unsubscribe", ":0\r\n"));
  leave_many_times(3, "MULTI\r\nUNSUBSCRIBE c\r\nEXEC",
                   "*1\r\n" + frame(3, "unsubscribe", ":0\r\n"));
}

TEST_CASE("an EXEC that joins, publishes and leaves keeps its shape, and nothing follows it") {
  for (const int protocol : {2, 3}) {
    // In RESP2 it would be taken for a reply wherever it came.
    const std::string stray = protocol == 3 ? frame(3, "message", bulk("stray")) : "";
    const auto instance = test::start(2);
    Client client(*instance);
    if (protocol == 3) client("HELLO 3");
    Publishers publishers(*instance);
    const std::string reply = "*3\r\n" + frame(protocol, "subscribe", ":1\r\n") + ":1\r\n" +
                              frame(protocol, "unsubscribe", ":0\r\n");
    int wrong = 0;
    for (int i = 0; i < kRounds; ++i) {
      client("MULTI\r\nSUBSCRIBE c\r\nPUBLISH c stray\r\nUNSUBSCRIBE c");
      wrong += client("EXEC\r\nPING") != stray + reply + "+PONG\r\n";
    }
    CHECK(publishers.stop() == 0);
    CHECK(wrong == 0);
  }
}

TEST_CASE("what an EXEC publishes to a channel that it leaves comes before its reply") {
  const auto instance = test::start(2);
  Client client(*instance);
  const auto message = [](const std::string& text) { return frame(3, "message", bulk(text)); };
  const auto left = [](const std::string& count) { return frame(3, "unsubscribe", count); };
  client("HELLO 3\r\nSUBSCRIBE c d");
  client("MULTI\r\nPUBLISH d 1\r\nPUBLISH c x\r\nPUBLISH d 2\r\nUNSUBSCRIBE c\r\nPUBLISH d 3");
  const auto other = [](const std::string& text) { return frame(3, "message", bulk(text), "d"); };
  CHECK(client("EXEC\r\nPING") == other("1") + message("x") + "*5\r\n:1\r\n:1\r\n:1\r\n" +
                                     left(":1\r\n") + ":1\r\n" + other("2") + other("3") +
                                     "+PONG\r\n");
  client("SUBSCRIBE c\r\nMULTI\r\nPUBLISH c x\r\nUNSUBSCRIBE c\r\nSUBSCRIBE c\r\nPUBLISH c y");
  CHECK(client("EXEC\r\nPING") ==
        message("x") + "*4\r\n:1\r\n" + left(":1\r\n") + frame(3, "subscribe", ":2\r\n") +
            ":1\r\n" + message("y") + "+PONG\r\n");
  client("PSUBSCRIBE c*\r\nMULTI\r\nPUBLISH c x\r\nPUNSUBSCRIBE\r\nUNSUBSCRIBE");
  const std::string said = client("EXEC\r\nPING");
  CHECK(said.starts_with(message("x") + ">4\r\n" + bulk("pmessage")));
  CHECK(said.ends_with(frame(3, "unsubscribe", ":0\r\n", "d") + "+PONG\r\n"));
}

TEST_CASE("what an EXEC publishes comes out as one") {
  const auto instance = test::start(2);
  Client subscriber(*instance);
  subscriber("SUBSCRIBE c");
  const std::string one = frame(2, "message", bulk("one")), two = frame(2, "message", bulk("two"));
  Publishers publishers(*instance);
  std::atomic<bool> over{false};
  std::thread transactions([&] {
    Client client(*instance);
    for (int i = 0; i < kRounds; ++i) {
      client("MULTI\r\nPUBLISH c one\r\nGET k\r\nPUBLISH c two\r\nEXEC");
    }
    over = true;
  });
  int64_t pairs = 0, ones = 0;
  std::string said;
  const auto count = [&] {
    // A pair may be cut by the end of what was taken; it is looked at again with what follows.
    said += subscriber.take();
    const size_t cut = said.rfind("*3\r\n");
    if (cut == std::string::npos) return;
    const std::string whole = said.substr(0, cut);
    const bool ends_in_one = whole.ends_with(one);
    const std::string seen = ends_in_one ? whole.substr(0, whole.size() - one.size()) : whole;
    pairs += occurrences(seen, one + two);
    ones += occurrences(seen, one);
    said.erase(0, seen.size());
  };
  while (!over.load()) count();
  transactions.join();
  publishers.stop();
  count();
  pairs += occurrences(said, one + two);
  ones += occurrences(said, one);
  CHECK(ones == kRounds);
  CHECK(pairs == kRounds);
}

TEST_CASE("a reply that shows another's write stands behind what that one had published before") {
  const auto instance = test::start(2);
  Client subscriber(*instance);
  subscriber("HELLO 3\r\nSUBSCRIBE c");
  std::atomic<bool> over{false};
  std::thread writer([&] {
    Client client(*instance);
    for (int i = 1; !over.load(); ++i) {
      const std::string number = std::to_string(i);
      client("PUBLISH c " + number + "\r\nSET k " + number);
    }
  });
  const std::string message = ">3\r\n" + bulk("message") + bulk("c");
  int64_t last = 0, shown = 0, late = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (shown <= 20 * kRounds && std::chrono::steady_clock::now() < deadline) {
    const std::string said = subscriber("GET k");
    for (size_t at = 0; at < said.size();) {
      if (said.compare(at, 3, "_\r\n") == 0) {  // nothing was written yet
        at += 3;
        continue;
      }
      const bool is_message = said.compare(at, message.size(), message) == 0;
      if (is_message) at += message.size();
      REQUIRE(said[at] == '$');
      at = said.find("\r\n", at) + 2;
      const int64_t number = std::stoll(said.substr(at, 20));
      at = said.find("\r\n", at) + 2;
      if (is_message) {
        last = number;
      } else {
        late += number > last;
        ++shown;
      }
    }
  }
  over = true;
  writer.join();
  CHECK(shown > kRounds);
  CHECK(late == 0);
}

TEST_CASE("what is published after a session's write stands behind the write's reply") {
  const auto instance = test::start(2);
  Client subscriber(*instance);
  subscriber("HELLO 3\r\nSUBSCRIBE c");
  std::atomic<bool> over{false};
  std::thread follower([&] {
    Client client(*instance);
    std::string before = bulk("0");
    while (!over.load()) {
      const std::string now = client("GET k");
      if (now == before || now == "$-1\r\n") continue;
      before = now;
      client("PUBLISH c " + now.substr(now.find('\n') + 1));
    }
  });
  int64_t early = 0, messages = 0;
  for (int i = 1; i <= 10 * kRounds; ++i) {
    const std::string number = std::to_string(i);
    std::string said = subscriber("SET k " + number);
    while (i % 256 == 0 && said.find(bulk("c") + bulk(number)) == std::string::npos) {
      std::this_thread::yield();
      said += subscriber.take();
    }
    const size_t reply = said.find("+OK\r\n");
    const size_t message = said.find(bulk("c") + bulk(number));
    messages += messages_in(said);
    early += message != std::string::npos && message < reply;
  }
  over = true;
  follower.join();
  CHECK(messages > 10 * kRounds / 300);
  CHECK(early == 0);
}

TEST_CASE("CLIENT REPLY OFF and SKIP swallow no confirmation and no message") {
  for (const int protocol : {2, 3}) {
    const auto instance = test::start(2);
    Client client(*instance), publisher(*instance);
    if (protocol == 3) client("HELLO 3");
    const auto said = [&](const std::string& verb, const std::string& what) {
      return frame(protocol, verb, what);
    };
    CHECK(client("CLIENT REPLY SKIP\r\nSUBSCRIBE c\r\nUNSUBSCRIBE c\r\nPING") ==
          said("subscribe", ":1\r\n") + said("unsubscribe", ":0\r\n") + "+PONG\r\n");
    CHECK(client("CLIENT REPLY OFF\r\nPING\r\nSUBSCRIBE c\r\nPING") == said("subscribe", ":1\r\n"));
    publisher("PUBLISH c heard");
    CHECK(client.take() == said("message", bulk("heard")));
    CHECK(client("UNSUBSCRIBE c\r\nGET k\r\nMULTI\r\nSUBSCRIBE c\r\nPING\r\nUNSUBSCRIBE c\r\nEXEC") ==
          said("unsubscribe", ":0\r\n") + said("subscribe", ":1\r\n") +
              said("unsubscribe", ":0\r\n"));
    CHECK(client("CLIENT REPLY ON\r\nPING") == "+OK\r\n+PONG\r\n");
  }
}
