// What is known of scripts before they run: whether one may publish, however often it is asked.
#include "runtime/dispatch/script_status.h"

#include <catch2/catch.hpp>
#include <string>

using namespace kevy;

namespace {

std::string source_of(size_t size, const std::string& end) {
  return std::string(size - end.size(), '-') + end;
}

}  // namespace

TEST_CASE("a source is found to publish or not, whatever was asked before") {
  const std::string publishes = "redis.call('publish')", counts = "redis.call('pubulish')";
  for (int round = 0; round < 3; ++round) {
    ScriptStatus status;
    for (size_t size = publishes.size(); size < 20'000; size += 1 + size / 9) {
      for (int again = 0; again < 2; ++again) {
        INFO(size);
        CHECK_FALSE(status.may_publish(source_of(size + 1, counts)));
        CHECK(status.may_publish(source_of(size, publishes)));
        CHECK(status.may_publish(source_of(size, "redis.call('PUBLISH')")));
      }
    }
    CHECK_FALSE(status.may_publish(source_of(100, counts)));
    status.note_source(publishes);
    CHECK(status.may_publish(source_of(100, counts)));
  }
}

TEST_CASE("many sources of one length are told from each other") {
  ScriptStatus status;
  const auto numbered = [](int number, const std::string& verb) {
    return source_of(200, "redis.call('" + verb + "', '" + std::to_string(1000 + number) + "')");
  };
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) {
      CHECK_FALSE(status.may_publish(numbered(i, "pexpire")));
      CHECK(status.may_publish(numbered(i, "publish")));
    }
  }
}
