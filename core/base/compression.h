// Compression of pieces of memory that are soon read again: LZ4's block format, which is fast
// rather than small. Knows nothing of what it compresses. Pure functions: any thread; compress()
// takes some 16 KB of stack.
#pragma once

#include "base/bytes.h"

namespace kevy {

inline constexpr size_t kCompressibleMax = size_t{1} << 30;

/// Compresses `plain`, of at most kCompressibleMax bytes, to `to`. Returns how many bytes it took;
/// 0 when `capacity` does not suffice.
size_t compress(Bytes plain, char* to, size_t capacity) noexcept;

/// Writes the `size` bytes to `to` that were compressed to `compressed`.
void decompress(Bytes compressed, char* to, size_t size) noexcept;

/// Writes the first `size` of them, which are not all; those behind are not looked at. Returns how
/// many it wrote, which may be fewer.
size_t decompress_beginning(Bytes compressed, char* to, size_t size) noexcept;

}  // namespace kevy
