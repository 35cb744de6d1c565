#include "command/string/fast_lane.h"

#include <utility>

#include "command/string/write.h"
#include "resp/discarded_reply.h"
#include "runtime/dispatch/call.h"
#include "runtime/mutation/logging.h"

namespace kevy {

namespace {

constexpr CommandRow kGet{.name = "get", .arity = 2, .flags = kReadonly};
constexpr CommandRow kSet{.name = "set", .arity = -3, .flags = kWrite};

// Runs `body` with a call that has no words of its own and writes no reply.
template <typename Body>
auto with_call(Turn& turn, const CommandRow& row, const Key& key, Shard& shard, Unit* unit,
               Body&& body) {
  DiscardedReply no_reply;
  Call call(turn, turn.runtime().stateless(), row, {}, no_reply, no_reply, unit);
  call.bind_key(key, shard);
  ++shard.statistics.commands;
  if (unit == nullptr) [[likely]]
    return body(call);
  call.begin_log();
  try {
    const auto result = body(call);
    call.end_log(false);
    return result;
  } catch (...) {
    call.end_log(true);
    throw;
  }
}

// Runs `body` in the same way and logs its effect.
template <typename Body>
auto as_command(Turn& turn, const CommandRow& row, const Key& key, Shard& shard, Body&& body) {
  WriteLog* const log = turn.runtime().log();
  if (log == nullptr) [[likely]]
    return with_call(turn, row, key, shard, nullptr, body);
  Unit unit;
  const Logging logging(turn, turn.runtime().stateless(), *log, unit);
  return with_call(turn, row, key, shard, &unit, body);
}

}  // namespace

const Entry* FastLane::find_read_as_command() const {
  return as_command(turn_, kGet, key_, shard_, [&](Call& call) { return call.find_read(key_); });
}

void FastLane::log_set(WriteLog& log, Bytes value) const noexcept {
  const Bytes words[] = {"SET", key_.bytes, value};
  turn_.note_logged(log.append(0, words));
}

bool FastLane::set_as_command(Bytes value, int64_t ttl_ms) const {
  return as_command(turn_, kSet, key_, shard_, [&](Call& call) {
    int64_t at_ms = Keyspace::kNoExpiry;
    if (ttl_ms != 0 && __builtin_add_overflow(call.now_ms(), ttl_ms, &at_ms)) return false;
    store_string(call, key_, call.find_write(key_), value, at_ms);
    return true;
  });
}

}  // namespace kevy
