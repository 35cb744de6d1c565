#include "base/wide/bits.h"

#include <bit>

namespace kevy::wide {

namespace {

// What the loops are made of must become part of them at every level.
#define KEVY_INLINE [[gnu::always_inline]] inline

KEVY_INLINE uint64_t load(const char* at) noexcept {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

KEVY_INLINE uint64_t count_words(const char* at, size_t words) noexcept {
  uint64_t count = 0;
  for (size_t i = 0; i < words; ++i) {
    count += static_cast<uint64_t>(std::popcount(load(at + 8 * i)));
  }
  return count;
}

// Without an instruction that counts the bits of many words at once: carry-save adders make four
// words of 15 that say, bit by bit, how many of the 15 are set, and the bits of those are counted.
// The 15 words are kColumns apart, so that neighbouring columns are done together.
constexpr size_t kColumns = 64, kRows = 15, kBlock = kColumns * kRows * sizeof(uint64_t);

struct Sum {
  uint64_t low, high;
};

KEVY_INLINE Sum add(uint64_t a, uint64_t b, uint64_t c) noexcept {
  const uint64_t half = a ^ b;
  return {half ^ c, (a & b) | (half & c)};
}

/// The number of bits set in each byte of `word`.
KEVY_INLINE uint64_t counts_of_bytes(uint64_t word) noexcept {
  word -= word >> 1 & 0x5555555555555555;
  word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
  return (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
}

KEVY_INLINE uint64_t count_block(const char* at) noexcept {
  constexpr uint64_t kEven = 0x00ff00ff00ff00ff;
  uint64_t sums = 0;  // four of 16 bits, each at most kColumns * 2 * 120
  for (size_t i = 0; i < kColumns; ++i) {
    const auto row = [&](size_t number) __attribute__((always_inline)) {
      return load(at + sizeof(uint64_t) * (number * kColumns + i));
    };
    const Sum a = add(row(0), row(1), row(2)), b = add(row(3), row(4), a.low);
    const Sum c = add(row(5), row(6), b.low), d = add(row(7), row(8), c.low);
    const Sum e = add(row(9), row(10), d.low), f = add(row(11), row(12), e.low);
    const Sum g = add(row(13), row(14), f.low);
    const Sum h = add(a.high, b.high, c.high), j = add(d.high, e.high, h.low);
    const Sum k = add(f.high, g.high, j.low);
    const Sum l = add(h.high, j.high, k.high);
    const uint64_t bytes = counts_of_bytes(g.low) + (counts_of_bytes(k.low) << 1) +
                           (counts_of_bytes(l.low) << 2) + (counts_of_bytes(l.high) << 3);
    sums += (bytes & kEven) + (bytes >> 8 & kEven);
  }
  return (sums & 0xffff) + (sums >> 16 & 0xffff) + (sums >> 32 & 0xffff) + (sums >> 48);
}

template <BitOperation kOperation>
KEVY_INLINE void combine(char* out, const char* a, const char* b, size_t size) noexcept {
  for (size_t i = 0; i < size; ++i) {
    if constexpr (kOperation == BitOperation::kAnd) out[i] = static_cast<char>(a[i] & b[i]);
    if constexpr (kOperation == BitOperation::kOr) out[i] = static_cast<char>(a[i] | b[i]);
    if constexpr (kOperation == BitOperation::kXor) out[i] = static_cast<char>(a[i] ^ b[i]);
    if constexpr (kOperation == BitOperation::kAndNot) out[i] = static_cast<char>(a[i] & ~b[i]);
  }
}

KEVY_INLINE void combine(BitOperation operation, char* out, const char* a, const char* b,
                         size_t size) noexcept {
  switch (operation) {
    case BitOperation::kAnd:
      return combine<BitOperation::kAnd>(out, a, b, size);
    case BitOperation::kOr:
      return combine<BitOperation::kOr>(out, a, b, size);
    case BitOperation::kXor:
      return combine<BitOperation::kXor>(out, a, b, size);
    case BitOperation::kAndNot:
      return combine<BitOperation::kAndNot>(out, a, b, size);
  }
}

KEVY_INLINE void invert(char* out, const char* from, size_t size) noexcept {
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(~from[i]);
}

/// Leaves out what is `word` again and again, kStretch bytes at a time.
template <size_t kStretch>
KEVY_INLINE size_t skip(Bytes bytes, uint64_t word) noexcept {
  size_t at = 0;
  for (; at + kStretch <= bytes.size(); at += kStretch) {
    uint64_t different = 0;
    for (size_t i = 0; i < kStretch; i += sizeof word)
      different |= load(bytes.data() + at + i) ^ word;
    if (different != 0) break;
  }
  return at;
}

#ifdef KEVY_WIDE

// So much that looking whether there was a difference takes little of the time.
constexpr size_t kSkipped = 256;

KEVY_ISA_256 size_t skip_256(Bytes bytes, uint64_t word) noexcept {
  return skip<kSkipped>(bytes, word);
}
KEVY_ISA_512 size_t skip_512(Bytes bytes, uint64_t word) noexcept {
  return skip<kSkipped>(bytes, word);
}

KEVY_ISA_256 uint64_t count_256(const char* at, size_t words) noexcept {
  constexpr size_t kBlockWords = kBlock / sizeof(uint64_t);
  uint64_t count = 0;
  for (; words >= kBlockWords; words -= kBlockWords, at += kBlock) count += count_block(at);
  return count + count_words(at, words);
}
KEVY_ISA_256 void combine_256(BitOperation operation, char* out, const char* a, const char* b,
                              size_t size) noexcept {
  combine(operation, out, a, b, size);
}
KEVY_ISA_256 void invert_256(char* out, const char* from, size_t size) noexcept {
  invert(out, from, size);
}

KEVY_ISA_512 uint64_t count_512(const char* at, size_t words) noexcept {
  return count_words(at, words);
}
KEVY_ISA_512 void combine_512(BitOperation operation, char* out, const char* a, const char* b,
                              size_t size) noexcept {
  combine(operation, out, a, b, size);
}
KEVY_ISA_512 void invert_512(char* out, const char* from, size_t size) noexcept {
  invert(out, from, size);
}

#endif

uint64_t count_at(Isa level, const char* at, size_t words) noexcept {
#ifdef KEVY_WIDE
  if (level == Isa::k512) return count_512(at, words);
  if (level == Isa::k256) return count_256(at, words);
#else
  static_cast<void>(level);
#endif
  return count_words(at, words);
}

}  // namespace

uint64_t count_bits(Bytes bytes, Isa level) noexcept {
  const size_t words = bytes.size() / sizeof(uint64_t), tail = bytes.size() % sizeof(uint64_t);
  const uint64_t last = load_short(bytes.data() + bytes.size() - tail, tail);
  return count_at(level, bytes.data(), words) + static_cast<uint64_t>(std::popcount(last));
}

void combine_bits(BitOperation operation, char* out, const char* a, const char* b, size_t size,
                  Isa level) noexcept {
#ifdef KEVY_WIDE
  if (level == Isa::k512) return combine_512(operation, out, a, b, size);
  if (level == Isa::k256) return combine_256(operation, out, a, b, size);
#else
  static_cast<void>(level);
#endif
  combine(operation, out, a, b, size);
}

void invert_bits(char* out, const char* from, size_t size, Isa level) noexcept {
#ifdef KEVY_WIDE
  if (level == Isa::k512) return invert_512(out, from, size);
  if (level == Isa::k256) return invert_256(out, from, size);
#else
  static_cast<void>(level);
#endif
  invert(out, from, size);
}

size_t find_not(Bytes bytes, char byte, Isa level) noexcept {
  const uint64_t word = uint64_t{0x0101010101010101} * static_cast<unsigned char>(byte);
  size_t at = 0;
#ifdef KEVY_WIDE
  if (level == Isa::k512) at = skip_512(bytes, word);
  if (level == Isa::k256) at = skip_256(bytes, word);
#else
  static_cast<void>(level);
#endif
  at += skip<32>(bytes.substr(at), word);
  while (at < bytes.size() && bytes[at] == byte) ++at;
  return at;
}

}  // namespace kevy::wide
