#include <catch2/catch.hpp>

#include "unit/instance/client.h"

using namespace kevy;
using test::bulk;
using test::Client;

namespace {

std::string acknowledged(const std::string& verb, const std::string& channel, int count) {
  return "*3\r\n" + bulk(verb) + bulk(channel) + ":" + std::to_string(count) + "\r\n";
}
std::string message(const std::string& channel, const std::string& payload) {
  return "*3\r\n" + bulk("message") + bulk(channel) + bulk(payload);
}
std::string pattern_message(const std::string& pattern, const std::string& channel,
                            const std::string& payload) {
  return "*4\r\n" + bulk("pmessage") + bulk(pattern) + bulk(channel) + bulk(payload);
}

}  // namespace

TEST_CASE(
    "B23 each channel is acknowledged with the running count, one that is there already too") {
  const auto instance = test::start(2);
  Client client(*instance);
  CHECK(client("SUBSCRIBE a b a") == acknowledged("subscribe", "a", 1) +
                                         acknowledged("subscribe", "b", 2) +
                                         acknowledged("subscribe", "a", 2));
  CHECK(client("PSUBSCRIBE *") == acknowledged("psubscribe", "*", 3));
}

TEST_CASE("B24 UNSUBSCRIBE without arguments leaves all, and none are acknowledged by null") {
  const auto instance = test::start(2);
  Client client(*instance);
  client("SUBSCRIBE a b");
  CHECK(client("UNSUBSCRIBE") ==
        acknowledged("unsubscribe", "a", 1) + acknowledged("unsubscribe", "b", 0));
  CHECK(client("UNSUBSCRIBE") == "*3\r\n" + bulk("unsubscribe") + "$-1\r\n:0\r\n");
  CHECK(client("GET x") == "$-1\r\n");
}

TEST_CASE("B25 every matching subscription gets a message once, in the order published") {
  const auto instance = test::start(2);
  Client both(*instance), one(*instance), publisher(*instance);
  both("SUBSCRIBE news\r\nPSUBSCRIBE n* other*");
  one("SUBSCRIBE news");
  CHECK(publisher("PUBLISH news 1\r\nPUBLISH news 2\r\nPUBLISH else 3") == ":3\r\n:3\r\n:0\r\n");
  CHECK(one.take() == message("news", "1") + message("news", "2"));
  CHECK(both.take() == message("news", "1") + pattern_message("n*", "news", "1") +
                           message("news", "2") + pattern_message("n*", "news", "2"));
}

TEST_CASE("B12 a message to oneself stands behind the reply of the EXEC that published it") {
  const auto instance = test::start(2);
  Client client(*instance);
  client("HELLO 3");
  client("SUBSCRIBE a");
  client("MULTI\r\nPUBLISH a hello\r\nPING");
  const std::string said = client("EXEC");
  CHECK(said == "*2\r\n:1\r\n+PONG\r\n>3\r\n" + bulk("message") + bulk("a") + bulk("hello"));
}

TEST_CASE("B26 B11 a session that goes leaves its channels, its watches and the others alone") {
  const auto instance = test::start(8);
  Client other(*instance);
  other("SUBSCRIBE a");
  {
    Client gone(*instance);
    gone("WATCH k\r\nSUBSCRIBE a b\r\nPSUBSCRIBE *");
    CHECK(instance->runtime().session_count() == 2);
    CHECK(instance->runtime().pubsub().count(ChannelKind::kChannel) == 2);
  }
  CHECK(instance->runtime().session_count() == 1);
  CHECK(instance->runtime().pubsub().count(ChannelKind::kChannel) == 1);
  CHECK(instance->runtime().pubsub().count(ChannelKind::kPattern) == 0);
  Client publisher(*instance);
  CHECK(publisher("PUBLISH a hello\r\nSET k 1") == ":1\r\n+OK\r\n");
  CHECK(other.take() == message("a", "hello"));
}

TEST_CASE("B27 a subscribed session of RESP2 takes only what Redis lets it, one of RESP3 all") {
  const auto instance = test::start(2);
  Client client(*instance);
  client("SUBSCRIBE a");
  CHECK(client("GET x") ==
        "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
        "are allowed in this context\r\n");
  CHECK(client("PING") == "*2\r\n" + bulk("pong") + bulk(""));
  CHECK(client("RESET") == "+RESET\r\n");
  CHECK(client("GET x") == "$-1\r\n");
  client("HELLO 3");
  client("SUBSCRIBE a");
  CHECK(client("GET x") == "_\r\n");
}
