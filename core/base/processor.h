// Operations for which kinds of processors have instructions of their own: comparing many bytes at
// once, fetching memory that will be written, waiting, and counting time. No other place in core
// names such instructions. What compares has a portable form, which is used where there is no other,
// and everywhere with KEVY_PORTABLE defined; both give the same results.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__) && !defined(KEVY_PORTABLE)
#define KEVY_SSE2 1
#include <emmintrin.h>
#endif

namespace kevy {

static_assert(std::endian::native == std::endian::little, "words are compared low byte first");

/// The portable forms: arithmetic on words and nothing else.
namespace portable {

/// A bit for each byte of `word`, the low one first, that is `wanted`.
constexpr unsigned matches(uint64_t word, char wanted) noexcept {
  constexpr uint64_t kEach = 0x0101010101010101, kLow = 0x7f * kEach;
  const uint64_t different = word ^ (kEach * static_cast<unsigned char>(wanted));
  const uint64_t same = ~(((different & kLow) + kLow) | different | kLow);  // in the high bits
  return static_cast<unsigned>((same >> 7) * 0x0102040810204080 >> 56);
}

inline unsigned matches16(const char* at, char wanted) noexcept {
  uint64_t words[2];
  std::memcpy(words, at, sizeof words);
  return matches(words[0], wanted) | matches(words[1], wanted) << 8;
}

inline bool either_has(uint64_t first, uint64_t second, char wanted) noexcept {
  return (matches(first, wanted) | matches(second, wanted)) != 0;
}

}  // namespace portable

#ifdef KEVY_SSE2

inline unsigned matches(uint64_t word, char wanted) noexcept {
  const __m128i bytes = _mm_cvtsi64_si128(static_cast<int64_t>(word));
  const int equal = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
  return static_cast<unsigned>(equal) & 0xff;
}

/// A bit for each of the 16 bytes at `at`, the first one first, that is `wanted`.
inline unsigned matches16(const char* at, char wanted) noexcept {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted))));
}

/// Whether a byte of one of both words is `wanted`.
inline bool either_has(uint64_t first, uint64_t second, char wanted) noexcept {
  const __m128i bytes = _mm_set_epi64x(static_cast<int64_t>(second), static_cast<int64_t>(first));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted))) != 0;
}

#else

using portable::either_has;
using portable::matches;
using portable::matches16;

#endif

/// Where the processor has a steady counter that is cheap to read, KEVY_TICKS is how many of its steps
/// are no more than some microseconds on every machine.
#if defined(KEVY_SSE2)
#define KEVY_TICKS 10'000
inline uint64_t read_ticks() noexcept { return __builtin_ia32_rdtsc(); }
#elif defined(__aarch64__) && !defined(KEVY_PORTABLE)
#define KEVY_TICKS 20
inline uint64_t read_ticks() noexcept {
  uint64_t ticks;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
}
#endif

/// Has the line of memory at `at` fetched into the cache as one that will be written: not as a copy
/// that has to be claimed from another core once more when that is done.
inline void prefetch_to_write(const void* at) noexcept {
#if defined(KEVY_SSE2)
  // Without being told of a newer processor the compiler fetches it to be read. Older ones take the
  // instruction for none.
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(at)));
#else
  __builtin_prefetch(at, 1);
#endif
}

/// A pause of some 10 to 50 nanoseconds for loops that wait, in which they leave the core's units
/// to its other hardware thread.
inline void pause_briefly() noexcept {
#if defined(KEVY_SSE2)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#else
  asm volatile("" ::: "memory");
#endif
}

}  // namespace kevy
