#include "instance/persistence_directives.h"

#include <climits>
#include <cstdlib>

#include "base/memory_size.h"
#include "base/number.h"

namespace kevy {

namespace {

using Wrong = std::optional<std::string>;
using Directive = Configuration::Directive;

constexpr const char* kFixed = "can't set immutable config";
constexpr const char* kProtected = "can't set protected config";

Directive yes_or_no(std::atomic<bool>& value) {
  return {[&value] { return std::string(value.load(std::memory_order_relaxed) ? "yes" : "no"); },
          [&value](Bytes text) -> Wrong {
            const bool yes = equals_ignoring_case(text, "yes");
            if (!yes && !equals_ignoring_case(text, "no")) return "argument must be 'yes' or 'no'";
            value.store(yes, std::memory_order_relaxed);
            return std::nullopt;
          }};
}

/// The name of a file or folder.
Directive name(const PersistenceOptions& options, std::string& value, const char* what) {
  return {[&value] { return value; },
          [&options, &value, what](Bytes text) -> Wrong {
            if (options.started) return kFixed;
            if (text.empty() || text.find('/') != Bytes::npos) {
              return std::string(what) + " can't be a path, just a filename";
            }
            value = text;
            return std::nullopt;
          }};
}

Directive directory(PersistenceOptions& options) {
  return {[&options] { return options.place.directory; },
          [&options](Bytes text) -> Wrong {
            if (options.started) return kProtected;
            options.place.directory = text;
            // It is to stay the same when the process goes to work elsewhere.
            char path[PATH_MAX];
            if (realpath(options.place.directory.c_str(), path) != nullptr) {
              options.place.directory = path;
            }
            return std::nullopt;
          }};
}

Directive append_only(PersistenceOptions& options) {
  return {[&options] {
            const bool on = options.started ? options.append_only_wanted() : options.append_only;
            return std::string(on ? "yes" : "no");
          },
          [&options](Bytes text) -> Wrong {
            const bool yes = equals_ignoring_case(text, "yes");
            if (!yes && !equals_ignoring_case(text, "no")) return "argument must be 'yes' or 'no'";
            if (options.started) return options.turn_append_only(yes);
            options.append_only = yes;
            return std::nullopt;
          }};
}

Directive rewrite_percent(Settings& settings) {
  return {[&settings] { return std::to_string(settings.append_rewrite_percent.load()); },
          [&settings](Bytes text) -> Wrong {
            const auto parsed = parse_int64(text);
            if (!parsed) return "argument couldn't be parsed into an integer";
            if (*parsed < 0 || *parsed > INT32_MAX) {
              return "argument must be between 0 and 2147483647 inclusive";
            }
            settings.append_rewrite_percent.store(*parsed);
            return std::nullopt;
          }};
}

Directive rewrite_min(Settings& settings) {
  return {[&settings] { return std::to_string(settings.append_rewrite_min.load()); },
          [&settings](Bytes text) -> Wrong {
            const auto parsed = parse_memory_size(text);
            if (!parsed) return "argument must be a memory value";
            if (*parsed < 0) return "argument must be between 0 and 9223372036854775807 inclusive";
            settings.append_rewrite_min.store(*parsed);
            return std::nullopt;
          }};
}

struct Policy {
  Bytes name;
  Fsync policy;
};
constexpr Policy kPolicies[] = {
    {"everysec", Fsync::kEverySecond}, {"always", Fsync::kAlways}, {"no", Fsync::kNo}};

Directive append_fsync(Settings& settings) {
  return {[&settings] {
            const Fsync now = settings.append_fsync.load(std::memory_order_relaxed);
            for (const auto& [known, policy] : kPolicies) {
              if (policy == now) return std::string(known);
            }
            return std::string();
          },
          [&settings](Bytes text) -> Wrong {
            for (const auto& [known, policy] : kPolicies) {
              if (!equals_ignoring_case(text, known)) continue;
              settings.append_fsync.store(policy, std::memory_order_relaxed);
              return std::nullopt;
            }
            return "argument(s) must be one of the following: everysec, always, no";
          }};
}

}  // namespace

void add_persistence_directives(Configuration& configuration, Settings& settings,
                                PersistenceOptions& options) {
  configuration.add("dir", directory(options));
  configuration.add("appendonly", append_only(options));
  configuration.add("appendfilename", name(options, options.place.prefix, "appendfilename"));
  configuration.add("appenddirname", name(options, options.place.folder, "appenddirname"));
  configuration.add("appendfsync", append_fsync(settings));
  configuration.add("aof-load-truncated", yes_or_no(settings.append_load_truncated));
  configuration.add("aof-timestamp-enabled", yes_or_no(settings.append_timestamps));
  configuration.add("aof-checksums", yes_or_no(settings.append_checksums));
  configuration.add("no-appendfsync-on-rewrite", yes_or_no(settings.no_fsync_on_rewrite));
  configuration.add("auto-aof-rewrite-percentage", rewrite_percent(settings));
  configuration.add("auto-aof-rewrite-min-size", rewrite_min(settings));
}

}  // namespace kevy
