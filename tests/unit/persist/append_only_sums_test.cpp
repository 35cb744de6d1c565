// Checksums of an append-only file: what a bit or a sector that is not what was written does to
// loading, what someone else may do to the file, and that nothing changed is ever taken for data.
#include <catch2/catch.hpp>

#include "persist/aof/sum_line.h"
#include "unit/persist/log_directory.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr size_t kSector = 512;

/// Has an instance run the commands, each of them on disk before the next, and gives the increment.
/// Without what it says at the end, as if it had been killed, if `killed`.
std::string written(const std::vector<std::string>& commands, bool killed) {
  const LogDirectory directory;
  {
    auto started = directory.start({{"appendfsync", "always"}});
    REQUIRE(started);
    Runtime& runtime = (*started)->runtime();
    Client client(**started);
    for (const std::string& command : commands) {
      client(command);
      REQUIRE(runtime.log()->wait_until_safe(runtime.log()->end()));
    }
    if (killed) {
      return directory.read(LogDirectory::kIncrement);
    }
  }
  return directory.read(LogDirectory::kIncrement);
}

/// Where the lines of groups stand, and behind the last of them the file's end.
std::vector<size_t> groups_of(const std::string& text) {
  std::vector<size_t> places;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find("\r\n", at);
    const auto line = SumLine::parse(Bytes(text).substr(at, end - at));
    REQUIRE(line);
    places.push_back(at);
    at = end + 2 + line->bytes;
  }
  places.push_back(text.size());
  return places;
}

const std::vector<std::string> kSmall = {"SET a one", "RPUSH l first second", "MSET x 1 y 2",
                                         "SET last value"};

/// Everything, as lines of commands.
std::string data_of(Instance& instance) {
  Client client(instance);
  return client("MGET a x y last big0 big1 big2 big3\nLRANGE l 0 -1");
}

std::string data_of(const std::string& text) {
  const LogDirectory directory;
  directory.write_increment(text);
  auto started = directory.start();
  REQUIRE(started);
  return data_of(**started);
}

void flip_every_bit(const std::string& text) {
  const std::string whole = data_of(text);
  REQUIRE(whole.find("value") != std::string::npos);
  size_t refused = 0;
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    const LogDirectory directory;
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    directory.write_increment(flipped);
    auto started = directory.start();
    INFO("byte " << bit / 8 << ", bit " << bit % 8);
    if (started) {
      CHECK(data_of(**started) == whole);
      continue;
    }
    ++refused;
    const std::string& said = started.error().message;
    CHECK(said.find(LogDirectory::kIncrement) != std::string::npos);
    CHECK(said.find("byte ") != std::string::npos);
    CHECK(said.find("make a copy of the directory") != std::string::npos);
    CHECK(directory.read(LogDirectory::kIncrement) == flipped);
  }
  CHECK(refused > text.size() * 6);
}

/// The line of a group of so many bytes, of which no hash is known.
std::string line_of_group(size_t bytes) {
  char text[SumLine::kMax];
  return {text, SumLine{bytes, 0, 0}.put(text)};
}

std::vector<std::string> large_commands() {
  std::vector<std::string> commands;
  for (int i = 0; i < 4; ++i) {
    std::string value;
    while (value.size() < 3000)
      value += "part" + std::to_string(i) + '-' + std::to_string(value.size());
    commands.push_back("SET big" + std::to_string(i) + ' ' + value);
  }
  return commands;
}

}  // namespace

TEST_CASE("B32 a flipped bit of a file that an instance has ended changes nothing unsaid") {
  flip_every_bit(written(kSmall, false));
}

TEST_CASE("B32 a flipped bit of a file whose instance was killed changes nothing unsaid") {
  flip_every_bit(written(kSmall, true));
}

TEST_CASE("B32 a value that has lost a sector, or got another, is never loaded") {
  const std::string text = written(large_commands(), true);
  const std::string whole = data_of(text);
  const std::vector<size_t> groups = groups_of(text);
  REQUIRE(groups.size() == 5);
  const size_t last = groups[3];
  const std::string without_last = data_of(text.substr(0, last));
  size_t cut = 0, refused = 0;
  for (const bool zeros : {true, false}) {
    for (size_t sector = 0; sector < text.size(); sector += kSector) {
      const size_t end = std::min(sector + kSector, text.size());
      // Of the sector in which the part begins that was not synced the rest was.
      const size_t begin = sector < last && last < end ? last : sector;
      std::string torn = text;
      for (size_t at = begin; at < end; ++at) {
        torn[at] = zeros ? '\0' : static_cast<char>('a' + at % 7);
      }
      const LogDirectory directory;
      directory.write_increment(torn);
      auto started = directory.start();
      INFO("sector at " << sector << (zeros ? ", zeros" : ", others"));
      if (!started) {
        CHECK((begin < last || !zeros));
        CHECK(started.error().message.find(LogDirectory::kIncrement) != std::string::npos);
        CHECK(directory.read(LogDirectory::kIncrement) == torn);
        ++refused;
        continue;
      }
      CHECK(begin >= last);
      CHECK(data_of(**started) == without_last);
      CHECK(data_of(**started) != whole);
      const std::string kept = std::string(LogDirectory::kIncrement) + ".cut-at-";
      CHECK(directory.read(LogDirectory::kIncrement) == text.substr(0, last));
      CHECK(directory.read(kept + std::to_string(last)) == torn.substr(last));
      ++cut;
    }
  }
  CHECK(cut >= 5);
  CHECK(refused > 30);
}

TEST_CASE("B32 what is read as it is, without checksums, is what is there") {
  std::string text = written(kSmall, true);
  const size_t at = text.find("one");
  text.replace(at, 3, "two");
  const LogDirectory directory;
  directory.write_increment(text);
  CHECK(directory.refusal().find("aof-checksums no") != std::string::npos);
  {
    auto started = directory.start({{"aof-checksums", "no"}, {"appendfsync", "always"}});
    REQUIRE(started);
    Client client(**started);
    CHECK(client("GET a") == "$3\r\ntwo\r\n");
    client("SET plain 1");
  }
  CHECK(directory.read(LogDirectory::kIncrement) ==
        text + request({"SELECT", "0"}) + request({"SET", "plain", "1"}));
}

TEST_CASE("what stands in no group is loaded as before, in front of groups and behind them") {
  const std::string foreign = request({"SELECT", "0"}) + request({"APPEND", "a", "-more"});
  const std::string text = written(kSmall, true);
  CHECK(data_of(foreign + text).find("one") != std::string::npos);
  const std::string behind = data_of(text + foreign);
  CHECK(behind.find("one-more") != std::string::npos);
  // A crash has cut what the other server has appended.
  CHECK(data_of(text + foreign + "*3\r\n$3\r\nSE") == behind);
}

// As redis-check-aof --fix leaves it, or a server that has loaded it and goes on with it.
TEST_CASE("a group that was cut behind a unit is loaded, and what is appended is no part of it") {
  const LogDirectory directory;
  const std::string unit = request({"RPUSH", "l", "of-a-group"});
  const std::string cut = written({"SET a one", "MSET x 1 y 2"}, true) +
                          line_of_group(50 * unit.size()) + unit + unit + unit;
  for (const std::string& more : {std::string(), request({"RPUSH", "l", "of-another"})}) {
    directory.write_increment(cut + more);
    {
      auto started = directory.start({{"appendfsync", "always"}});
      REQUIRE(started);
      Client client(**started);
      CHECK(client("LLEN l") == (more.empty() ? ":3\r\n" : ":4\r\n"));
      for (int i = 0; i < 100; ++i) client("RPUSH l later");
    }
    auto again = directory.start();
    REQUIRE(again);
    Client client(**again);
    CHECK(client("LLEN l") == (more.empty() ? ":103\r\n" : ":104\r\n"));
    CHECK(directory.names().size() == 2);
  }
  // Cut within a unit it is what a crash has left: nothing of the group is known to be right.
  directory.write_increment(cut + unit.substr(0, 10));
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  CHECK(client("LLEN l") == ":0\r\n");
  CHECK(client("GET a") == "$3\r\none\r\n");
}

// The end of a sector is as good a place as any for who cuts behind a unit.
TEST_CASE(
    "a group that was cut behind a unit where a sector ends is loaded with what is behind it") {
  const std::string text = written({"RPUSH l one two three"}, true);
  const std::string unit = request({"RPUSH", "l", "of-another"});
  const std::string group = line_of_group(text.size() + 100 * kSector);
  std::string cut = group + text + unit;
  const std::string before = request({"SET", "padded", ""});
  const size_t missing = kSector - (cut.size() + before.size() + 2) % kSector;
  cut += request({"SET", "padded", std::string(missing, 'p')});
  REQUIRE(cut.size() % kSector == 0);
  const LogDirectory directory;
  directory.write_increment(cut);
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  CHECK(client("LLEN l") == ":4\r\n");
  CHECK(client("STRLEN padded") == ":" + std::to_string(missing) + "\r\n");
  CHECK(directory.names().size() == 2);
}

TEST_CASE("many groups that go beyond the end of the file are looked at once") {
  constexpr int kGroups = 50'000;
  std::string text = request({"SET", "a", "one"});
  const std::string group = line_of_group(size_t{1} << 40) + request({"INCR", "steps"});
  for (int i = 0; i < kGroups; ++i) text += group;
  const LogDirectory directory;
  directory.write_increment(text);
  auto started = directory.start();
  REQUIRE(started);
  Client client(**started);
  CHECK(client("GET steps") == "$5\r\n50000\r\n");
}

TEST_CASE("a group that was on disk, and is cut or zeros now, is told") {
  const std::string text = written(large_commands(), true);
  const std::vector<size_t> groups = groups_of(text);
  std::string torn = text;
  std::fill(torn.begin() + static_cast<ptrdiff_t>(groups[1]),
            torn.begin() + static_cast<ptrdiff_t>(groups[2]), '\0');
  const LogDirectory directory;
  directory.write_increment(torn);
  CHECK(directory.refusal().find("on disk") != std::string::npos);
  CHECK(directory.read(LogDirectory::kIncrement) == torn);
  // The last line says so too.
  torn = text + std::string(2 * kSector, '\0');
  directory.write_increment(torn);
  CHECK(directory.start());
}

TEST_CASE("a line with a sum is what it was made of, or damaged") {
  char text[SumLine::kMax];
  for (const SumLine line :
       {SumLine{0, 0, 0}, SumLine{1, 2, 3}, SumLine{UINT64_MAX, UINT64_MAX, UINT64_MAX}}) {
    const size_t size = line.put(text);
    CHECK(size < SumLine::kMax);
    const auto parsed = SumLine::parse({text, size - 2});
    REQUIRE(parsed);
    CHECK((parsed->bytes == line.bytes && parsed->safe == line.safe && parsed->hash == line.hash));
    for (size_t bit = 0; bit < (size - 2) * 8; ++bit) {
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
      CHECK_FALSE(SumLine::parse({text, size - 2}));
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    }
    CHECK_FALSE(SumLine::parse({text, size - 3}));
  }
}
