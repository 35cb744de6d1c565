// Payloads of streams: what few bytes announce takes no more memory and work than they do, and pieces
// come back as the chunks that they were.
#include <catch2/catch.hpp>

#include "persist/rdb/crc64.h"
#include "persist/rdb/listpack.h"
#include "persist/rdb/writer.h"
#include "unit/instance/client.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr int64_t kDeleted = 1, kSame = 2;

/// A stream of one piece, in which the names of fields stand once.
class StreamPayload {
 public:
  StreamPayload() : writer_(sink_, false) {
    writer_.type(RdbType::kStream2);
    writer_.length(1);
    writer_.length(16);
    writer_.bytes(std::string(16, '\0'));
  }
  /// `deleted_first`: the first entry, whose names they are, is gone.
  void piece(const std::string& name, int64_t entries, bool deleted_first) {
    ListpackWriter listpack;
    const int64_t deleted = deleted_first ? 1 : 0;
    for (const int64_t number : {entries - deleted, deleted, int64_t{1}}) listpack.add(number);
    listpack.add(Bytes(name));
    listpack.add(int64_t{0});
    for (int64_t i = 1; i <= entries; ++i) {
      const bool gone = deleted_first && i == 1;
      for (const int64_t number : {kSame | (gone ? kDeleted : 0), int64_t{0}, i}) {
        listpack.add(number);
      }
      listpack.add(Bytes("v"));
      listpack.add(int64_t{4});
    }
    writer_.string(listpack.finish());
    writer_.length(static_cast<uint64_t>(entries - deleted));
    for (const auto id : {entries, int64_t{1 + deleted}, int64_t{0}}) {
      writer_.length(0);
      writer_.length(static_cast<uint64_t>(id));
    }
    writer_.length(static_cast<uint64_t>(entries));
  }
  /// Entries of which each has an id below the one before.
  void falling_piece(const std::string& name, int64_t entries) {
    ListpackWriter listpack;
    for (const int64_t number : {entries, int64_t{0}, int64_t{1}}) listpack.add(number);
    listpack.add(Bytes(name));
    listpack.add(int64_t{0});
    for (int64_t i = entries; i > 0; --i) {
      for (const int64_t number : {kSame, int64_t{0}, i}) listpack.add(number);
      listpack.add(Bytes("v"));
      listpack.add(int64_t{4});
    }
    writer_.string(listpack.finish());
    for (const auto number :
         {entries, int64_t{0}, entries, int64_t{0}, int64_t{1}, int64_t{0}, int64_t{0}, entries}) {
      writer_.length(static_cast<uint64_t>(number));
    }
  }
  /// With one entry pending and one consumer, at these moments.
  void group(int64_t delivered_ms, int64_t seen_ms) {
    writer_.length(1);
    writer_.string("g");
    for (const uint64_t number : {0, 2, 2, 1}) writer_.length(number);
    const std::string id = std::string(15, '\0') + '\2';
    writer_.bytes(id);
    writer_.word(static_cast<uint64_t>(delivered_ms));
    writer_.length(1);
    writer_.length(1);
    writer_.string("c");
    writer_.word(static_cast<uint64_t>(seen_ms));
    writer_.length(1);
    writer_.bytes(id);
  }
  void no_group() { writer_.length(0); }
  std::string finish() {
    writer_.bytes(std::string("\x0b\0", 2));
    writer_.word(writer_.checksum());
    writer_.flush();
    return std::move(text_);
  }

 private:
  std::string text_;
  RdbMemorySink sink_{text_};
  RdbWriter writer_;
};

int64_t number_in(const std::string& reply) { return std::stoll(reply.substr(1)); }

}  // namespace

TEST_CASE("a long name that many entries share takes its memory once, in a payload too") {
  constexpr int64_t kEntries = 20000;
  const std::string name(1 << 20, 'n');
  for (const bool deleted_first : {false, true}) {
    StreamPayload payload;
    payload.piece(name, kEntries, deleted_first);
    payload.no_group();
    const std::string text = payload.finish();
    const auto instance = start(1);
    Client client(*instance);
    REQUIRE(client(request({"RESTORE", "s", "0", text})) == "+OK\r\n");
    CHECK(number_in(client("XLEN s")) == kEntries - (deleted_first ? 1 : 0));
    CHECK(number_in(client("MEMORY USAGE s")) < 8 << 20);
    CHECK(client("DUMP s").size() < text.size() + 100);
  }
}

TEST_CASE(
    "entries that fall are put in order, but for a name that would take far more than was read") {
  for (const auto& [length, entries] :
       {std::pair{3, 20000}, std::pair{1 << 20, 50}, std::pair{1 << 20, 20000}}) {
    const std::string name(static_cast<size_t>(length), 'n');
    StreamPayload payload;
    payload.falling_piece(name, entries);
    payload.no_group();
    const auto instance = start(1);
    Client client(*instance);
    const bool is_too_much = entries == 20000 && length > 3;
    const std::string reply = client(request({"RESTORE", "s", "0", payload.finish()}));
    CHECK(reply == (is_too_much ? "-ERR Bad data format\r\n" : "+OK\r\n"));
    if (is_too_much) continue;
    CHECK(number_in(client("XLEN s")) == entries);
    CHECK(client("XRANGE s 0-7 0-7").starts_with("*1\r\n"));
    CHECK(client("XINFO STREAM s").find("0-" + std::to_string(entries)) != std::string::npos);
  }
}

TEST_CASE("moments of any distance are no trouble for who tells what has passed since") {
  for (const int64_t moment : {INT64_MIN, INT64_MIN + 1, int64_t{-5}, int64_t{0}, INT64_MAX}) {
    StreamPayload payload;
    payload.piece("f", 3, false);
    payload.group(moment, moment);
    const auto instance = start(1);
    Client client(*instance);
    REQUIRE(client(request({"RESTORE", "s", "0", payload.finish()})) == "+OK\r\n");
    CHECK(client("XPENDING s g - + 10").starts_with("*1\r\n*4\r\n$3\r\n0-2\r\n"));
    CHECK(client("XPENDING s g IDLE 1 - + 10").starts_with("*"));
    CHECK(client("XINFO CONSUMERS s g").starts_with("*1\r\n"));
    CHECK(client("XINFO STREAM s FULL").starts_with("*"));
    CHECK(client("XAUTOCLAIM s g d 1 0").starts_with("*3\r\n"));
    CHECK(client("XCLAIM s g e 1 0-2").starts_with("*"));
  }
}

TEST_CASE("pieces of streams are chunks: what an approximate trimming removes is the same later") {
  const auto instance = start(1);
  Client client(*instance);
  for (int i = 1; i <= 1050; ++i) {
    const std::string id = "1-" + std::to_string(i);
    client(request({"XADD", "s", id, i % 7 == 0 ? "other" : "f", std::to_string(i)}));
  }
  client("XTRIM s MAXLEN ~ 777\nCOPY s copied");
  const std::string dumped = client("DUMP s");
  const size_t begin = dumped.find('\n') + 1;
  client(request({"RESTORE", "t", "0", dumped.substr(begin, dumped.size() - begin - 2)}));
  for (const char* most : {"700", "555", "300", "120", "20"}) {
    const std::string removed = client("XTRIM s MAXLEN ~ " + std::string(most));
    CHECK(client("XTRIM t MAXLEN ~ " + std::string(most)) == removed);
  }
  CHECK(client("XRANGE s - +") == client("XRANGE t - +"));
}
