// StreamId: what orders the entries of a stream: milliseconds, and a number among those of the same
// millisecond.
//
// Knows no text. Pure: any thread.
#pragma once

#include <compare>
#include <cstdint>

namespace kevy {

struct StreamId {
  uint64_t ms = 0;
  uint64_t seq = 0;

  friend constexpr auto operator<=>(const StreamId&, const StreamId&) noexcept = default;  // NOLINT(modernize-use-nullptr): none is written

  constexpr bool is_zero() const noexcept { return ms == 0 && seq == 0; }
  static constexpr StreamId max() noexcept { return {UINT64_MAX, UINT64_MAX}; }

  /// Makes it the next one, or the one before; false, and it is unchanged, where there is none.
  constexpr bool step_up() noexcept {
    if (*this == max()) return false;
    if (++seq == 0) ++ms;
    return true;
  }
  constexpr bool step_down() noexcept {
    if (is_zero()) return false;
    if (seq-- == 0) --ms;
    return true;
  }
};

}  // namespace kevy
