// Numbers and text: which texts Redis takes for a number, and how it prints one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace kevy {

inline constexpr size_t kIntegerTextMax = 20;

/// An integer in its shortest form: no '+', no leading zeros or spaces, no "-0".
std::optional<int64_t> parse_int64(Bytes text) noexcept;

/// As parse_int64 but unsigned, and leading zeros are fine: cursors have them.
std::optional<uint64_t> parse_uint64(Bytes text) noexcept;

/// Writes `value` to `buffer`, of at least kIntegerTextMax bytes, and returns the text.
Bytes format_int64(int64_t value, char* buffer) noexcept;

/// Decimal or hexadecimal, with a sign or not, or an infinity, of at most 5,119 bytes; no spaces,
/// no NaN, and nothing that is an infinity or zero only because the type ends there.
std::optional<long double> parse_long_double(Bytes text) noexcept;
/// A double by the same rules, but of any length and not hexadecimal.
std::optional<double> parse_double(Bytes text) noexcept;
/// As parse_double, but what is too large is an infinity and what is too small is zero.
std::optional<double> parse_double_clamped(Bytes text) noexcept;

/// The fewest digits that read back as the same double: "3", "0.1", "1e+20", "-0", "inf".
std::string format_double(double value);
/// The same, but an integer that ends in many zeros has an exponent too: "1e+15".
std::string format_shortest(double value);

/// 17 digits after the point without the zeros at the end, as INCRBYFLOAT stores numbers.
std::string format_long_double(long double value);

}  // namespace kevy
