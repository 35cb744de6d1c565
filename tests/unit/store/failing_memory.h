// Allocations that fail on demand, for tests of what finds no memory. Where a sanitizer has malloc
// for itself none fails, and a test sees what is given up alone.
#pragma once

#include <new>
#include <utility>

namespace kevy::test {

#if defined(KEVY_SANITIZED)
constexpr bool kMemoryFails = false;
#else
constexpr bool kMemoryFails = true;
#endif

// How many allocations of this thread succeed before all fail; below zero: all succeed.
inline thread_local constinit int allocations_left = -1;
inline thread_local constinit int allocations_refused = 0;

/// Runs `change` with so much memory; whether it came to its end.
template <typename Change>
bool runs_with(int allocations, Change&& change) {
  allocations_left = allocations;
  try {
    change();
    allocations_left = -1;
    return true;
  } catch (const std::bad_alloc&) {
    allocations_left = -1;
    return false;
  }
}

/// No allocation fails, or counts, while it is there: for what a test itself does meanwhile.
class Unlimited {
 public:
  Unlimited() noexcept : before_(std::exchange(allocations_left, -1)) {}
  ~Unlimited() { allocations_left = before_; }
  Unlimited(const Unlimited&) = delete;
  Unlimited& operator=(const Unlimited&) = delete;

 private:
  const int before_;
};

}  // namespace kevy::test
