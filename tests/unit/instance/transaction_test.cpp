#include <catch2/catch.hpp>

#include "unit/instance/client.h"

using namespace kevy;
using test::Client;

TEST_CASE("B01 a queued command is run by the row that was found when it was queued") {
  const auto instance = test::start(8);
  Client client(*instance);
  client("MULTI\r\nsEt a 1\r\nCOMMAND COUNT");
  const auto& queue = client.session().transaction.queue;
  REQUIRE(queue.size() == 2);
  const Bytes count[] = {"command", "count"};
  CHECK(queue[0].row == instance->runtime().table().find("set"));
  CHECK(queue[1].row == instance->runtime().table().find(Args(count)));
}

TEST_CASE("B02 MULTI inside MULTI is an error that makes EXEC abort") {
  const auto instance = test::start(GENERATE(1u, 2u, 8u));
  Client client(*instance);
  CHECK(client("MULTI") == "+OK\r\n");
  CHECK(client("MULTI") == "-ERR Command 'multi' not allowed inside a transaction\r\n");
  CHECK(client("SET a 1") == "+QUEUED\r\n");
  CHECK(client("EXEC").starts_with("-EXECABORT"));
  CHECK(client("EXISTS a") == ":0\r\n");
}

TEST_CASE("B03 EXEC and DISCARD outside of MULTI are errors") {
  const auto instance = test::start(2);
  Client client(*instance);
  CHECK(client("EXEC") == "-ERR EXEC without MULTI\r\n");
  CHECK(client("DISCARD") == "-ERR DISCARD without MULTI\r\n");
}

TEST_CASE("B04 what is wrong is said when it is queued, and nothing of the transaction is run") {
  const auto instance = test::start(GENERATE(1u, 2u, 8u));
  Client client(*instance);
  const Bytes wrong = GENERATE(Bytes("NOSUCH"), Bytes("GET"), Bytes("CONFIG NOSUCH"));
  client("MULTI");
  CHECK(client("SET a 1") == "+QUEUED\r\n");
  CHECK(client(wrong)[0] == '-');
  CHECK(client("EXEC") == "-EXECABORT Transaction discarded because of previous errors.\r\n");
  CHECK(client("GET a") == "$-1\r\n");
  CHECK(client("EXEC") == "-ERR EXEC without MULTI\r\n");
}

TEST_CASE("B05 DISCARD forgets the queue and the watches") {
  const auto instance = test::start(GENERATE(1u, 2u, 8u));
  Client client(*instance), other(*instance);
  client("WATCH a\r\nMULTI\r\nSET a 1");
  CHECK(client("DISCARD") == "+OK\r\n");
  CHECK(client.session().transaction.queue.empty());
  CHECK(client.session().transaction.watched.empty());
  CHECK(client("EXISTS a") == ":0\r\n");
  other("SET a 2");
  CHECK(client("MULTI\r\nGET a\r\nEXEC") == "+OK\r\n+QUEUED\r\n*1\r\n$1\r\n2\r\n");
}

TEST_CASE("B06 EXEC answers every command in order, and goes on behind one that fails") {
  const auto instance = test::start(GENERATE(1u, 2u, 8u));
  Client client(*instance);
  client("SET text x\r\nMULTI\r\nSET a 1\r\nINCR text\r\nINCR b\r\nMGET a b");
  CHECK(client("EXEC") ==
        "*4\r\n+OK\r\n-ERR value is not an integer or out of range\r\n:1\r\n"
        "*2\r\n$1\r\n1\r\n$1\r\n1\r\n");
  CHECK(client("MULTI\r\nEXEC") == "+OK\r\n*0\r\n");
}

TEST_CASE("B09 what Redis refuses inside MULTI is refused, and what ends it ends it") {
  const auto instance = test::start(2);
  Client client(*instance);
  client("MULTI");
  CHECK(client("WATCH a") == "-ERR Command 'watch' not allowed inside a transaction\r\n");
  CHECK(client("RESET") == "+RESET\r\n");
  CHECK(client("EXEC") == "-ERR EXEC without MULTI\r\n");
  client("MULTI\r\nSET a 1");
  CHECK(client("QUIT") == "+OK\r\n");
  Client other(*instance);
  CHECK(other("EXISTS a") == ":0\r\n");
}

namespace {

/// What EXEC answers after WATCH of a key, `steps` by another client, and MULTI PING.
struct WatchedEngine {
  std::unique_ptr<Instance> instance = test::start(GENERATE(1u, 2u, 8u));
  Client client{*instance}, other{*instance};

  WatchedEngine() { instance->runtime().clock().freeze(1'700'000'000'000'000); }
  void wait_ms(int64_t ms) { instance->runtime().clock().advance(ms * 1000); }
  /// Puts a key `k` that has expired, and was not looked at since, into a database.
  void put_expired(const std::string& database) {
    client("SELECT " + database + "\r\nSET k v PX 10\r\nSELECT 0");
    wait_ms(11);
  }
  bool runs_after(Bytes steps) {
    client("WATCH k");
    other(steps);
    return client("MULTI\r\nPING\r\nEXEC") == "+OK\r\n+QUEUED\r\n*1\r\n+PONG\r\n";
  }
};

}  // namespace

TEST_CASE("a watched key that had expired already is not changed by being removed") {
  WatchedEngine engine;
  for (const Bytes steps : {"DEL k", "GET k", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SWAPDB 1 0",
                            "SWAPDB 0 1\r\nDEL k", "SWAPDB 0 1\r\nSWAPDB 0 1"}) {
    INFO(steps);
    engine.put_expired("0");
    CHECK(engine.runs_after(steps));
    engine.put_expired("1");
    CHECK(engine.runs_after(steps));
  }
}

TEST_CASE("a watched key that expires later, or is made, is changed") {
  WatchedEngine engine;
  for (const Bytes steps : {"DEL k", "GET k", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "PING"}) {
    INFO(steps);
    engine.client("FLUSHALL\r\nSET k v PX 10\r\nWATCH k");
    engine.wait_ms(11);
    CHECK_FALSE(engine.runs_after(steps));
  }
  for (const Bytes steps : {"SET k w", "SWAPDB 0 1", "SWAPDB 0 1\r\nSWAPDB 0 1"}) {
    INFO(steps);
    engine.client("FLUSHALL\r\nSELECT 1\r\nSET k v\r\nSELECT 0");
    CHECK_FALSE(engine.runs_after(steps));
  }
}

TEST_CASE("an EXEC that is refused ends its transaction and the watches") {
  const auto instance = test::start(GENERATE(1u, 8u));
  Client client(*instance), other(*instance);
  const std::string aborted = "-EXECABORT Transaction discarded because of: ";
  client("WATCH w v\r\nMULTI\r\nSET a 1");
  CHECK(client("EXEC now") == aborted + "wrong number of arguments for 'exec' command\r\n");
  CHECK(client.session().transaction.watched.empty());
  CHECK(client("EXEC") == "-ERR EXEC without MULTI\r\n");
  other("SET w changed");
  CHECK(client("MULTI\r\nGET a\r\nEXEC") == "+OK\r\n+QUEUED\r\n*1\r\n$-1\r\n");
  client("SUBSCRIBE c");
  CHECK(client("EXEC") ==
        aborted +
            "Can't execute 'exec': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
            "allowed in this context\r\n");
}

TEST_CASE("who has not authenticated is told so first, and EXEC aborts") {
  const auto instance = test::start(2);
  {
    Client admin(*instance);
    admin("CONFIG SET requirepass secret");
    CHECK(admin("GET k") == "$-1\r\n");  // whoever is in the process needs none
  }
  Client client(*instance, Session::Door::kTcp);
  for (const Bytes line : {"GET", "NOSUCH", "CONFIG NOSUCH", "MULTI"}) {
    CHECK(client(line) == "-NOAUTH Authentication required.\r\n");
  }
  CHECK(client("EXEC x") ==
        "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.\r\n");
  // A HELLO with anything wrong changes nothing, neither does a password before the last one.
  for (const Bytes line : {"HELLO 3 AUTH default secret SETNAME 'a b'", "HELLO 3 AUTH default secret SETNAME",
                           "HELLO 3 AUTH default secret NOSUCH", "HELLO 4 AUTH default secret",
                           "HELLO 3 AUTH default secret AUTH default wrong"}) {
    INFO(line);
    CHECK(client(line)[0] == '-');
    CHECK(client("GET a") == "-NOAUTH Authentication required.\r\n");
  }
  CHECK(client("HELLO 3 SETNAME me AUTH default wrong AUTH default secret")[0] == '%');
  CHECK(client("CLIENT GETNAME") == "$2\r\nme\r\n");
}

TEST_CASE("SSUBSCRIBE is refused by EXEC, SUBSCRIBE is not") {
  const auto instance = test::start(2);
  Client client(*instance);
  client("MULTI\r\nSSUBSCRIBE c\r\nSUBSCRIBE c");
  CHECK(client("EXEC") ==
        "*2\r\n-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client\r\n"
        "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
}
