// Which messages the producers of streams have sent (XADD IDMP) is in files of all keys, and read
// back from there: so a message that is sent again after a restart enters its stream once.
#include <catch2/catch.hpp>

#include "persist/rdb/decode/decode.h"
#include "persist/rdb/encode/encode.h"
#include "unit/persist/log_directory.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr int kMany = 3000;  // more than one value of the field holds

std::string send(Client& client, int producer, int message) {
  return client("XADD s IDMP producer-with-a-name-" + std::to_string(producer) + " message-" +
                std::to_string(message) + " * f v");
}

/// Fills a stream, and returns what was answered to each message.
std::vector<std::string> fill(Client& client) {
  CHECK(client("CONFIG SET stream-idmp-duration 4000 stream-idmp-maxsize 2000") == "+OK\r\n");
  std::vector<std::string> ids;
  for (int i = 0; i < kMany; ++i) ids.push_back(send(client, i % 3, i));
  send(client, 0, 0);
  client(
      "SET between 1\nXADD plain 1-1 f v\nXADD t IDMPAUTO p * f v\nXCFGSET plain IDMP-MAXSIZE 7");
  client("XADD u IDMP p m 9-9 f v\nEXPIRE s 100000");
  client("CONFIG SET stream-idmp-duration 100 stream-idmp-maxsize 100");
  return ids;
}

std::string limits_of(Client& client, const std::string& key) {
  const std::string all = client("XINFO STREAM " + key);
  const size_t begin = all.find("idmp-duration"), end = all.find("$6\r\ngroups");
  return begin == std::string::npos ? "" : all.substr(begin, end - begin);
}

void check(Client& client, const std::vector<std::string>& ids, const std::string& known) {
  CHECK(limits_of(client, "s") == known);
  CHECK(limits_of(client, "plain").find(":7\r\n") != std::string::npos);
  int wrong = 0;
  for (int i = 0; i < kMany; ++i) wrong += send(client, i % 3, i) != ids[static_cast<size_t>(i)];
  CHECK(wrong == 0);
  CHECK(client("XLEN s") == ":" + std::to_string(kMany) + "\r\n");
  client("XADD t IDMPAUTO p * f v");
  CHECK(client("XLEN t") == ":1\r\n");
  CHECK(client("GET between") == "$1\r\n1\r\n");
}

}  // namespace

TEST_CASE("a snapshot keeps the messages of producers, their limits and counts") {
  const LogDirectory directory;
  std::vector<std::string> ids;
  std::string known;
  {
    auto started = directory.start_off();
    REQUIRE(started);
    Client client(**started);
    ids = fill(client);
    known = limits_of(client, "s");
    CHECK(known.find(":4000\r\n") != std::string::npos);
    CHECK(client("DEBUG RELOAD") == "+OK\r\n");
    CHECK(limits_of(client, "s") == known);
    CHECK(client("SAVE") == "+OK\r\n");
  }
  auto started = directory.start_off();
  REQUIRE(started);
  Client client(**started);
  check(client, ids, known);
}

TEST_CASE("a rewritten append-only file keeps them, and what comes behind it is added") {
  const LogDirectory directory;
  std::vector<std::string> ids;
  std::string known;
  {
    auto started = directory.start();
    REQUIRE(started);
    Client client(**started);
    ids = fill(client);
    client("BGREWRITEAOF");
    finish_jobs(**started);
    client("XADD late IDMP p m * f v");
    known = limits_of(client, "s");
  }
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  check(client, ids, known);
  client("XADD late IDMP p m * f v");
  CHECK(client("XLEN late") == ":1\r\n");
}

TEST_CASE(
    "an append-only file says with what limits a stream began, whatever they are when it is "
    "loaded") {
  const LogDirectory directory;
  std::string began, set;
  {
    auto started = directory.start();
    REQUIRE(started);
    Client client(**started);
    client("CONFIG SET stream-idmp-duration 300 stream-idmp-maxsize 3");
    client("XADD s IDMP p m * f v\nXADD t 1-1 f v\nXCFGSET t IDMP-DURATION 9");
    client("CONFIG SET stream-idmp-duration 100 stream-idmp-maxsize 100\nXADD u IDMP p m * f v");
    began = limits_of(client, "s");
    set = limits_of(client, "t");
    CHECK(began.find(":300\r\n$12\r\nidmp-maxsize\r\n:3\r\n") != std::string::npos);
    CHECK(set.find(":9\r\n$12\r\nidmp-maxsize\r\n:3\r\n") != std::string::npos);
  }
  auto started = directory.start({{"stream-idmp-duration", "55"}, {"stream-idmp-maxsize", "5"}});
  REQUIRE(started);
  Client client(**started);
  CHECK(limits_of(client, "s") == began);
  CHECK(limits_of(client, "t") == set);
  CHECK(limits_of(client, "u").find(":100\r\n$12\r\nidmp-maxsize\r\n:100\r\n") !=
        std::string::npos);
  client("XADD v IDMP p m * f v");
  CHECK(limits_of(client, "v").find(":55\r\n$12\r\nidmp-maxsize\r\n:5\r\n") != std::string::npos);
}

TEST_CASE("what is said of messages is taken whole or not at all") {
  StreamObject stream;
  StreamProducers& producers = stream.find_or_make_producers({60, 2});
  for (int i = 0; i < 3; ++i) {
    producers.add("p", std::to_string(i), {7, static_cast<uint64_t>(i)});
    producers.trim(0);
  }
  producers.add("q", "0", {8, 0});
  producers.count_duplicate();
  std::string field;
  encode_messages(producers, [&](Bytes value) { field = value; });

  StreamObject other;
  REQUIRE(decode_messages(field, other));
  const StreamProducers& read = *other.producers();
  CHECK(read.limits() == producers.limits());
  CHECK((read.message_count() == 3 && read.producer_count() == 2));
  CHECK((read.added() == 4 && read.duplicates() == 1));
  CHECK_FALSE(read.find("p", "0", 0));
  CHECK(read.find("p", "2", 0) == StreamId{7, 2});
  CHECK(read.find("q", "0", 0) == StreamId{8, 0});

  int refused = 0;
  for (size_t size = 0; size < field.size(); ++size) {
    StreamObject cut;
    refused += !decode_messages(Bytes(field).substr(0, size), cut);
  }
  CHECK(refused ==
        static_cast<int>(field.size()) - 3);  // it may end behind the limits and messages
  for (const Bytes wrong : {"0 1 0 0 ", "1 0 0 0 ", "86401 1 0 0 ", "1 10001 0 0 ",
                            "1 1 1 1  6d 1 1 ", "1 1 1 1 7 6d 1 1 ", "1 1 1 1 7G 6d 1 1 ",
                            "1 1 1 1 70 6d -1 1 ", "1 1 1 1 70 6d 1 1", "1 1 x 1 "}) {
    StreamObject none;
    CHECK_FALSE(decode_messages(wrong, none));
  }
}

TEST_CASE("a file in which that is damaged is refused, and a field of another's is passed over") {
  const LogDirectory directory;
  {
    auto started = directory.start_off({{"rdbchecksum", "no"}, {"rdbcompression", "no"}});
    REQUIRE(started);
    Client client(**started);
    client("XADD s IDMP pppp m * f v\nSAVE");
  }
  const std::string path = (directory.path() / "dump.rdb").string();
  std::ifstream in(path, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const size_t field = file.find("kevy-stream-messages"), producer = file.find("70707070 ");
  REQUIRE((field != std::string::npos && producer != std::string::npos && field < producer));
  const auto starts_with = [&](size_t at, char byte) {
    std::string changed = file;
    changed[at] = byte;
    std::ofstream(path, std::ios::binary) << changed;
    auto started = directory.start_off();
    return started ? Client(**started)("XLEN s") : started.error().message;
  };
  CHECK(starts_with(producer, 'x').find("stream's producers is damaged") != std::string::npos);
  CHECK(starts_with(field, 'K') == ":1\r\n");
}
