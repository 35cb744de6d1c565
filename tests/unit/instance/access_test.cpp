// When a key was last used, and how often: what OBJECT IDLETIME and OBJECT FREQ answer.
#include <catch2/catch.hpp>

#include "client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

struct Engine {
  std::unique_ptr<Instance> instance = start(2);
  Client client{*instance};

  Engine() { instance->runtime().clock().freeze(1'700'000'000'000'000); }
  void wait_seconds(int64_t seconds) { instance->runtime().clock().advance(seconds * 1'000'000); }
  std::string operator()(Bytes line) { return client(line); }
};

}  // namespace

TEST_CASE("a key that is new was used just now") {
  Engine engine;
  for (const Bytes made : {"SET k v", "APPEND k v", "RPUSH k v", "SADD k v", "SUNIONSTORE k other",
                           "ZADD k 1 v", "HSET k f v", "INCR k", "MSET k v", "SORT list STORE k",
                           "ZUNIONSTORE k 1 zset", "COPY other k", "RENAME moved k", "SETRANGE k 3 v"}) {
    INFO(made);
    engine("DEL k");
    engine("SADD other 1 2");
    engine("RPUSH list 1 2");
    engine("ZADD zset 1 a");
    engine("SET moved x");
    engine.wait_seconds(500);
    engine(made);
    CHECK(engine("OBJECT IDLETIME k") == ":0\r\n");
    engine.wait_seconds(50);
    CHECK(engine("OBJECT IDLETIME k") == ":50\r\n");
    engine(made.substr(0, 3) == "REN" ? "SET moved x\r\nRENAME moved k" : made);
    CHECK(engine("OBJECT IDLETIME k") == ":0\r\n");
  }
}

TEST_CASE("under LFU a key begins at 5") {
  Engine engine;
  engine("CONFIG SET maxmemory-policy allkeys-lfu");
  engine("SET k v");
  CHECK(engine("OBJECT FREQ k") == ":5\r\n");
  engine("GET k");
  CHECK(engine("OBJECT FREQ k") == ":6\r\n");
  engine("RENAME k other");
  CHECK(engine("OBJECT FREQ other") == ":5\r\n");
}

TEST_CASE("under LFU a key that is not used loses one each lfu-decay-time") {
  Engine engine;
  engine("CONFIG SET maxmemory-policy allkeys-lfu");
  engine("SET k v");
  engine.wait_seconds(60);
  CHECK(engine("OBJECT FREQ k") == ":4\r\n");
  engine("CONFIG SET lfu-decay-time 2");
  engine.wait_seconds(120);
  CHECK(engine("OBJECT FREQ k") == ":4\r\n");  // three minutes are one period
  engine("CONFIG SET lfu-decay-time 0");
  engine.wait_seconds(600);
  CHECK(engine("OBJECT FREQ k") == ":5\r\n");
}

TEST_CASE("under LFU and with a lfu-log-factor of 0 every use counts") {
  Engine engine;
  engine("CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0 lfu-decay-time 0");
  engine("SET k v");
  for (int i = 0; i < 300; ++i) engine("GET k");
  CHECK(engine("OBJECT FREQ k") == ":255\r\n");
}

TEST_CASE("what a STORE form replaces keeps its count under LFU") {
  Engine engine;
  engine("CONFIG SET maxmemory-policy allkeys-lfu");
  for (const Bytes line : {"SADD s a", "ZADD z 1 a", "RPUSH l 1", "SMEMBERS s", "ZCARD z", "LLEN l"}) {
    engine(line);
  }
  for (const Bytes line : {"SUNIONSTORE s s", "ZUNIONSTORE z 1 z", "SORT l STORE l"}) engine(line);
  for (const Bytes key : {"s", "z", "l"}) {
    INFO(key);
    CHECK(std::stoi(engine("OBJECT FREQ " + std::string(key)).substr(1)) >= 6);
  }
}

TEST_CASE("asking whether a key is there, what it is and when it expires is no use of it") {
  Engine engine;
  engine("SET k v EX 1000000");
  engine.wait_seconds(100);
  for (const Bytes asked : {"EXISTS k", "TTL k", "PTTL k", "EXPIRETIME k", "PEXPIRETIME k", "TYPE k",
                            "OBJECT ENCODING k", "OBJECT REFCOUNT k", "OBJECT IDLETIME k",
                            "MEMORY USAGE k", "SCAN 0", "KEYS *", "RANDOMKEY", "WATCH k"}) {
    INFO(asked);
    engine(asked);
    CHECK(engine("OBJECT IDLETIME k") == ":100\r\n");
  }
  engine("GET k");
  CHECK(engine("OBJECT IDLETIME k") == ":0\r\n");
}

TEST_CASE("after CLIENT NO-TOUCH nothing but TOUCH is a use of a key") {
  Engine engine;
  engine("SET k v");
  engine.wait_seconds(100);
  engine("CLIENT NO-TOUCH on");
  for (const Bytes used : {"GET k", "STRLEN k", "APPEND k x", "EXPIRE k 100"}) {
    INFO(used);
    engine(used);
    CHECK(engine("OBJECT IDLETIME k") == ":100\r\n");
  }
  engine("TOUCH k");
  CHECK(engine("OBJECT IDLETIME k") == ":0\r\n");
}
