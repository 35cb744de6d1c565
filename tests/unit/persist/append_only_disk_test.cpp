// What is told to who calls in process while the disk refuses what is appended, and afterwards.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "resp/resp_writer.h"
#include "unit/persist/log_directory.h"

using namespace kevy;
using namespace kevy::test;

namespace {

/// While it is there no file of this process may be longer.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

/// Whether what a command of this process does is on disk when it is told so.
bool set(Instance& instance, Bytes key) {
  Turn turn(instance.runtime());
  const Bytes words[] = {"SET", key, "v"};
  OutputQueue output;
  RespWriter writer(output);
  instance.runtime().execute(turn, instance.runtime().stateless(), words, writer);
  return turn.settle() && writer.errors() == 0;
}

}  // namespace

TEST_CASE("B30 a disk that had failed before the file was turned off does not fail it for ever") {
  const LogDirectory directory;
  auto started = directory.start({{"appendfsync", "always"}});
  REQUIRE(started);
  Instance& instance = **started;
  CHECK(set(instance, "before"));
  Client client(instance);
  {
    const FileLimit limit(64);
    CHECK_FALSE(set(instance, "during"));
    CHECK_FALSE(set(instance, "refused"));
    CHECK(client("CONFIG SET appendonly no") == "+OK\r\n");
    finish_jobs(instance);
  }
  CHECK(client("CONFIG SET appendonly yes") == "+OK\r\n");
  finish_jobs(instance);
  CHECK(instance.runtime().append_only()->state().enabled);
  CHECK(set(instance, "after"));
  CHECK(instance.runtime().log()->is_safe(instance.runtime().log()->end()));
}
