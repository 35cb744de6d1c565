// Reading an RDB file by several threads: the same keys, and the same errors, as by one.
#include <catch2/catch.hpp>

#include "command/server/data_digest.h"
#include "persist/load/read_keys.h"
#include "persist/load/staged_keys.h"
#include "persist/rdb/limits.h"
#include "persist/snapshot/key_taker.h"
#include "unit/persist/log_directory.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr unsigned kThreads[] = {2, 3, 9};

/// A file that comes in pieces.
class Pieces final : public RdbSource {
 public:
  explicit Pieces(Bytes file) noexcept : left_(file) {}
  size_t read(char* to, size_t size) override {
    const Bytes piece = left_.substr(0, std::min(size, kPiece));
    std::memcpy(to, piece.data(), piece.size());
    left_.remove_prefix(piece.size());
    return piece.size();
  }

 private:
  static constexpr size_t kPiece = 50'000;
  Bytes left_;
};

std::optional<LoadFailure> take(Runtime& runtime, Bytes file, bool replace, unsigned threads,
                                uint64_t* taken = nullptr) {
  Turn all(runtime);
  all.hold_all();
  Pieces pieces(file);
  RdbReader reader(pieces);
  KeyTaker taker(runtime, replace, file.size());
  auto failure = read_keys(runtime, reader, taker, rdb_limits(runtime.settings()), threads);
  if (taken != nullptr) *taken = taker.taken();
  return failure;
}

std::string digest_of(Runtime& runtime) {
  Turn all(runtime);
  all.hold_all();
  return data_digest(runtime);
}

/// What is told when the file is loaded beside the data of a runtime; nothing: it is right.
std::string wrong_with(Runtime& runtime, Bytes file, unsigned threads) {
  Pieces pieces(file);
  RdbReader reader(pieces);
  StagedKeys keys(runtime, file.size());
  const auto failure = read_keys(runtime, reader, keys, rdb_limits(runtime.settings()), threads);
  if (!failure) return "";
  const std::string& message = failure->error.message;
  return message.starts_with("at byte ") ? message
                                         : std::to_string(failure->offset) + ": " + message;
}

std::string file_of_all_kinds() {
  LogDirectory directory;
  auto instance = directory.start_off({{"rdbcompression", "yes"}});
  REQUIRE(instance);
  Client client(**instance);
  const std::string long_text(300, 'l');
  std::string huge;  // which can not be compressed
  for (uint32_t number = 1; huge.size() < 150'000; number = number * 1'664'525 + 1'013'904'223) {
    huge += static_cast<char>('a' + (number >> 24) % 26);
  }
  for (int i = 0; i < 4000; ++i) {
    const std::string n = std::to_string(i);
    if (i % 1000 == 0) client("SELECT " + std::to_string(i / 1000));
    client("SET string:" + n + " text" + n + (i % 7 == 0 ? " EX 10000" : ""));
    client("SET number:" + n + ' ' + n);
    if (i % 3 == 0) client("HSET hash:" + n + " f " + n + " g text h " + n);
    if (i % 4 == 0) client("RPUSH list:" + n + " a b " + n);
    if (i % 5 == 0) client("SADD set:" + n + " a b " + n);
    if (i % 6 == 0) client("SADD numbers:" + n + " 1 2 " + n);
    if (i % 9 == 0) client("ZADD zset:" + n + " 1 a 2.5 b " + n + " c");
    if (i % 50 == 0) client("SET long:" + n + ' ' + long_text + n);
    if (i % 90 == 0) client("XADD stream:" + n + " * f " + n);
    if (i % 100 == 0) client("HEXPIRE hash:" + n + " 10000 FIELDS 1 f");
    if (i % 40 == 0) client("HSET large f " + n + " field:" + n + " 1");
    if (i % 20 == 0) client("ZADD scores " + n + " member:" + n);
    if (i % 2000 == 0) client(request({"SET", "huge:" + n, huge + n}));
  }
  REQUIRE(client("SAVE") == "+OK\r\n");
  std::ifstream in(directory.path() / "dump.rdb", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void add_text(std::string& file, Bytes text) {
  file += static_cast<char>(text.size());
  file += text;
}

/// Strings under these keys; without a checksum.
std::string file_of(const std::vector<std::string>& keys) {
  std::string file = "REDIS0010";
  for (size_t i = 0; i < keys.size(); ++i) {
    file += '\0';
    add_text(file, keys[i]);
    add_text(file, "value:" + std::to_string(i));
  }
  return file + '\xff' + std::string(8, '\0');
}

std::vector<std::string> numbered_keys(size_t count) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < count; ++i) keys.push_back("key:" + std::to_string(i));
  return keys;
}

}  // namespace

TEST_CASE("a file is read by several threads as by one") {
  const std::string file = file_of_all_kinds();
  REQUIRE(file.size() > 400'000);
  for (const uint32_t shards : {1u, 3u, 16u, 100u}) {
    const auto alone = start(shards);
    uint64_t keys = 0;
    REQUIRE(!take(alone->runtime(), file, false, 1, &keys));
    CHECK(keys > 8000);
    const std::string expected = digest_of(alone->runtime());
    for (const unsigned threads : kThreads) {
      const auto together = start(shards);
      uint64_t taken = 0;
      REQUIRE(!take(together->runtime(), file, false, threads, &taken));
      CHECK(taken == keys);
      CHECK(digest_of(together->runtime()) == expected);
    }
  }
}

TEST_CASE("keys whose time is over are left out and counted whoever reads them") {
  std::string file = "REDIS0010";
  for (int i = 0; i < 20'000; ++i) {
    if (i % 2 == 0) file += '\xfd' + std::string("\x01\0\0\0", 4);  // in seconds
    file += '\0';
    add_text(file, "key:" + std::to_string(i));
    add_text(file, "value");
  }
  file += '\xff' + std::string(8, '\0');
  const auto instance = start(8);
  uint64_t taken = 0;
  REQUIRE(!take(instance->runtime(), file, false, 4, &taken));
  CHECK(taken == 10'000);
}

#if defined(KEVY_SANITIZED)
constexpr size_t kStep = 60'013;
#else
constexpr size_t kStep = 9001;
#endif

TEST_CASE("a damaged file has the same error for several threads as for one") {
  const std::string file = file_of_all_kinds();
  const auto instance = start(8);
  Runtime& runtime = instance->runtime();
  size_t errors = 0;
  for (size_t at = 9; at < file.size(); at += kStep + at % 7) {
    for (const int damage : {0x01, 0x80, 0xff}) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ damage);
      const std::string expected = wrong_with(runtime, damaged, 1);
      INFO("at " << at << " by " << damage);
      CHECK(wrong_with(runtime, damaged, 3) == expected);
      errors += expected.empty() ? 0 : 1;
    }
    const std::string expected = wrong_with(runtime, Bytes(file).substr(0, at), 1);
    INFO("cut at " << at);
    CHECK(wrong_with(runtime, Bytes(file).substr(0, at), 3) == expected);
    CHECK(!expected.empty());
  }
  CHECK(errors > 10);
}

TEST_CASE("of keys that come twice the first one is told, with its place") {
  const auto instance = start(8);
  Runtime& runtime = instance->runtime();
  std::vector<std::string> keys = numbered_keys(12'000);
  for (const size_t again : {11'999u, 9000u, 7321u, 7320u, 4000u}) {
    keys[again] = keys[again / 2];
    const std::string file = file_of(keys);
    const std::string expected = wrong_with(runtime, file, 1);
    CHECK(expected.find("'" + keys[again] + "' comes twice") != std::string::npos);
    for (const unsigned threads : kThreads) CHECK(wrong_with(runtime, file, threads) == expected);
  }
}

TEST_CASE("of keys that come twice and are to replace others the last one stays") {
  std::vector<std::string> keys = numbered_keys(12'000);
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = keys[i % 3000];
  const std::string file = file_of(keys);
  const auto alone = start(8), together = start(8);
  REQUIRE(!take(alone->runtime(), file, true, 1));
  REQUIRE(!take(together->runtime(), file, true, 4));
  CHECK(digest_of(together->runtime()) == digest_of(alone->runtime()));
}

TEST_CASE("a database that is not there is told with its place") {
  std::string file = file_of(numbered_keys(10'000));
  file.resize(file.size() - 9);
  file += "\xfe\x20" + file_of({"elsewhere"}).substr(9);
  const auto instance = start(8);
  const std::string expected = wrong_with(instance->runtime(), file, 1);
  CHECK(expected.find("keys in database 32") != std::string::npos);
  for (const unsigned threads : kThreads) {
    CHECK(wrong_with(instance->runtime(), file, threads) == expected);
  }
}
