// LZF: the compression of strings in RDB files. A stream of runs: a byte below 32 is followed by
// that many and one more bytes as they are; any other one tells, with the one or two bytes behind
// it, how much of what lies up to 8,192 bytes back comes again. Pure functions: any thread.
#pragma once

#include "base/bytes.h"

namespace kevy {

/// The most bytes that so many compressed ones can stand for.
constexpr uint64_t lzf_plain_max(uint64_t compressed) noexcept {
  return (compressed + 2) / 3 * 264;
}

/// Compresses `plain` to `to`. Returns how many bytes it took; 0 when `capacity` does not suffice.
/// Takes some 128 KB of stack for what is long.
size_t lzf_compress(Bytes plain, char* to, size_t capacity) noexcept;

/// Writes the `size` bytes to `to` that `compressed` stands for. False when it does not stand for
/// just so many.
bool lzf_decompress(Bytes compressed, char* to, size_t size) noexcept;

}  // namespace kevy
