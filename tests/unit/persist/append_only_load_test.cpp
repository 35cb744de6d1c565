// Loading an append-only file: what belongs in one, what of it is cut, and what time it is meanwhile.
#include <catch2/catch.hpp>

#include "runtime/persistence/append_only.h"
#include "unit/persist/log_directory.h"

using namespace kevy;
using namespace kevy::test;

TEST_CASE("what acts on a connection or on the instance has no place in an append-only file") {
  const std::vector<std::vector<std::string>> others = {
      {"SUBSCRIBE", "c"}, {"MONITOR"}, {"CLIENT", "REPLY", "OFF"}, {"CLIENT", "PAUSE", "100000"},
      {"CONFIG", "SET", "appendonly", "no"}, {"SAVE"}, {"BGREWRITEAOF"}, {"RESET"}, {"QUIT"},
      {"HELLO", "3"}, {"DEBUG", "SLEEP", "0"}, {"CLIENT", "TRACKING", "ON"}};
  for (const auto& words : others) {
    LogDirectory directory;
    const std::string text =
        request({"SET", "a", "1"}) + request(words) + request({"SET", "b", "2"});
    directory.write_increment(text);
    INFO(words[0]);
    CHECK(directory.refusal().find("has no place") != std::string::npos);
    CHECK(directory.read(LogDirectory::kIncrement) == text);
  }
}

TEST_CASE("a command that would wait is refused, and not waited for") {
  const std::vector<std::vector<std::string>> others = {
      {"BLPOP", "nothing", "0"},
      {"BLMOVE", "nothing", "l", "LEFT", "LEFT", "0"},
      {"XREAD", "BLOCK", "0", "STREAMS", "nothing", "$"}};
  for (const auto& words : others) {
    LogDirectory directory;
    directory.write_increment(request({"SET", "a", "1"}) + request(words) +
                              request({"RPUSH", "nothing", "x"}));
    INFO(words[0]);
    CHECK(directory.refusal().find("would wait") != std::string::npos);
  }
}

TEST_CASE("what files of older versions have beside changes is loaded") {
  LogDirectory directory;
  directory.write_increment(request({"SELECT", "0"}) + request({"SCRIPT", "LOAD", "return 1"}) +
                            request({"PFADD", "h", "a"}) + request({"PFCOUNT", "h"}) +
                            request({"EVAL", "return redis.call('set',KEYS[1],1)", "1", "s"}) +
                            request({"PUBLISH", "c", "m"}) + request({"WATCH", "k"}) +
                            request({"MULTI"}) + request({"SET", "k", "v"}) + request({"EXEC"}));
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  CHECK(client("MGET s k") == "*2\r\n$1\r\n1\r\n$1\r\nv\r\n");
}

TEST_CASE("a timestamp that nothing follows is a whole part of the file") {
  LogDirectory directory;
  const std::string text = request({"SET", "a", "1"}) + "#TS:1700000000\r\n";
  directory.write_increment(text);
  REQUIRE(directory.start({{"aof-load-truncated", "no"}}));
  CHECK(directory.read(LogDirectory::kIncrement) == text);
  CHECK(directory.names().size() == 2);
}

TEST_CASE("what is cut off is kept also when the same byte was cut at before") {
  LogDirectory directory;
  const std::string whole = request({"SET", "a", "1"});
  for (const std::string torn : {"*3\r\n$3\r\nSE", "*2\r\n$3\r\nD"}) {
    directory.write_increment(whole + torn);
    REQUIRE(directory.start());
    CHECK(directory.read(LogDirectory::kIncrement) == whole);
  }
  const std::string kept = std::string(LogDirectory::kIncrement) + ".cut-at-" +
                           std::to_string(whole.size());
  CHECK(directory.read(kept) == "*3\r\n$3\r\nSE");
  CHECK(directory.read(kept + ".2") == "*2\r\n$3\r\nD");
}

TEST_CASE("a damaged length does not make the commands behind it the rest of a cut one") {
  const std::string before = request({"SET", "a", "1"});
  const std::string damaged = "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$9000\r\n2\r\n";
  LogDirectory directory;
  const std::string text = before + damaged + request({"SET", "c", "3"}) + request({"INCR", "a"});
  directory.write_increment(text);
  const std::string said = directory.refusal();
  CHECK(said.find("byte " + std::to_string(before.size())) != std::string::npos);
  CHECK(said.find("damaged") != std::string::npos);
  CHECK(directory.read(LogDirectory::kIncrement) == text);
  // What a crash leaves has no whole command in it.
  directory.write_increment(before + damaged);
  CHECK(directory.start());
}

// What was not synced may be there in any of its sectors, and the others are zeros then.
TEST_CASE("sectors that a loss of power has left out are where the file is cut") {
  constexpr size_t kSector = 512;
  std::string whole;
  for (int i = 0; i < 40; ++i) whole += request({"SET", "a", std::to_string(i)});
  const std::string more = request({"MULTI"}) + request({"SET", "a", "more"}) +
                           request({"SET", "b", "more"}) + request({"EXEC"});
  std::string text = whole;
  while (text.size() < 5 * kSector) text += more;
  size_t cuts = 0;
  for (size_t lost = whole.size(); lost < text.size(); lost = (lost / kSector + 1) * kSector) {
    const size_t end = std::min((lost / kSector + 1) * kSector, text.size());
    LogDirectory directory;
    std::string torn = text;
    std::fill(torn.begin() + static_cast<ptrdiff_t>(lost),
              torn.begin() + static_cast<ptrdiff_t>(end), '\0');
    directory.write_increment(torn);
    auto started = directory.start();
    REQUIRE(started);
    Client client(**started);
    CHECK(client("GET a") == (lost == whole.size() ? "$2\r\n39\r\n" : "$4\r\nmore\r\n"));
    CHECK(client("GET b") == (lost == whole.size() ? "$-1\r\n" : "$4\r\nmore\r\n"));
    const std::string left = directory.read(LogDirectory::kIncrement);
    CHECK(left.size() <= lost);
    CHECK(lost - left.size() < more.size());
    const std::string kept =
        std::string(LogDirectory::kIncrement) + ".cut-at-" + std::to_string(left.size());
    CHECK(left + directory.read(kept) == torn);
    ++cuts;
  }
  CHECK(cuts > 3);
  // Zeros that are no whole sector are none that a disk has left out.
  LogDirectory directory;
  std::string damaged = text;
  std::fill_n(damaged.begin() + static_cast<ptrdiff_t>(kSector), 100, '\0');
  directory.write_increment(damaged);
  CHECK(directory.refusal().find("what follows is no command") != std::string::npos);
}

// The last byte that each flip may cost is that of the command it is in.
TEST_CASE("B32 a flipped bit is told, or costs the last command at most, or is in a value") {
  const std::vector<std::string> commands = {
      request({"SET", "a", "one"}), request({"RPUSH", "l", "first", "second"}),
      request({"MULTI"}) + request({"INCR", "n"}) + request({"INCR", "n"}) + request({"EXEC"}),
      request({"SET", "last", "value"})};
  std::string text;
  for (const std::string& command : commands) text += command;
  const size_t last_begins = text.size() - commands.back().size();
  size_t refused = 0;
  for (size_t bit = 0; bit < last_begins * 8; ++bit) {
    LogDirectory directory;
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    directory.write_increment(flipped);
    auto started = directory.start();
    if (!started) {
      ++refused;
      CHECK(directory.read(LogDirectory::kIncrement) == flipped);
      continue;
    }
    INFO(bit / 8 << ' ' << flipped);
    Client client(**started);
    CHECK(client("GET last") == "$5\r\nvalue\r\n");
  }
  CHECK(refused > last_begins * 4);
}

TEST_CASE("what was used is used now when it is loaded, and expires when it was to") {
  LogDirectory directory;
  {
    auto started = directory.start();
    REQUIRE(started);
    Client client(**started);
    client(
        "SET k v\nSET expiring v EX 100000\nXADD s 1-1 f v\nXGROUP CREATE s g 0\n"
        "XREADGROUP GROUP g c STREAMS s >\nXGROUP CREATECONSUMER s g other");
  }
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  CHECK(client("OBJECT IDLETIME k").size() <= 5);  // ":1\r\n" or ":10\r\n"
  const auto idle = [&](const std::string& lines) {
    const std::string reply = client(lines);
    return std::stoll(reply.substr(reply.find(':') + 1));
  };
  constexpr long long kMinute = 60'000;
  CHECK(idle("EVAL \"return redis.call('XPENDING','s','g','-','+',1)[1][3]\" 0") < kMinute);
  for (const char* consumer : {"1", "2"}) {
    CHECK(idle("EVAL \"return redis.call('XINFO','CONSUMERS','s','g')[" + std::string(consumer) +
               "][6]\" 0") < kMinute);
  }
  CHECK(idle("TTL expiring") > 90000);
}

TEST_CASE("a message that was forgotten and came again is loaded as the newer one") {
  LogDirectory directory;
  {
    auto started = directory.start();
    REQUIRE(started);
    Client client(**started);
    (*started)->freeze_clock(1'700'000'000'000'000);
    CHECK(client("XADD s IDMP p m * f v") == "$15\r\n1700000000000-0\r\n");
    (*started)->advance_clock(1'000'000'000);
    CHECK(client("XADD s IDMP p m * f v") == "$15\r\n1701000000000-0\r\n");
  }
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  CHECK(client("XLEN s") == ":2\r\n");
}

TEST_CASE("timestamps are read over, however many follow each other") {
  LogDirectory directory;
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "#TS:1700000000\r\n";
  directory.write_increment(text + request({"SET", "a", "1"}));
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  CHECK(client("GET a") == "$1\r\n1\r\n");
}

TEST_CASE("all data are the first thing that a manifest names, and are refused behind others") {
  LogDirectory directory;
  {
    auto started = directory.start_off();
    REQUIRE(started);
    Client client(**started);
    client("SET a of-the-snapshot");
    client("SET b 1 PXAT 99999999999999");
    REQUIRE(client("SAVE") == "+OK\r\n");
  }
  std::ifstream in(directory.path() / "dump.rdb", std::ios::binary);
  const std::string data{std::istreambuf_iterator<char>(in), {}};
  directory.write_increment(data + request({"SET", "c", "behind"}));
  {
    auto started = directory.start();
    REQUIRE(started);
    Client client(**started);
    CHECK(client("MGET a b c") == "*3\r\n$15\r\nof-the-snapshot\r\n$1\r\n1\r\n$6\r\nbehind\r\n");
    CHECK(client("INFO persistence").find("rdb_changes_since_last_save:1\r\n") != std::string::npos);
  }
  directory.write("appendonly.aof.manifest",
                  "file first seq 1 type i\nfile second seq 2 type i\n");
  directory.write("first", request({"SET", "a", "1"}));
  directory.write("second", data);
  CHECK(directory.refusal().find("second: it has all data") != std::string::npos);
  CHECK(directory.read("second") == data);
}

TEST_CASE("what the append-only file has of keys whose time is over goes when it is loaded") {
  LogDirectory directory;
  directory.write_increment(request({"SET", "over", "1", "PXAT", "1000"}) +
                            request({"SET", "kept", "1", "PXAT", "1000"}) +
                            request({"PERSIST", "kept"}));
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  CHECK(client("MGET over kept") == "*2\r\n$-1\r\n$1\r\n1\r\n");
}
