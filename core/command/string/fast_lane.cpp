#include "command/string/fast_lane.h"

#include "command/string/write.h"
#include "resp/discarded_reply.h"
#include "runtime/dispatch/call.h"

namespace kevy {

namespace {

constexpr CommandRow kGet{.name = "get", .arity = 2, .flags = kReadonly};
constexpr CommandRow kSet{.name = "set", .arity = -3, .flags = kWrite};

// Runs `body` with a call that has no words of its own and writes no reply, and logs its effect.
template <typename Body>
auto with_call(Turn& turn, const CommandRow& row, const Key& key, Shard& shard, Body&& body) {
  Runtime& runtime = turn.runtime();
  DiscardedReply no_reply;
  Unit unit;
  Call call(turn, runtime.stateless(), row, {}, no_reply, no_reply,
            runtime.log() == nullptr ? nullptr : &unit);
  call.bind_key(key, shard);
  ++shard.statistics.commands;
  const auto result = body(call);
  if (!unit.empty()) runtime.log()->append(std::move(unit));
  return result;
}

}  // namespace

const Entry* FastLane::find_read_as_command() const {
  return with_call(turn_, kGet, key_, shard_, [&](Call& call) { return call.find_read(key_); });
}

bool FastLane::set_as_command(Bytes value, int64_t ttl_ms) const {
  return with_call(turn_, kSet, key_, shard_, [&](Call& call) {
    int64_t at_ms = Keyspace::kNoExpiry;
    if (ttl_ms != 0 && __builtin_add_overflow(call.now_ms(), ttl_ms, &at_ms)) return false;
    store_string(call, key_, call.find_write(key_), value, at_ms);
    return true;
  });
}

}  // namespace kevy
