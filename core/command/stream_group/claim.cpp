// XCLAIM: entries that are pending become another consumer's.
#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream_group/claiming.h"
#include "runtime/dispatch/load_time.h"

namespace kevy {

namespace {

struct ClaimOptions {
  int64_t min_idle_ms = 0;
  std::vector<StreamId> ids;
  std::optional<int64_t> delivered_ms;  // IDLE or TIME
  std::optional<int64_t> deliveries;    // RETRYCOUNT
  bool force = false;
  bool ids_only = false;  // JUSTID
  StreamId last_id;       // LASTID
};

std::optional<int64_t> option_argument(Call& call, Options& options, Bytes name) {
  return integer_argument(call, options.value(),
                          "ERR Invalid " + std::string(name) + " option argument for XCLAIM");
}

bool read_claim_option(Call& call, Options& options, ClaimOptions& claim) {
  if (options.next_is("force")) {
    claim.force = true;
  } else if (options.next_is("justid")) {
    claim.ids_only = true;
  } else if (options.next_is("idle", 1)) {
    const auto idle = option_argument(call, options, "IDLE");
    if (!idle) return false;
    int64_t at = 0;
    const bool overflow = __builtin_sub_overflow(used_ms(call), *idle, &at);
    claim.delivered_ms = overflow ? -1 : at;
  } else if (options.next_is("time", 1)) {
    claim.delivered_ms = option_argument(call, options, "TIME");
    if (!claim.delivered_ms) return false;
  } else if (options.next_is("retrycount", 1)) {
    claim.deliveries = option_argument(call, options, "RETRYCOUNT");
    if (!claim.deliveries) return false;
  } else if (options.next_is("lastid", 1)) {
    const auto id = stream_id_argument(call, options.value());
    if (!id) return false;
    claim.last_id = *id;
  } else {
    call.error("ERR Unrecognized XCLAIM option '" + std::string(before_nul(options.peek())) + "'");
    return false;
  }
  return true;
}

bool read_claim_options(Call& call, ClaimOptions& claim) {
  const auto idle =
      integer_argument(call, call.args[4], "ERR Invalid min-idle-time argument for XCLAIM");
  if (!idle) return false;
  claim.min_idle_ms = std::max<int64_t>(*idle, 0);
  size_t at = 5;
  for (; at < call.argc(); ++at) {
    const auto id = parse_stream_id(call.args[at], 0);
    if (!id) break;
    claim.ids.push_back(*id);
  }
  for (Options options(call.args, at); !options.done();) {
    if (!read_claim_option(call, options, claim)) return false;
  }
  return true;
}

/// How an id is pending, if it is.
struct Pending {
  bool owned = false;
  int64_t delivered_ms = 0;
  uint64_t deliveries = 0;
};

/// What is pending, as the ids that came before have left it. Looks at them only where one is named
/// twice.
class PendingSoFar {
 public:
  PendingSoFar(const StreamGroup& group, std::vector<StreamId> ids) : group_(group) {
    std::sort(ids.begin(), ids.end());
    repeats_ = std::adjacent_find(ids.begin(), ids.end()) != ids.end();
  }

  std::optional<Pending> find(StreamId id) const {
    if (const auto found = left_.find(id); found != left_.end()) return found->second;
    const StreamPending* const pending = group_.pending().find(id);
    if (pending == nullptr) return std::nullopt;
    return Pending{pending->owner != nullptr, pending->delivered_ms, pending->deliveries};
  }
  /// An id was left so; nothing: it is not pending any more.
  void leave(StreamId id, const std::optional<Pending>& pending) {
    if (repeats_) left_.insert_or_assign(id, pending);
  }

 private:
  const StreamGroup& group_;
  bool repeats_;
  std::map<StreamId, std::optional<Pending>> left_;
};

void xclaim(Call& call) {
  const Key key = call.key(1);
  const FoundGroup found = require_group(call, call.find_write(key), key, call.args[2]);
  if (found.group == nullptr) return;
  ClaimOptions options;
  if (!read_claim_options(call, options)) return;
  const int64_t now_ms = used_ms(call);
  int64_t delivered_ms = options.delivered_ms.value_or(now_ms);
  if (delivered_ms < 0 || delivered_ms > now_ms) delivered_ms = now_ms;
  StreamClaiming claiming(call, key, found, call.args[3]);
  PendingSoFar so_far(*found.group, options.ids);
  for (const StreamId id : options.ids) {
    const auto pending = so_far.find(id);
    if (!claiming.is_there(id)) {
      if (pending) claiming.drop(id);
      so_far.leave(id, std::nullopt);
      continue;
    }
    if (!pending && !options.force) continue;
    if (pending && pending->owned && options.min_idle_ms != 0 &&
        now_ms - pending->delivered_ms < options.min_idle_ms) {
      continue;
    }
    uint64_t deliveries = pending ? pending->deliveries : 1;
    if (options.deliveries && *options.deliveries >= 0) {
      deliveries = static_cast<uint64_t>(*options.deliveries);
    } else if (!options.ids_only) {
      ++deliveries;
    }
    claiming.claim(id, delivered_ms, deliveries);
    so_far.leave(id, Pending{true, delivered_ms, deliveries});
  }
  claiming.move_last_id(options.last_id);
  claiming.log();
  claiming.answer_claimed(options.ids_only);
  claiming.commit();
}

constexpr CommandRow kRows[] = {
    {.name = "xclaim",
     .arity = -6,
     .flags = kWrite | kFast,
     .categories = kAclStream,
     .keys = kOneUpdate,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(log N) for each id",
     .summary = "Makes entries that are pending another consumer's.",
     .syntax = "key group consumer min-idle-time id [id ...] [IDLE ms:integer] "
               "[TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
     .handler = xclaim},
};

}  // namespace

CommandFamily stream_claim_commands() { return kRows; }

}  // namespace kevy
