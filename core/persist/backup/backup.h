// A backup: an RDB file of one moment, written to any path while commands go on; and reading any
// RDB file into a runtime that is in use.
//
// Both are done by the thread that calls, which holds no shard then, nor while it tells how far it
// has come. Throws std::bad_alloc, and nothing has changed.
#pragma once

#include <string>

#include "base/result.h"
#include "persist/load/progress.h"
#include "runtime/persistence/library_codes.h"
#include "runtime/runtime.h"

namespace kevy {

/// Writes the file beside its place, brings it to the disk and gives it its name then; whatever
/// fails, what had the name before is there. What is counted is keys. An Error with ECANCELED:
/// `progress` ended it.
Status write_backup(Runtime& runtime, const LibraryCodes& libraries, const std::string& path,
                    const Progress& progress);

/// Reads the whole file beside the data that there are, and puts it in their place then, in one
/// step; whatever fails, the data are what they were. What is counted is bytes of the file.
Status load_backup(Runtime& runtime, const LibraryCodes& libraries, const std::string& path,
                   const Progress& progress);

}  // namespace kevy
