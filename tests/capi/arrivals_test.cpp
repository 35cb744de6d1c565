// What is published in the process reaches whoever subscribed over a socket before, whether or not
// it was answered already.
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "database.h"
#include "socket_client.h"
#include "support.h"

namespace {

constexpr int kRounds = 200;

struct Host {
  explicit Host(uint32_t threads) : instance(threads) {
    REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
    REQUIRE(kevy_session_open(instance.db, nullptr, &session) == KEVY_OK);
  }
  ~Host() { kevy_session_close(session); }

  std::string exec(const Words& words) const {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_exec(instance.db, words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    return take_text(reply);
  }
  std::string session_exec(const Words& words) const {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_session_exec(session, words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    return take_text(reply);
  }

  Instance instance;
  kevy_session* session = nullptr;
};

/// Another thread of the process runs the command again and again while this is there.
class Meanwhile {
 public:
  Meanwhile(const Host& host, Words words)
      : words_(std::move(words)), thread_([this, db = host.instance.db] {
          kevy_reply* reply = nullptr;
          while (!over_.load() &&
                 kevy_exec(db, words_.size(), words_.data(), nullptr, &reply) == KEVY_OK) {
            kevy_reply_free(reply);
          }
        }) {}
  ~Meanwhile() {
    over_.store(true);
    thread_.join();
  }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;

 private:
  const Words words_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("what is published in the process comes behind what was sent to a socket before") {
  Host host(GENERATE(1u, 2u));
  Client first(host.instance.address(0));
  Client second(host.instance.address(0));
  REQUIRE((first.ask("PING", "+PONG\r\n") && second.ask("PING", "+PONG\r\n")));
  const auto leaves = [](Client& client, const std::string& channel) {
    return client.ask("UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$" +
                                         std::to_string(channel.size()) + "\r\n" + channel +
                                         "\r\n:0\r\n");
  };
  const auto hears = [](Client& client, const std::string& channel, const std::string& text) {
    const std::string name = "$" + std::to_string(channel.size()) + "\r\n" + channel + "\r\n";
    const std::string wanted = "*3\r\n$9\r\nsubscribe\r\n" + name +
                               ":1\r\n*3\r\n$7\r\nmessage\r\n" + name + "$" +
                               std::to_string(text.size()) + "\r\n" + text + "\r\n";
    return client.receive(wanted.size()) == wanted;
  };
  // Others that publish do not keep it from waiting.
  const Meanwhile elsewhere(host, {"PUBLISH", "elsewhere", "x"});
  for (int i = 0; i < kRounds; ++i) {
    Client& client = i % 2 == 0 ? first : second;
    const std::string channel = "ch" + std::to_string(i);
    REQUIRE(client.send("SUBSCRIBE " + channel + "\r\n"));
    std::string reached, text = channel + "-of-host";
    if (i % 3 == 0) {
      reached = host.exec({"PUBLISH", channel.c_str(), text.c_str()});
    } else if (i % 3 == 1) {
      reached = host.session_exec({"PUBLISH", channel.c_str(), text.c_str()});
    } else {
      REQUIRE(host.session_exec({"MULTI"}) == "OK");
      REQUIRE(host.session_exec({"PUBLISH", channel.c_str(), text.c_str()}) == "QUEUED");
      reached = host.session_exec({"EXEC"});
      reached = reached.substr(1, reached.size() - 2);
    }
    REQUIRE(reached == "1");
    REQUIRE(hears(client, channel, text));
    REQUIRE(leaves(client, channel));
  }
}

TEST_CASE("a subscription on a descriptor that was just connected is looked at") {
  Host host(GENERATE(1u, 2u));
  for (int i = 0; i < 50; ++i) {
    int descriptor = -1;
    REQUIRE(kevy_connect(host.instance.db, nullptr, &descriptor) == KEVY_OK);
    const std::string request = "SUBSCRIBE ch\r\n";
    REQUIRE(send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()));
    CHECK(host.exec({"PUBLISH", "ch", "of-host"}) == "1");
    close(descriptor);
    REQUIRE(eventually([&] { return host.exec({"PUBSUB", "NUMSUB", "ch"}) == "[ch 0]"; }));
  }
}

TEST_CASE(
    "what is published over a socket comes behind what was sent before and waits for a shard") {
  Host host(GENERATE(1u, 2u));
  // Of the three two at least are served by one thread.
  Client subscriber(host.instance.address(0));
  Client first(host.instance.address(0));
  Client second(host.instance.address(0));
  for (Client* client : {&subscriber, &first, &second}) {
    REQUIRE(client->ask("PING", "+PONG\r\n"));
  }
  const Meanwhile holder(
      host, {"EVAL", "local t = os.clock() while os.clock() - t < 0.004 do end return 1", "0"});
  for (int i = 0; i < kRounds / 2; ++i) {
    Client& publisher = i % 2 == 0 ? first : second;
    // The form in which commands are read ahead.
    REQUIRE(
        subscriber.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\nmine\r\n"
                        "*2\r\n$9\r\nSUBSCRIBE\r\n$2\r\nch\r\n"));
    REQUIRE(publisher.ask("PUBLISH ch of-publisher", ":1\r\n"));
    const std::string wanted =
        "+OK\r\n*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n"
        "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$12\r\nof-publisher\r\n";
    REQUIRE(subscriber.receive(wanted.size()) == wanted);
    REQUIRE(subscriber.ask("UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$2\r\nch\r\n:0\r\n"));
  }
}

TEST_CASE("events of keys come behind a subscription that was sent to a socket before") {
  Host host(2);
  REQUIRE(host.exec({"CONFIG", "SET", "notify-keyspace-events", "KA"}) == "OK");
  Client client(host.instance.address(0));
  REQUIRE(client.ask("PING", "+PONG\r\n"));
  for (int i = 0; i < kRounds; ++i) {
    REQUIRE(client.send("SUBSCRIBE __keyspace@0__:k\r\n"));
    REQUIRE(host.exec({"SET", "k", "v"}) == "OK");
    const std::string wanted =
        "*3\r\n$9\r\nsubscribe\r\n$16\r\n__keyspace@0__:k\r\n:1\r\n"
        "*3\r\n$7\r\nmessage\r\n$16\r\n__keyspace@0__:k\r\n$3\r\nset\r\n";
    REQUIRE(client.receive(wanted.size()) == wanted);
    REQUIRE(
        client.ask("UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$16\r\n__keyspace@0__:k\r\n:0\r\n"));
  }
}

TEST_CASE("publishing goes on while the threads that serve sockets are busy, and while they end") {
  std::atomic<bool> over{false};
  std::vector<std::thread> publishers;
  {
    Host host(2);
    kevy_session* sessions[3] = {};
    for (kevy_session*& one : sessions) {
      REQUIRE(kevy_session_open(host.instance.db, nullptr, &one) == KEVY_OK);
    }
    Client busy(host.instance.address(0));
    REQUIRE(busy.send("DEBUG SLEEP 0.3\r\n"));
    for (kevy_session* const one : sessions) {
      publishers.emplace_back([one, &over] {
        const char* const words[] = {"PUBLISH", "ch", "x"};
        kevy_reply* reply = nullptr;
        while (!over.load()) {
          if (kevy_session_exec(one, 3, words, nullptr, &reply) != KEVY_OK) break;
          kevy_reply_free(reply);
        }
        kevy_session_close(one);
      });
    }
    REQUIRE(busy.receive(5) == "+OK\r\n");
  }
  over.store(true);
  for (std::thread& one : publishers) one.join();
}
