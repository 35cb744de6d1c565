#include "instance/directives.h"

#include <atomic>
#include <limits>
#include <memory>
#include <type_traits>

#include "base/memory_size.h"
#include "base/number.h"
#include "instance/output_limits.h"
#include "runtime/mutation/events.h"

namespace kevy {

namespace {

using Wrong = std::optional<std::string>;

struct EventLetter {
  char letter;
  uint32_t bits;
};

constexpr EventLetter kEventLetters[] = {
    {'A', kEventAll},
    {'g', kEventGeneric},
    {'$', kEventString},
    {'l', kEventList},
    {'s', kEventSet},
    {'h', kEventHash},
    {'z', kEventZset},
    {'x', kEventExpired},
    {'e', kEventEvicted},
    {'t', kEventStream},
    {'d', kEventModule},
    {'K', kEventKeyspaceChannel},
    {'E', kEventKeyeventChannel},
    {'m', kEventKeyMiss},
    {'n', kEventNew},
};

std::string event_letters(uint32_t bits) {
  std::string text;
  for (const auto& [letter, mask] : kEventLetters) {
    if ((bits & mask) != mask) continue;
    text += letter;
    if (letter == 'A') bits &= ~mask;
  }
  return text;
}

Wrong set_events(Settings& settings, Bytes text) {
  uint32_t bits = 0;
  for (const char c : text) {
    uint32_t found = 0;
    for (const auto& [letter, mask] : kEventLetters) {
      if (c == letter) found = mask;
    }
    if (found == 0) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
    bits |= found;
  }
  settings.notify_events.store(bits, std::memory_order_relaxed);
  return std::nullopt;
}

using Parse = std::optional<int64_t>(Bytes text);

/// A directive that is a number between two bounds.
template <typename T>
Configuration::Directive bounded(std::atomic<T>& value, int64_t min, int64_t max, Parse* parse,
                                 const char* unreadable) {
  return {[&value] { return std::to_string(value.load(std::memory_order_relaxed)); },
          [&value, min, max, parse, unreadable](Bytes text) -> Wrong {
            const auto parsed = parse(text);
            if (!parsed) return unreadable;
            if (*parsed < min || *parsed > max) {
              return "argument must be between " + std::to_string(min) + " and " +
                     std::to_string(max) + " inclusive";
            }
            value.store(static_cast<T>(*parsed), std::memory_order_relaxed);
            return std::nullopt;
          }};
}

template <typename T>
Configuration::Directive number(std::atomic<T>& value, int64_t min, int64_t max) {
  return bounded(value, min, max, parse_int64, "argument couldn't be parsed into an integer");
}

Configuration::Directive memory_size(std::atomic<int64_t>& value, int64_t min) {
  return bounded(value, min, INT64_MAX, parse_memory_size, "argument must be a memory value");
}

// Bytes, or percent of maxmemory, which are kept as a negative number.
Configuration::Directive memory_or_percent(std::atomic<int64_t>& value) {
  return {[&value] {
            const int64_t now = value.load(std::memory_order_relaxed);
            return now < 0 ? std::to_string(-now) + '%' : std::to_string(now);
          },
          [&value](Bytes text) -> Wrong {
            const bool percent = text.ends_with('%');
            const auto parsed =
                percent ? parse_int64(text.substr(0, text.size() - 1)) : parse_memory_size(text);
            if (!parsed || *parsed < 0) return "argument must be a memory or percent value";
            if (percent && *parsed > 100) return "percentage argument must be less or equal to 100";
            value.store(percent ? -*parsed : *parsed, std::memory_order_relaxed);
            return std::nullopt;
          }};
}

Configuration::Directive yes_or_no(std::atomic<bool>& value) {
  return {[&value] { return value.load(std::memory_order_relaxed) ? "yes" : "no"; },
          [&value](Bytes text) -> Wrong {
            const bool yes = equals_ignoring_case(text, "yes");
            if (!yes && !equals_ignoring_case(text, "no")) return "argument must be 'yes' or 'no'";
            value.store(yes, std::memory_order_relaxed);
            return std::nullopt;
          }};
}

Configuration::Directive constant(std::string value) {
  return {[value = std::move(value)] { return value; }, {}};
}

// Of memory, since no key is evicted.
Configuration::Directive no_limit() {
  return {[] { return "0"; },
          [](Bytes text) -> Wrong {
            const auto bytes = parse_memory_size(text);
            if (!bytes || *bytes < 0) return "argument must be a memory value";
            if (*bytes != 0) return "no key is evicted here: 0, which is no limit";
            return std::nullopt;
          }};
}

Configuration::Directive eviction_policy(Settings& settings) {
  const auto policy = std::make_shared<std::string>("noeviction");
  return {[policy] { return *policy; },
          [policy, &settings](Bytes text) -> Wrong {
            for (const Bytes known :
                 {"noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru",
                  "volatile-lfu", "volatile-random", "volatile-ttl"}) {
              if (!equals_ignoring_case(text, known)) continue;
              *policy = known;
              settings.lfu_policy.store(known.ends_with("lfu"), std::memory_order_relaxed);
              return std::nullopt;
            }
            return "argument(s) must be one of the following: volatile-lru, volatile-lfu, "
                   "volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, "
                   "noeviction";
          }};
}

// Each under the name it has now and the one it had before listpacks, as in Redis.
void add_packed_limits(Configuration& configuration, Settings& settings) {
  const auto both = [&](const std::string& before, const std::string& after,
                        const Configuration::Directive& directive) {
    configuration.add(before + "listpack" + after, directive);
    configuration.add(before + "ziplist" + after, directive);
  };
  const auto limit = [&](const char* type, PackedLimit& packed) {
    both(std::string(type) + "-max-", "-entries", number(packed.entries, 0, INT64_MAX));
    both(std::string(type) + "-max-", "-value", number(packed.value, 0, INT64_MAX));
  };
  limit("hash", settings.hash_packed);
  limit("zset", settings.zset_packed);
  configuration.add("set-max-listpack-entries", number(settings.set_packed.entries, 0, INT64_MAX));
  configuration.add("set-max-listpack-value", number(settings.set_packed.value, 0, INT64_MAX));
  configuration.add("set-max-intset-entries", number(settings.set_intset_entries, 0, INT64_MAX));
  both("list-max-", "-size", number(settings.list_packed_size, INT32_MIN, INT32_MAX));
  configuration.add("hll-sparse-max-bytes", memory_size(settings.hll_sparse_max_bytes, 0));
  configuration.add("list-compress-depth", number(settings.list_compress_depth, 0, INT32_MAX));
}

// Those of SLOWLOG go by two names.
void add_observing(Configuration& configuration, Settings& settings) {
  for (const char* name : {"slowlog-log-slower-than", "commandlog-execution-slower-than"}) {
    configuration.add(name, number(settings.slow_log_us, -1, INT64_MAX));
  }
  for (const char* name : {"slowlog-max-len", "commandlog-slow-execution-max-len"}) {
    configuration.add(name, number(settings.slow_log_len, 0, INT64_MAX));
  }
  configuration.add("commandlog-request-larger-than",
                    number(settings.large_request_bytes, -1, INT64_MAX));
  configuration.add("commandlog-large-request-max-len",
                    number(settings.large_request_len, 0, INT64_MAX));
  configuration.add("commandlog-reply-larger-than",
                    number(settings.large_reply_bytes, -1, INT64_MAX));
  configuration.add("commandlog-large-reply-max-len",
                    number(settings.large_reply_len, 0, INT64_MAX));
  configuration.add("latency-monitor-threshold",
                    number(settings.latency_threshold_ms, 0, INT64_MAX));
  configuration.add("latency-tracking", yes_or_no(settings.latency_tracking));
}

}  // namespace

void add_directives(Configuration& configuration, Settings& settings, uint32_t databases) {
  settings.configuration = &configuration;
  constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
  configuration.add("databases", constant(std::to_string(databases)));
  configuration.add("maxmemory", no_limit());
  configuration.add("maxmemory-policy", eviction_policy(settings));
  configuration.add("lfu-log-factor", number(settings.lfu_log_factor, 0, kIntMax));
  configuration.add("lfu-decay-time", number(settings.lfu_decay_minutes, 0, kIntMax));
  configuration.add("maxmemory-clients", memory_or_percent(settings.clients_memory_max));
  configuration.add("maxclients", number(settings.clients_max, 1, kIntMax));
  configuration.add("timeout", number(settings.timeout_s, 0, kIntMax));
  configuration.add("tcp-keepalive", number(settings.tcp_keepalive_s, 0, kIntMax));
  configuration.add("proto-max-bulk-len", memory_size(settings.proto_max_bulk_len, 1024 * 1024));
  configuration.add("client-query-buffer-limit",
                    memory_size(settings.query_buffer_max, 1024 * 1024));
  for (const char* name : {"busy-reply-threshold", "lua-time-limit"}) {
    configuration.add(name, number(settings.busy_reply_threshold_ms, 0, INT64_MAX));
  }
  configuration.add("lua-memory-limit", memory_size(settings.lua_memory_max, 0));
  configuration.add("client-output-buffer-limit", output_limits_directive(settings));
  add_packed_limits(configuration, settings);
  add_observing(configuration, settings);
  configuration.add("stream-node-max-bytes", memory_size(settings.stream_chunk_bytes, 0));
  configuration.add("stream-node-max-entries", number(settings.stream_chunk_entries, 0, INT64_MAX));
  configuration.add("stream-idmp-duration", number(settings.sent_message_seconds, 1, 86'400));
  configuration.add("stream-idmp-maxsize", number(settings.sent_messages_max, 1, 10'000));
  configuration.add("tracking-table-max-keys", number(settings.tracked_keys_max, 0, INT64_MAX));
  configuration.add("notify-keyspace-events",
                    {[&settings] {
                       return event_letters(settings.notify_events.load(std::memory_order_relaxed));
                     },
                     [&settings](Bytes text) { return set_events(settings, text); }});
  configuration.add("requirepass", {[] { return std::string(); },
                                    [&configuration, &settings](Bytes text) -> Wrong {
                                      configuration.set_password(text);
                                      settings.password_set.store(!text.empty());
                                      return std::nullopt;
                                    }});
}

}  // namespace kevy
