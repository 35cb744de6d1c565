// The few decimal digits that tell a double from all others, found by Grisu2 (Loitsch, "Printing
// floating-point numbers quickly and accurately with integers"). One in some hundred numbers of 17
// digits gets one that is not the nearest, or a digit more than needed; what it is reads back as
// the same double. Valkey and Redis use this very method, and clients compare their texts.
#pragma once

namespace kevy {

struct DecimalDigits {
  static constexpr int kMax = 18;
  char digits[kMax];
  int count;
  int exponent;  // the number is the digits, as an integer, times ten to this
};

/// Of a number above zero that is finite.
DecimalDigits shortest_digits(double value) noexcept;

}  // namespace kevy
