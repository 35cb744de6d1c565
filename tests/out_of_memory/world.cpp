#include <algorithm>
#include <cstring>
#include <string_view>

#include "failing_memory.h"
#include "function_cases.h"

namespace kevy::test {

namespace {

// Where nothing was given; never read through.
template <typename T>
T* untouched() {
  return reinterpret_cast<T*>(uintptr_t{0x51});
}
constexpr size_t kUntouched = 0x5151;

class Words {
 public:
  explicit Words(const std::string& line) {
    for (size_t at = 0; at < line.size();) {
      const size_t end = std::min(line.find(' ', at), line.size());
      words_.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    for (const std::string& word : words_) pointers_.push_back(word.c_str());
  }
  size_t count() const { return pointers_.size(); }
  const char* const* pointers() const { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<const char*> pointers_;
};

std::string text_of(const kevy_reply* reply) {
  const size_t count = kevy_reply_count(reply);
  switch (kevy_reply_get_type(reply)) {
    case KEVY_REPLY_NULL:
      return "nil";
    case KEVY_REPLY_INTEGER:
    case KEVY_REPLY_BOOLEAN:
      return std::to_string(kevy_reply_integer(reply));
    case KEVY_REPLY_DOUBLE:
      return std::to_string(kevy_reply_double(reply));
    case KEVY_REPLY_STATUS:
    case KEVY_REPLY_ERROR:
    case KEVY_REPLY_STRING:
    case KEVY_REPLY_VERBATIM: {
      size_t size;
      const char* const bytes = kevy_reply_string(reply, &size);
      return {bytes, size};
    }
    default:
      std::string text = "[";
      for (size_t i = 0; i < count; ++i) {
        text += (i == 0 ? "" : " ") + text_of(kevy_reply_at(reply, i));
      }
      return text + "]";
  }
}

std::string taken_text(kevy_reply* reply) {
  std::string text = text_of(reply);
  kevy_reply_free(reply);
  return text;
}

constexpr const char* kData[] = {"SET text value",    "SET int 12",   "RPUSH list a b c",
                                 "HSET hash f v g w", "SADD set x y", "ZADD zset 1 m 2 n",
                                 "SET gone soon PX 1"};

}  // namespace

World::World(Start start) {
  clear_outputs();
  if (start == Start::kNothing) return;
  kevy_options options = KEVY_OPTIONS_INIT;
  options.shards = 3;
  options.threads = 1;
  expect(kevy_start(&options, &db) == KEVY_OK, "kevy_start");
  kevy_clock_freeze(db, 1'700'000'000'000);
  for (const char* command : kData) run(command);
  const std::string big(70'000, 'b');
  kevy_set(db, "big", 3, big.data(), big.size(), 0, 0);
}

World::~World() {
  kevy_subscription_close(subscription, 0);
  kevy_session_close(session);
  kevy_stop(db);
}

std::string World::run(const std::string& line) {
  const Words words(line);
  kevy_reply* got = nullptr;
  const kevy_status status = kevy_exec(db, words.count(), words.pointers(), nullptr, &got);
  expect(status == KEVY_OK, line + ": " + kevy_last_error());
  return taken_text(got);
}

std::string World::run_in_session(const std::string& line) {
  const Words words(line);
  kevy_reply* got = nullptr;
  const kevy_status status =
      kevy_session_exec(session, words.count(), words.pointers(), nullptr, &got);
  expect(status == KEVY_OK, line + ": " + kevy_last_error());
  return taken_text(got);
}

void World::publish(const std::string& channel, const std::string& payload) {
  run("PUBLISH " + channel + " " + payload);
}

void World::open_session() {
  expect(kevy_session_open(db, nullptr, &session) == KEVY_OK, "kevy_session_open");
}

void World::subscribe(kevy_message_callback callback) {
  const char* const channels[] = {"news", "weather"};
  kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
  options.callback = callback;
  options.user = this;
  expect(kevy_subscribe(db, 2, channels, nullptr, &options, &subscription) == KEVY_OK, "kevy_subscribe");
}

void World::listen() { expect(kevy_listen(db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK, "kevy_listen"); }

std::string World::contents() {
  std::string keys = run("KEYS *");
  std::vector<std::string> lines;
  for (size_t at = 1; at + 1 < keys.size();) {
    const size_t end = std::min(keys.find(' ', at), keys.size() - 1);
    const std::string key = keys.substr(at, end - at);
    at = end + 1;
    const std::string type = run("TYPE " + key);
    const char* const read = type == "string" ? "GET "
                             : type == "list" ? "LRANGE "
                             : type == "hash" ? "HGETALL "
                             : type == "set"  ? "SORT "
                                              : "ZRANGE ";
    const char* const rest = type == "list" || type == "zset" ? " 0 -1"
                             : type == "set"                  ? " ALPHA"
                                                              : "";
    lines.push_back(key + "=" + run(read + key + rest) + " expires " + run("PEXPIRETIME " + key));
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

void World::clear_outputs() {
  started = untouched<kevy_instance>();
  opened = untouched<kevy_session>();
  subscribed = untouched<kevy_subscription>();
  message = untouched<kevy_message>();
  reply = untouched<kevy_reply>();
  size = kUntouched;
  descriptor = -7;
  number = -7;
}

bool World::outputs_untouched() const {
  return started == untouched<kevy_instance>() && opened == untouched<kevy_session>() &&
         subscribed == untouched<kevy_subscription>() && message == untouched<kevy_message>() &&
         reply == untouched<kevy_reply>() && size == kUntouched && descriptor == -7 && number == -7;
}

kevy_status World::told(kevy_status status) {
  if (status != KEVY_OK || kevy_reply_get_type(reply) != KEVY_REPLY_ERROR) return status;
  if (std::strncmp(kevy_reply_string(reply, nullptr), "OOM ", 4) != 0) return status;
  kevy_reply_free(reply);
  clear_outputs();
  return KEVY_NO_MEMORY;
}

std::string World::take_reply() {
  if (reply == untouched<kevy_reply>()) return "nothing was given";
  std::string text = taken_text(reply);
  clear_outputs();
  return text;
}

void World::expect(bool holds, const std::string& what) {
  if (!holds && wrong_.empty()) wrong_ = what;
}

std::vector<FunctionCase> function_cases() {
  std::vector<FunctionCase> all(instance_cases().begin(), instance_cases().end());
  all.insert(all.end(), session_cases().begin(), session_cases().end());
  return all;
}

void World::expect_same(const std::string& got, const std::string& wanted) {
  if (got == wanted) return;
  size_t from = 0;
  while (from < std::min(got.size(), wanted.size()) && got[from] == wanted[from]) ++from;
  from -= std::min<size_t>(from, 20);
  expect(false, "got '" + got.substr(from, 80) + "' for '" + wanted.substr(from, 80) + "'");
}

}  // namespace kevy::test
