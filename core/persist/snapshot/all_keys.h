// Writing all keys of a runtime to a file. Who holds all shards writes what there is, and who holds none
// what a view shows.
//
// Throws std::bad_alloc.
#pragma once

#include <vector>

#include "persist/rdb/file_writer.h"
#include "persist/snapshot/moment_view.h"
#include "runtime/runtime.h"

namespace kevy {

/// What a file is for.
enum class RdbPurpose : uint8_t { kSnapshot, kAppendOnlyBase };

/// Writes a whole file, with these libraries of functions. False when the sink took no more.
bool write_all_keys(Runtime& runtime, RdbPurpose purpose, const std::vector<std::string>& codes,
                    RdbFileWriter& writer);
/// The same of the moment that the view is open of, with what was the code of libraries then, until
/// `stopped`. False also when memory ran out for the view.
bool write_moment(Runtime& runtime, RdbPurpose purpose, MomentView& view,
                  const std::vector<std::string>& codes, RdbFileWriter& writer,
                  const std::atomic<bool>& stopped);

}  // namespace kevy
