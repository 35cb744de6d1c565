// kevy_start with files to read: who is told how far it is, what clients are answered meanwhile,
// what ends it, and what is said when it fails.
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <functional>
#include <thread>

#include "database.h"
#include "folder.h"
#include "socket_client.h"
#include "support.h"

namespace {

namespace fs = std::filesystem;

/// What an instance is started with, and what came of its start.
struct Start {
  explicit Start(const Folder& folder, Words more = {}) : directory(folder.path()) {
    directives = {"dir", directory.c_str()};
    directives.insert(directives.end(), more.begin(), more.end());
    options.shards = 5;
    options.threads = 2;
    options.progress = [](uint64_t done, uint64_t total, void* user) {
      return static_cast<Start*>(user)->told(done, total);
    };
    options.progress_user = this;
  }
  ~Start() { kevy_stop(db); }
  Start(const Start&) = delete;

  kevy_status run() {
    options.directives = directives.data();
    options.directive_count = directives.size() / 2;
    options.listen = addresses.data();
    options.listen_count = addresses.size();
    return kevy_start(&options, &db);
  }
  int told(uint64_t done, uint64_t total) {
    right = right && done >= last_done && done <= total && (calls != 0 || done == 0);
    last_done = done;
    last_total = total;
    return ++calls == at_call && what() ? 1 : 0;
  }
  std::string directory;
  Words directives, addresses;
  kevy_options options = KEVY_OPTIONS_INIT;
  kevy_instance* db = nullptr;
  size_t calls = 0, at_call = SIZE_MAX;
  std::function<bool()> what;  // is done then; true: it is to end
  uint64_t last_done = 0, last_total = 0;
  bool right = true;
};

constexpr const char* kSnapshot[] = {"appendonly", "no"};
constexpr const char* kLog[] = {"appendonly", "yes"};

Words with(const char* const (&kind)[2], Words more = {}) {
  more.insert(more.begin(), kind, kind + 2);
  return more;
}

/// Keeps some data in a directory: 1,000 keys of 1,200 bytes, and one whose time to live is taken
/// back behind them, and is over long ago.
void keep(const Folder& folder, const char* const (&kind)[2]) {
  const std::string path = folder.path();
  const Store store{"dir", path.c_str(), kind[0], kind[1], "rdbcompression", "no"};
  REQUIRE(kevy_clock_freeze(store.db, 1'000'000'000'000) == KEVY_OK);
  store.run({"SET", "brief", "x", "PX", "1000"});
  const std::string value(1200, 'v');
  for (int i = 0; i < 1000; ++i) {
    store.run({"SET", ("key:" + std::to_string(i)).c_str(), value.c_str()});
  }
  store.run({"PERSIST", "brief"});
  if (std::string(kind[1]) == "no") REQUIRE(store.run({"SAVE"}) == "OK");
}

uint64_t bytes_below(const std::string& path) {
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() != ".manifest") {
      bytes += entry.file_size();
    }
  }
  return bytes;
}

std::string run(kevy_instance* db, const Words& words) {
  kevy_reply* reply = nullptr;
  REQUIRE(kevy_exec(db, words.size(), words.data(), nullptr, &reply) == KEVY_OK);
  return take_text(reply);
}

constexpr const char* kLoading = "-LOADING Valkey is loading the dataset in memory\r\n";

/// The lines of a bulk string, whole.
std::string ask_bulk(Client& client, const std::string& line) {
  REQUIRE(client.send(line + "\r\n"));
  std::string text = client.receive(1);
  while (!text.ends_with("\r\n")) text += client.receive(1);
  REQUIRE(text[0] == '$');
  return client.receive(static_cast<size_t>(std::stoul(text.substr(1))) + 2);
}

}  // namespace

TEST_CASE("whoever starts an instance is told how far its files have been read") {
  for (const bool log : {false, true}) {
    const Folder folder;
    const auto& kind = log ? kLog : kSnapshot;
    keep(folder, kind);
    Start start(folder, with(kind));
    const uint64_t bytes = bytes_below(folder.path());
    REQUIRE(start.run() == KEVY_OK);
    CHECK(start.right);
    CHECK(start.calls > 5);
    CHECK((start.last_done == bytes && start.last_total == bytes));
    CHECK(run(start.db, {"DBSIZE"}) == "1001");
  }
  const Folder empty;
  Start start(empty, {"appendonly", "yes"});
  REQUIRE(start.run() == KEVY_OK);
  CHECK(start.calls == 0);
}

TEST_CASE("clients are answered LOADING while files are read, but for what may run then") {
  for (const bool log : {false, true}) {
    const auto& kind = log ? kLog : kSnapshot;
    const Folder folder;
    keep(folder, kind);
    const std::string address = "unix:" + folder.at("socket");
    std::unique_ptr<Client> client;
    Start start(folder, with(kind));
    start.addresses = {address.c_str()};
    start.at_call = 5;
    start.what = [&] {
      client = std::make_unique<Client>(address);
      REQUIRE(client->connected());
      for (const char* refused : {"GET key:1", "SET a b", "DBSIZE", "PING", "EVAL return+1 0",
                                  "SAVE", "BGREWRITEAOF", "SCRIPT LOAD x", "DEBUG RELOAD"}) {
        INFO(refused);
        CHECK(client->ask(refused, kLoading));
      }
      CHECK(client->ask("NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with: \r\n"));
      CHECK(client->ask("ECHO x", "$1\r\nx\r\n"));
      CHECK(client->ask("WATCH brief key:1", "+OK\r\n"));
      CHECK(client->ask("MULTI", "+OK\r\n"));
      CHECK(client->ask("SET a b", kLoading));
      CHECK(
          client->ask("EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n"));
      CHECK(client->ask("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
      CHECK(client->ask("UNSUBSCRIBE c", "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n"));
      const std::string info = ask_bulk(*client, "INFO persistence");
      for (const char* line :
           {"\r\nloading:1\r\n", "\r\nasync_loading:0\r\n", "\r\nloading_start_time:1",
            "\r\nloading_eta_seconds:", "\r\nloading_loaded_perc:"}) {
        INFO(line);
        CHECK(info.find(line) != std::string::npos);
      }
      CHECK(info.find("\r\nloading_total_bytes:" + std::to_string(start.last_total)) !=
            std::string::npos);
      CHECK(info.find("\r\nloading_loaded_bytes:" + std::to_string(start.last_done)) !=
            std::string::npos);
      CHECK(client->ask("CONFIG SET dir /",
                        "-ERR CONFIG SET failed (possibly related to argument "
                        "'dir') - can't set protected config\r\n"));
      CHECK(client->ask("CONFIG SET maxclients 50", "+OK\r\n"));
      CHECK(client->ask("CONFIG SET appendonly no", kLoading));
      CHECK(client->send("TIME\r\n"));
      CHECK(client->receive_some().starts_with("*2\r\n$10\r\n"));
      return false;
    };
    REQUIRE(start.run() == KEVY_OK);
    CHECK(start.calls > 5);
    CHECK(client->ask("EXISTS key:1 key:999 brief", ":3\r\n"));
    CHECK(client->ask("PING", "+PONG\r\n"));
    CHECK(ask_bulk(*client, "INFO persistence").find("\r\nloading:0\r\n") != std::string::npos);
    CHECK(run(start.db, {"CONFIG", "GET", "maxclients"}) == "[maxclients 50]");
  }
}

TEST_CASE("what clients may do while files are read does not reach what is read") {
  const Folder folder;
  keep(folder, kLog);
  const std::string address = "unix:" + folder.at("socket");
  std::unique_ptr<Client> client, monitor;
  Start start(folder, with(kLog, {"notify-keyspace-events", "KEA"}));
  start.addresses = {address.c_str()};
  start.at_call = 3;
  start.what = [&] {
    client = std::make_unique<Client>(address);
    monitor = std::make_unique<Client>(address);
    CHECK(monitor->ask("MONITOR", "+OK\r\n"));
    CHECK(client->ask("CLIENT PAUSE 3600000", "+OK\r\n"));
    return false;
  };
  REQUIRE(start.run() == KEVY_OK);
  CHECK(run(start.db, {"DBSIZE"}) == "1001");
  std::string shown;
  while (shown.find("\"DBSIZE\"") == std::string::npos) {
    const std::string more = monitor->receive_some();
    REQUIRE(!more.empty());
    shown += more;
  }
  CHECK(shown.find("\"SET\"") == std::string::npos);
}

TEST_CASE("a callback, or SHUTDOWN, ends a start, which leaves nothing") {
  for (const bool log : {false, true}) {
    const auto& kind = log ? kLog : kSnapshot;
    const Folder folder;
    keep(folder, kind);
    const std::string address = "unix:" + folder.at("socket");
    std::vector<std::string> before;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      if (entry.is_regular_file()) before.push_back(bytes_of(entry.path()));
    }
    const size_t descriptors = entries_of("/proc/self/fd"), threads = entries_of("/proc/self/task");
    bool told = false;
    for (const size_t call : {1, 3}) {
      for (const char* shutdown : {"", "SHUTDOWN\r\n", "SHUTDOWN SAVE\r\n"}) {
        if (call == 1 && *shutdown != '\0') continue;  // nobody is served yet
        std::unique_ptr<Client> client;
        Start start(folder, with(kind, {"save", "1 1"}));
        start.addresses = {address.c_str()};
        start.options.on_shutdown = [](void* user) { *static_cast<bool*>(user) = true; };
        start.options.shutdown_user = &told;
        start.at_call = call;
        start.what = [&] {
          client = std::make_unique<Client>(address);
          if (*shutdown == '\0') return true;
          // Once INFO on another connection is answered with it waiting, it was taken.
          CHECK(client->send(shutdown));
          Client other(address);
          CHECK(eventually([&] {
            return ask_bulk(other, "INFO clients").find("blocked_clients:1") != std::string::npos;
          }));
          return false;
        };
        INFO(shutdown << " at " << call);
        CHECK(start.run() == KEVY_CANCELLED);
        CHECK(start.db == nullptr);
        CHECK(client->receive(1).empty());  // it was closed
        CHECK(!told);
        CHECK(!fs::exists(folder.at("socket")));
      }
    }
    CHECK(entries_of("/proc/self/task") == threads);
    CHECK(entries_of("/proc/self/fd") == descriptors);
    std::vector<std::string> after;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      if (entry.is_regular_file()) after.push_back(bytes_of(entry.path()));
    }
    CHECK(before == after);
    Start start(folder, with(kind));
    CHECK(start.run() == KEVY_OK);
  }
}

TEST_CASE("what a signal handler sets ends a start, even while a script of the file does not end") {
  const Folder folder;
  {
    const std::string path = folder.path();
    const Store store{"dir", path.c_str(), "appendonly", "yes"};
    REQUIRE(store.run({"SET", "k", "v"}) == "OK");
  }
  std::string name;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    if (entry.path().native().ends_with(".incr.aof")) name = entry.path();
  }
  std::ofstream(name, std::ios::app | std::ios::binary)
      << "*3\r\n$4\r\nEVAL\r\n$17\r\nwhile true do end\r\n$1\r\n0\r\n";
  const std::string before = bytes_of(name);
  std::atomic<bool> reads{false};
  volatile int cancel = 0;
  Start start(folder, with(kLog));
  start.options.cancel = &cancel;
  start.at_call = 1;
  start.what = [&] {
    reads = true;
    return false;
  };
  std::thread other([&] {
    eventually([&] { return reads.load(); });
    __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
  });
  CHECK(start.run() == KEVY_CANCELLED);
  other.join();
  CHECK(start.db == nullptr);
  CHECK(bytes_of(name) == before);

  cancel = 0;  // and without one it is as if it were not there
  const Folder empty;
  Start whole(empty);
  whole.options.cancel = &cancel;
  REQUIRE(whole.run() == KEVY_OK);
  cancel = 1;
  CHECK(run(whole.db, {"EVAL", "for i = 1, 1000000 do end return 7", "0"}) == "7");
}

TEST_CASE("SHUTDOWN after the start is told to whom the options name") {
  const Folder folder;
  std::atomic<bool> told{false};
  Start start(folder);
  start.options.on_shutdown = [](void* user) { *static_cast<std::atomic<bool>*>(user) = true; };
  start.options.shutdown_user = &told;
  REQUIRE(start.run() == KEVY_OK);
  CHECK(run(start.db, {"SHUTDOWN", "NOSAVE"}) == "OK");
  CHECK(eventually([&] { return told.load(); }));
}

TEST_CASE("an instance listens where its options say, as far as it has to") {
  const Folder folder;
  const std::string address = "unix:" + folder.at("socket");
  kevy_listen_options listening = KEVY_LISTEN_OPTIONS_INIT;
  listening.permissions = 0600;
  Start start(folder);
  start.addresses = {"127.0.0.1:0", "-198.51.100.1:0", address.c_str()};
  start.options.listen_options = &listening;
  REQUIRE(start.run() == KEVY_OK);
  char text[200];
  CHECK(kevy_address(start.db, 0, text, sizeof text) == KEVY_OK);
  CHECK(std::string(text).starts_with("127.0.0.1:"));
  CHECK(kevy_address(start.db, 1, text, sizeof text) == KEVY_OK);
  CHECK(text == address);
  CHECK(kevy_address(start.db, 2, text, sizeof text) == KEVY_NOT_FOUND);
  CHECK((fs::status(folder.at("socket")).permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));

  Start second(folder);
  second.addresses = {address.c_str()};
  CHECK(second.run() == KEVY_SYSTEM);
  CHECK(kevy_last_errno() == EADDRINUSE);
  second.addresses = {"nothing"};
  CHECK(second.run() == KEVY_INVALID);
  second.addresses = {nullptr};
  CHECK(second.run() == KEVY_INVALID);
  second.addresses = {"198.51.100.1:0"};
  CHECK(second.run() == KEVY_SYSTEM);
  CHECK(kevy_last_errno() == EADDRNOTAVAIL);
  CHECK(second.db == nullptr);
}

TEST_CASE("what the system refuses at a start has its errno, what is damaged says where") {
  const Folder folder;
  write(folder.at("file"), "x");
  const std::string missing = folder.at("nosuch"), file = folder.at("file");
  const auto started = [&](const Words& directives) {
    kevy_options options = KEVY_OPTIONS_INIT;
    options.directives = directives.data();
    options.directive_count = directives.size() / 2;
    kevy_instance* db = nullptr;
    const kevy_status status = kevy_start(&options, &db);
    kevy_stop(db);
    return status;
  };
  for (const Words& more : {Words{}, Words{"appendonly", "yes"}, Words{"save", "1 1"}}) {
    Words words = {"dir", missing.c_str()};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(started(words) == KEVY_SYSTEM);
    CHECK(kevy_last_errno() == ENOENT);
    CHECK(std::string(kevy_last_error()).find(missing) != std::string::npos);
    words[1] = file.c_str();
    CHECK(started(words) == KEVY_SYSTEM);
    CHECK(kevy_last_errno() == ENOTDIR);
  }
  CHECK(!fs::exists(missing));
  const std::string path = folder.path();
  {
    Start start(folder, {"appendonly", "yes"});
    REQUIRE(start.run() == KEVY_OK);
    CHECK(started({"dir", path.c_str(), "appendonly", "yes"}) == KEVY_SYSTEM);
    CHECK(kevy_last_errno() == EWOULDBLOCK);
    CHECK(std::string(kevy_last_error()).find("in use by another instance") != std::string::npos);
  }
  const auto increment = folder.at("appendonlydir/appendonly.aof.1.incr.aof");
  write(increment, "*1\r\n$4\r\nNONE\r\n*1\r\n$4\r\nPING\r\n");
  CHECK(started({"dir", path.c_str(), "appendonly", "yes"}) == KEVY_INVALID);
  CHECK(std::string(kevy_last_error()).find("byte 0") != std::string::npos);
  fs::remove(increment);
  CHECK(started({"dir", path.c_str(), "appendonly", "yes"}) == KEVY_SYSTEM);
  CHECK(kevy_last_errno() == ENOENT);
  REQUIRE(mkfifo(increment.c_str(), 0600) == 0);
  CHECK(started({"dir", path.c_str(), "appendonly", "yes"}) == KEVY_INVALID);
  write(folder.at("dump.rdb"), "REDIS0011 and more that is no RDB");
  CHECK(started({"dir", path.c_str()}) == KEVY_INVALID);
  CHECK(std::string(kevy_last_error()).find("dump.rdb: at byte") != std::string::npos);
  fs::remove(folder.at("dump.rdb"));
  REQUIRE(mkfifo(folder.at("dump.rdb").c_str(), 0600) == 0);
  CHECK(started({"dir", path.c_str()}) == KEVY_INVALID);
  fs::remove(folder.at("dump.rdb"));
  fs::create_directory(folder.at("dump.rdb"));
  CHECK(started({"dir", path.c_str()}) == KEVY_SYSTEM);
  CHECK(kevy_last_errno() == EISDIR);
  CHECK(started({"save", "1 1"}) == KEVY_INVALID);
  CHECK(started({"appendonly", "yes"}) == KEVY_INVALID);
}

TEST_CASE(
    "whoever connects to an instance with little to read waits, and is not answered LOADING") {
  const Folder folder;
  {
    Start start(folder, {"appendonly", "yes"});
    REQUIRE(start.run() == KEVY_OK);
    run(start.db, {"SET", "greeting", "hello"});
  }
  const std::string address = "unix:" + folder.at("socket");
  std::unique_ptr<Client> client;
  Start start(folder, {"appendonly", "yes"});
  start.addresses = {address.c_str()};
  start.at_call = 1;
  start.what = [&] {
    client = std::make_unique<Client>(address);
    CHECK(client->send("GET greeting\r\n"));
    return false;
  };
  REQUIRE(start.run() == KEVY_OK);
  REQUIRE(client != nullptr);
  CHECK(client->receive(11) == "$5\r\nhello\r\n");
}

TEST_CASE("options of the first version are taken") {
  kevy_options options = KEVY_OPTIONS_INIT;
  options.size = offsetof(kevy_options, progress);
  kevy_instance* db = nullptr;
  REQUIRE(kevy_start(&options, &db) == KEVY_OK);
  kevy_stop(db);
  options.size -= 1;
  CHECK(kevy_start(&options, &db) == KEVY_INVALID);
}
