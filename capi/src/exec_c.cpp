// Commands without a session, and the fast lanes.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "arguments.h"
#include "base/number.h"
#include "command/string/fast_lane.h"
#include "handles.h"
#include "runtime/shard/shard.h"

using namespace kevy::capi;
using kevy::Args;
using kevy::Bytes;
using kevy::Entry;
using kevy::Key;
using kevy::Turn;

namespace {

kevy_status copy_out(Bytes value, char* buffer, size_t capacity, size_t* size) {
  *size = value.size();
  if (value.size() > capacity) return fail(KEVY_TRUNCATED, "the value does not fit the buffer");
  if (!value.empty()) std::memcpy(buffer, value.data(), value.size());
  return KEVY_OK;
}

// A command whose words may be too long to be looked at.
[[gnu::noinline]] kevy_reply* run_words(kevy_instance* instance, Args words) {
  kevy::Runtime& runtime = instance->engine->runtime();
  kevy::ReplyTree tree(default_protocol(*instance));
  {
    Turn turn(runtime);
    if (runtime.accepts_words(runtime.stateless(), words, tree)) {
      runtime.execute(turn, runtime.stateless(), words, tree);
    }
    settle(turn);
  }
  return handle_of(tree.take());
}

// What a storing verb's reply says; frees it.
kevy_status status_of(kevy_reply* reply) noexcept {
  const kevy_reply_type type = kevy_reply_get_type(reply);
  kevy_status status = KEVY_OK;
  if (type == KEVY_REPLY_ERROR) status = fail_with(KEVY_REFUSED, kevy_reply_string(reply, nullptr));
  if (type == KEVY_REPLY_NULL) {
    status = fail(KEVY_NOT_STORED, "the condition that a flag makes does not hold");
  }
  kevy_reply_free(reply);
  return status;
}

}  // namespace

kevy_status kevy_exec(kevy_instance* instance, size_t argc, const char* const* argv,
                      const size_t* argv_size, kevy_reply** reply) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  if (reply == nullptr) return null_argument();
  if (argc == 0) return fail(KEVY_INVALID, "argc is 0: a command has at least its verb");
  return guard([&]() -> kevy_status {
    const Words words(argc, argv, argv_size);
    if (!words.complete()) return null_argument();
    if (words.any_long()) [[unlikely]] {
      *reply = run_words(instance, words.args());
      return KEVY_OK;
    }
    kevy::ReplyTree tree(default_protocol(*instance));
    kevy::Runtime& runtime = instance->engine->runtime();
    {
      Turn turn(runtime);
      runtime.execute(turn, runtime.stateless(), words.args(), tree);
      settle(turn);
    }
    *reply = handle_of(tree.take());
    return KEVY_OK;
  });
}

kevy_status kevy_get(kevy_instance* instance, const char* key, size_t key_size, char* buffer,
                     size_t capacity, size_t* size) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  const auto name = bytes_of(key, key_size);
  if (!name || size == nullptr || (buffer == nullptr && capacity != 0)) return null_argument();
  if (const auto status = check_longest(*instance, key_size); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::Runtime& runtime = instance->engine->runtime();
    const Key found{*name, runtime.hash(*name)};
    kevy::Shard& shard = runtime.shard_of(found);
    Turn turn(runtime);
    turn.hold(shard);
    const kevy::FastLane lane(turn, found, shard);
    const Entry* entry = lane.find_read();
    if (entry == nullptr || !entry->is_string()) {
      const bool missing = entry == nullptr;
      settle(turn);
      return missing ? fail(KEVY_NOT_FOUND, "no such key")
                     : fail(KEVY_WRONG_TYPE, "the key does not hold a string");
    }
    if (entry->encoding() == kevy::Encoding::kShared) {
      const kevy::SharedBytes block = kevy::SharedBytes::share(entry->shared());
      settle(turn);  // what is big is copied without the lock
      return copy_out(block.bytes(), buffer, capacity, size);
    }
    char digits[kevy::kIntegerTextMax];
    const Bytes value = entry->encoding() == kevy::Encoding::kInteger
                            ? kevy::format_int64(entry->integer(), digits)
                            : entry->string();
    const kevy_status status = copy_out(value, buffer, capacity, size);
    settle(turn);
    return status;
  });
}

namespace {

// SET as a command: for what the fast lane does not know.
kevy_status set_with_flags(kevy_instance* instance, Bytes key, Bytes value, uint32_t flags,
                           int64_t ttl_ms) {
  char digits[kevy::kIntegerTextMax];
  std::array<Bytes, 7> words{"SET", key, value};
  size_t count = 3;
  if ((flags & KEVY_SET_NX) != 0) words[count++] = "NX";
  if ((flags & KEVY_SET_XX) != 0) words[count++] = "XX";
  if ((flags & KEVY_SET_KEEPTTL) != 0) words[count++] = "KEEPTTL";
  if (ttl_ms != 0) {
    words[count++] = (flags & KEVY_SET_EXPIRE_AT) != 0 ? "PXAT" : "PX";
    words[count++] = kevy::format_int64(ttl_ms, digits);
  }
  return status_of(run_words(instance, Args(words).first(count)));
}

kevy_status check_set(uint32_t flags, int64_t ttl_ms) {
  constexpr uint32_t kConditions = KEVY_SET_NX | KEVY_SET_XX;
  constexpr uint32_t kAll = kConditions | KEVY_SET_KEEPTTL | KEVY_SET_EXPIRE_AT;
  if ((flags & ~kAll) != 0) return fail(KEVY_INVALID, "flags: unknown");
  if ((flags & kConditions) == kConditions) {
    return fail(KEVY_INVALID, "flags: NX and XX contradict each other");
  }
  if (ttl_ms < 0) return fail(KEVY_INVALID, "ttl_ms is below zero; 0 means no time to live");
  if ((flags & KEVY_SET_KEEPTTL) != 0 && ttl_ms != 0) {
    return fail(KEVY_INVALID, "flags: KEEPTTL contradicts ttl_ms");
  }
  if ((flags & KEVY_SET_EXPIRE_AT) != 0 && ttl_ms == 0) {
    return fail(KEVY_INVALID, "flags: EXPIRE_AT wants a time in ttl_ms");
  }
  return KEVY_OK;
}

}  // namespace

kevy_status kevy_set(kevy_instance* instance, const char* key, size_t key_size, const char* value,
                     size_t value_size, uint32_t flags, int64_t ttl_ms) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  const auto name = bytes_of(key, key_size);
  const auto text = bytes_of(value, value_size);
  if (!name || !text) return null_argument();
  if ((flags | static_cast<uint64_t>(ttl_ms)) != 0) {
    if (const kevy_status status = check_set(flags, ttl_ms); status != KEVY_OK) return status;
  }
  const size_t longest = std::max(key_size, value_size);
  if (const auto status = check_longest(*instance, longest); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::Runtime& runtime = instance->engine->runtime();
    if (flags != 0 || runtime.refuses_writes()) {
      return set_with_flags(instance, *name, *text, flags, ttl_ms);
    }
    runtime.wait_for_log_room();
    const Key stored{*name, runtime.hash(*name)};
    kevy::Shard& shard = runtime.shard_of(stored);
    Turn turn(runtime);
    turn.hold(shard);
    const kevy::FastLane lane(turn, stored, shard);
    const bool done = lane.set(*text, ttl_ms);
    settle(turn);
    return done ? KEVY_OK : fail(KEVY_REFUSED, "ERR invalid expire time in 'set' command");
  });
}

kevy_status kevy_get_many(kevy_instance* instance, size_t count, const char* const* keys,
                          const size_t* key_sizes, kevy_reply** reply) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  if (reply == nullptr || has_null(count, keys, key_sizes)) return null_argument();
  if (count == 0) return fail(KEVY_INVALID, "count is 0");
  return guard([&]() -> kevy_status {
    std::vector<Bytes> words{"MGET"};
    words.reserve(count + 1);
    for (size_t i = 0; i < count; ++i) words.push_back(*bytes_of(keys, key_sizes, i));
    *reply = run_words(instance, words);
    return KEVY_OK;
  });
}

kevy_status kevy_set_many(kevy_instance* instance, size_t count, const char* const* keys,
                          const size_t* key_sizes, const char* const* values,
                          const size_t* value_sizes) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  if (has_null(count, keys, key_sizes) || has_null(count, values, value_sizes)) {
    return null_argument();
  }
  if (count == 0) return fail(KEVY_INVALID, "count is 0");
  return guard([&]() -> kevy_status {
    std::vector<Bytes> words{"MSET"};
    words.reserve(2 * count + 1);
    for (size_t i = 0; i < count; ++i) {
      words.push_back(*bytes_of(keys, key_sizes, i));
      words.push_back(*bytes_of(values, value_sizes, i));
    }
    return status_of(run_words(instance, words));
  });
}
