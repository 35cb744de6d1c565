#include "base/number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/c_locale.h"
#include "base/shortest_digits.h"

namespace kevy {

namespace {

// "00" to "99", the first digit in the low byte.
constexpr auto kDigitPairs = [] {
  std::array<uint16_t, 100> pairs{};
  for (unsigned i = 0; i < pairs.size(); ++i) {
    pairs[i] = static_cast<uint16_t>(('0' + i / 10) | ('0' + i % 10) << 8);
  }
  return pairs;
}();

}  // namespace

std::optional<int64_t> parse_int64(Bytes text) noexcept {
  if (text.empty() || text.size() > kIntegerTextMax) return std::nullopt;
  const bool negative = text[0] == '-';
  const size_t first = negative ? 1 : 0;
  if (first == text.size()) return std::nullopt;
  if (text[first] == '0' && (negative || text.size() > 1)) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_uint64(Bytes text) noexcept {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

Bytes format_int64(int64_t value, char* buffer) noexcept {
  constexpr int64_t kPairsMax = 999'999;  // most are counts
  if (value < 0 || value > kPairsMax) [[unlikely]] {
    const auto [end, error] = std::to_chars(buffer, buffer + kIntegerTextMax, value);
    return {buffer, static_cast<size_t>(end - buffer)};
  }
  // Three pairs of digits in a word, of which the zeros in front are shifted out.
  const auto number = static_cast<uint32_t>(value);
  const uint32_t low = number % 10'000;
  const uint64_t digits = uint64_t{kDigitPairs[low % 100]} << 32 |
                          uint64_t{kDigitPairs[low / 100]} << 16 | kDigitPairs[number / 10'000];
  constexpr uint64_t kZeros = 0x303030303030, kLast = uint64_t{1} << 40;
  const auto zeros = static_cast<size_t>(std::countr_zero((digits ^ kZeros) | kLast)) / 8;
  const uint64_t text = digits >> (8 * zeros);
  std::memcpy(buffer, &text, sizeof text);
  return {buffer, 6 - zeros};
}

namespace {

// The number of a text of few digits and nothing else, as most scores are: a double holds it
// exactly. Nothing for any other text.
std::optional<double> parse_digits(Bytes text) noexcept {
  constexpr size_t kExactMax = 15;
  if (text.empty() || text.size() > kExactMax) return std::nullopt;
  int64_t number = 0;
  for (const char byte : text) {
    const unsigned digit = static_cast<unsigned char>(byte) - unsigned{'0'};
    if (digit > 9) return std::nullopt;
    number = number * 10 + digit;
  }
  return static_cast<double>(number);
}

// The text without a plus sign at its start, which from_chars does not take.
Bytes without_plus(Bytes text) noexcept {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return plus ? text.substr(1) : text;
}

// A number beyond the range of a double is too large if its first digit that is not zero stands
// before the point once the exponent has moved that; otherwise it is too small.
bool is_too_large(Bytes text) noexcept {
  const size_t mark = std::min(text.find_first_of("eE"), text.size());
  const Bytes digits = text.substr(0, mark);
  const size_t first = digits.find_first_of("123456789");
  const size_t point = std::min(digits.find('.'), digits.size());
  int64_t exponent = 0;
  if (mark != text.size()) {
    const Bytes written = without_plus(text.substr(mark + 1));
    constexpr int64_t kBeyondAll = int64_t{1} << 60;
    const auto [end, error] =
        std::from_chars(written.data(), written.data() + written.size(), exponent);
    if (error != std::errc()) exponent = written[0] == '-' ? -kBeyondAll : kBeyondAll;
  }
  return static_cast<int64_t>(point) - static_cast<int64_t>(first) + exponent > 0;
}

enum class Beyond { kRefused, kClamped };

std::optional<double> parse_decimal(Bytes text, Beyond beyond) noexcept {
  if (const auto number = parse_digits(text)) return number;
  text = without_plus(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || std::isnan(value)) return std::nullopt;
  if (error == std::errc()) return value;
  if (error != std::errc::result_out_of_range || beyond == Beyond::kRefused) return std::nullopt;
  value = is_too_large(text) ? std::numeric_limits<double>::infinity() : 0;
  return text[0] == '-' ? -value : value;
}

}  // namespace

std::optional<double> parse_double(Bytes text) noexcept {
  return parse_decimal(text, Beyond::kRefused);
}

std::optional<double> parse_double_clamped(Bytes text) noexcept {
  return parse_decimal(text, Beyond::kClamped);
}

std::optional<long double> parse_long_double(Bytes text) noexcept {
  constexpr size_t kTextMax = 5 * 1024 - 1;  // what format_long_double writes is read again
  if (text.empty() || text.size() > kTextMax || text.find('\0') != Bytes::npos) return std::nullopt;
  if (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r')) return std::nullopt;
  char copy[kTextMax + 1];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  // A denormal number of this type is an error to from_chars.
  char* end = nullptr;
  errno = 0;
  const long double value = strtold_l(copy, &end, c_locale());
  if (end != copy + text.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

namespace {

// A number's digits as text: with a point among them or zeros beside them where that is short, and
// with an exponent where it is not.
std::string arranged(const DecimalDigits& number, bool negative) {
  const Bytes digits(number.digits, static_cast<size_t>(number.count));
  const int places = number.count + number.exponent;  // before the point
  const int magnitude = std::abs(places - 1);
  std::string text(negative ? "-" : "");
  if (number.exponent >= 0 && magnitude < number.count + 7) {
    return text.append(digits).append(static_cast<size_t>(number.exponent), '0');
  }
  if (number.exponent < 0 && (number.exponent > -7 || magnitude < 4)) {
    if (places <= 0) {
      return text.append("0.").append(static_cast<size_t>(-places), '0').append(digits);
    }
    const auto point = static_cast<size_t>(places);
    return text.append(digits.substr(0, point)).append(".").append(digits.substr(point));
  }
  text += digits[0];
  if (digits.size() > 1) text.append(".").append(digits.substr(1));
  char buffer[kIntegerTextMax];
  return text.append(places < 1 ? "e-" : "e+").append(format_int64(magnitude, buffer));
}

}  // namespace

std::string format_shortest(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (std::isnan(value)) return "nan";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  return arranged(shortest_digits(std::fabs(value)), value < 0);
}

std::string format_double(double value) {
  constexpr double kIntegerMax = 0x1p62;
  if (value != 0 && value == std::trunc(value) && std::fabs(value) <= kIntegerMax) {
    char buffer[kIntegerTextMax];
    return std::string(format_int64(static_cast<int64_t>(value), buffer));
  }
  return format_shortest(value);
}

std::string format_long_double(long double value) {
  constexpr int kPlaces = 17;
  char buffer[5 * 1024];  // the largest long double has 4,933 digits
  const auto write = [&](auto number) {
    return std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed, kPlaces)
        .ptr;
  };
  const auto as_double = static_cast<double>(value);  // which is written in a fifth of the time
  std::string text(buffer, as_double == value ? write(as_double) : write(value));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

}  // namespace kevy
