// kevy_save, kevy_backup and kevy_load: what they write and read, what they leave when something is
// wrong, what their callback may do, and what others see meanwhile.
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>

#include "database.h"
#include "folder.h"

namespace {

namespace fs = std::filesystem;

void fill(const Store& store, size_t keys) {
  std::minstd_rand random(7);  // so that nothing is compressed
  for (size_t i = 0; i < keys; ++i) {
    std::string value = std::to_string(i) + ':';
    while (value.size() < 500) value += static_cast<char>('!' + random() % 90);
    store.run({"SET", ("key:" + std::to_string(i)).c_str(), value.c_str()});
  }
  store.run({"RPUSH", "list", "a", "b"});
  store.run({"PEXPIREAT", "list", "4000000000000"});
  store.run(
      {"FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return 5 end)"});
}

std::string digest(const Store& store) { return store.run({"DEBUG", "DIGEST"}); }

kevy_status backup(const Store& store, const std::string& path, kevy_progress_callback progress,
                   void* user) {
  kevy_backup_options options = KEVY_BACKUP_OPTIONS_INIT;
  options.progress = progress;
  options.user = user;
  return kevy_backup(store.db, path.c_str(), &options);
}

kevy_status load(const Store& store, const std::string& path, kevy_progress_callback progress,
                 void* user) {
  kevy_load_options options = KEVY_LOAD_OPTIONS_INIT;
  options.progress = progress;
  options.user = user;
  return kevy_load(store.db, path.c_str(), &options);
}

struct Seen {
  kevy_instance* db = nullptr;
  std::thread::id thread = std::this_thread::get_id();
  size_t calls = 0, stop_at = SIZE_MAX;
  uint64_t first_done = UINT64_MAX, done = 0, total = 0;
  bool right = true;
};

int see(uint64_t done, uint64_t total, void* user) {
  Seen& seen = *static_cast<Seen*>(user);
  if (seen.calls++ == 0) seen.first_done = done;
  seen.right =
      seen.right && done >= seen.done && done <= total && std::this_thread::get_id() == seen.thread;
  seen.done = done;
  seen.total = total;
  // No shard is held: this changes what is being written.
  seen.right = seen.right && kevy_set(seen.db, "key:7", 5, "changed", 7, 0, 0) == KEVY_OK;
  return seen.calls > seen.stop_at ? 1 : 0;
}

}  // namespace

TEST_CASE("a backup has the data of one moment, and is loaded by another instance") {
  const Folder folder;
  Store store;
  fill(store, 3000);
  const std::string before = digest(store);
  Seen seen{store.db};
  REQUIRE(backup(store, folder.at("b.rdb"), see, &seen) == KEVY_OK);
  CHECK(seen.right);
  CHECK(seen.calls > 5);
  CHECK(seen.first_done == 0);
  CHECK((seen.done == 3001 && seen.total == 3001));
  CHECK(digest(store) != before);
  CHECK(folder.files() == 1);

  Store other;
  other.run({"SET", "gone", "x"});
  other.run({"FUNCTION", "LOAD", "#!lua name=m\nredis.register_function('g', function() end)"});
  Seen loaded{other.db};
  REQUIRE(load(other, folder.at("b.rdb"), see, &loaded) == KEVY_OK);
  CHECK(loaded.right);
  CHECK(loaded.total == bytes_of(folder.at("b.rdb")).size());
  CHECK(loaded.done == loaded.total);
  CHECK(digest(other) == before);
  CHECK(other.run({"FCALL", "f", "0"}) == "5");
  CHECK(other.run({"FCALL", "g", "0"}) == "ERR Function not found");
  CHECK(other.run({"PEXPIRETIME", "list"}) == "4000000000000");
}

TEST_CASE("an empty instance is a backup too, and loading it empties another") {
  const Folder folder;
  const Store empty;
  REQUIRE(kevy_backup(empty.db, folder.at("e.rdb").c_str(), nullptr) == KEVY_OK);
  const Store store;
  fill(store, 10);
  REQUIRE(kevy_load(store.db, folder.at("e.rdb").c_str(), nullptr) == KEVY_OK);
  CHECK(store.run({"DBSIZE"}) == "0");
  CHECK(store.run({"FUNCTION", "LIST"}) == "[]");
}

TEST_CASE("a callback ends a backup and a loading, and nothing has changed") {
  const Folder folder;
  const Store store;
  fill(store, 3000);
  REQUIRE(kevy_backup(store.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
  const std::string file = bytes_of(folder.at("b.rdb"));
  size_t ended = 0;
  for (size_t at : {0, 1, 3, 7}) {
    Seen seen{store.db};
    seen.stop_at = at;
    const std::string before = (store.run({"SET", "key:7", "changed"}), digest(store));
    CHECK(backup(store, folder.at("b.rdb"), see, &seen) == KEVY_CANCELLED);
    CHECK((bytes_of(folder.at("b.rdb")) == file));
    CHECK(folder.files() == 1);
    seen = Seen{store.db};
    seen.stop_at = at;
    CHECK(load(store, folder.at("b.rdb"), see, &seen) == KEVY_CANCELLED);
    CHECK(digest(store) == before);
    ++ended;
  }
  CHECK(ended == 4);
}

TEST_CASE("a file that is cut or damaged is refused, with the byte, and the data stay") {
  const Folder folder;
  const Store source;
  fill(source, 40);
  REQUIRE(kevy_backup(source.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
  const std::string whole = bytes_of(folder.at("b.rdb"));
  const Store store;
  store.run({"SET", "mine", "kept"});
  const std::string before = digest(store);
  size_t refused = 0;
  const auto refuses = [&](const std::string& bytes) {
    write(folder.at("d.rdb"), bytes);
    REQUIRE(kevy_load(store.db, folder.at("d.rdb").c_str(), nullptr) == KEVY_INVALID);
    const std::string error = kevy_last_error();
    CHECK(error.find("d.rdb: at byte ") != std::string::npos);
    REQUIRE(digest(store) == before);
    ++refused;
  };
  for (size_t size = 0; size < whole.size(); size += 1 + size / 50) refuses(whole.substr(0, size));
  for (size_t at = 0; at < whole.size(); at += 1 + at / 50) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    refuses(damaged);
  }
  CHECK(refused > 200);
  CHECK(store.run({"FUNCTION", "LIST"}) == "[]");
  CHECK(store.run({"GET", "mine"}) == "kept");
}

TEST_CASE("what is wrong with a path is said") {
  const Folder folder;
  const Store store;
  const auto missing = folder.at("none/b.rdb");
  CHECK(kevy_backup(store.db, missing.c_str(), nullptr) == KEVY_SYSTEM);
  CHECK(kevy_last_errno() == ENOENT);
  CHECK(kevy_load(store.db, missing.c_str(), nullptr) == KEVY_SYSTEM);
  CHECK(kevy_last_errno() == ENOENT);
  CHECK(kevy_backup(store.db, (folder.path() + "/").c_str(), nullptr) == KEVY_INVALID);
  CHECK(kevy_load(store.db, folder.path().c_str(), nullptr) == KEVY_SYSTEM);
  CHECK(kevy_backup(store.db, folder.path().c_str(), nullptr) == KEVY_INVALID);
  REQUIRE(mkfifo(folder.at("pipe").c_str(), 0600) == 0);
  CHECK(kevy_backup(store.db, folder.at("pipe").c_str(), nullptr) == KEVY_INVALID);
  CHECK(fs::is_fifo(folder.at("pipe")));
  CHECK(kevy_load(store.db, folder.at("pipe").c_str(), nullptr) == KEVY_INVALID);
  CHECK(kevy_load(store.db, "/dev/null", nullptr) == KEVY_INVALID);
  fs::remove(folder.at("pipe"));
  CHECK(kevy_backup(store.db, nullptr, nullptr) == KEVY_INVALID);
  CHECK(kevy_load(store.db, nullptr, nullptr) == KEVY_INVALID);
  CHECK(kevy_save(nullptr) == KEVY_INVALID);
  kevy_backup_options options = KEVY_BACKUP_OPTIONS_INIT;
  options.size = 3;
  CHECK(kevy_backup(store.db, folder.at("b.rdb").c_str(), &options) == KEVY_INVALID);
  CHECK(folder.files() == 0);
}

TEST_CASE("kevy_save needs a directory, and writes what is there at the next start") {
  const Folder folder;
  {
    const Store none;
    CHECK(kevy_save(none.db) == KEVY_INVALID);
    CHECK(std::string(kevy_last_error()).find("dir") != std::string::npos);
  }
  {
    const Store store{"dir", folder.path().c_str()};
    store.run({"SET", "saved", "yes"});
    CHECK(kevy_save(store.db) == KEVY_OK);
  }
  const Store store{"dir", folder.path().c_str()};
  CHECK(store.run({"GET", "saved"}) == "yes");
}

TEST_CASE("what is loaded is in the append-only file when it returns") {
  const Folder folder;
  const Store source;
  fill(source, 300);
  REQUIRE(kevy_backup(source.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
  fs::create_directory(folder.at("data"));
  const std::string place = folder.at("data");
  for (int round = 0; round < 3; ++round) {
    const Store store{"dir", place.c_str(), "appendonly", "yes", "appendfsync", "always"};
    if (round > 0) CHECK(store.run({"GET", "after"}) == std::to_string(round - 1));
    store.run({"SET", "gone", "x"});
    store.run({"SELECT", "0"});
    REQUIRE(kevy_load(store.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
    CHECK(digest(store) == digest(source));
    store.run({"SET", "after", std::to_string(round).c_str()});
  }
  {  // as if it had been killed: a copy of the directory while it is in use
    const Store store{"dir", place.c_str(), "appendonly", "yes", "appendfsync", "always"};
    REQUIRE(kevy_load(store.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
    store.run({"SET", "after", "all"});
    fs::copy(place, folder.at("copy"), fs::copy_options::recursive);
  }
  const std::string copy = folder.at("copy");
  const Store store{"dir", copy.c_str(), "appendonly", "yes"};
  CHECK(store.run({"GET", "after"}) == "all");
  CHECK(store.run({"FCALL", "f", "0"}) == "5");
  store.run({"DEL", "after"});
  CHECK(digest(store) == digest(source));
}

TEST_CASE("what is loaded has changed for `save` rules, which keep it when the instance stops") {
  const Folder folder;
  const Store source;
  fill(source, 100);
  source.run({"FUNCTION", "FLUSH"});
  REQUIRE(kevy_backup(source.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
  fs::create_directory(folder.at("data"));
  const std::string place = folder.at("data");
  {
    const Store store{"dir", place.c_str(), "save", "3600 1"};
    REQUIRE(kevy_load(store.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
    CHECK(store.run({"INFO", "persistence"}).find("rdb_changes_since_last_save:102\r\n") !=
          std::string::npos);
  }
  const Store store{"dir", place.c_str()};
  CHECK(digest(store) == digest(source));
}

namespace {

struct Again {
  kevy_instance* db;
  std::string path;
  kevy_status status = KEVY_OK;
};

int load_again(uint64_t, uint64_t, void* user) {
  auto& again = *static_cast<Again*>(user);
  again.status = kevy_load(again.db, again.path.c_str(), nullptr);
  return 0;
}

}  // namespace

TEST_CASE("a loading from within the progress of another one is refused, not waited for") {
  const Folder folder;
  const Store source;
  fill(source, 10);
  REQUIRE(kevy_backup(source.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
  const Store store;
  Again again{store.db, folder.at("b.rdb")};
  CHECK(load(store, folder.at("b.rdb"), load_again, &again) == KEVY_OK);
  CHECK(again.status == KEVY_REFUSED);
  CHECK(digest(store) == digest(source));
  again.db = source.db;  // of another instance it is no matter
  CHECK(load(store, folder.at("b.rdb"), load_again, &again) == KEVY_OK);
  CHECK(again.status == KEVY_OK);
  again.db = store.db;
  CHECK(backup(store, folder.at("c.rdb"), load_again, &again) == KEVY_OK);
  CHECK(again.status == KEVY_OK);
}

TEST_CASE("a loading that ends early leaves nothing beside the append-only file") {
  const Folder folder;
  const Store source;
  fill(source, 10);
  REQUIRE(kevy_backup(source.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
  source.run({"FUNCTION", "FLUSH"});
  source.run({"FUNCTION", "LOAD", "#!lua name=m\nredis.register_function('g', function() end)"});
  REQUIRE(kevy_backup(source.db, folder.at("other.rdb").c_str(), nullptr) == KEVY_OK);
  // The code of a library that is right in its form alone.
  std::string bytes = bytes_of(folder.at("other.rdb"));
  bytes.replace(bytes.find("redis.register"), 14, "redis.unknown_");
  std::fill(bytes.end() - 8, bytes.end(), '\0');  // no checksum
  write(folder.at("wrong.rdb"), bytes);
  fs::create_directory(folder.at("data"));
  const std::string place = folder.at("data"), log = folder.at("data/appendonlydir");
  const auto files = [&] {
    return static_cast<size_t>(std::distance(fs::directory_iterator(log), {}));
  };
  {
    const Store store{"dir", place.c_str(), "appendonly", "yes"};
    store.run({"SET", "mine", "kept"});
    const size_t before = files();
    Seen seen{store.db};
    seen.stop_at = 0;
    for (int i = 0; i < 3; ++i) {
      CHECK(load(store, folder.at("b.rdb"), see, &seen) == KEVY_CANCELLED);
      CHECK(kevy_load(store.db, folder.at("wrong.rdb").c_str(), nullptr) == KEVY_INVALID);
    }
    CHECK(files() == before);
    store.run({"SET", "mine", "kept still"});
  }
  const Store store{"dir", place.c_str(), "appendonly", "yes"};
  CHECK(store.run({"GET", "mine"}) == "kept still");
}

TEST_CASE("no library that somebody loads meanwhile is lost to the append-only file alone") {
  const Folder folder;
  const Store source;
  fill(source, 10);
  REQUIRE(kevy_backup(source.db, folder.at("b.rdb").c_str(), nullptr) == KEVY_OK);
  fs::create_directory(folder.at("data"));
  const std::string place = folder.at("data");
  for (int round = 0; round < 10; ++round) {
    std::string libraries;
    {
      const Store store{"dir", place.c_str(), "appendonly", "yes"};
      store.run({"FUNCTION", "FLUSH"});
      std::atomic<bool> stop{false};
      std::atomic<int> loaded{0};
      std::thread other([&] {
        while (!stop) {
          const std::string number = std::to_string(loaded);
          const std::string code = "#!lua name=other" + number + "\nredis.register_function('g" +
                                   number + "', function() return 6 end)";
          const char* const words[] = {"FUNCTION", "LOAD", code.c_str()};
          kevy_reply* reply = nullptr;
          if (kevy_exec(store.db, 3, words, nullptr, &reply) != KEVY_OK) return;
          kevy_reply_free(reply);
          ++loaded;
        }
      });
      while (loaded < 5) std::this_thread::yield();
      const kevy_status status = kevy_load(store.db, folder.at("b.rdb").c_str(), nullptr);
      stop = true;
      other.join();
      REQUIRE(status == KEVY_OK);
      libraries = store.run({"FUNCTION", "LIST"});
    }
    const Store store{"dir", place.c_str(), "appendonly", "yes"};
    CHECK(store.run({"FUNCTION", "LIST"}) == libraries);
  }
}

TEST_CASE("others see the data of before or all that are loaded") {
  const Folder folder;
  Store even, odd;
  for (size_t i = 0; i < 500; ++i) {
    const std::string key = "key:" + std::to_string(i);
    even.run({"SET", key.c_str(), "even"});
    odd.run({"SET", key.c_str(), "odd"});
  }
  REQUIRE(kevy_backup(even.db, folder.at("even.rdb").c_str(), nullptr) == KEVY_OK);
  REQUIRE(kevy_backup(odd.db, folder.at("odd.rdb").c_str(), nullptr) == KEVY_OK);
  std::atomic<bool> stop{false};
  std::atomic<size_t> reads{0}, torn{0};
  std::thread reader([&] {
    const char* const keys[] = {"key:1", "key:100", "key:200", "key:499"};
    while (!stop) {
      kevy_reply* reply = nullptr;
      if (kevy_get_many(even.db, 4, keys, nullptr, &reply) != KEVY_OK) return;
      const std::string seen = take_text(reply);
      if (seen != "[even even even even]" && seen != "[odd odd odd odd]") ++torn;
      ++reads;
    }
  });
  kevy_session* session = nullptr;
  REQUIRE(kevy_session_open(even.db, nullptr, &session) == KEVY_OK);
  const auto answer = [&](const Words& words) {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_session_exec(session, words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    return take_text(reply);
  };
  for (int i = 0; i < 50; ++i) {
    CHECK(answer({"WATCH", "key:3", "nosuch"}) == "OK");
    const char* const name = i % 2 == 0 ? "odd.rdb" : "even.rdb";
    REQUIRE(kevy_load(even.db, folder.at(name).c_str(), nullptr) == KEVY_OK);
    answer({"MULTI"});
    CHECK(answer({"EXEC"}) == "nil");
  }
  while (reads < 100) std::this_thread::yield();
  stop = true;
  reader.join();
  kevy_session_close(session);
  CHECK(torn == 0);
}
