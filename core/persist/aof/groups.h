// What is asked of a file about the groups in it (sum_line.h), by place and without moving where it
// is read. An error is one of reading. Any thread; waits for the disk.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace kevy {

/// Whether the bytes of a group have its hash.
Result<bool> has_hash(int file, uint64_t begin, uint64_t bytes, uint64_t hash);

/// Whether a sector's part of these bytes is zeros: what a loss of power leaves of one that was
/// never written. They begin with a line.
Result<bool> misses_sector(int file, uint64_t begin, uint64_t end);

/// Whether a line at `from` or behind it says that more than the bytes in front of `from` were on
/// disk.
Result<bool> was_on_disk(int file, uint64_t from);

/// Whether the rest of a file, which is less than the group that begins there, is whole units and
/// misses no sector: someone may have cut it behind them, redis-check-aof, or a server that has
/// loaded it and has appended since, wherever that ends. Where it was a crash, they are the first
/// of what was written all the same.
Result<bool> is_cut_behind_units(int file, uint64_t begin, uint64_t size);

}  // namespace kevy
