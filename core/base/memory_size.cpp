#include "base/memory_size.h"

#include "base/number.h"

namespace kevy {

namespace {

struct Unit {
  Bytes name;
  int64_t bytes;
};

constexpr Unit kUnits[] = {
    {"", 1},        {"b", 1},           {"k", 1'000},         {"kb", 1 << 10},
    {"m", 1'000'000}, {"mb", 1 << 20}, {"g", 1'000'000'000}, {"gb", 1 << 30},
};

}  // namespace

std::optional<int64_t> parse_memory_size(Bytes text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_int64(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (!equals_ignoring_case(text.substr(digits), unit.name)) continue;
    int64_t bytes;
    if (__builtin_mul_overflow(*count, unit.bytes, &bytes)) return std::nullopt;
    return bytes;
  }
  return std::nullopt;
}

}  // namespace kevy
