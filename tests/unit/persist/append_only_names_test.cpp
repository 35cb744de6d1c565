// The files of an append-only directory: which ones there are, which the manifest names, and what
// becomes of those that it does not.
#include <catch2/catch.hpp>

#include "persist/aof/manifest.h"
#include "runtime/persistence/append_only.h"
#include "unit/persist/log_directory.h"

using namespace kevy;
using namespace kevy::test;

TEST_CASE("names of any bytes come back from a manifest, as Redis writes them") {
  std::string name;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') name += static_cast<char>(byte);
  }
  for (size_t begin = 0; begin < name.size(); begin += 50) {
    Manifest manifest;
    manifest.base = Manifest::File{name.substr(begin, 50), 1};
    const std::string text = manifest.text();
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    auto again = Manifest::parse(text);
    REQUIRE(again);
    CHECK(again->base->name == manifest.base->name);
  }
  auto redis = Manifest::parse("file \"na\\xc3\\xafve \\\"a\\\" \\\\.aof\" seq 1 type b\n");
  REQUIRE(redis);
  CHECK(redis->base->name == "na\xc3\xafve \"a\" \\.aof");
}

TEST_CASE("the longest name comes back from a manifest, whatever its bytes; a longer one is wrong") {
  for (const size_t size : {255, 256}) {
    Manifest manifest;
    manifest.base = Manifest::File{std::string(size, '\xff'), INT64_MAX};
    auto again = Manifest::parse(manifest.text());
    REQUIRE(again.ok() == (size == 255));
    if (again) CHECK(again->base->name == manifest.base->name);
  }
}

TEST_CASE("a manifest that names a file twice is wrong") {
  for (const char* types : {"bi", "ih", "ii", "hh", "bh"}) {
    const std::string text = std::string("file a seq 1 type ") + types[0] +
                             "\nfile a seq 2 type " + types[1] + "\n";
    auto parsed = Manifest::parse(text);
    INFO(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find("line 2") != std::string::npos);
  }
}

TEST_CASE("files that no manifest names are neither loaded nor written to nor replaced") {
  LogDirectory directory;
  const std::string text = request({"SET", "a", "1"});
  for (const char* name : {"appendonly.aof.1.incr.aof", "appendonly.aof.1.base.rdb"}) {
    directory.write(name, text);
    CHECK(directory.refusal().find(name) != std::string::npos);
    {
      auto off = directory.start_off();
      REQUIRE(off);
      Client client(**off);
      client("CONFIG SET appendonly yes");
      finish_jobs(**off);
      CHECK(client("CONFIG GET appendonly") == "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n");
    }
    CHECK(directory.read(name) == text);
    std::filesystem::remove(directory.folder() / name);
  }
  CHECK(directory.start());
}

TEST_CASE("what a crash leaves of turning it on is removed, and another one begins afresh") {
  LogDirectory directory;
  directory.write("appendonly.aof.manifest",
                  "file appendonly.aof.1.base.rdb seq 1 type h\n"
                  "file appendonly.aof.1.incr.aof seq 1 type h\n");
  directory.write("appendonly.aof.1.incr.aof", request({"APPEND", "a", "half"}));
  for (int i = 1; i <= 2; ++i) {
    auto started = directory.start();
    REQUIRE(started);
    Client client(**started);
    CHECK(client("APPEND a x") == ":" + std::to_string(i) + "\r\n");
  }
  CHECK(directory.names() ==
        std::vector<std::string>{"appendonly.aof.2.incr.aof", "appendonly.aof.manifest"});
}

TEST_CASE("turning it on leaves a file of before there were several where it is") {
  LogDirectory directory;
  const std::string text = request({"SET", "old", "1"});
  std::ofstream(directory.path() / "appendonly.aof", std::ios::binary) << text;
  {
    auto off = directory.start_off();
    REQUIRE(off);
    Client client(**off);
    client("SET new 1\nCONFIG SET appendonly yes");
    finish_jobs(**off);
  }
  CHECK(std::filesystem::file_size(directory.path() / "appendonly.aof") == text.size());
  auto started = directory.start();
  REQUIRE(started);
  CHECK(Client(**started)("MGET old new") == "*2\r\n$-1\r\n$1\r\n1\r\n");
}

TEST_CASE("a base has the code of functions, whatever their descriptions say") {
  LogDirectory directory;
  {
    auto started = directory.start();
    REQUIRE(started);
    Client client(**started);
    const std::string code =
        "#!lua name=lib\nredis.register_function{function_name='f', callback=function() return 7 "
        "end, description='$12\\r\\nlibrary_code\\r\\n$99999999\\r\\n'}";
    client.session();
    const std::string load = request({"FUNCTION", "LOAD", code});
    CHECK(client(load) == "$3\r\nlib\r\n");
    client("BGREWRITEAOF");
    finish_jobs(**started);
    CHECK((*started)->runtime().append_only()->state().last_rewrite_ok);
  }
  auto started = directory.start();
  REQUIRE(started);
  CHECK(Client(**started)("FCALL f 0") == ":7\r\n");
}

TEST_CASE("CONFIG SET that fails does not turn it on, and the last word counts") {
  LogDirectory directory;
  auto off = directory.start_off();
  REQUIRE(off);
  Client client(**off);
  CHECK(client("CONFIG SET appendonly yes appendfsync seldom").starts_with("-ERR"));
  finish_jobs(**off);
  CHECK_FALSE((*off)->runtime().append_only()->state().enabled);
  CHECK(client("CONFIG GET appendonly") == "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n");
  for (int i = 0; i < 20; ++i) {
    CHECK(client("CONFIG SET appendonly yes") == "+OK\r\n");
    CHECK(client("CONFIG SET appendonly no") == "+OK\r\n");
  }
  CHECK(client("CONFIG SET appendonly yes") == "+OK\r\n");
  finish_jobs(**off);
  CHECK((*off)->runtime().append_only()->state().enabled);
}

TEST_CASE("turning it on that fails can be tried again once it can be done") {
  LogDirectory directory;
  std::ofstream(directory.path() / "appendonlydir") << "a file";
  auto off = directory.start_off();
  REQUIRE(off);
  Client client(**off);
  const auto turn_on = [&] {
    CHECK(client("CONFIG SET appendonly yes") == "+OK\r\n");
    finish_jobs(**off);
    return (*off)->runtime().append_only()->state().enabled;
  };
  CHECK_FALSE(turn_on());
  std::filesystem::remove(directory.path() / "appendonlydir");
  directory.write("appendonly.aof.manifest", "nonsense\n");
  CHECK_FALSE(turn_on());
  CHECK_FALSE(turn_on());
  std::filesystem::remove(directory.folder() / "appendonly.aof.manifest");
  CHECK(turn_on());
}
