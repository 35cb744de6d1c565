// The directives of snapshots. Where they are kept is fixed once the instance has started.
#pragma once

#include <string>

#include "runtime/settings/configuration.h"
#include "runtime/settings/settings.h"

namespace kevy {

/// What the directives say of files; guarded by the configuration, and constant once `started`.
struct SnapshotOptions {
  std::string name = "dump.rdb";
  bool started = false;
};

void add_snapshot_directives(Configuration& configuration, Settings& settings,
                             SnapshotOptions& options);

}  // namespace kevy
