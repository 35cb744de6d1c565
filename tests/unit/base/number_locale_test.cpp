// Numbers and their texts beside those of the C library in the C locale, also while the host runs
// in a locale that writes "1,5".
#include <catch2/catch.hpp>
#include <cfloat>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/number.h"
#include "base/random.h"
#include "temporary_folder.h"

namespace kevy {
namespace {

// The host in the locale de_DE.UTF-8, made for the test; the C locale again afterwards.
class GermanHost {
 public:
  GermanHost() {
    const std::string folder = folder_.path();
    const std::string make = "localedef -i de_DE -f UTF-8 '" + folder + "/de_DE.UTF-8'";
    REQUIRE(std::system(make.c_str()) == 0);
    REQUIRE(setenv("LOCPATH", folder.c_str(), 1) == 0);
    REQUIRE(std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr);
  }
  GermanHost(const GermanHost&) = delete;
  GermanHost& operator=(const GermanHost&) = delete;
  ~GermanHost() {
    std::setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
  }

 private:
  const test::TemporaryFolder folder_{"kevy-locale"};
};

struct Case {
  std::string text;
  bool valid;
  long double number;
  std::string printed;
};

std::string random_text(Random& random) {
  static const char* const kPieces[] = {"0", "1",  "9",  "25",  ".",   ".",   "e",    "E-",
                                        "p", "-",  "+",  "0x",  "a",   "f",   "inf",  "nan",
                                        " ", "00", "e4", "e49", "e-4", "931", "p-16", ","};
  std::string text;
  for (uint64_t n = 1 + random.below(6); n > 0; --n)
    text += kPieces[random.below(std::size(kPieces))];
  return text;
}

// Texts, most of them numbers, and what the C library says of each in the C locale.
std::vector<Case> make_cases(size_t count) {
  REQUIRE(std::string(std::setlocale(LC_NUMERIC, nullptr)) == "C");
  Random random(7);
  std::vector<Case> cases;
  char buffer[6000];
  while (cases.size() < count) {
    std::string text;
    if (random.below(3) == 0) {
      text = random_text(random);
    } else {
      const auto number = static_cast<long double>(random());
      const int wide = random.below(20) == 0 ? 16'000 : 100;
      const long double scaled =
          std::ldexp(number, static_cast<int>(random.below(2u * wide)) - wide);
      static const char* const kFormats[] = {"%.25Lg", "%.5Lg", "%La", "%.9Lf", "-%Lg", "+%.19Le"};
      std::snprintf(buffer, sizeof buffer, kFormats[random.below(std::size(kFormats))], scaled);
      text = buffer;
    }
    errno = 0;
    char* end = nullptr;
    const long double number = std::strtold(text.c_str(), &end);
    const bool whole = end == text.c_str() + text.size() && text.size() <= 5119 &&
                       std::isspace(static_cast<unsigned char>(text[0])) == 0;
    const bool beyond = errno == ERANGE && (std::isinf(number) || number == 0);
    const bool valid = whole && !std::isnan(number) && !beyond;
    std::snprintf(buffer, sizeof buffer, "%.17Lf", number);
    cases.push_back({text, valid, number, buffer});
  }
  return cases;
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

void check(const std::vector<Case>& cases) {
  size_t valid = 0;
  for (const Case& expected : cases) {
    const auto number = parse_long_double(expected.text);
    if (number.has_value() != expected.valid || (number && *number != expected.number)) {
      FAIL(expected.text);
    }
    if (!number) continue;
    ++valid;
    if (format_long_double(*number) != without_trailing_zeros(expected.printed)) {
      FAIL(expected.text << " is printed as " << format_long_double(*number));
    }
    const auto narrow = static_cast<double>(*number);
    if (parse_double(format_double(narrow)) != narrow) FAIL(format_double(narrow));
  }
  CHECK(valid > cases.size() / 2);
}

TEST_CASE("B40 numbers are those of the C locale, whatever locale the host is in") {
  const std::vector<Case> cases = make_cases(300'000);
  check(cases);
  const GermanHost host;
  char shown[8];
  std::snprintf(shown, sizeof shown, "%.1f", 1.5);
  REQUIRE(std::string(shown) == "1,5");
  check(cases);
  CHECK(parse_double("1.5") == 1.5);
  CHECK_FALSE(parse_double("1,5"));
  CHECK_FALSE(parse_long_double("1,5"));
  CHECK(format_double(0.1) == "0.1");
  CHECK(format_long_double(0.1L) == "0.1");
}

}  // namespace
}  // namespace kevy
