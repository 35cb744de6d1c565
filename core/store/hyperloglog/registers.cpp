#include "store/hyperloglog/registers.h"

#include <algorithm>

#include "base/bytes.h"

namespace kevy::hyperloglog {

namespace {

#define KEVY_INLINE [[gnu::always_inline]] inline

// Eight registers are six bytes packed. They are handled kTogether words at a time: what a compiler
// can not do for several words at once, which is reading them where they lie, comes first.
constexpr size_t kWords = kRegisters / 8, kTogether = 64;

/// Eight numbers of six bits become bytes, in three steps that part what lies together.
KEVY_INLINE uint64_t spread(uint64_t word) noexcept {
  word = (word & 0x0000000000ffffff) | (word & 0x0000ffffff000000) << 8;
  word = (word & 0x00000fff00000fff) | (word & 0x00fff00000fff000) << 4;
  return (word & 0x003f003f003f003f) | (word & 0x0fc00fc00fc00fc0) << 2;
}
KEVY_INLINE uint64_t gathered(uint64_t word) noexcept {
  word = (word & 0x003f003f003f003f) | (word & 0x3f003f003f003f00) >> 2;
  word = (word & 0x00000fff00000fff) | (word & 0x0fff00000fff0000) >> 4;
  return (word & 0x0000000000ffffff) | (word & 0x00ffffff00000000) >> 8;
}

KEVY_INLINE void read_words(const char* packed, size_t first, uint64_t* words) noexcept {
  const size_t last = std::min(first + kTogether, kWords - 1);
  for (size_t i = first; i < last; ++i) words[i - first] = load_word(packed + 6 * i);
  if (last == kWords - 1) words[last - first] = load_short(packed + 6 * last, 6);
}

KEVY_INLINE void raise_all(Registers& registers, const char* packed) noexcept {
  alignas(64) uint64_t words[kTogether];
  alignas(64) uint8_t bytes[kTogether * 8];
  for (size_t first = 0; first < kWords; first += kTogether) {
    read_words(packed, first, words);
    for (uint64_t& word : words) word = spread(word);
    std::memcpy(bytes, words, sizeof bytes);
    uint8_t* const values = registers.value.data() + first * 8;
    for (size_t i = 0; i < sizeof bytes; ++i) values[i] = std::max(values[i], bytes[i]);
  }
}

KEVY_INLINE void pack_all(char* packed, const Registers& registers) noexcept {
  alignas(64) uint64_t words[kTogether];
  for (size_t first = 0; first < kWords; first += kTogether) {
    std::memcpy(words, registers.value.data() + first * 8, sizeof words);
    for (uint64_t& word : words) word = gathered(word);
    // Each word's two empty bytes are written over by the next one.
    const size_t last = std::min(first + kTogether, kWords - 1);
    for (size_t i = first; i < last; ++i) std::memcpy(packed + 6 * i, &words[i - first], 8);
    if (last == kWords - 1) std::memcpy(packed + 6 * last, &words[last - first], 6);
  }
}

#ifdef KEVY_WIDE

KEVY_INLINE uint32_t count_equal(const uint8_t* values, uint8_t value) noexcept {
  constexpr size_t kColumns = 64, kRowsMax = 128;  // so many as a byte can count
  uint32_t count = 0;
  for (size_t first = 0; first < kRegisters; first += kColumns * kRowsMax) {
    alignas(64) uint8_t sums[kColumns] = {};
    for (size_t row = 0; row < kRowsMax; ++row) {
      const uint8_t* const part = values + first + row * kColumns;
      for (size_t i = 0; i < kColumns; ++i) {
        const auto equal = static_cast<uint8_t>(part[i] == value);
        sums[i] = static_cast<uint8_t>(sums[i] + equal);
      }
    }
    for (const uint8_t sum : sums) count += sum;
  }
  return count;
}

// Registers have some twenty values side by side: counting one after the other, many registers at a
// time, is quicker than counting each register where it belongs.
KEVY_INLINE Histogram count_by_value(const Registers& registers) noexcept {
  const uint8_t* const values = registers.value.data();
  uint8_t least = 63;
  for (size_t i = 0; i < kRegisters; ++i) least = std::min(least, values[i]);
  Histogram histogram{};
  size_t counted = 0;
  for (unsigned value = least; value < histogram.size() && counted < kRegisters; ++value) {
    histogram[value] = count_equal(values, static_cast<uint8_t>(value));
    counted += histogram[value];
  }
  return histogram;
}

KEVY_ISA_256 Histogram histogram_256(const Registers& registers) noexcept {
  return count_by_value(registers);
}
KEVY_ISA_512 Histogram histogram_512(const Registers& registers) noexcept {
  return count_by_value(registers);
}
KEVY_ISA_256 void raise_256(Registers& registers, const char* packed) noexcept {
  raise_all(registers, packed);
}
KEVY_ISA_256 void pack_256(char* packed, const Registers& registers) noexcept {
  pack_all(packed, registers);
}
KEVY_ISA_512 void raise_512(Registers& registers, const char* packed) noexcept {
  raise_all(registers, packed);
}
KEVY_ISA_512 void pack_512(char* packed, const Registers& registers) noexcept {
  pack_all(packed, registers);
}

#endif

}  // namespace

void raise_to(Registers& registers, const char* packed, wide::Isa level) noexcept {
#ifdef KEVY_WIDE
  if (level == wide::Isa::k512) return raise_512(registers, packed);
  if (level == wide::Isa::k256) return raise_256(registers, packed);
#else
  static_cast<void>(level);
#endif
  raise_all(registers, packed);
}

void pack(char* packed, const Registers& registers, wide::Isa level) noexcept {
#ifdef KEVY_WIDE
  if (level == wide::Isa::k512) return pack_512(packed, registers);
  if (level == wide::Isa::k256) return pack_256(packed, registers);
#else
  static_cast<void>(level);
#endif
  pack_all(packed, registers);
}

Histogram histogram_of(const Registers& registers, wide::Isa level) noexcept {
#ifdef KEVY_WIDE
  if (level == wide::Isa::k512) return histogram_512(registers);
  if (level == wide::Isa::k256) return histogram_256(registers);
#else
  static_cast<void>(level);
#endif
  // Neighbours are often the same, and would wait for each other.
  std::array<Histogram, 4> parts{};
  for (size_t i = 0; i < kRegisters; i += 4) {
    for (size_t k = 0; k < 4; ++k) ++parts[k][registers.value[i + k] & 63];
  }
  Histogram sum{};
  for (const Histogram& part : parts) {
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
  }
  return sum;
}

}  // namespace kevy::hyperloglog
