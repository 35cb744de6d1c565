// Numbers and text: what parses is what the C library reads, and what is printed reads back as the
// same number.
//
// Input: a text to parse; its first bytes are taken as numbers to print, too.
#include <cerrno>
#include <cinttypes>
#include <cmath>
#include <string>

#include "base/number.h"
#include "fuzz.h"

namespace {

using kevy::Bytes;

// The integers are those texts that printing gives back.
void check_signed(const std::string& text) {
  errno = 0;
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  const bool shortest = errno == 0 && std::to_string(value) == text;
  const auto parsed = kevy::parse_int64(text);
  FUZZ_CHECK(parsed.has_value() == shortest);
  if (parsed) FUZZ_CHECK(*parsed == value);
}

void check_unsigned(const std::string& text) {
  bool valid = !text.empty();
  __extension__ unsigned __int128 value = 0;
  for (const char c : text) {
    valid = valid && c >= '0' && c <= '9' && value <= UINT64_MAX;
    if (valid) value = value * 10 + static_cast<unsigned>(c - '0');
  }
  valid = valid && value <= UINT64_MAX;
  const auto parsed = kevy::parse_uint64(text);
  FUZZ_CHECK(parsed.has_value() == valid);
  if (parsed) FUZZ_CHECK(*parsed == static_cast<uint64_t>(value));
}

void check_reals(const std::string& text) {
  const auto real = kevy::parse_double(text);
  const auto wide = kevy::parse_long_double(text);
  if (real) {
    FUZZ_CHECK(!std::isnan(*real));
    FUZZ_CHECK(*real == std::strtod(text.c_str(), nullptr));
    FUZZ_CHECK(wide.has_value() || text.size() > 5119);
  }
  if (wide) {
    errno = 0;
    FUZZ_CHECK(!std::isnan(*wide));
    FUZZ_CHECK(*wide == std::strtold(text.c_str(), nullptr));
    FUZZ_CHECK(errno == 0 || (*wide != 0 && !std::isinf(*wide)));
  }
}

void check_printed_integer(int64_t value) {
  char buffer[kevy::kIntegerTextMax];
  const Bytes text = kevy::format_int64(value, buffer);
  FUZZ_CHECK(text == std::to_string(value));
  FUZZ_CHECK(kevy::parse_int64(text) == value);
}

void check_printed_real(double value) {
  const std::string text = kevy::format_double(value);
  const auto back = kevy::parse_double(text);
  if (std::isnan(value)) {
    FUZZ_CHECK(!back);
  } else {
    FUZZ_CHECK(back == value);
  }
}

// 17 digits after the point, so a small number loses digits, but never more than that.
void check_printed_long_double(long double value) {
  if (!std::isfinite(value)) return;
  const auto back = kevy::parse_long_double(kevy::format_long_double(value));
  FUZZ_CHECK(back && std::fabs(*back - value) <= 1e-17L);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_signed(text);
  check_unsigned(text);
  check_reals(text);
  kevy::fuzz::Input input(data, size);
  check_printed_integer(kevy::fuzz::Input(input).raw<int64_t>());
  check_printed_real(kevy::fuzz::Input(input).raw<double>());
  check_printed_long_double(static_cast<long double>(kevy::fuzz::Input(input).raw<double>()) +
                            static_cast<long double>(kevy::fuzz::Input(input).raw<int64_t>()));
  return 0;
}
