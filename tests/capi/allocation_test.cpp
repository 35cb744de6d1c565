// What takes no memory from the allocator: replies that are an integer, a status or null, and the
// fast lanes. Every malloc of the process is counted, those inside libkevy.so too.
#include <catch2/catch.hpp>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "kevy.h"

extern "C" void* __libc_malloc(size_t size);

namespace {

thread_local size_t allocations = 0;

}  // namespace

// Takes the place of the C library's for this program and all it loads.
extern "C" void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

namespace {

constexpr int kRounds = 1'000;

class Instance {
 public:
  Instance() { REQUIRE(kevy_start(nullptr, &db_) == KEVY_OK); }
  ~Instance() { kevy_stop(db_); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  kevy_instance* get() const { return db_; }

 private:
  kevy_instance* db_ = nullptr;
};

using Words = std::vector<const char*>;

/// How many allocations running a command `kRounds` times takes, once the thread is warm.
size_t allocations_of(kevy_instance* db, const Words& words, kevy_reply_type type) {
  size_t before = 0;
  for (int i = -10; i < kRounds; ++i) {
    if (i == 0) before = allocations;
    kevy_reply* reply = nullptr;
    const kevy_status status = kevy_exec(db, words.size(), words.data(), nullptr, &reply);
    const kevy_reply_type got = kevy_reply_get_type(reply);
    kevy_reply_free(reply);
    if (status != KEVY_OK || got != type) FAIL("the command was not answered as it should be");
  }
  return allocations - before;
}

}  // namespace

TEST_CASE("the counter counts") {
  const size_t before = allocations;
  const std::string far_too_long_for_the_object_itself(1'000, 'x');
  CHECK(allocations > before);
  Instance instance;
  // An array of a hundred is a reply that cannot lie in the root.
  Words words(101, "none");
  words[0] = "MGET";
  CHECK(allocations_of(instance.get(), words, KEVY_REPLY_ARRAY) >= size_t{kRounds});
}

TEST_CASE("integers, statuses and nulls are answered without an allocation") {
  Instance instance;
  const struct {
    Words words;
    kevy_reply_type type;
  } cases[] = {
      {{"PING"}, KEVY_REPLY_STATUS},
      {{"SET", "key", "value"}, KEVY_REPLY_STATUS},
      {{"GET", "none"}, KEVY_REPLY_NULL},
      {{"INCR", "counter"}, KEVY_REPLY_INTEGER},
      {{"EXISTS", "key", "none"}, KEVY_REPLY_INTEGER},
      {{"STRLEN", "key"}, KEVY_REPLY_INTEGER},
      {{"TTL", "key"}, KEVY_REPLY_INTEGER},
      {{"DEL", "none"}, KEVY_REPLY_INTEGER},
      {{"PUBLISH", "channel", "message"}, KEVY_REPLY_INTEGER},
      {{"GET", "key"}, KEVY_REPLY_STRING},  // and so is a short string
  };
  for (const auto& [words, type] : cases) {
    CAPTURE(words[0]);
    CHECK(allocations_of(instance.get(), words, type) == 0);
  }
}

TEST_CASE("the fast lanes take no memory but for the value") {
  Instance instance;
  char buffer[64];
  size_t size = 0, before = 0;
  for (int i = -10; i < kRounds; ++i) {
    if (i == 0) before = allocations;
    if (kevy_set(instance.get(), "key", 3, "sixteen bytes ok", 16, 0, 0) != KEVY_OK) FAIL("set");
    if (kevy_get(instance.get(), "key", 3, buffer, sizeof buffer, &size) != KEVY_OK) FAIL("get");
  }
  CHECK(allocations - before == 0);
}
