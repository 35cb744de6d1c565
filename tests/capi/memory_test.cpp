// What an instance leaves in the heap when it stops, as glibc's allocator counts it.
#include <kevy.h>
#include <malloc.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "support.h"

namespace {

size_t heap_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void fill(kevy_instance* db, int keys, size_t value_size) {
  const std::string value(value_size, 'v');
  for (int i = 0; i < keys; ++i) {
    const std::string key = "key:" + std::to_string(i);
    REQUIRE(kevy_set(db, key.data(), key.size(), value.data(), value.size(), 0, 0) == KEVY_OK);
  }
}

size_t resident_bytes() {
  malloc_trim(0);  // what is free in the heap may stay there otherwise
  std::ifstream pages("/proc/self/statm");
  size_t mapped, resident;
  pages >> mapped >> resident;
  return resident * 4096;
}

}  // namespace

TEST_CASE("G7 a thousand instances, used and stopped, leave no memory behind") {
  const auto cycle = [] {
    kevy_instance* db;
    REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
    fill(db, 20, 100);
    kevy_session* session;
    REQUIRE(kevy_session_open(db, nullptr, &session) == KEVY_OK);
    kevy_session_close(session);
    kevy_stop(db);
  };
  for (int i = 0; i < 20; ++i) cycle();  // what is made once for the process is made
  const size_t before = heap_in_use();
  for (int i = 0; i < 1000; ++i) cycle();
  CHECK(heap_in_use() < before + 64 * 1024);
}

TEST_CASE("G7 kevy_stop frees the data even while a session is still open") {
  const size_t before = heap_in_use();
  kevy_instance* db;
  REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
  kevy_session* session;
  REQUIRE(kevy_session_open(db, nullptr, &session) == KEVY_OK);
  fill(db, 10'000, 1000);
  REQUIRE(heap_in_use() > before + 10'000'000);
  kevy_stop(db);
  CHECK(heap_in_use() < before + 1'000'000);
  kevy_session_close(session);
}

TEST_CASE("G7 many small keys are given back to the kernel, by FLUSHALL and with the instance") {
  constexpr size_t kKeys = 400'000;
  kevy_instance* db;
  REQUIRE(kevy_start(nullptr, &db) == KEVY_OK);
  kevy_session* session;
  REQUIRE(kevy_session_open(db, nullptr, &session) == KEVY_OK);
  const size_t before = resident_bytes();
  fill(db, kKeys, 20);
  const size_t grown = resident_bytes() - before;
  REQUIRE(grown > kKeys * 40);
  const char* flush = "FLUSHALL";
  const size_t size = 8;
  kevy_reply* reply;
  REQUIRE(kevy_exec(db, 1, &flush, &size, &reply) == KEVY_OK);
  kevy_reply_free(reply);
  CHECK(eventually([&] { return resident_bytes() < before + grown / 3; }));  // housekeeping frees it
  fill(db, kKeys, 20);
  kevy_stop(db);
  CHECK(resident_bytes() < before + grown / 3);
  kevy_session_close(session);
}
