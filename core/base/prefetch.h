// A hint to the processor that memory is about to be looked at.
#pragma once

namespace kevy {

/// Has the cache line of `at` fetched. Any address will do.
inline void prefetch_line(const void* at) noexcept {
  __builtin_prefetch(at);
  asm volatile("");  // or g++ takes a function that only does this for one without effect
}

}  // namespace kevy
