// KEVY_CHECK: states what only a mistake in kevy itself could break. Never reachable from
// client bytes or from the arguments of a C call; those get error values.
// KEVY_DCHECK is the same for debug and sanitizer builds, and nothing in a release build.
#pragma once

#include <cstdlib>

#define KEVY_CHECK(condition)                  \
  do {                                         \
    if (!(condition)) [[unlikely]] std::abort(); \
  } while (false)

#ifdef NDEBUG
#define KEVY_DCHECK(condition) \
  do {                         \
  } while (false && (condition))
#else
#define KEVY_DCHECK(condition) KEVY_CHECK(condition)
#endif

namespace kevy {

/// Whether KEVY_DCHECK checks: for what has to be kept to be checked by it.
#ifdef NDEBUG
inline constexpr bool kDebugChecks = false;
#else
inline constexpr bool kDebugChecks = true;
#endif

}  // namespace kevy
