// Every function has a case at least, and one more for each way that it takes memory in.
#include "function_cases.h"

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

#include "failing_memory.h"
#include "piped_commands.h"

namespace kevy::test {

namespace {

using Start = World::Start;
constexpr Start kInstance = Start::kInstance, kNothing = Start::kNothing;

// ---- Instances

kevy_status start_with_all_options(World& world) {
  static const char* const kDirectives[] = {"maxclients",
                                            "1000",
                                            "client-output-buffer-limit",
                                            "pubsub 1mb 1mb 10",
                                            "requirepass",
                                            "a long password of some words",
                                            "notify-keyspace-events",
                                            "KEA",
                                            "list-max-listpack-size",
                                            "-2",
                                            "hash-max-listpack-entries",
                                            "64",
                                            "maxmemory-policy",
                                            "allkeys-lru",
                                            "timeout",
                                            "300"};
  kevy_options options = KEVY_OPTIONS_INIT;
  options.shards = 5;
  options.databases = 3;
  options.protocol = 3;
  options.threads = 2;
  options.directives = kDirectives;
  options.directive_count = std::size(kDirectives) / 2;
  return kevy_start(&options, &world.started);
}

void stop_started(World& world) {
  world.expect(kevy_stop(world.started) == KEVY_OK, "kevy_stop");
  world.clear_outputs();
}

void count_message(const kevy_message*, void*) {}

void use_everything(World& world) {
  world.listen();
  world.open_session();
  world.run_in_session("SUBSCRIBE news");
  world.subscribe(count_message);
  world.publish("news", "hello");
  world.run("SET soon gone EX 100");
}

kevy_status stop(World& world) {
  const kevy_status status = kevy_stop(world.db);
  if (status == KEVY_OK) world.db = nullptr;
  return status;
}

void expect_closed(World& world) {
  kevy_reply* reply = nullptr;
  const char* words[] = {"PING"};
  world.expect(kevy_session_exec(world.session, 1, words, nullptr, &reply) == KEVY_CLOSED,
               "the session lives on");
}

// ---- Commands

template <size_t kCount>
kevy_status exec(World& world, const char* const (&words)[kCount]) {
  return world.told(kevy_exec(world.db, kCount, words, nullptr, &world.reply));
}

kevy_status exec_set_big(World& world) {
  const char* words[] = {"SET", "new", big_value().c_str()};
  return exec(world, words);
}
kevy_status exec_incr(World& world) {
  const char* words[] = {"INCR", "int"};
  return exec(world, words);
}
kevy_status exec_rpush(World& world) {
  const char* words[] = {"RPUSH", "list", "d", "e", "f", "g", "h", "i", "j", "k"};  // many words
  return exec(world, words);
}
kevy_status exec_get_big(World& world) {
  const char* words[] = {"GET", "big"};
  return exec(world, words);
}
kevy_status exec_wrong(World& world) {
  const char* words[] = {"NOSUCHCOMMAND", "of", "words"};
  return exec(world, words);
}
kevy_status exec_info(World& world) {
  const char* words[] = {"INFO"};
  return exec(world, words);
}

kevy_status run_pipeline(World& world) {
  return with_piped_commands([&](size_t count, const size_t* counts, const char* const* words) {
    return kevy_pipeline(world.db, count, counts, words, nullptr, 0, &world.reply);
  });
}

// What cannot be queued leaves the others undone; what finds no memory when it runs does not.
kevy_status run_atomic_pipeline(World& world) {
  const char* const words[] = {"SET", "new", "1", "INCR", "int", "RPUSH", "list", "k"};
  const size_t counts[] = {3, 2, 3};
  const kevy_status status = kevy_pipeline(world.db, 3, counts, words, nullptr, KEVY_PIPELINE_ATOMIC,
                                           &world.reply);
  if (status != KEVY_OK) return status;
  const auto begins = [&](size_t i, const char* text) {
    const char* const answer = kevy_reply_string(kevy_reply_at(world.reply, i), nullptr);
    return std::strncmp(answer, text, std::strlen(text)) == 0;
  };
  if (!begins(0, "EXECABORT ") && !begins(1, "EXECABORT ")) return status;
  kevy_reply_free(world.reply);
  const EnoughMemory of_the_test;
  world.clear_outputs();
  return KEVY_NO_MEMORY;
}
void check_atomic_pipeline(World& world) {
  constexpr const char* kAnswers[] = {"OK", "13", "4"};
  constexpr const char* kReads[] = {"EXISTS new", "GET int", "LLEN list"};
  constexpr const char* kBefore[] = {"0", "12", "3"};
  constexpr const char* kAfter[] = {"1", "13", "4"};
  for (size_t i = 0; i < 3; ++i) {
    const kevy_reply* const answer = kevy_reply_at(world.reply, i);
    const bool refused = kevy_reply_get_type(answer) == KEVY_REPLY_ERROR;
    const std::string text = kevy_reply_get_type(answer) == KEVY_REPLY_INTEGER
                                 ? std::to_string(kevy_reply_integer(answer))
                                 : kevy_reply_string(answer, nullptr);
    world.expect(refused ? text.starts_with("OOM ") : text == kAnswers[i], "the answer " + text);
    world.expect_same(world.run(kReads[i]), refused ? kBefore[i] : kAfter[i]);
  }
  kevy_reply_free(world.reply);
  world.reply = nullptr;
}

void check_set(World& world) {
  world.expect_same(world.take_reply(), "OK");
  world.expect_same(world.run("STRLEN new"), "80000");
}
void check_incr(World& world) { world.expect_same(world.take_reply(), "13"); }
void check_rpush(World& world) {
  world.expect_same(world.take_reply(), "11");
  world.expect_same(world.run("LINDEX list 10"), "k");
}
void check_get_big(World& world) {
  world.expect_same(world.take_reply(), std::string(70'000, 'b'));
}
void check_wrong(World& world) {
  world.expect(world.take_reply().starts_with("ERR unknown command"), "the error");
}
void check_info(World& world) {
  world.expect(world.take_reply().find("used_memory:") != std::string::npos, "what INFO says");
}

kevy_status get_expired(World& world) {
  kevy_clock_advance(world.db, 10);
  const kevy_status status =
      kevy_get(world.db, "gone", 4, world.buffer, sizeof world.buffer, &world.size);
  return status == KEVY_NOT_FOUND ? KEVY_OK : status;
}
kevy_status get(World& world) {
  return kevy_get(world.db, "big", 3, world.buffer, sizeof world.buffer, &world.size);
}
void check_got(World& world) {
  world.expect(world.size == 70'000 && world.buffer[69'999] == 'b', "the value");
}
kevy_status set(World& world) {
  return kevy_set(world.db, "text", 4, big_value().data(), big_value().size(), 0, 100'000);
}
void check_stored(World& world) {
  world.expect_same(world.run("STRLEN text"), "80000");
  world.expect_same(world.run("TTL text"), "100");
}

constexpr const char* kNames[] = {"text", "none", "big", "int", "list"};
constexpr const char* kTexts[] = {"1", "2", "3", "4", "5"};
kevy_status get_many(World& world) {
  return world.told(kevy_get_many(world.db, 5, kNames, nullptr, &world.reply));
}
void check_got_many(World& world) {
  world.expect(world.take_reply().starts_with("[value nil bbb"), "the values");
}
kevy_status set_many(World& world) { return kevy_set_many(world.db, 1, kNames, nullptr, kTexts, nullptr); }
void check_set_many(World& world) { world.expect_same(world.run("GET text"), "1"); }
kevy_status set_many_too_long(World& world) {  // an error with a text
  const size_t longest = size_t{1} << 40;
  const kevy_status status = kevy_set_many(world.db, 1, kNames, &longest, kTexts, nullptr);
  return status == KEVY_REFUSED ? KEVY_OK : status;
}

// ---- Replies and messages: what takes no memory

kevy_status read_reply(World& world) {
  const char* words[] = {"HGETALL", "hash"};
  kevy_reply* map = nullptr;
  const kevy_status status = kevy_exec(world.db, 2, words, nullptr, &map);
  if (status != KEVY_OK) return status;
  size_t size;
  kevy_reply_get_type(map);
  kevy_reply_integer(map);
  kevy_reply_double(map);
  kevy_reply_string(map, &size);
  kevy_reply_format(map);
  for (size_t i = 0; i < kevy_reply_count(map); ++i)
    kevy_reply_string(kevy_reply_at(map, i), &size);
  kevy_reply_free(map);
  return KEVY_OK;
}
kevy_status read_constants(World&) {
  kevy_abi_version();
  kevy_version();
  kevy_strerror(KEVY_NO_MEMORY);
  kevy_last_error();
  kevy_last_errno();
  return KEVY_OK;
}
void nothing_more(World&) {}

// ---- The network and the clock

kevy_status listen(World& world) { return kevy_listen(world.db, "127.0.0.1:0", nullptr, nullptr); }
void check_listening(World& world) {
  world.expect(kevy_address(world.db, 0, world.buffer, sizeof world.buffer) == KEVY_OK, "listens");
  world.expect(kevy_address(world.db, 1, world.buffer, sizeof world.buffer) == KEVY_NOT_FOUND,
               "listens once");
}
std::string unix_path() {
  return (std::filesystem::temp_directory_path() / ("kevy-failures-" + std::to_string(getpid())))
      .string();
}
kevy_status listen_unix(World& world) {
  static const std::string kAddress = "unix:" + unix_path();
  static const char* const kPath = kAddress.c_str() + 5;
  const kevy_status status = kevy_listen(world.db, kAddress.c_str(), nullptr, nullptr);
  const EnoughMemory of_the_test;
  if (status != KEVY_OK) world.expect(access(kPath, F_OK) != 0, "the path was left behind");
  return status;
}
kevy_status listen_nowhere(World& world) {
  const kevy_status status = kevy_listen(world.db, "nonsense, without a colon and rather long", nullptr, nullptr);
  return status == KEVY_INVALID ? KEVY_OK : status;
}
void prepare_listening(World& world) { world.listen(); }
kevy_status listen_with_handle(World& world) {
  kevy_listen_options options = KEVY_LISTEN_OPTIONS_INIT;
  options.backlog = 10;
  return kevy_listen(world.db, "127.0.0.1:0", &options, &world.listener);
}
void check_listener(World& world) {
  check_listening(world);
  kevy_listener_close(world.listener);
  world.expect(kevy_address(world.db, 0, world.buffer, sizeof world.buffer) == KEVY_NOT_FOUND,
               "listens no more");
}
void prepare_listener(World& world) {
  world.expect(listen_with_handle(world) == KEVY_OK, "kevy_listen");
}
kevy_status listener_address(World& world) {
  const char* const text = kevy_listener_address(world.listener);
  return std::strncmp(text, "127.0.0.1:", 10) == 0 ? KEVY_OK : KEVY_INVALID;
}
kevy_status close_listener(World& world) {
  kevy_listener_close(world.listener);
  return KEVY_OK;
}
kevy_status connect(World& world) {
  kevy_session_options options = KEVY_SESSION_OPTIONS_INIT;
  options.name = "a-name-that-takes-memory-of-its-own";
  return kevy_connect(world.db, &options, &world.descriptor);
}
// Where the reactor had no memory for it, the connection is closed at once.
void check_connected(World& world) {
  char answer[8] = "";
  const ssize_t sent = send(world.descriptor, "PING\r\n", 6, MSG_NOSIGNAL);
  const ssize_t got = sent < 0 ? 0 : recv(world.descriptor, answer, 7, MSG_WAITALL);
  world.expect(got <= 0 || std::strncmp(answer, "+PONG\r\n", 7) == 0, "an answer or none");
  close(world.descriptor);
}
kevy_status address(World& world) {
  return kevy_address(world.db, 0, world.buffer, sizeof world.buffer);
}
void check_address(World& world) {
  world.expect(std::strncmp(world.buffer, "127.0.0.1:", 10) == 0, "the address");
}

void have_expiring(World& world) {
  for (int i = 0; i < 50; ++i) world.run("SET due" + std::to_string(i) + " v PX 50");
  world.run("HSET fields f v");
  world.run("HPEXPIRE fields 50 FIELDS 1 f");
}
kevy_status now(World& world) { return kevy_clock_now(world.db, &world.number); }
void check_now(World& world) { world.expect(world.number == 1'700'000'000'000, "the time"); }
kevy_status advance(World& world) { return kevy_clock_advance(world.db, 1000); }
kevy_status freeze(World& world) { return kevy_clock_freeze(world.db, 1'700'000'001'000); }
void check_expired(World& world) {
  world.expect(kevy_clock_now(world.db, &world.number) == KEVY_OK, "kevy_clock_now");
  world.expect(world.number == 1'700'000'001'000, "the clock went once");
  world.expect_same(world.run("GET due7"), "nil");
  world.expect_same(world.run("HGET fields f"), "nil");
  world.expect_same(world.run("EXISTS text int list"), "3");
  world.clear_outputs();
}
kevy_status on_shutdown(World& world) {
  return kevy_on_shutdown(world.db, [](void*) {}, nullptr);
}
kevy_status resume(World& world) { return kevy_clock_resume(world.db); }

// ---- Files

/// A directory of the process', which goes at its end.
const std::string& directory() {
  static const struct Directory {
    Directory() {
      std::string name = (std::filesystem::temp_directory_path() / "kevy-failures-XXXXXX").string();
      path = mkdtemp(name.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string path;
  } kMade;
  return kMade.path;
}
const std::string& backup_path() {
  static const std::string kPath = directory() + "/backup.rdb";
  return kPath;
}

void have_directory(World& world) {
  world.expect(kevy_stop(world.db) == KEVY_OK, "kevy_stop");
  const char* const directives[] = {"dir", directory().c_str()};
  kevy_options options = KEVY_OPTIONS_INIT;
  options.shards = 3;
  options.directives = directives;
  options.directive_count = 1;
  world.expect(kevy_start(&options, &world.db) == KEVY_OK, "kevy_start");
  world.run("SET text value");
}
kevy_status save(World& world) { return kevy_save(world.db); }
void check_saved(World& world) {
  world.expect_same(world.run("DEBUG RELOAD"), "OK");
  world.expect_same(world.run("GET text"), "value");
}

// With a list and a stream that a view walks in chunks.
void have_path(World& world) {
  backup_path();
  const std::string value(6000, 'v');
  for (int i = 0; i < 12; ++i) {
    world.run("RPUSH chunked-list " + value + ' ' + value);
    world.run("XADD chunked-stream * field " + value);
  }
}
int go_on(uint64_t, uint64_t, void*) { return 0; }
kevy_status back_up(World& world) {
  kevy_backup_options options = KEVY_BACKUP_OPTIONS_INIT;
  options.progress = go_on;
  return kevy_backup(world.db, backup_path().c_str(), &options);
}
kevy_status load(World& world) {
  kevy_load_options options = KEVY_LOAD_OPTIONS_INIT;
  options.progress = go_on;
  return kevy_load(world.db, backup_path().c_str(), &options);
}
void check_backup(World& world) {
  const std::string contents = world.contents();
  world.run("FLUSHALL");
  world.expect(load(world) == KEVY_OK, "kevy_load");
  world.expect_same(world.contents(), contents);
}
void have_backup(World& world) {
  const char* words[] = {"FUNCTION", "LOAD",
                         "#!lua name=l\nredis.register_function('f', function() return 5 end)"};
  kevy_reply* made = nullptr;
  world.expect(kevy_exec(world.db, 3, words, nullptr, &made) == KEVY_OK, "kevy_exec");
  kevy_reply_free(made);
  world.expect(back_up(world) == KEVY_OK, "kevy_backup");
  world.run("FUNCTION FLUSH");
  world.run("SET text other");
  world.run("SET more x");
}
void check_loaded(World& world) {
  world.expect_same(world.run("MGET text more int"), "[value nil 12]");
  world.expect_same(world.run("FCALL f 0"), "5");
}
kevy_status load_nothing(World& world) {
  const kevy_status status = kevy_load(world.db, "/nowhere/at all, with a rather long name.rdb", nullptr);
  return status == KEVY_SYSTEM ? KEVY_OK : status;
}

// With a file to read, a function in it, a listener, and callbacks.
void have_file(World& world) {
  world.db = nullptr;
  have_directory(world);
  const char* words[] = {"FUNCTION", "LOAD",
                         "#!lua name=l\nredis.register_function('f', function() return 5 end)"};
  kevy_reply* made = nullptr;
  world.expect(kevy_exec(world.db, 3, words, nullptr, &made) == KEVY_OK, "kevy_exec");
  kevy_reply_free(made);
  world.expect(kevy_save(world.db) == KEVY_OK, "kevy_save");
  world.expect(kevy_stop(world.db) == KEVY_OK, "kevy_stop");
  world.db = nullptr;
}
kevy_status start_with_file(World& world) {
  static const char* const kAddresses[] = {"127.0.0.1:0", "-198.51.100.1:0"};
  const char* const directives[] = {"dir", directory().c_str()};
  kevy_options options = KEVY_OPTIONS_INIT;
  options.threads = 1;
  options.directives = directives;
  options.directive_count = 1;
  options.progress = go_on;
  options.listen = kAddresses;
  options.listen_count = std::size(kAddresses);
  options.on_shutdown = [](void*) {};
  return kevy_start(&options, &world.started);
}
void stop_with_file(World& world) {
  char value[10];
  size_t size = 0;
  world.expect(kevy_get(world.started, "text", 4, value, sizeof value, &size) == KEVY_OK, "kevy_get");
  char address[50];
  world.expect(kevy_address(world.started, 0, address, sizeof address) == KEVY_OK, "kevy_address");
  stop_started(world);
}

constexpr FunctionCase kCases[] = {
    {"kevy_start", "no options", kNothing, nullptr,
     [](World& world) { return kevy_start(nullptr, &world.started); }, stop_started},
    {"kevy_start", "all options", kNothing, nullptr, start_with_all_options, stop_started},
    {"kevy_start", "a file and a listener", kNothing, have_file, start_with_file, stop_with_file},
    {"kevy_stop", "all in use", kInstance, use_everything, stop, expect_closed},
    {"kevy_on_shutdown", "", kInstance, nullptr, on_shutdown, nothing_more},
    {"kevy_exec", "SET of a big value", kInstance, nullptr, exec_set_big, check_set},
    {"kevy_exec", "INCR", kInstance, nullptr, exec_incr, check_incr},
    {"kevy_exec", "RPUSH of many words", kInstance, nullptr, exec_rpush, check_rpush},
    {"kevy_exec", "GET of a big value", kInstance, nullptr, exec_get_big, check_get_big},
    {"kevy_exec", "an error", kInstance, nullptr, exec_wrong, check_wrong},
    {"kevy_exec", "a long reply", kInstance, nullptr, exec_info, check_info},
    {"kevy_pipeline", "commands of all kinds", kInstance, nullptr, run_pipeline, check_pipeline},
    {"kevy_pipeline", "as one step", kInstance, nullptr, run_atomic_pipeline, check_atomic_pipeline},
    {"kevy_get", "a big value", kInstance, nullptr, get, check_got},
    {"kevy_get", "a key that has expired", kInstance, nullptr, get_expired, nothing_more},
    {"kevy_set", "a time to live", kInstance, nullptr, set, check_stored},
    {"kevy_get_many", "some keys", kInstance, nullptr, get_many, check_got_many},
    {"kevy_set_many", "one key", kInstance, nullptr, set_many, check_set_many},
    {"kevy_set_many", "refused", kInstance, nullptr, set_many_too_long, nothing_more},
    {"kevy_reply_get_type", "reading", kInstance, nullptr, read_reply, nothing_more},
    {"kevy_reply_integer", "reading", kInstance, nullptr, read_reply, nothing_more},
    {"kevy_reply_double", "reading", kInstance, nullptr, read_reply, nothing_more},
    {"kevy_reply_string", "reading", kInstance, nullptr, read_reply, nothing_more},
    {"kevy_reply_format", "reading", kInstance, nullptr, read_reply, nothing_more},
    {"kevy_reply_count", "reading", kInstance, nullptr, read_reply, nothing_more},
    {"kevy_reply_at", "reading", kInstance, nullptr, read_reply, nothing_more},
    {"kevy_reply_free", "reading", kInstance, nullptr, read_reply, nothing_more},
    {"kevy_listen", "TCP", kInstance, nullptr, listen, check_listening},
    {"kevy_listen", "a Unix socket", kInstance, nullptr, listen_unix, check_listening},
    {"kevy_listen", "a handle", kInstance, nullptr, listen_with_handle, check_listener},
    {"kevy_listener_address", "", kInstance, prepare_listener, listener_address, check_listener},
    {"kevy_listener_close", "", kInstance, prepare_listener, close_listener, nothing_more},
    {"kevy_connect", "a name", kInstance, nullptr, connect, check_connected},
    {"kevy_listen", "a bad address", kInstance, nullptr, listen_nowhere, nothing_more},
    {"kevy_address", "TCP", kInstance, prepare_listening, address, check_address},
    {"kevy_clock_now", "", kInstance, nullptr, now, check_now},
    {"kevy_clock_freeze", "what expires", kInstance, have_expiring, freeze, check_expired},
    {"kevy_clock_advance", "what expires", kInstance, have_expiring, advance, check_expired},
    {"kevy_clock_resume", "", kInstance, nullptr, resume, nothing_more},
    {"kevy_save", "a directory", kInstance, have_directory, save, check_saved},
    {"kevy_backup", "all types", kInstance, have_path, back_up, check_backup},
    {"kevy_load", "all types", kInstance, have_backup, load, check_loaded},
    {"kevy_load", "no file", kInstance, nullptr, load_nothing, nothing_more},
    {"kevy_abi_version", "", kNothing, nullptr, read_constants, nothing_more},
    {"kevy_version", "", kNothing, nullptr, read_constants, nothing_more},
    {"kevy_strerror", "", kNothing, nullptr, read_constants, nothing_more},
    {"kevy_last_errno", "", kNothing, nullptr, read_constants, nothing_more},
    {"kevy_last_error", "", kNothing, nullptr, read_constants, nothing_more},
};

}  // namespace

std::span<const FunctionCase> instance_cases() { return kCases; }

}  // namespace kevy::test
