// Whichever system call of a snapshot fails once, SAVE says so, the file that was there is as it
// was, and nothing is left beside it; the next SAVE does what this one could not. The same of a
// start.
#include <kevy.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "capi/support.h"
#include "failing_calls.h"
#include "failing_memory.h"
#include "temporary_folder.h"

using namespace kevy::test;

namespace {

namespace fs = std::filesystem;

struct Folder : TemporaryFolder {
  Folder() : TemporaryFolder("kevy-snapshot") {}

  std::string snapshot() const {
    std::ifstream in(at("dump.rdb"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
};

kevy_status start_in(const Folder& folder, kevy_instance*& db) {
  const std::string path = folder.path();
  const char* const directives[] = {"dir", path.c_str()};
  kevy_options options = KEVY_OPTIONS_INIT;
  options.shards = 2;
  options.directives = directives;
  options.directive_count = 1;
  return kevy_start(&options, &db);
}

std::string answer(kevy_instance* db, std::vector<const char*> words) {
  kevy_reply* reply = nullptr;
  REQUIRE(kevy_exec(db, static_cast<int>(words.size()), words.data(), nullptr, &reply) == KEVY_OK);
  size_t size = 0;
  const char* text = kevy_reply_string(reply, &size);
  std::string result(text, size);
  kevy_reply_free(reply);
  return result;
}

struct Failure {
  SystemCall call;
  int code;
};

}  // namespace

TEST_CASE("B19 whichever system call of SAVE fails, the old file stays") {
  const EnoughMemory of_the_test;
  constexpr Failure kFailures[] = {{SystemCall::kOpen, EACCES}, {SystemCall::kOpen, EMFILE},
                                   {SystemCall::kWriteAt, EIO}, {SystemCall::kWriteAt, ENOSPC},
                                   {SystemCall::kSync, EIO},    {SystemCall::kSync, ENOSPC},
                                   {SystemCall::kRename, EIO},  {SystemCall::kRename, ENOSPC}};
  size_t failures = 0;
  for (const Failure& failure : kFailures) {
    Folder folder;
    kevy_instance* db = nullptr;
    REQUIRE(start_in(folder, db) == KEVY_OK);
    const std::string value(200'000, 'x');  // several writes
    answer(db, {"CONFIG", "SET", "rdbcompression", "no"});
    answer(db, {"SET", "key", value.c_str()});
    REQUIRE(answer(db, {"SAVE"}) == "OK");
    bool failed = true;
    for (size_t number = 0; failed; ++number) {
      CAPTURE(name_of(failure.call), failure.code, number);
      const std::string before = folder.snapshot();
      answer(db, {"SET", "number", std::to_string(number).c_str()});
      std::string saved;
      {
        fail_calls(failure.call, number, 1, failure.code);
        const MemoryMayFail within;
        saved = answer(db, {"SAVE"});
      }
      failed = calls_work_again() != 0;
      failures += failed ? 1 : 0;
      CHECK((saved == "OK") == !failed);
      CHECK(folder.files() == 1);
      // The last call, the sync of the directory, comes when the new file has its name.
      const bool renamed = failure.call == SystemCall::kSync && number == 1;
      if (failed && !renamed) CHECK(folder.snapshot() == before);
      CHECK(answer(db, {"SAVE"}) == "OK");
      CHECK(folder.snapshot() != before);
      REQUIRE(number < 50);
    }
    kevy_stop(db);
  }
  CHECK(failures >= 14);
}

TEST_CASE("B19 a write that is cut short goes on") {
  const EnoughMemory of_the_test;
  Folder folder;
  kevy_instance* db = nullptr;
  REQUIRE(start_in(folder, db) == KEVY_OK);
  const std::string value(300'000, 'x');
  answer(db, {"SET", "key", value.c_str()});
  answer(db, {"CONFIG", "SET", "rdbcompression", "no"});
  {
    fail_calls(SystemCall::kWriteAt, 0, 20, 0);
    const MemoryMayFail within;
    CHECK(answer(db, {"SAVE"}) == "OK");
  }
  CHECK(calls_work_again() == 20);
  kevy_stop(db);
  REQUIRE(start_in(folder, db) == KEVY_OK);
  CHECK(answer(db, {"GET", "key"}) == value);
  kevy_stop(db);
}

TEST_CASE("B19 a start that can not read its file says so, and the file stays") {
  const EnoughMemory of_the_test;
  Folder folder;
  kevy_instance* db = nullptr;
  REQUIRE(start_in(folder, db) == KEVY_OK);
  answer(db, {"SET", "key", "value"});
  REQUIRE(answer(db, {"SAVE"}) == "OK");
  kevy_stop(db);
  const std::string before = folder.snapshot();
  size_t failures = 0;
  for (const Failure& failure : {Failure{SystemCall::kOpen, EACCES}, {SystemCall::kRead, EIO}}) {
    bool failed = true;
    for (size_t number = 0; failed && number < 20; ++number) {
      CAPTURE(name_of(failure.call), number);
      fail_calls(failure.call, number, 1, failure.code);
      kevy_status status;
      {
        const MemoryMayFail within;
        status = start_in(folder, db);
      }
      failed = calls_work_again() != 0;
      if (status != KEVY_OK) {
        ++failures;
        CHECK(status == KEVY_SYSTEM);
        const std::string why = std::generic_category().message(failure.code);
        CHECK(std::string(kevy_last_error()).ends_with(": " + why));
      } else {
        CHECK(answer(db, {"GET", "key"}) == "value");
        kevy_stop(db);
      }
      CHECK(folder.snapshot() == before);
    }
  }
  CHECK(failures >= 2);
}

TEST_CASE(
    "B19 whichever system call of kevy_backup fails, the old file stays, and nothing beside it") {
  const EnoughMemory of_the_test;
  constexpr Failure kFailures[] = {{SystemCall::kOpen, EACCES},
                                   {SystemCall::kWriteAt, EIO},
                                   {SystemCall::kWriteAt, ENOSPC},
                                   {SystemCall::kSync, EIO},
                                   {SystemCall::kRename, EIO}};
  size_t failures = 0;
  for (const Failure& failure : kFailures) {
    Folder folder;
    const std::string path = folder.path() + "/dump.rdb";
    kevy_instance* db = nullptr;
    REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
    answer(db, {"CONFIG", "SET", "rdbcompression", "no"});
    const std::string value(200'000, 'x');
    answer(db, {"SET", "key", value.c_str()});
    REQUIRE(kevy_backup(db, path.c_str(), nullptr) == KEVY_OK);
    bool failed = true;
    for (size_t number = 0; failed; ++number) {
      CAPTURE(name_of(failure.call), failure.code, number);
      const std::string before = folder.snapshot();
      answer(db, {"SET", "number", std::to_string(number).c_str()});
      kevy_status status;
      {
        fail_calls(failure.call, number, 1, failure.code);
        const MemoryMayFail within;
        status = kevy_backup(db, path.c_str(), nullptr);
      }
      failed = calls_work_again() != 0;
      failures += failed ? 1 : 0;
      CHECK(status == (failed ? KEVY_SYSTEM : KEVY_OK));
      if (failed) CHECK(kevy_last_errno() == failure.code);
      CHECK(folder.files() == 1);
      const bool renamed = failure.call == SystemCall::kSync && number == 1;
      if (failed && !renamed) CHECK(folder.snapshot() == before);
      CHECK(kevy_backup(db, path.c_str(), nullptr) == KEVY_OK);
      CHECK(folder.snapshot() != before);
      REQUIRE(number < 50);
    }
    kevy_stop(db);
  }
  CHECK(failures >= 10);
}

TEST_CASE("B19 whichever system call of kevy_load fails, the data stay") {
  const EnoughMemory of_the_test;
  Folder folder;
  const std::string path = folder.path() + "/dump.rdb";
  kevy_instance* db = nullptr;
  REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
  const std::string value(200'000, 'x');
  answer(db, {"CONFIG", "SET", "rdbcompression", "no"});
  answer(db, {"SET", "key", value.c_str()});
  REQUIRE(kevy_backup(db, path.c_str(), nullptr) == KEVY_OK);
  answer(db, {"SET", "mine", "kept"});
  size_t failures = 0;
  for (const Failure& failure : {Failure{SystemCall::kOpen, EACCES}, {SystemCall::kRead, EIO}}) {
    bool failed = true;
    for (size_t number = 0; failed && number < 50; ++number) {
      CAPTURE(name_of(failure.call), number);
      kevy_status status;
      {
        fail_calls(failure.call, number, 1, failure.code);
        const MemoryMayFail within;
        status = kevy_load(db, path.c_str(), nullptr);
      }
      failed = calls_work_again() != 0;
      failures += failed ? 1 : 0;
      CHECK(status == (failed ? KEVY_SYSTEM : KEVY_OK));
      CHECK(answer(db, {"GET", "mine"}) == (failed ? "kept" : ""));
      answer(db, {"SET", "mine", "kept"});
    }
  }
  CHECK(failures >= 4);
  kevy_stop(db);
}
