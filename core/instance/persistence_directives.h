// The directives of what is kept on disk. Where it is kept is fixed once the instance has started.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "persist/aof/append_only_file.h"
#include "runtime/settings/configuration.h"
#include "runtime/settings/settings.h"

namespace kevy {

/// What the directives say of files; guarded by the configuration, and constant once `started`.
struct PersistenceOptions {
  AppendOnlyPlace place;  // without a directory nothing is read or written
  bool append_only = false;  // from the start on
  /// Turns the append-only file on or off once the instance has started, and tells whether it is, or is
  /// about to be, on.
  std::function<std::optional<std::string>(bool on)> turn_append_only;
  std::function<bool()> append_only_wanted;
  bool started = false;
};

void add_persistence_directives(Configuration& configuration, Settings& settings,
                                PersistenceOptions& options);

}  // namespace kevy
