// Loading by several threads, none of which may find memory, or be started: either all is loaded,
// or nothing, and it is said why.
#include <kevy.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "capi/support.h"
#include "failing_calls.h"
#include "failing_memory.h"

using namespace kevy::test;

namespace {

namespace fs = std::filesystem;

constexpr int kKeys = 250;  // of 6,000 bytes: more than a megabyte

std::string value_of(int number) {
  std::string value;
  for (auto random = static_cast<uint32_t>(number + 1); value.size() < 6000;
       random = random * 1'664'525 + 1'013'904'223) {
    value += static_cast<char>('a' + (random >> 24) % 26);
  }
  return value;
}

std::string answer(kevy_instance* db, const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  for (const std::string& word : words) texts.push_back(word.c_str());
  kevy_reply* reply = nullptr;
  REQUIRE(kevy_exec(db, texts.size(), texts.data(), nullptr, &reply) == KEVY_OK);
  size_t size = 0;
  const char* const text = kevy_reply_string(reply, &size);
  std::string result = text == nullptr ? std::string() : std::string(text, size);
  kevy_reply_free(reply);
  return result;
}

class Folder {
 public:
  Folder() {
    std::string path = (fs::temp_directory_path() / "kevy-load-XXXXXX").string();
    REQUIRE(mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file() const { return path_ + "/dump.rdb"; }
  /// With an append-only file in the folder, or nothing of the kind.
  kevy_status start(bool append_only, kevy_instance*& db) const {
    const char* const directives[] = {"dir", path_.c_str(), "appendonly",
                                      append_only ? "yes" : "no"};
    kevy_options options = KEVY_OPTIONS_INIT;
    options.shards = 4;
    options.directives = directives;
    options.directive_count = 2;
    return kevy_start(&options, &db);
  }

 private:
  std::string path_;
};

void fill(kevy_instance* db) {
  for (int i = 0; i < kKeys; ++i) answer(db, {"SET", "key:" + std::to_string(i), value_of(i)});
}

bool has_all(kevy_instance* db) {
  for (int i = 0; i < kKeys; ++i) {
    if (answer(db, {"GET", "key:" + std::to_string(i)}) != value_of(i)) return false;
  }
  return true;
}

/// Loads again and again, with an allocation failing further and further behind, until none does.
template <typename Load>
size_t sweep(Failing how, const Load& load) {
  constexpr size_t kStep = 5;
  size_t failures = 0;
  bool failed = true;
  for (size_t number = 0; failed; number += 1 + number / kStep / kStep) {
    CAPTURE(number);
    kevy_status status;
    {
      fail_allocation_of_any_thread(number, how);
      const MemoryMayFail within;
      status = load();
    }
    failed = memory_is_back();
    failures += failed ? 1 : 0;
    CAPTURE(status, status == KEVY_OK ? "" : kevy_last_error());
    CHECK((status == KEVY_OK || failed));  // without memory no thread may be had either
    REQUIRE(number < 1'000'000);
  }
  return failures;
}

}  // namespace

TEST_CASE("a file is loaded by one thread where no other can be started") {
  const EnoughMemory of_the_test;
  const Folder folder;
  kevy_instance* db = nullptr;
  REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
  fill(db);
  REQUIRE(kevy_backup(db, folder.file().c_str(), nullptr) == KEVY_OK);
  answer(db, {"FLUSHALL"});
  kevy_status status;
  {
    fail_calls(SystemCall::kThread, 0, 100, EAGAIN);
    const MemoryMayFail within;
    status = kevy_load(db, folder.file().c_str(), nullptr);
  }
  const size_t failed = calls_work_again();
  CHECK((failed != 0 || std::thread::hardware_concurrency() < 2));
  CHECK(status == KEVY_OK);
  CHECK(has_all(db));
  kevy_stop(db);
}

TEST_CASE(
    "whichever allocation of loading by several threads fails, the data stay or are all there") {
  const EnoughMemory of_the_test;
  const Folder folder;
  kevy_instance* db = nullptr;
  REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
  fill(db);
  const std::string file = folder.file();
  REQUIRE(kevy_backup(db, file.c_str(), nullptr) == KEVY_OK);
  for (const Failing how : {Failing::kOnce, Failing::kFromThenOn}) {
    const size_t failures = sweep(how, [&] {
      {
        const EnoughMemory within;
        answer(db, {"FLUSHALL"});
        answer(db, {"SET", "mine", "kept"});
      }
      const kevy_status status = kevy_load(db, file.c_str(), nullptr);
      const EnoughMemory within;
      CHECK(answer(db, {"GET", "mine"}) == (status == KEVY_OK ? "" : "kept"));
      if (status == KEVY_OK) CHECK(has_all(db));
      return status;
    });
    CHECK(failures > 20);
  }
  kevy_stop(db);
}

TEST_CASE(
    "whichever allocation of a start with a large append-only file fails, it says so or has all") {
  const EnoughMemory of_the_test;
  const Folder folder;
  kevy_instance* db = nullptr;
  REQUIRE(folder.start(true, db) == KEVY_OK);
  fill(db);
  kevy_stop(db);
  for (const Failing how : {Failing::kOnce, Failing::kFromThenOn}) {
    const size_t failures = sweep(how, [&] {
      const kevy_status status = folder.start(true, db);
      const EnoughMemory within;
      if (status != KEVY_OK) return status;
      CHECK(has_all(db));
      kevy_stop(db);
      return status;
    });
    CHECK(failures > 20);
  }
}
