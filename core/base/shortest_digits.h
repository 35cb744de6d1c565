// The few decimal digits that tell a double from all others, found by Grisu2 (Loitsch, "Printing
// floating-point numbers quickly and accurately with integers"). Of numbers with 17 digits one in
// some hundred gets digits that are not the nearest, or one more than needed; they still read back
// as the same double. Valkey and Redis use this very method, and clients compare their texts.
#pragma once

namespace kevy {

struct DecimalDigits {
  static constexpr int kMax = 18;
  char digits[kMax];
  int count;
  int exponent;  // the number is the digits, as an integer, times ten to this
};

/// The digits of a finite number above zero.
DecimalDigits shortest_digits(double value) noexcept;

}  // namespace kevy
