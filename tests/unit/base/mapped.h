// Whether memory is mapped, or has been given back to the kernel.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

namespace kevy::test {

inline bool is_mapped(const void* at) {
  const auto page = reinterpret_cast<uintptr_t>(at) & ~uintptr_t{4095};
  return msync(reinterpret_cast<void*>(page), 4096, MS_ASYNC) == 0 || errno != ENOMEM;
}

}  // namespace kevy::test
