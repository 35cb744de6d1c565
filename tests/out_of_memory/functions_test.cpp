// A function of kevy.h that finds no memory: it says so and has done nothing, leaks nothing, and
// works when it is called again.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

#include "failing_memory.h"
#include "function_cases.h"

using namespace kevy::test;

namespace {

size_t tried_allocations = 0;

// Where a thread can not be started, be it for want of memory, kevy.h promises KEVY_SYSTEM.
bool may_be_told(kevy_status status, const std::string& error) {
  return status == KEVY_NO_MEMORY ||
         (status == KEVY_SYSTEM && error.find("thread") != std::string::npos);
}

// Whether an allocation failed; what is wrong then.
bool attempt(const FunctionCase& tried, size_t number, Failing how, std::string& wrong) {
  const EnoughMemory of_the_test;
  World world(tried.start);
  if (tried.prepare != nullptr) tried.prepare(world);
  if (world.db != nullptr) world.before = world.contents();
  world.clear_outputs();
  kevy_status status = KEVY_OK;
  bool failed = false;
  std::string error;
  error.reserve(500);
  // On a thread of its own, so that nothing is at hand from before.
  std::thread([&] {
    fail_allocation(number, how);
    status = tried.call(world);
    failed = memory_is_back();
    error = kevy_last_error();
  }).join();
  if (status != KEVY_OK) {
    world.expect(may_be_told(status, error), "status " + std::to_string(status) + ", " + error);
    world.expect(world.outputs_untouched(), "something was given in spite of the failure");
    if (world.db != nullptr) world.expect_same(world.contents(), world.before);
    status = tried.call(world);
    world.expect(status == KEVY_OK, "later: status " + std::to_string(status));
  }
  if (status == KEVY_OK) tried.check(world);
  if (world.db != nullptr) {
    world.expect_same(world.run("SET usable yes"), "OK");
    world.expect_same(world.run("GET usable"), "yes");
  }
  wrong = world.wrong();
  return failed;
}

// On a thread that leaves nothing behind.
bool attempt_afresh(const FunctionCase& tried, size_t number, Failing how, std::string& wrong) {
  bool failed = false;
  std::thread([&] { failed = attempt(tried, number, how, wrong); }).join();
  return failed;
}

void fail_each_allocation(const FunctionCase& tried) {
  constexpr size_t kEnd = 100'000;
  std::string wrong;
  wrong.reserve(10'000);
  attempt_afresh(tried, kEnd, Failing::kOnce, wrong);  // makes what the process makes once
  CHECK(wrong == "");
  for (const Failing how : {Failing::kOnce, Failing::kFromThenOn}) {
    bool failed = true;
    for (size_t number = 0; failed; number += 1 + number / 64) {
      REQUIRE(number < kEnd);
      const InUse before = memory_in_use();
      failed = attempt_afresh(tried, number, how, wrong);
      const InUse after = memory_in_use();
      tried_allocations += failed ? 1 : 0;
      CAPTURE(number, how == Failing::kOnce, wrong);
      if (!wrong.empty()) FAIL_CHECK("not as promised");
      if (after.blocks != before.blocks)
        FAIL_CHECK("leaked " << after.blocks - before.blocks << " blocks");
      if (after.mapped_bytes != before.mapped_bytes) FAIL_CHECK("a mapping was left");
    }
  }
}

std::set<std::string> exported_functions() {
  std::ifstream list(KEVY_SYMBOLS);
  std::set<std::string> names;
  for (std::string line; std::getline(list, line);) names.insert(line.substr(0, line.find('@')));
  return names;
}

}  // namespace

TEST_CASE(
    "B41 whichever allocation of a C function fails, it has done nothing and can be repeated") {
  const char* const only = std::getenv("KEVY_ONLY");
  for (const FunctionCase& tried : function_cases()) {
    if (only != nullptr && std::string(tried.function).find(only) == std::string::npos) continue;
    INFO(tried.function << ": " << tried.what);
    fail_each_allocation(tried);
  }
  if (only == nullptr) CHECK(tried_allocations > 400);
}

TEST_CASE("every function of kevy.h has a case") {
  std::set<std::string> tried;
  for (const FunctionCase& one : function_cases()) tried.insert(one.function);
  const std::set<std::string> exported = exported_functions();
  CHECK(exported.size() >= 44);
  for (const std::string& name : exported) {
    INFO("add a case to tests/out_of_memory/function_cases.cpp for " << name);
    CHECK(tried.contains(name));
  }
}

TEST_CASE("the first instance of a process starts whichever allocation failed before") {
  const EnoughMemory of_the_test;
  size_t failures = 0;
  for (size_t number = 0;; ++number) {
    kevy_instance* instance = nullptr;
    kevy_status status;
    bool failed;
    {
      const MemoryMayFail within;
      fail_allocation(number, Failing::kFromThenOn);
      status = kevy_start(nullptr, &instance);
      failed = memory_is_back();
    }
    failures += failed ? 1 : 0;
    REQUIRE(status == (failed ? KEVY_NO_MEMORY : KEVY_OK));
    REQUIRE((instance == nullptr) == failed);
    if (failed) continue;
    kevy_stop(instance);
    break;
  }
  CHECK(failures > 10);
}
