#include "base/shortest_digits.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace kevy {

namespace {

__extension__ using Wide = unsigned __int128;

// significand * 2^exponent
struct Binary {
  uint64_t significand;
  int exponent;
};

constexpr Binary normalized(Binary number) noexcept {
  const int shift = std::countl_zero(number.significand);
  return {number.significand << shift, number.exponent - shift};
}

constexpr Binary product(Binary a, Binary b) noexcept {
  const Wide whole = Wide{a.significand} * b.significand + (Wide{1} << 63);
  return {static_cast<uint64_t>(whole >> 64), a.exponent + b.exponent + 64};
}

// An integer of any length, for the table below, which the compiler makes.
class BigInteger {
 public:
  static constexpr int kBits = 1312;

  constexpr explicit BigInteger(int power_of_two) {
    words_[static_cast<size_t>(power_of_two) / 32] = uint32_t{1} << (power_of_two % 32);
  }

  constexpr void multiply(uint32_t factor) {
    uint64_t carry = 0;
    for (uint32_t& word : words_) {
      carry += uint64_t{word} * factor;
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }

  constexpr void divide(uint32_t divisor) {
    uint64_t rest = 0;
    for (size_t i = words_.size(); i-- > 0;) {
      rest = rest << 32 | words_[i];
      words_[i] = static_cast<uint32_t>(rest / divisor);
      rest %= divisor;
    }
  }

  /// Its first 64 bits, rounded, for a number that is 2^scale times smaller.
  constexpr Binary leading(int scale) const {
    int top = kBits - 1;
    while (!bit(top)) --top;
    uint64_t significand = 0;
    for (int i = 0; i < 64; ++i) significand = significand << 1 | (bit(top - i) ? 1 : 0);
    if (bit(top - 64)) ++significand;
    return {significand, top - 63 - scale};
  }

 private:
  constexpr bool bit(int index) const {
    return index >= 0 && (words_[static_cast<size_t>(index) / 32] >> (index % 32) & 1) != 0;
  }

  std::array<uint32_t, kBits / 32> words_{};
};

constexpr int kFirstPower = -348, kPowerStep = 8;
constexpr size_t kPowerCount = 87;
constexpr size_t kFour = (4 - kFirstPower) / kPowerStep;  // where 10^4 stands

// 10^kFirstPower and every eighth power from there on.
constexpr std::array<Binary, kPowerCount> kPowers = [] {
  std::array<Binary, kPowerCount> powers{};
  BigInteger large(0);
  large.multiply(10'000);
  for (size_t i = kFour; i < kPowerCount; ++i, large.multiply(100'000'000)) {
    powers[i] = large.leading(0);
  }
  constexpr int kScale = BigInteger::kBits - 1;
  BigInteger small(kScale);
  small.divide(10'000);
  for (size_t i = kFour; i-- > 0; small.divide(100'000'000)) powers[i] = small.leading(kScale);
  return powers;
}();

// The power of ten that brings a number with this exponent to one between -60 and -32, so that its
// integral part fits 32 bits.
size_t scaling_power(int exponent) noexcept {
  constexpr int kLowest = -60;
  size_t index = 0;
  const auto scaled = [&] { return exponent + kPowers[index].exponent + 64; };
  // Two powers lie 26.6 bits apart; all powers before this one are surely too low.
  if (const int missing = kLowest - scaled(); missing > 0)
    index = static_cast<size_t>(missing) / 27;
  while (scaled() < kLowest) ++index;
  return index;
}

// Lowers the last digit for as long as that brings the text nearer to the number and keeps it
// within the bounds.
void lower_last_digit(char& digit, uint64_t room, uint64_t rest, uint64_t unit,
                      uint64_t distance) noexcept {
  while (rest < distance && room - rest >= unit &&
         (rest + unit < distance || distance - rest > rest + unit - distance)) {
    --digit;
    rest += unit;
  }
}

constexpr uint64_t kTens[] = {1,       10,        100,        1'000,       10'000,
                              100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

// Writes digits of `upper` until the rest of it is at most `room`, the distance to the lower bound;
// `distance` is the one to the number itself. Returns how many places the last digit stands before
// the point.
int generate(DecimalDigits& result, Binary upper, uint64_t room, uint64_t distance) noexcept {
  const int shift = -upper.exponent;
  const uint64_t one = uint64_t{1} << shift;
  uint64_t integral = upper.significand >> shift, fraction = upper.significand & (one - 1);
  const auto append = [&](uint64_t digit) {
    if (digit != 0 || result.count != 0) {
      result.digits[result.count++] = static_cast<char>('0' + digit);
    }
  };
  const auto last = [&]() -> char& { return result.digits[result.count - 1]; };
  for (int place = 9; place >= 0; --place) {
    append(integral / kTens[place]);
    integral %= kTens[place];
    const uint64_t rest = (integral << shift) + fraction;
    if (result.count != 0 && rest <= room) {
      lower_last_digit(last(), room, rest, kTens[place] << shift, distance);
      return place;
    }
  }
  for (int place = -1;; --place) {
    fraction *= 10;
    room *= 10;
    distance *= 10;
    append(fraction >> shift);
    fraction &= one - 1;
    if (fraction < room) {
      lower_last_digit(last(), room, fraction, one, distance);
      return place;
    }
  }
}

}  // namespace

DecimalDigits shortest_digits(double value) noexcept {
  constexpr int kFractionBits = 52, kBias = 1023 + kFractionBits;
  constexpr uint64_t kHidden = uint64_t{1} << kFractionBits;
  const auto bits = std::bit_cast<uint64_t>(value);
  const int biased = static_cast<int>(bits >> kFractionBits & 0x7ff);
  const uint64_t significand = (bits & (kHidden - 1)) | (biased != 0 ? kHidden : 0);
  const int exponent = (biased != 0 ? biased : 1) - kBias;

  // Half-way to the neighbours; below a power of two they lie closer.
  Binary upper = normalized({2 * significand + 1, exponent - 1});
  const bool closer = significand == kHidden;
  Binary lower{closer ? 4 * significand - 1 : 2 * significand - 1, exponent - (closer ? 2 : 1)};
  lower = {lower.significand << (lower.exponent - upper.exponent), upper.exponent};

  const size_t power = scaling_power(upper.exponent);
  const Binary scaled = product(normalized({significand, exponent}), kPowers[power]);
  upper = product(upper, kPowers[power]);
  lower = product(lower, kPowers[power]);
  // The products are a little wrong; what lies between these bounds is surely the same double.
  --upper.significand;
  ++lower.significand;

  DecimalDigits result{};
  const int place = generate(result, upper, upper.significand - lower.significand,
                             upper.significand - scaled.significand);
  result.exponent = place - (kFirstPower + kPowerStep * static_cast<int>(power));
  return result;
}

}  // namespace kevy
