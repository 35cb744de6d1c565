// A hint to the processor that memory is about to be looked at.
#pragma once

#include <cstddef>

namespace kevy {

/// Has the cache line of `at` fetched. Any address will do.
inline void prefetch_line(const void* at) noexcept {
  __builtin_prefetch(at);
  asm volatile("");  // without it g++ drops functions that do nothing but prefetch
}

/// Has all cache lines of so many bytes fetched.
template <size_t kBytes>
inline void prefetch_bytes(const void* at) noexcept {
#pragma GCC unroll 32
  for (size_t i = 0; i < kBytes; i += 64) prefetch_line(static_cast<const char*>(at) + i);
}

}  // namespace kevy
