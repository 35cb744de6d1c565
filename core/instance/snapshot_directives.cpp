#include "instance/snapshot_directives.h"

namespace kevy {

namespace {

using Wrong = std::optional<std::string>;
using Directive = Configuration::Directive;

Wrong set_yes_or_no(std::atomic<bool>& value, Bytes text) {
  const bool yes = equals_ignoring_case(text, "yes");
  if (!yes && !equals_ignoring_case(text, "no")) return "argument must be 'yes' or 'no'";
  value.store(yes, std::memory_order_relaxed);
  return std::nullopt;
}

/// With the errors of the references once the instance has started.
Directive yes_or_no(std::atomic<bool>& value, const bool* fixed = nullptr) {
  return {[&value] { return std::string(value.load(std::memory_order_relaxed) ? "yes" : "no"); },
          [&value, fixed](Bytes text) -> Wrong {
            if (fixed != nullptr && *fixed) return "can't set immutable config";
            return set_yes_or_no(value, text);
          }};
}

constexpr const char* kProtected = "can't set protected config";

Directive file_name(SnapshotOptions& options) {
  return {[&options] { return options.name; },
          [&options](Bytes text) -> Wrong {
            if (options.started) return kProtected;
            if (text.empty() || text.find('/') != Bytes::npos || text.find('\0') != Bytes::npos) {
              return "dbfilename can't be a path, just a filename";
            }
            options.name = text;
            return std::nullopt;
          }};
}

}  // namespace

void add_snapshot_directives(Configuration& configuration, Settings& settings,
                             SnapshotOptions& options) {
  configuration.add("dbfilename", file_name(options));
  configuration.add("stop-writes-on-bgsave-error", yes_or_no(settings.stop_writes_on_save_error));
  configuration.add("rdbcompression", yes_or_no(settings.rdb_compression));
  configuration.add("rdbchecksum", yes_or_no(settings.rdb_checksum, &options.started));
}

}  // namespace kevy
