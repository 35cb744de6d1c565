#include "base/number.h"

#include <catch2/catch.hpp>
#include <cfloat>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"

using namespace kevy;

namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

/// Every power of ten and of two with its neighbours, both signs, and the ends of the range.
std::vector<int64_t> borders() {
  std::vector<int64_t> values = {kMin, kMin + 1, kMax - 1, kMax, 0};
  const auto add = [&](uint64_t magnitude) {
    for (const uint64_t near : {magnitude - 1, magnitude, magnitude + 1}) {
      values.push_back(static_cast<int64_t>(near));
      values.push_back(static_cast<int64_t>(0 - near));
    }
  };
  for (uint64_t power = 1; power < 10'000'000'000'000'000'000u; power *= 10) add(power);
  for (int bit = 0; bit < 64; ++bit) add(uint64_t{1} << bit);
  return values;
}

std::string printed(const char* format, auto value) {
  std::vector<char> buffer(6000);
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

}  // namespace

TEST_CASE("integers are printed as printf prints them, and read back, at every border") {
  char buffer[kIntegerTextMax];
  for (const int64_t value : borders()) {
    const Bytes text = format_int64(value, buffer);
    REQUIRE(text == printed("%" PRId64, value));
    REQUIRE(parse_int64(text) == value);
  }
}

TEST_CASE("every count up to a million is printed") {
  char buffer[kIntegerTextMax];
  for (int64_t value = 0; value <= 1'000'001; ++value) {
    if (format_int64(value, buffer) != std::to_string(value)) FAIL(value);
  }
}

TEST_CASE("random integers are printed and read back") {
  Random random(1);
  char buffer[kIntegerTextMax];
  for (int i = 0; i < 200'000; ++i) {
    const auto value = static_cast<int64_t>(random() >> random.below(64));
    const Bytes text = format_int64(value, buffer);
    REQUIRE(text == std::to_string(value));
    REQUIRE(parse_int64(text) == value);
  }
}

TEST_CASE("an integer is only read in its shortest form") {
  for (const Bytes text : {"", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1.0", "1e3", "0x10",
                           "9223372036854775808", "-9223372036854775809", "99999999999999999999",
                           "100000000000000000000000", "one", "\t1", "1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_int64(text));
  }
  CHECK_FALSE(parse_int64(Bytes("1\0", 2)));
  CHECK_FALSE(parse_int64(Bytes("\0", 1)));
}

TEST_CASE("a cursor may have leading zeros, but is unsigned and fits") {
  CHECK(parse_uint64("0") == 0u);
  CHECK(parse_uint64("007") == 7u);
  CHECK(parse_uint64("18446744073709551615") == UINT64_MAX);
  for (const Bytes text : {"", "-1", "+1", " 1", "1 ", "18446744073709551616", "1.5", "x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_uint64(text));
  }
}

TEST_CASE("reals are what strtod reads to the end, but for spaces, NaN and hexadecimal doubles") {
  for (const char* text : {"0", "-0", "1", "+1", "01", ".5", "5.", "1e5", "1E-5", "inf", "-inf",
                           "+Infinity", "4.9e-324", "3e-310"}) {
    CAPTURE(text);
    CHECK(parse_double(text) == std::strtod(text, nullptr));
    CHECK(parse_long_double(text) == std::strtold(text, nullptr));
  }
  for (const Bytes text : {"", " 1", "1 ", "\n1", "nan", "-nan", "nan(1)", "one", "1e", "1.2.3",
                           "-", "+", ".", "e5", "1,5", "--1", "+-1", "-+1", "++1", "0x", "0xg"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_double(text));
    CHECK_FALSE(parse_long_double(text));
  }
  for (const char* text : {"0x10", "-0X1p-3", "+0x.8", "0x1.8p+4"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_double(text));
    CHECK(parse_long_double(text) == std::strtold(text, nullptr));
  }
  CHECK_FALSE(parse_double(Bytes("1\0", 2)));
  CHECK_FALSE(parse_long_double(Bytes("1\0", 2)));
}

TEST_CASE("what is an infinity or zero only because a double ends there is no double") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const struct {
    const char* text;
    double clamped;
  } cases[] = {{"1e400", kInfinity},      {"-1e400", -kInfinity},   {"1e-400", 0},
               {"-1e-400", -0.0},         {"+0.001e320", kInfinity}, {"1000.5e-400", 0},
               {"1e99999999999999999999", kInfinity}, {"1e-99999999999999999999", 0}};
  for (const auto& [text, clamped] : cases) {
    CAPTURE(text);
    CHECK_FALSE(parse_double(text));
    const auto number = parse_double_clamped(text);
    REQUIRE(number);
    CHECK(*number == clamped);
    CHECK(std::signbit(*number) == std::signbit(clamped));
  }
  CHECK_FALSE(parse_double_clamped(""));
  CHECK_FALSE(parse_double_clamped("1e400x"));
  CHECK_FALSE(parse_double_clamped("nan"));
  CHECK(parse_long_double("1e400") == 1e400L);
  CHECK(parse_double("0e400") == 0.0);
}

TEST_CASE("negative zero keeps its sign") {
  CHECK(format_double(-0.0) == "-0");
  CHECK(std::signbit(*parse_double("-0")));
}

TEST_CASE("a text for a double may have any length, one for a long double 5,119 bytes") {
  CHECK(parse_double(printed("%.0f", DBL_MAX)) == DBL_MAX);
  const std::string longest = "0." + std::string(100'000, '0') + "1e100001";
  CHECK(parse_double(longest) == 1);
  const std::string wide = "1." + std::string(5116, '0') + "1";
  CHECK(parse_long_double(wide) == 1);
  CHECK_FALSE(parse_long_double(wide + "1"));
}

TEST_CASE("a long double that is out of range is none, but what is printed always reads back") {
  for (const Bytes text : {"1e5000", "-1e5000", "1e-5000", "-1e-5000"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_long_double(text));
  }
  CHECK(parse_long_double("1e-4940") == 1e-4940L);
  CHECK(parse_long_double(format_long_double(LDBL_MAX)) == LDBL_MAX);
  CHECK(parse_long_double(format_long_double(-LDBL_MAX)) == -LDBL_MAX);
}

TEST_CASE("every double that is printed reads back as itself") {
  std::vector<double> values = {0.0, -0.0, 0.1, -0.1, 1.0 / 3, 123456789.5};
  for (const double limit : {DBL_MIN, DBL_MAX, DBL_EPSILON, DBL_TRUE_MIN}) values.push_back(limit);
  for (int power = 15; power < 25; ++power) values.push_back(std::pow(10.0, power));
  for (int near = -2; near <= 2; ++near) values.push_back(9007199254740992.0 + near);
  Random random(2);
  while (values.size() < 100'000) {
    const uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isnan(value)) values.push_back(value);
  }
  for (const double value : values) {
    const std::string text = format_double(value);
    CAPTURE(text);
    REQUIRE(parse_double(text) == value);
  }
}

TEST_CASE("doubles without a fraction are printed as integers, the others not as such") {
  CHECK(format_double(3) == "3");
  CHECK(format_double(-7) == "-7");
  CHECK(format_double(0) == "0");
  CHECK(format_double(9007199254740991) == "9007199254740991");
  CHECK(format_double(1.5) == "1.5");
  CHECK(format_double(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(format_double(-std::numeric_limits<double>::infinity()) == "-inf");
}

TEST_CASE("INCRBYFLOAT's numbers have 17 digits behind the point, without zeros at the end") {
  CHECK(format_long_double(3.0L) == "3");
  CHECK(format_long_double(-0.0L) == "0");
  CHECK(format_long_double(10.5L) == "10.5");
  CHECK(format_long_double(0.1L) == "0.1");
  CHECK(format_long_double(1e-18L) == "0");
  CHECK(format_long_double(-1e-18L) == "0");
  CHECK(format_long_double(1e20L) == "100000000000000000000");
  CHECK(format_long_double(LDBL_MAX) == printed("%.0Lf", LDBL_MAX));
  Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    const long double value = static_cast<long double>(static_cast<int64_t>(random())) /
                              static_cast<long double>(1 + random.below(1'000'000'000));
    const auto back = parse_long_double(format_long_double(value));
    REQUIRE(back);
    REQUIRE(std::fabs(*back - value) <= 1e-17L);
  }
}

// The C++ library has one way of writing each.
TEST_CASE("a number that is a double is written as any long double") {
  Random random(7);
  for (int i = 0; i < 100'000; ++i) {
    // Of few digits and of many; the smaller ones are often halfway between two texts.
    const auto bits = static_cast<double>(random() >> (i % 53 + 11));
    const double value = std::ldexp(i % 2 == 0 ? bits : -bits, i % 200 - 120);
    std::string expected = printed("%.17Lf", static_cast<long double>(value));
    expected.erase(expected.find_last_not_of('0') + 1);
    if (expected.back() == '.') expected.pop_back();
    if (expected == "-0") expected = "0";
    if (format_long_double(value) != expected) FAIL(expected);
  }
}

TEST_CASE("the shortest text of a number has an exponent where that is shorter") {
  CHECK(format_shortest(1e15) == "1e+15");
  CHECK(format_shortest(-123456789012.0) == "-123456789012");
  CHECK(format_shortest(0.1) == format_double(0.1));
  CHECK(format_shortest(-0.0) == "-0");
}
