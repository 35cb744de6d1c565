#include "floor.h"

#include <charconv>
#include <cstring>
#include <optional>

namespace bench {

namespace {

bool is_verb(std::string_view word, std::string_view upper) {
  if (word.size() != upper.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if ((word[i] & ~0x20) != upper[i]) return false;
  }
  return true;
}

void append_number(std::string& reply, char kind, int64_t number) {
  char text[24];
  text[0] = kind;
  char* end = std::to_chars(text + 1, text + sizeof text, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  reply.append(text, static_cast<size_t>(end - text));
}

void append_bulk(std::string& reply, std::string_view bytes) {
  append_number(reply, '$', static_cast<int64_t>(bytes.size()));
  reply.append(bytes);
  reply.append("\r\n");
}

bool copy_out(std::string_view value, char* buffer, size_t capacity, size_t* size) {
  *size = value.size();
  if (value.size() > capacity) return false;
  std::memcpy(buffer, value.data(), value.size());
  return true;
}

}  // namespace

// By the hash's top bits, which the map does not use.
Floor::Shard& Floor::shard_of(absl::string_view key) noexcept {
  return shards_[absl::Hash<absl::string_view>{}(key) >> 60];
}

void Floor::exec(size_t argc, const char* const* argv, const size_t* sizes, std::string& reply) {
  const std::string_view verb(argv[0], sizes[0]);
  if (argc == 2 && is_verb(verb, "GET")) {
    const absl::string_view key(argv[1], sizes[1]);
    Shard& shard = shard_of(key);
    std::lock_guard guard(shard.lock);
    const auto found = shard.map.find(key);
    if (found == shard.map.end()) {
      reply.append("$-1\r\n");
    } else {
      append_bulk(reply, found->second);
    }
  } else if (argc == 3 && is_verb(verb, "SET")) {
    set({argv[1], sizes[1]}, {argv[2], sizes[2]});
    reply.append("+OK\r\n");
  } else if (argc == 2 && is_verb(verb, "INCR")) {
    const absl::string_view key(argv[1], sizes[1]);
    Shard& shard = shard_of(key);
    std::lock_guard guard(shard.lock);
    std::string& value = shard.map[key];
    int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    value = std::to_string(++number);
    append_number(reply, ':', number);
  } else {
    reply.append("-ERR unknown command\r\n");
  }
}

bool Floor::get(absl::string_view key, char* buffer, size_t capacity, size_t* size) {
  Shard& shard = shard_of(key);
  std::lock_guard guard(shard.lock);
  const auto found = shard.map.find(key);
  return found != shard.map.end() && copy_out(found->second, buffer, capacity, size);
}

void Floor::set(absl::string_view key, std::string_view value) {
  Shard& shard = shard_of(key);
  std::lock_guard guard(shard.lock);
  shard.map[key].assign(value);
}

bool PlainMap::get(std::string_view key, char* buffer, size_t capacity, size_t* size) {
  std::lock_guard guard(mutex_);
  const auto found = map_.find(std::string(key));
  return found != map_.end() && copy_out(found->second, buffer, capacity, size);
}

void PlainMap::set(std::string_view key, std::string_view value) {
  std::lock_guard guard(mutex_);
  map_[std::string(key)].assign(value);
}

}  // namespace bench
