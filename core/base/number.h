// Numbers and text: what Redis takes for a number, and how it prints one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace kevy {

inline constexpr size_t kIntegerTextMax = 20;

/// An integer in its shortest form: no '+', no leading zeros or spaces, no "-0".
std::optional<int64_t> parse_int64(Bytes text) noexcept;

/// As parse_int64 but unsigned; used for cursors, where leading zeros are fine.
std::optional<uint64_t> parse_uint64(Bytes text) noexcept;

/// Writes `value` to `buffer`, of at least kIntegerTextMax bytes, and returns the text.
Bytes format_int64(int64_t value, char* buffer) noexcept;

/// Anything strtold reads to the end, infinities included; no spaces before it, no NaN, and nothing
/// that is too large or too small for the type.
std::optional<long double> parse_long_double(Bytes text) noexcept;
/// The same of a double; no number either where it would be an infinity or zero only because a
/// double ends there.
std::optional<double> parse_double(Bytes text) noexcept;

/// Up to 17 digits, which read back as the same double: "3", "0.10000000000000001", "1e+20", "-0",
/// "inf".
std::string format_double(double value);

/// 17 digits after the point without the zeros at the end, as INCRBYFLOAT stores numbers.
std::string format_long_double(long double value);

}  // namespace kevy
