// XAUTOCLAIM: what has been pending for long becomes another consumer's.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream_group/claiming.h"

namespace kevy {

namespace {

struct AutoClaimOptions {
  int64_t min_idle_ms = 0;
  StreamId start;
  uint64_t count = 100;
  bool ids_only = false;  // JUSTID
};

bool read_options(Call& call, AutoClaimOptions& claim) {
  const auto idle =
      integer_argument(call, call.args[4], "ERR Invalid min-idle-time argument for XAUTOCLAIM");
  if (!idle) return false;
  claim.min_idle_ms = std::max<int64_t>(*idle, 0);
  const auto range = stream_range_arguments(call, call.args[5], "+");
  if (!range) return false;
  claim.start = range->from;
  for (Options options(call.args, 6); !options.done();) {
    if (options.next_is("count", 1)) {
      constexpr int64_t kMost = INT64_MAX / 16;
      const auto count = parse_int64(options.value());
      if (!count || *count < 1 || *count > kMost) {
        call.error("ERR COUNT must be > 0");
        return false;
      }
      claim.count = static_cast<uint64_t>(*count);
    } else if (options.next_is("justid")) {
      claim.ids_only = true;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

void xautoclaim(Call& call) {
  AutoClaimOptions options;
  if (!read_options(call, options)) return;
  const Key key = call.key(1);
  const FoundGroup found = require_group(call, call.find_write(key), key, call.args[2]);
  if (found.group == nullptr) return;
  const int64_t now_ms = call.now_ms();
  StreamClaiming claiming(call, key, found, call.args[3]);
  // So many are looked at, at most, for each that is wanted.
  constexpr uint64_t kLooks = 10;
  uint64_t looks = options.count * kLooks, left = options.count;
  StreamId next;
  std::vector<StreamId> ids;
  auto at = found.group->pending().at_or_after(options.start);
  for (; at && looks != 0 && left != 0; at.next(), --looks) {
    if (!claiming.is_there(at.id())) {
      claiming.drop(at.id());
      --left;
    } else if (options.min_idle_ms == 0 ||
               now_ms - at.value().delivered_ms >= options.min_idle_ms) {
      ids.push_back(at.id());
      --left;
    }
  }
  if (at) next = at.id();
  for (const StreamId id : ids) {
    const uint64_t deliveries = found.group->pending().find(id)->deliveries;
    claiming.claim(id, now_ms, deliveries + (options.ids_only ? 0 : 1));
  }
  claiming.log();
  call.reply.array(3);
  answer_stream_id(call.reply, next);
  claiming.answer_claimed(options.ids_only);
  claiming.answer_dropped();
  claiming.commit();
}

constexpr KeySpec kKeys[] = {{1, 1, 1, kKeyRW | kKeyDelete}};

constexpr CommandRow kRows[] = {
    {.name = "xautoclaim",
     .arity = -6,
     .flags = kWrite | kFast | kTakesMany,
     .categories = kAclStream,
     .keys = kKeys,
     .group = "stream",
     .since = "6.2.0",
     .complexity = "O(1) if COUNT is small",
     .summary = "Makes what has been pending for long another consumer's.",
     .syntax = "key group consumer min-idle-time start [COUNT count] [JUSTID]",
     .handler = xautoclaim},
};

}  // namespace

CommandFamily stream_auto_claim_commands() { return kRows; }

}  // namespace kevy
