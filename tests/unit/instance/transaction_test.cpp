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
