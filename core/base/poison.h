// Memory that nobody may touch for now, though it is allocated: under AddressSanitizer a touch is
// reported. Nothing otherwise.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define KEVY_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEVY_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef KEVY_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace kevy {

inline void poison([[maybe_unused]] void* memory, [[maybe_unused]] size_t size) noexcept {
#ifdef KEVY_ADDRESS_SANITIZER
  __asan_poison_memory_region(memory, size);
#endif
}

inline void unpoison([[maybe_unused]] void* memory, [[maybe_unused]] size_t size) noexcept {
#ifdef KEVY_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(memory, size);
#endif
}

}  // namespace kevy
