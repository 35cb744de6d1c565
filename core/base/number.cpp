#include "base/number.h"

#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

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

std::optional<long double> parse_long_double(Bytes text) noexcept {
  constexpr size_t kTextMax = 5 * 1024 - 1;  // what format_long_double writes is read again
  if (text.empty() || text.size() > kTextMax || text.find('\0') != Bytes::npos) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  char copy[kTextMax + 1];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(copy, &end);
  if (end != copy + text.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

namespace {

// The number that a few digits are, which a double holds exactly, as most scores are; nothing when
// there is anything else among them.
std::optional<double> parse_digits(Bytes text) noexcept {
  constexpr size_t kExactMax = 15;
  if (text.size() > kExactMax) return std::nullopt;
  int64_t number = 0;
  for (const char byte : text) {
    const unsigned digit = static_cast<unsigned char>(byte) - unsigned{'0'};
    if (digit > 9) return std::nullopt;
    number = number * 10 + digit;
  }
  return static_cast<double>(number);
}

}  // namespace

std::optional<double> parse_double(Bytes text) noexcept {
  constexpr size_t kTextMax = 255;
  if (text.empty() || text.size() > kTextMax) return std::nullopt;
  if (const auto number = parse_digits(text)) return number;
  double value = 0;
  const char* text_end = text.data() + text.size();
  const auto [fast_end, error] = std::from_chars(text.data(), text_end, value);
  if (error == std::errc() && fast_end == text_end) {
    return std::isnan(value) ? std::nullopt : std::optional(value);
  }
  // Signs in front, hexadecimal, and what is out of range are the C library's.
  if (text.find('\0') != Bytes::npos) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  char copy[kTextMax + 1];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  char* end = nullptr;
  errno = 0;
  value = std::strtod(copy, &end);
  if (end != copy + text.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

std::string format_double(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (std::isnan(value)) return "nan";
  constexpr double kExactMax = 9007199254740992.0;  // 2^53
  char buffer[64];
  const bool negative_zero = value == 0 && std::signbit(value);
  if (value == std::floor(value) && std::fabs(value) < kExactMax && !negative_zero) {
    return std::string(format_int64(static_cast<int64_t>(value), buffer));
  }
  // As printf's %.17g, but in whatever locale the process may be.
  constexpr int kDigits = 17;
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, kDigits);
  return std::string(buffer, end);
}

std::string format_long_double(long double value) {
  char buffer[5 * 1024];  // the largest long double has 4,933 digits
  const int written = std::snprintf(buffer, sizeof buffer, "%.17Lf", value);
  std::string text(buffer, static_cast<size_t>(written));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

}  // namespace kevy
