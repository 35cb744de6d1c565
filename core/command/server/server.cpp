// The server as a whole: CONFIG, INFO, TIME.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "command/arguments.h"
#include "command/families.h"
#include "command/help.h"
#include "command/server/process_facts.h"
#include "runtime/observing/observer.h"
#include "runtime/persistence/append_only.h"
#include "runtime/persistence/snapshots.h"
#include "runtime/redis_version.h"
#include "runtime/settings/configuration.h"
#include "runtime/settings/eviction_policy.h"

namespace kevy {

namespace {

std::string lower(Bytes text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), ascii_lower);
  return result;
}

void config_get(Call& call) {
  const auto found = call.runtime.settings().configuration->get(call.args.subspan(2));
  call.reply.map(found.size());
  for (const auto& [name, value] : found) {
    call.reply.bulk(name);
    call.reply.bulk(value);
  }
}

void config_set(Call& call) {
  if (call.argc() % 2 != 0) {
    call.error(errors::wrong_arity(call));
    return;
  }
  Configuration& configuration = *call.runtime.settings().configuration;
  std::vector<Configuration::Pair> values;
  for (size_t i = 2; i < call.argc(); i += 2) {
    const std::string name = lower(call.args[i]);
    if (!configuration.has(name)) {
      call.error("ERR Unknown option or number of arguments for CONFIG SET - '" +
                 std::string(call.args[i]) + "'");
      return;
    }
    const bool twice = std::any_of(values.begin(), values.end(),
                                   [&](const auto& value) { return value.first == name; });
    if (twice) {
      call.error("ERR CONFIG SET failed (possibly related to argument '" + name +
                 "') - duplicate parameter");
      return;
    }
    values.emplace_back(name, std::string(call.args[i + 1]));
  }
  if (const auto wrong = configuration.set(values)) {
    if (wrong->second == kLoadingText) {
      call.error(kLoadingText);
      return;
    }
    call.error("ERR CONFIG SET failed (possibly related to argument '" + wrong->first + "') - " +
               wrong->second);
    return;
  }
  call.reply.ok();
}

void config_resetstat(Call& call) {
  for (uint32_t i = 0; i < call.runtime.shard_count(); ++i) call.runtime.shard(i).statistics = {};
  Runtime::Counters& counters = call.runtime.counters();
  counters.keyless_commands = 0;
  counters.connections_received = 0;
  counters.rejected_connections = 0;
  counters.error_replies = 0;
  call.runtime.observer().latency().reset_histograms();
  call.reply.ok();
}

class InfoText {
 public:
  explicit InfoText(Args wanted) {
    for (const Bytes section : wanted) wanted_.push_back(lower(section));
  }
  bool section(Bytes name) {
    const auto has = [&](Bytes word) {
      return std::find(wanted_.begin(), wanted_.end(), word) != wanted_.end();
    };
    if (!wanted_.empty() && !has("all") && !has("everything") && !has("default") &&
        !has(lower(name))) {
      return false;
    }
    if (!text_.empty()) text_ += "\r\n";
    text_ += "# " + std::string(name) + "\r\n";
    return true;
  }
  void line(Bytes name, Bytes value) {
    text_ += std::string(name) + ':' + std::string(value) + "\r\n";
  }
  void line(Bytes name, uint64_t value) { line(name, std::to_string(value)); }
  const std::string& text() const { return text_; }

 private:
  std::vector<std::string> wanted_;
  std::string text_;
};

struct DatabaseSize {
  size_t keys = 0;
  size_t expires = 0;
  size_t with_field_expiry = 0;
};

struct Totals {
  ShardStatistics statistics;
  std::map<size_t, DatabaseSize> databases;  // of those that have keys
  size_t memory = 0;
};

Totals totals(Runtime& runtime) {
  Totals sum;
  for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
    Shard& shard = runtime.shard(i);
    sum.statistics.commands += shard.statistics.commands;
    sum.statistics.keyspace_hits += shard.statistics.keyspace_hits;
    sum.statistics.keyspace_misses += shard.statistics.keyspace_misses;
    sum.statistics.expired_keys += shard.statistics.expired_keys;
    sum.statistics.expired_fields += shard.statistics.expired_fields;
    sum.memory += shard.tracked.memory_bytes();
    shard.databases.for_each([&](size_t database, const Keyspace& keyspace) {
      sum.memory += keyspace.memory_bytes();
      if (keyspace.size() == 0) return;
      sum.databases[database].keys += keyspace.size();
      sum.databases[database].expires += keyspace.size_with_expiry();
      sum.databases[database].with_field_expiry += keyspace.size_with_field_expiry();
    });
  }
  return sum;
}

void info_keyspace(const Totals& sum, InfoText& info) {
  for (const auto& [database, size] : sum.databases) {
    info.line("db" + std::to_string(database),
              "keys=" + std::to_string(size.keys) + ",expires=" + std::to_string(size.expires) +
                  ",avg_ttl=0,keys_with_volatile_items=" + std::to_string(size.with_field_expiry));
  }
}

void info_append_only(Runtime& runtime, InfoText& info) {
  AppendOnly::State state;
  if (runtime.append_only() != nullptr) state = runtime.append_only()->state();
  const auto outcome = [](bool ok) { return ok ? "ok" : "err"; };
  info.line("aof_enabled", state.enabled ? 1 : 0);
  info.line("aof_rewrite_in_progress", state.rewriting ? 1 : 0);
  info.line("aof_rewrite_scheduled", state.rewrite_scheduled ? 1 : 0);
  info.line("aof_last_rewrite_time_sec", std::to_string(state.last_rewrite_s));
  info.line("aof_last_bgrewrite_status", outcome(state.last_rewrite_ok));
  info.line("aof_rewrites", state.rewrites);
  info.line("aof_last_write_status", outcome(state.last_write_ok));
  if (!state.enabled) return;
  info.line("aof_current_size", state.current_size);
  info.line("aof_base_size", state.base_size);
  info.line("aof_buffer_length", state.waiting_bytes);
  info.line("aof_delayed_fsync", state.delayed_syncs);
}

// With two places, of the largest unit that it has one of.
std::string human_size(uint64_t bytes) {
  constexpr char kUnits[] = {'K', 'M', 'G', 'T', 'P'};
  size_t unit = 0;
  uint64_t one = 1024;
  for (; unit + 1 < std::size(kUnits) && bytes / one >= 1024; ++unit) one *= 1024;
  if (bytes < 1024) return std::to_string(bytes) + 'B';
  char text[32];
  const double count = static_cast<double>(bytes) / static_cast<double>(one);
  char* const end = std::to_chars(text, std::end(text), count, std::chars_format::fixed, 2).ptr;
  *end = kUnits[unit];
  return {text, end + 1};
}

void sized_lines(const std::string& name, uint64_t bytes, InfoText& info) {
  info.line(name, bytes);
  info.line(name + "_human", human_size(bytes));
}

// No key is evicted, whatever the policy.
void info_memory(Call& call, size_t data, InfoText& info) {
  const size_t clients = call.runtime.clients_memory();
  const size_t used = data + call.runtime.lazy_free().waiting_bytes() + clients;
  sized_lines("used_memory", used, info);
  sized_lines("used_memory_rss", resident_bytes(), info);
  sized_lines("total_system_memory", system_memory_bytes(), info);
  info.line("maxmemory", 0);
  info.line("maxmemory_human", "0B");
  info.line("maxmemory_policy", eviction_policy(call.runtime.settings()));
  info.line("mem_clients_normal", clients);
  const ScriptStatus& scripts = call.runtime.script_status();
  info.line("used_memory_vm_eval", scripts.interpreter_bytes);
  sized_lines("used_memory_lua", scripts.interpreter_bytes, info);
  info.line("used_memory_scripts_eval", scripts.cached_bytes);
  info.line("number_of_cached_scripts", scripts.cached_scripts);
  info.line("number_of_functions", scripts.functions);
  info.line("number_of_libraries", scripts.libraries);
  info.line("used_memory_functions", scripts.function_bytes);
  sized_lines("used_memory_scripts", scripts.cached_bytes + scripts.function_bytes, info);
}

std::string percent_of(uint64_t part, uint64_t whole) {
  const uint64_t hundredths = whole == 0 ? 0 : part * 10'000 / whole;
  const std::string behind = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + (behind.size() == 1 ? ".0" : ".") + behind;
}

// What is copied of the keys while a snapshot is made is what another server's child has of its own.
void info_snapshots(Call& call, InfoText& info) {
  const Snapshots::State state = call.runtime.snapshots()->state();
  info.line("current_cow_peak", state.kept_bytes);
  info.line("current_cow_size", state.kept_bytes);
  info.line("current_cow_size_age", 0);
  info.line("current_fork_perc", percent_of(state.keys_done, state.keys));
  info.line("current_save_keys_processed", state.keys_done);
  info.line("current_save_keys_total", state.keys);
  info.line("rdb_changes_since_last_save", call.runtime.changes(call.turn) - state.changes_saved);
  info.line("rdb_bgsave_in_progress", state.in_progress ? 1 : 0);
  info.line("rdb_last_save_time", std::to_string(state.last_save_s));
  info.line("rdb_last_bgsave_status", state.last_ok ? "ok" : "err");
  info.line("rdb_last_bgsave_time_sec", std::to_string(state.last_duration_s));
  info.line("rdb_current_bgsave_time_sec", std::to_string(state.duration_s));
  info.line("rdb_saves", state.saves);
  info.line("rdb_last_cow_size", state.last_kept_bytes);
  info.line("rdb_last_load_keys_expired", state.keys_expired);
  info.line("rdb_last_load_keys_loaded", state.keys_loaded);
}

// How many seconds it will take follows from how many it has taken.
void info_loading(Call& call, InfoText& info) {
  const LoadState::Seen seen = call.runtime.load_state().seen();
  const int64_t elapsed_s = call.now_ms() / 1000 - seen.begun_s;
  const uint64_t left = seen.total_bytes == 0 ? 1 : seen.total_bytes - seen.loaded_bytes;
  const double left_s = static_cast<double>(elapsed_s) * static_cast<double>(left) /
                        static_cast<double>(seen.loaded_bytes + 1);
  info.line("loading_start_time", std::to_string(seen.begun_s));
  info.line("loading_total_bytes", seen.total_bytes);
  info.line("loading_rdb_used_mem", seen.used_memory);
  info.line("loading_loaded_bytes", seen.loaded_bytes);
  info.line("loading_loaded_perc", percent_of(seen.loaded_bytes, seen.total_bytes));
  info.line("loading_eta_seconds",
            std::to_string(elapsed_s == 0 ? 1 : static_cast<int64_t>(left_s)));
}

void info_server(Call& call, InfoText& info) {
  constexpr int64_t kDay = 86'400;
  const int64_t now_us = call.turn.moment().us();
  const int64_t begun_s = call.runtime.load_state().seen().begun_s;
  const int64_t uptime_s = std::max<int64_t>(now_us / 1'000'000 - begun_s, 0);
  info.line("redis_version", kRedisVersion);
  info.line("server_name", "kevy");
  info.line("kevy_version", KEVY_VERSION_TEXT);
  info.line("redis_mode", "standalone");
  info.line("server_mode", "standalone");
  info.line("os", system_name());
  info.line("arch_bits", 64);
  info.line("multiplexing_api", "epoll");
  info.line("gcc_version", std::to_string(__GNUC__) + '.' + std::to_string(__GNUC_MINOR__) + '.' +
                               std::to_string(__GNUC_PATCHLEVEL__));
  info.line("process_id", static_cast<uint64_t>(getpid()));
  info.line("run_id", call.runtime.observer().run_id());
  info.line("server_time_usec", std::to_string(now_us));
  info.line("uptime_in_seconds", std::to_string(uptime_s));
  info.line("uptime_in_days", std::to_string(uptime_s / kDay));
  info.line("executable", program_path());
  info.line("shards", call.runtime.shard_count());
}

void info_processor(InfoText& info) {
  const auto line = [&](const char* name, int64_t us) {
    const std::string behind = std::to_string(1'000'000 + us % 1'000'000);
    info.line(name, std::to_string(us / 1'000'000) + '.' + behind.substr(1));
  };
  const ProcessorTime own = processor_time(), children = processor_time_of_children();
  line("used_cpu_sys", own.system_us);
  line("used_cpu_user", own.user_us);
  line("used_cpu_sys_children", children.system_us);
  line("used_cpu_user_children", children.user_us);
}

void info(Call& call) {
  InfoText info(call.args.subspan(1));
  Totals sum = totals(call.runtime);
  if (call.runtime.loading()) sum.statistics = {};  // of what is loaded
  if (info.section("Server")) info_server(call, info);
  if (info.section("Clients")) {
    info.line("connected_clients", call.runtime.session_count());
    info.line("maxclients", call.runtime.settings().clients_max);
    info.line("tracking_clients", call.runtime.tracking().clients());
    info.line("blocked_clients", call.runtime.blocked_count());
  }
  if (info.section("Memory")) info_memory(call, sum.memory, info);
  if (info.section("Persistence")) {
    info.line("loading", call.runtime.loading() ? 1 : 0);
    info.line("async_loading", 0);
    info_snapshots(call, info);
    info_append_only(call.runtime, info);
    if (call.runtime.loading()) info_loading(call, info);
  }
  if (info.section("Stats")) {
    Runtime::Counters& counters = call.runtime.counters();
    info.line("total_connections_received", counters.connections_received);
    info.line("total_commands_processed", sum.statistics.commands + counters.keyless_commands);
    info.line("rejected_connections", counters.rejected_connections);
    info.line("expired_keys", sum.statistics.expired_keys);
    info.line("expired_fields", sum.statistics.expired_fields);
    info.line("evicted_keys", 0);
    info.line("evicted_clients", counters.evicted_clients);
    info.line("evicted_scripts", call.runtime.script_status().evicted_scripts);
    info.line("keyspace_hits", sum.statistics.keyspace_hits);
    info.line("keyspace_misses", sum.statistics.keyspace_misses);
    info.line("pubsub_channels", call.runtime.pubsub().count(ChannelKind::kChannel));
    info.line("pubsubshard_channels", call.runtime.pubsub().count(ChannelKind::kSharded));
    info.line("pubsub_patterns", call.runtime.pubsub().count(ChannelKind::kPattern));
    info.line("tracking_total_keys", call.runtime.tracking().keys());
    info.line("tracking_total_items", call.runtime.tracking().items());
    info.line("tracking_total_prefixes", call.runtime.tracking().prefixes());
    info.line("total_error_replies", counters.error_replies);
  }
  if (info.section("Replication")) {
    info.line("role", "master");
    info.line("connected_slaves", 0);
  }
  if (info.section("CPU")) info_processor(info);
  if (info.section("Cluster")) info.line("cluster_enabled", 0);
  if (info.section("Keyspace")) info_keyspace(sum, info);
  call.reply.verbatim("txt", info.text());
}

void time(Call& call) {
  const int64_t now_us = call.turn.moment().us();
  call.reply.array(2);
  call.reply.bulk(std::to_string(now_us / 1'000'000));
  call.reply.bulk(std::to_string(now_us % 1'000'000));
}

// There is no file: the directives are the host's.
void config_rewrite(Call& call) {
  call.error("ERR The server is running without a config file");
}

bool hides_value(Args args, size_t word) {
  return word > 2 && word % 2 == 1 && equals_ignoring_case(args[word - 1], "requirepass");
}

constexpr uint32_t kControl = kAdmin | kNoScript | kLoading | kStale;

constexpr CommandRow kConfig[] = {
    {.name = "get",
     .arity = -3,
     .flags = kControl,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(N) in the directives",
     .summary = "Answers directives and their values.",
     .syntax = "parameter:string [parameter ...]",
     .handler = config_get},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .group = "server",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands.",
     .handler = help},
    {.name = "resetstat",
     .arity = 2,
     .flags = kControl | kAllShards,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets the statistics of INFO to zero.",
     .handler = config_resetstat},
    {.name = "rewrite",
     .arity = 2,
     .flags = kControl,
     .group = "server",
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = "Writes the directives into the configuration file.",
     .handler = config_rewrite},
    {.name = "set",
     .arity = -4,
     .flags = kControl,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(N) in the directives",
     .summary = "Changes directives, all or none.",
     .syntax = "parameter:string value [parameter value ...]",
     .handler = config_set,
     .hides = hides_value},
};

constexpr CommandRow kRows[] = {
    {.name = "config",
     .arity = -2,
     .flags = 0,
     .group = "server",
     .since = "2.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Reads and changes directives.",
     .subcommands = kConfig},
    {.name = "info",
     .arity = -1,
     .flags = kLoading | kStale | kAllShards,
     .categories = kAclDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Describes the server and counts what it did.",
     .syntax = "[section:string [section ...]]",
     .handler = info},
    {.name = "time",
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .group = "server",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Answers the clock in seconds and microseconds.",
     .handler = time},
};

}  // namespace

CommandFamily server_commands() { return kRows; }

}  // namespace kevy
