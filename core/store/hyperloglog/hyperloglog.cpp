#include "store/hyperloglog/hyperloglog.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/murmur.h"
#include "store/hyperloglog/sparse.h"

namespace kevy::hyperloglog {

namespace {

constexpr uint64_t kHashSeed = 0xadc83b19;
constexpr unsigned kIndexBits = 14;
constexpr unsigned kRankMax = 64 - kIndexBits;  // but for the bit that ends every hash

// The estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches"
// (2017), section 4: what registers at either end of their range add up to. The order of the
// operations is part of the result.

double sigma(double x) noexcept {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double weight = 1, sum = x, before;
  do {
    x *= x;
    before = sum;
    sum += x * weight;
    weight += weight;
  } while (sum != before);
  return sum;
}

double tau(double x) noexcept {
  if (x == 0 || x == 1) return 0;
  double weight = 1, sum = 1 - x, before;
  do {
    x = std::sqrt(x);
    before = sum;
    weight *= 0.5;
    sum -= (1 - x) * (1 - x) * weight;
  } while (sum != before);
  return sum / 3;
}

uint64_t estimate(const Histogram& histogram) noexcept {
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  constexpr double kCount = kRegisters;
  double sum = kCount * tau((kCount - histogram[kRankMax + 1]) / kCount);
  for (unsigned rank = kRankMax; rank >= 1; --rank) sum = 0.5 * (sum + histogram[rank]);
  sum += kCount * sigma(histogram[0] / kCount);
  return static_cast<uint64_t>(std::llround(kAlpha * kCount * kCount / sum));
}

std::optional<Histogram> sparse_histogram(Bytes runs) noexcept {
  Histogram histogram{};
  SparseReader reader(runs);
  while (const auto run = reader.next())
    histogram[run->value] += static_cast<uint32_t>(run->length);
  return reader.complete() ? std::optional(histogram) : std::nullopt;
}

}  // namespace

bool looks_like_one(Bytes bytes) noexcept {
  if (bytes.size() < kHeaderSize || !bytes.starts_with("HYLL")) return false;
  const auto form = static_cast<unsigned char>(bytes[4]);
  return form == 1 || (form == 0 && bytes.size() == kDenseSize);
}

std::optional<uint64_t> cached_count(Bytes bytes) noexcept {
  const uint64_t count = load_word(bytes.data() + 8);
  return count >> 63 == 0 ? std::optional(count) : std::nullopt;
}

void set_cached_count(char* bytes, uint64_t count) noexcept {
  std::memcpy(bytes + 8, &count, sizeof count);
}

Mark mark_of(Bytes element) noexcept {
  const uint64_t hash = murmur_hash_64a(element, kHashSeed);
  const uint64_t rest = hash >> kIndexBits | uint64_t{1} << kRankMax;
  return {hash & (kRegisters - 1), static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

bool merge(Registers& into, Bytes bytes, wide::Isa level) noexcept {
  const Bytes registers = registers_of(bytes);
  if (form_of(bytes) == Form::kDense) {
    raise_to(into, registers.data(), level);
    return true;
  }
  SparseReader reader(registers);
  while (const auto run = reader.next()) {
    if (run->value == 0) continue;
    if (run->first + run->length > kRegisters) return false;
    for (size_t i = run->first; i < run->first + run->length; ++i) {
      into.value[i] = std::max(into.value[i], run->value);
    }
  }
  return reader.complete();
}

std::optional<uint64_t> estimate(Bytes bytes, wide::Isa level) noexcept {
  if (form_of(bytes) == Form::kSparse) {
    const auto histogram = sparse_histogram(registers_of(bytes));
    return histogram ? std::optional(estimate(*histogram)) : std::nullopt;
  }
  Registers registers;
  raise_to(registers, registers_of(bytes).data(), level);
  return estimate(histogram_of(registers, level));
}

uint64_t estimate(const Registers& registers) noexcept { return estimate(histogram_of(registers)); }

}  // namespace kevy::hyperloglog
