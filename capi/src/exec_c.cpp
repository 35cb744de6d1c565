// Commands without a session, and the fast lanes.
#include <algorithm>
#include <array>
#include <cstring>
#include <span>

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

int stateless_protocol(kevy_instance& instance) {
  return instance.engine->settings().protocol_default.load(std::memory_order_relaxed);
}

kevy_status copy_out(Bytes value, char* buffer, size_t capacity, size_t* size) {
  *size = value.size();
  if (value.size() > capacity) return KEVY_TRUNCATED;
  if (!value.empty()) std::memcpy(buffer, value.data(), value.size());
  return KEVY_OK;
}

// A command whose words may be too long to be looked at.
[[gnu::noinline]] kevy_reply* run_words(kevy_instance* instance, Args words) {
  kevy::Runtime& runtime = instance->engine->runtime();
  kevy::ReplyTree tree(stateless_protocol(*instance));
  {
    Turn turn(runtime);
    if (runtime.accepts_words(runtime.stateless(), words, tree)) {
      runtime.execute(turn, runtime.stateless(), words, tree);
    }
  }
  return handle_of(tree.take());
}

// Runs one of several commands. One that finds no memory is answered so in its place.
template <typename Run>
void run_in_place(kevy::ReplyTree& replies, Run&& run) noexcept {
  const kevy::Reply::Mark mark = replies.mark();
  try {
    run();
  } catch (const std::bad_alloc&) {
    replies.take_back(mark);
    replies.answer_no_memory();  // inside the array it takes no memory
  }
}

// Runs commands of `argc` words each, one behind another in `words`; some at a time, so that what
// their keys lie in is fetched together.
void run_all(kevy::Runtime& runtime, std::span<const size_t> argc, Args words,
             kevy::ReplyTree& replies) {
  constexpr size_t kAtOnce = 16;
  std::array<Args, kAtOnce> commands;
  std::array<kevy::Route, kAtOnce> routes;
  Turn turn(runtime);
  while (!argc.empty()) {
    const size_t count = std::min(argc.size(), kAtOnce);
    for (size_t i = 0; i < count; ++i) {
      commands[i] = words.first(argc[i]);
      words = words.subspan(argc[i]);
    }
    argc = argc.subspan(count);
    runtime.prepare(turn, runtime.stateless(), std::span(commands).first(count), routes);
    for (size_t i = 0; i < count; ++i) {
      run_in_place(replies, [&] {
        runtime.execute(turn, runtime.stateless(), commands[i], routes[i], replies);
      });
    }
  }
}

// The same where a word may be too long to be looked at.
void run_one_by_one(kevy::Runtime& runtime, std::span<const size_t> argc, Args words,
                    kevy::ReplyTree& replies) {
  for (const size_t count : argc) {
    const Args command = words.first(count);
    words = words.subspan(count);
    run_in_place(replies, [&] {
      if (!runtime.accepts_words(runtime.stateless(), command, replies)) return;
      Turn turn(runtime);
      runtime.execute(turn, runtime.stateless(), command, replies);
    });
  }
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
    kevy::ReplyTree tree(stateless_protocol(*instance));
    kevy::Runtime& runtime = instance->engine->runtime();
    {
      Turn turn(runtime);
      runtime.execute(turn, runtime.stateless(), words.args(), tree);
    }
    *reply = handle_of(tree.take());
    return KEVY_OK;
  });
}

kevy_status kevy_pipeline(kevy_instance* instance, size_t count, const size_t* argc,
                          const char* const* argv, const size_t* argv_size, kevy_reply** replies) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  if (replies == nullptr || (count != 0 && argc == nullptr)) return null_argument();
  size_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (argc[i] == 0) return fail(KEVY_INVALID, "a command of the pipeline has no words");
    total += argc[i];
  }
  return guard([&]() -> kevy_status {
    const Words words(total, argv, argv_size);
    if (total != 0 && !words.complete()) return null_argument();
    kevy::ReplyTree tree(stateless_protocol(*instance));
    tree.array(count);
    (words.any_long() ? run_one_by_one : run_all)(instance->engine->runtime(),
                                                  std::span(argc, count), words.args(), tree);
    *replies = handle_of(tree.take());
    return KEVY_OK;
  });
}

kevy_status kevy_get(kevy_instance* instance, const char* key, size_t key_size, char* buffer,
                     size_t capacity, size_t* size) {
  if (const kevy_status status = check_open(instance); status != KEVY_OK) return status;
  if (key == nullptr || size == nullptr || (buffer == nullptr && capacity != 0)) {
    return null_argument();
  }
  if (const auto status = check_longest(*instance, key_size); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::Runtime& runtime = instance->engine->runtime();
    const Bytes name(key, key_size);
    const Key found{name, runtime.hash(name)};
    kevy::Shard& shard = runtime.shard_of(found);
    Turn turn(runtime);
    turn.hold(shard);
    const kevy::FastLane lane(turn, found, shard);
    const Entry* entry = lane.find_read();
    if (entry == nullptr) return KEVY_NOT_FOUND;
    if (!entry->is_string()) return fail(KEVY_WRONG_TYPE, "the key does not hold a string");
    if (entry->encoding() == kevy::Encoding::kShared) {
      const kevy::SharedBytes block = kevy::SharedBytes::share(entry->shared());
      turn.release();  // what is big is copied without the lock
      return copy_out(block.bytes(), buffer, capacity, size);
    }
    char digits[kevy::kIntegerTextMax];
    const Bytes value = entry->encoding() == kevy::Encoding::kInteger
                            ? kevy::format_int64(entry->integer(), digits)
                            : entry->string();
    return copy_out(value, buffer, capacity, size);
  });
}

kevy_status kevy_set(kevy_instance* instance, const char* key, size_t key_size, const char* value,
                     size_t value_size, int64_t ttl_ms) {
  if (const kevy_status status = check_open(instance); status != KEVY_OK) return status;
  if (key == nullptr || value == nullptr) return null_argument();
  if (ttl_ms < 0) return fail(KEVY_INVALID, "ttl_ms is below zero; 0 means no time to live");
  const size_t longest = std::max(key_size, value_size);
  if (const auto status = check_longest(*instance, longest); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::Runtime& runtime = instance->engine->runtime();
    const Bytes name(key, key_size);
    const Key stored{name, runtime.hash(name)};
    kevy::Shard& shard = runtime.shard_of(stored);
    Turn turn(runtime);
    turn.hold(shard);
    const kevy::FastLane lane(turn, stored, shard);
    return lane.set(Bytes(value, value_size), ttl_ms)
               ? KEVY_OK
               : fail(KEVY_REFUSED, "ERR invalid expire time in 'set' command");
  });
}

kevy_status kevy_get_many(kevy_instance* instance, size_t count, const kevy_slice* keys,
                          kevy_reply** reply) {
  if (const kevy_status status = check_open(instance); status != KEVY_OK) return status;
  if (keys == nullptr || reply == nullptr) return null_argument();
  if (count == 0) return fail(KEVY_INVALID, "count is 0");
  return guard([&]() -> kevy_status {
    std::vector<Bytes> words{"MGET"};
    for (size_t i = 0; i < count; ++i) words.emplace_back(keys[i].data, keys[i].size);
    *reply = run_words(instance, words);
    return KEVY_OK;
  });
}

kevy_status kevy_set_many(kevy_instance* instance, size_t count, const kevy_slice* keys,
                          const kevy_slice* values) {
  if (const kevy_status status = check_open(instance); status != KEVY_OK) return status;
  if (keys == nullptr || values == nullptr) return null_argument();
  if (count == 0) return fail(KEVY_INVALID, "count is 0");
  return guard([&]() -> kevy_status {
    std::vector<Bytes> words{"MSET"};
    for (size_t i = 0; i < count; ++i) {
      words.emplace_back(keys[i].data, keys[i].size);
      words.emplace_back(values[i].data, values[i].size);
    }
    kevy_reply* const reply = run_words(instance, words);
    kevy_status status = KEVY_OK;
    if (kevy_reply_get_type(reply) == KEVY_REPLY_ERROR) {
      status = fail(KEVY_REFUSED, kevy_reply_string(reply, nullptr));  // which ends in a NUL
    }
    kevy_reply_free(reply);
    return status;
  });
}
