// Reading a whole RDB file into keyspaces, by all cores where it is large: one thread finds where
// keys end, and several decode them and put them where they belong, those of each shard in the
// order of the file.
//
// What is there afterwards, and which error there is, is the same for any number of threads. They
// are there for the call alone. Throws std::bad_alloc.
#pragma once

#include <optional>

#include "persist/load/batch_pool.h"
#include "persist/load/key_target.h"
#include "runtime/runtime.h"

namespace kevy {

/// How many are worth it for a file of so many bytes, the caller's own thread included.
unsigned loading_threads(uint64_t file_bytes) noexcept;

/// What is wrong, or nothing. Where `threads` can not be started it is done with fewer.
std::optional<LoadFailure> read_keys(Runtime& runtime, RdbReader& reader, KeyTarget& target,
                                     const RdbLimits& limits, unsigned threads);

}  // namespace kevy
