// The base of an append-only file: all data of one moment as RDB, written from the keyspaces and put
// back into them. Whoever writes holds all shards, or has a view; whoever loads is alone. Throws
// std::bad_alloc.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "persist/load/progress.h"
#include "persist/snapshot/moment_view.h"
#include "persist/rdb/reader.h"
#include "runtime/runtime.h"

namespace kevy {

/// Writes to the file, which is empty, with the code of the libraries of functions. All shards are held,
/// so that this is what the log has changed the data to by now. Does not sync.
Status write_base(Runtime& runtime, const std::vector<std::string>& codes, int file,
                  const std::string& name);

/// The same of the moment that the view is open of, with what was the code of libraries then, until
/// `stopped`. No shard is held.
Status write_base(Runtime& runtime, MomentView& view, const std::vector<std::string>& codes,
                  int file, const std::string& name, const std::atomic<bool>& stopped);

/// Has the data be what the file says from where it stands; `size` is how much of it was RDB. Of keys
/// whose time is over too. No shard is held while it reads. `progress`: who is told, or nullptr.
Status load_base(Runtime& runtime, int file, const std::string& name, uint64_t& size,
                 ReadProgress* progress = nullptr);

}  // namespace kevy
